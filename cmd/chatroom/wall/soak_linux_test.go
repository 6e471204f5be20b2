package wall_test

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// soakFor is how long the soak takes. Only one that was asked for is judged by its
// slopes.
var soakFor = flag.Duration("soak", 0, "how long the soak takes; 0: a few seconds, to see that it works")

// leaks is what each figure may rise by in 1,000 session lives: the soak fails when
// its slope is above that with a confidence of 97.5 %.
var leaks = map[string]float64{
	"heap alive":  16 << 10, // bytes
	"goroutines":  0.05,
	"descriptors": 0.05,
}

const soakConfig = `
[server]
motd = "soak %d"

[roles]
operator = ["ops"]

[login]
hash_memory = "7MiB" # what is being checked when the heap is collected counts as alive
hash_passes = 1

[history]
lines = 100
count = 1000
bytes = "4MiB"

[log]
level = "warn"

[limits]
sessions_per_source = 0
connects_per_minute = 0
lines_per_second = 0.0
penalty = "0s"
logins_per_source = 0
registrations = 0
registrations_per_source = 0
outbox = "64KiB"
stall = "5s"

`

// A soak is a server under a load that is like that of a busy day.
type soak struct {
	*programtest.Server
	t      *testing.T
	lives  atomic.Int64 // guests and owners who came and went
	slow   atomic.Int64 // readers who stopped and were cut
	plugin string       // the config's table of it

	reloads, restarts int // of the config, of the plugin
}

// People talk, come and go, read slowly and use a plugin, which is started again
// and again, and the config is read again and again: nobody who stays loses a line,
// and what the server holds does not grow.
func TestSoak(t *testing.T) {
	long := *soakFor > 0
	if !long {
		t.Parallel()
	}
	duration := cmp.Or(*soakFor, 5*time.Second)
	k := &soak{t: t, plugin: programtest.PluginConfig(t, "dice")}
	k.Server = programtest.Start(t, fmt.Sprintf(soakConfig, 0)+k.plugin)
	k.AwaitPlugin("dice", "ready")
	ops := k.Register("ops")
	ops.Send("set noise off")
	for i := range regulars {
		k.Register(regular(i)).Close()
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	var rooms []*audience
	for i := range 4 {
		a := newAudience(t, k.Server, fmt.Sprintf("room%d", i), fmt.Sprintf("speaker%d", i), 8)
		rooms = append(rooms, a)
		load.Go(func() { k.speak(ctx, a) })
	}
	for i := range 4 {
		load.Go(func() { k.comeAndGo(ctx, i) })
	}
	load.Go(func() { k.fallBehind(ctx) })
	samples := k.watch(duration, ops)
	stop()
	load.Wait()
	for _, a := range rooms {
		a.end(t)
	}
	t.Logf("%v: %d lives, %d readers cut, %d reloads, %d restarts", duration, k.lives.Load(), k.slow.Load(), k.reloads, k.restarts)
	k.AwaitPlugin("dice", "ready")
	judge(t, samples, long)
	if n := figures(t, ops)["panics"]; n != 0 {
		t.Errorf("%.0f sessions panicked", n)
	}
}

// speak says ten lines a second.
func (k *soak) speak(ctx context.Context, a *audience) {
	every(ctx, 100*time.Millisecond, func(int) error {
		a.sayOne(100)
		return nil
	}, nil)
}

// every does something again and again, each time that much later than the last at
// the soonest, until ctx ends or it fails.
func every(ctx context.Context, d time.Duration, do func(i int) error, failed func(error)) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := do(i); err != nil {
			failed(err)
			return
		}
	}
}

// comeAndGo leads one life after the other, about 25 a second.
func (k *soak) comeAndGo(ctx context.Context, who int) {
	every(ctx, 40*time.Millisecond, func(i int) error {
		conn, err := net.Dial("tcp", k.Addrs[0])
		if err != nil {
			return err
		}
		defer k.lives.Add(1)
		if i%50 == 0 {
			return k.regularLife(conn, i/50)
		}
		// Names come back, but not before the server has seen the end of the last of
		// that name.
		return live(conn.(*net.TCPConn), fmt.Sprintf("guest%d-%d", who, i%500), i)
	}, func(err error) { k.t.Errorf("life of a guest: %v", err) })
}

// regulars is how many accounts there are.
const regulars = 5

func regular(i int) string { return fmt.Sprintf("regular%d", i%regulars) }

// regularLife is one life of the owner of an account, who does this and that.
func (k *soak) regularLife(conn net.Conn, i int) error {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(chattest.Timeout))
	lines := []string{
		fmt.Sprintf("login %s %q", regular(i), programtest.Password),
		"join room0", "history 20", "who | grep -c regular", "set timestamps on", "alias hi say hello",
		"/roll", "msg ops hello", "leave", "search hello", "quit",
	}
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n"); err != nil {
		return err
	}
	received, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	if text := string(received); !strings.Contains(text, "Welcome, "+regular(i)) && !strings.Contains(text, "busy") {
		return fmt.Errorf("%s is told %q", regular(i), text)
	}
	return nil
}

