package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A message carries a token @@SENDER:SEQ:NANOS@@ that is looked for anywhere in
// the lines that come back, so that the server may format them as it likes.
// The numbers have 4, 9 and 16 digits.
const tokenSize = 2 + 4 + 1 + 9 + 1 + 16 + 2

// setupTime bounds a session's login, and startTime how long the server may take
// to listen.
const (
	setupTime = 30 * time.Second
	startTime = 5 * time.Second
)

// A load is a run in progress.
type load struct {
	o         options
	start     time.Time
	sessions  []*session
	senders   []*session
	measuring atomic.Bool
	sent      atomic.Int64 // while measuring
	expected  atomic.Int64 // deliveries of all that was ever sent
	got       atomic.Int64 // deliveries of all that was ever sent
	wrong     atomic.Int64 // doubled or out of order
}

// A session is one connection to the server.
type session struct {
	load   *load
	conn   net.Conn
	lines  *bufio.Reader
	room   int
	id     int      // as a sender; -1: it sends nothing
	window chan any // a slot for each message under way
	seq    int
	last   map[int]int // by sender: the last sequence number that came
	lag    histogram   // while measuring
	err    error
}

func run(o options) (*report, error) {
	l := &load{o: o, start: time.Now()}
	defer l.close()
	for i := range o.sessions {
		s, err := l.login(i)
		if err != nil {
			return nil, fmt.Errorf("session %d: %w", i, err)
		}
		l.sessions = append(l.sessions, s)
		if i/o.rooms < o.senders {
			s.id = len(l.senders)
			l.senders = append(l.senders, s)
		}
	}
	var readers sync.WaitGroup
	for _, s := range l.sessions {
		readers.Go(s.read)
	}
	stop := make(chan any)
	var senders sync.WaitGroup
	for _, s := range l.senders {
		senders.Go(func() { s.send(stop) })
	}
	time.Sleep(o.warm)
	cpu := cpuTime(o.pid)
	before, began := l.got.Load(), time.Now()
	l.measuring.Store(true)
	time.Sleep(o.duration)
	l.measuring.Store(false)
	r := &report{o: o, seconds: time.Since(began).Seconds(), deliveries: l.got.Load() - before, sent: l.sent.Load()}
	r.cpu = cpuTime(o.pid) - cpu
	close(stop)
	senders.Wait()
	l.settle()
	l.close()
	readers.Wait()
	for _, s := range l.sessions {
		r.lag.add(&s.lag)
		if s.err != nil {
			r.closed++
		}
	}
	r.lost, r.wrong = max(0, l.expected.Load()-l.got.Load()), l.wrong.Load()
	return r, nil
}

// settle waits until all is delivered, or nothing more comes.
func (l *load) settle() {
	last := l.got.Load()
	for quiet := 0; l.got.Load() < l.expected.Load() && quiet < 20; quiet++ {
		time.Sleep(100 * time.Millisecond)
		if now := l.got.Load(); now != last {
			last, quiet = now, 0
		}
	}
}

func (l *load) close() {
	for _, s := range l.sessions {
		_ = s.conn.Close()
	}
}

// dial connects; the server may be starting just now.
func (l *load) dial() (net.Conn, error) {
	for {
		conn, err := net.Dial("tcp", l.o.addr)
		if err == nil || time.Since(l.start) > startTime {
			return conn, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// login brings a session into its room.
func (l *load) login(i int) (*session, error) {
	conn, err := l.dial()
	if err != nil {
		return nil, err
	}
	s := &session{load: l, conn: conn, lines: bufio.NewReaderSize(conn, 16<<10), room: i % l.o.rooms, id: -1, last: map[int]int{}}
	s.window = make(chan any, l.o.window)
	_ = conn.SetDeadline(time.Now().Add(setupTime))
	defer conn.SetDeadline(time.Time{})
	for _, step := range []string{"", fmt.Sprintf("/login bench%d", i), fmt.Sprintf("/join bench-%d", s.room), "/echo ready-" + strconv.Itoa(i)} {
		if step != "" {
			_, _ = fmt.Fprintf(conn, "%s\r\n", step) // if it failed, what was said before tells why
		}
	}
	last := ""
	for {
		line, err := s.lines.ReadSlice('\n')
		if err != nil {
			return nil, fmt.Errorf("log in: %w; the server said %q (do its limits allow so many sessions?)", err, last)
		}
		last = string(bytes.TrimRight(line, "\r\n"))
		if bytes.HasPrefix(line, []byte("ready-"+strconv.Itoa(i)+"\r")) {
			return s, nil
		}
	}
}

// read takes what the server sends until the connection is closed.
func (s *session) read() {
	for {
		line, err := s.lines.ReadSlice('\n')
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				s.err = err
			}
			return
		}
		if i := bytes.Index(line, []byte("@@")); i >= 0 && len(line) >= i+tokenSize {
			s.delivery(line[i+2 : i+tokenSize-2])
		}
	}
}

// delivery checks one message.
func (s *session) delivery(token []byte) {
	sender, seq, sent := number(token[:4]), number(token[5:14]), number(token[15:])
	l := s.load
	if seq != s.last[sender]+1 {
		l.wrong.Add(1)
	}
	s.last[sender] = seq
	l.got.Add(1)
	if l.measuring.Load() {
		s.lag.note(time.Since(l.start) - time.Duration(sent))
	}
	if sender == s.id && l.o.rate == 0 {
		<-s.window
	}
}

// number is the value of some decimal digits.
func number(p []byte) (n int) {
	for _, c := range p {
		n = n*10 + int(c-'0')
	}
	return n
}

// send says one message after the other until stop is closed: as fast as they
// come back, or at its share of the rate.
func (s *session) send(stop chan any) {
	l := s.load
	pad := bytes.Repeat([]byte("x"), l.o.size-tokenSize)
	receivers := int64((l.o.sessions - s.room + l.o.rooms - 1) / l.o.rooms)
	var tick <-chan time.Time
	if l.o.rate > 0 {
		t := time.NewTicker(time.Duration(float64(time.Second) * float64(len(l.senders)) / l.o.rate))
		defer t.Stop()
		tick = t.C
	}
	line := make([]byte, 0, l.o.size+8)
	for {
		if tick != nil {
			select {
			case <-tick:
			case <-stop:
				return
			}
		} else {
			select {
			case s.window <- nil:
			case <-stop:
				return
			}
		}
		s.seq++
		line = fmt.Appendf(line[:0], "@@%04d:%09d:%016d@@%s\r\n", s.id, s.seq, time.Since(l.start).Nanoseconds(), pad)
		l.expected.Add(receivers)
		if _, err := s.conn.Write(line); err != nil {
			return
		}
		if l.measuring.Load() {
			l.sent.Add(1)
		}
	}
}
