// Command chatbench puts load on a running chatroom and reports what came of
// it: deliveries a second, how late they came, whether any was lost, doubled or
// out of order, and, given the server's pid, what they cost it.
//
//	chatbench -addr 127.0.0.1:5267 -sessions 100 -window 1
//	chatbench -sessions 1000 -rooms 10 -senders 2 -rate 200 -pid $(pgrep -x chatroom)
//
// The server's limits must allow the load: sessions, sessions_per_source,
// connects_per_minute and lines_per_second are best 0 for it.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// options are the flags.
type options struct {
	addr     string
	sessions int
	rooms    int
	senders  int
	size     int
	window   int
	rate     float64
	warm     time.Duration
	duration time.Duration
	pid      int
}

func main() {
	var o options
	flag.StringVar(&o.addr, "addr", "127.0.0.1:5267", "the server's `address`")
	flag.IntVar(&o.sessions, "sessions", 100, "sessions in all")
	flag.IntVar(&o.rooms, "rooms", 1, "rooms that they are spread over")
	flag.IntVar(&o.senders, "senders", 1, "sessions of each room that send")
	flag.IntVar(&o.size, "size", 64, "`bytes` of a message")
	flag.IntVar(&o.window, "window", 1, "messages that a sender has under way, without -rate")
	flag.Float64Var(&o.rate, "rate", 0, "messages a second over all senders, instead of -window")
	flag.DurationVar(&o.warm, "warm", time.Second, "load before the measurement")
	flag.DurationVar(&o.duration, "duration", 5*time.Second, "length of the measurement")
	flag.IntVar(&o.pid, "pid", 0, "the server's process, for its CPU time (Linux)")
	flag.Parse()
	if err := o.check(); err != nil {
		fmt.Fprintln(os.Stderr, "chatbench:", err)
		os.Exit(2)
	}
	report, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chatbench:", err)
		os.Exit(1)
	}
	report.print(os.Stdout)
	if report.lost+report.wrong > 0 {
		os.Exit(1)
	}
}

func (o *options) check() error {
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("unknown argument %q", flag.Arg(0))
	case o.rooms < 1 || o.sessions < o.rooms:
		return fmt.Errorf("there must be at least one room, and a session for each")
	case o.senders < 1 || o.senders > o.sessions/o.rooms:
		return fmt.Errorf("-senders must be 1 to the %d sessions of a room", o.sessions/o.rooms)
	case o.size < tokenSize || o.size > 1000:
		return fmt.Errorf("-size must be %d to 1000 bytes", tokenSize)
	case o.window < 1 || o.rate < 0 || o.warm < 0 || o.duration <= 0:
		return fmt.Errorf("-window, -rate, -warm and -duration can't be negative or nothing")
	}
	return nil
}