// fallBehind has readers stop in a room where much is said, one after the other.
func (k *soak) fallBehind(ctx context.Context) {
	every(ctx, time.Second, func(i int) error {
		reader, err := enter(k.Addrs[0], fmt.Sprintf("stopped%d", i%10))
		if err != nil {
			return err
		}
		defer reader.Close()
		speaker, err := enter(k.Addrs[0], "shouter")
		if err != nil {
			return err
		}
		defer speaker.Close()
		if _, err := io.WriteString(speaker, strings.Repeat("say "+strings.Repeat("x", 1000)+"\r\n", 600)+"quit\r\n"); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, speaker); err != nil {
			return fmt.Errorf("the one who shouts: %w", err)
		}
		// The reason may come too late for one who is so far behind, but the end comes.
		if _, err := io.Copy(io.Discard, reader); errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		k.slow.Add(1)
		return nil
	}, func(err error) { k.t.Errorf("a reader who stopped: %v", err) })
}

// enter logs a guest in, who goes to the room where readers fall behind.
func enter(addr, name string) (net.Conn, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(chattest.Timeout))
	fmt.Fprintf(conn, "login %s\r\njoin loud\r\n/echo ready\r\n", name)
	if err := readUntil(bufio.NewReader(conn), "ready\r\n"); err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s does not get in: %w", name, err)
	}
	return conn, nil
}

// A sample is the least that the server held in a time that ends then: what it
// holds for a moment only is not in it.
type sample struct {
	minutes  float64
	lives    float64 // thousands of sessions so far
	figures  map[string]float64
	readings int
}

func (s *sample) read(figures map[string]float64) {
	if s.readings == 0 {
		s.figures = figures
	}
	for name, n := range figures {
		s.figures[name] = min(s.figures[name], n)
	}
	s.readings++
	s.lives = figures["sessions in all"] / 1000
}

// fewest is how many samples there are at least, on a machine that is too busy for
// as many as the duration has room for.
const fewest = 8

// watch takes samples for that long, 30 over the duration and one a minute at most,
// and has the config read and the plugin started again between them.
func (k *soak) watch(duration time.Duration, ops *chattest.Client) (samples []sample) {
	began := time.Now()
	late := time.After(duration + 3*chattest.Timeout)
	interval := min(time.Minute, duration/30)
	// Many readings: a collection is due most of all when a password is checked, and
	// few find none of that.
	reading := time.NewTicker(max(interval/30, 50*time.Millisecond))
	defer reading.Stop()
	var next sample
	reloading := time.NewTicker(min(5*time.Second, duration/5))
	defer reloading.Stop()
	restarting := time.NewTicker(min(20*time.Second, duration/3))
	defer restarting.Stop()
	for time.Since(began) < duration || len(samples) < fewest || k.lives.Load() == 0 || k.slow.Load() == 0 || k.reloads == 0 || k.restarts == 0 {
		select {
		case <-late:
			k.t.Fatalf("%v is too short: %d samples, %d lives, %d readers cut, %d reloads, %d restarts",
				duration, len(samples), k.lives.Load(), k.slow.Load(), k.reloads, k.restarts)
		case <-reading.C:
			next.read(figures(k.t, ops))
			if taken := time.Since(began); taken >= time.Duration(len(samples)+1)*interval {
				next.minutes = taken.Minutes()
				samples, next = append(samples, next), sample{}
			}
		case <-reloading.C:
			k.reloads++
			from := len(k.Stdout.String())
			k.Configure(fmt.Sprintf(soakConfig, k.reloads) + k.plugin)
			k.Signal(syscall.SIGHUP)
			k.Stdout.Expect(k.t, from, "server.motd", fmt.Sprintf("soak %d", k.reloads))
		case <-restarting.C:
			ops.Send("/plugin reload dice")
			ops.Expect("dice runs its program as it is now")
			k.restarts++
		}
	}
	return samples
}

// judge reports how the figures rise, the first fifth left aside, and if strict
// fails the test if one rises.
func judge(t *testing.T, samples []sample, strict bool) {
	t.Helper()
	samples = samples[len(samples)/5:]
	if len(samples) < 5 {
		t.Fatalf("there are %d samples", len(samples))
	}
	var minutes, lives []float64
	for _, s := range samples {
		minutes, lives = append(minutes, s.minutes), append(lives, s.lives)
	}
	last := len(samples) - 1
	collections := samples[last].figures["collections"] - samples[0].figures["collections"]
	t.Logf("%d samples over %.1f minutes, %.0f session lives and %.0f collections",
		len(samples), minutes[last]-minutes[0], 1000*(lives[last]-lives[0]), collections)
	if lives[last] == lives[0] || collections == 0 {
		t.Error("between the samples nobody came, or no garbage was collected")
	}
	for _, name := range []string{"heap alive", "goroutines", "descriptors"} {
		var values []float64
		for _, s := range samples {
			values = append(values, s.figures[name])
		}
		byLife := fit(lives, values)
		t.Logf("%s: %.0f at first, %.0f at last; %v a minute, %v in 1,000 session lives (95 %% intervals)",
			name, values[0], values[last], fit(minutes, values), byLife)
		if strict && byLife.low > leaks[name] {
			t.Errorf("%s rises: by %v in 1,000 session lives, more than %v", name, byLife, leaks[name])
		}
	}
}
