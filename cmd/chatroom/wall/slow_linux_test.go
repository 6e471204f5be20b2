package wall_test

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// impatient is a config's table of limits with a small outbox and a short stall.
func impatient() string {
	return withLimits("lines_per_second = 0.0\noutbox = \"32KiB\"\nstall = \"2s\"\n")
}

// stopped logs in a guest who then reads nothing, and has the kernel keep little
// for them.
func stopped(t *testing.T, s *programtest.Server, name string) *net.TCPConn {
	t.Helper()
	conn := dialFrom(t, s, "127.0.0.1").(*net.TCPConn)
	if err := conn.SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "login %s\r\n", name)
	return conn
}

// An audience are guests who hear one speaker and must miss nothing.
type audience struct {
	name    string // the speaker's
	began   time.Time
	speaker net.Conn
	said    int
	hearers []*hearer
	reading sync.WaitGroup
	left    atomic.Int64 // those of whom the first hearer was told that they have left
}

// A hearer checks what they hear on a goroutine of their own.
type hearer struct {
	conn net.Conn
	lags []time.Duration // by the number of the line
	err  error
}

// newAudience has n guests wait in a room for a speaker of that name.
func newAudience(t *testing.T, s *programtest.Server, room, name string, n int) *audience {
	t.Helper()
	a := &audience{name: name, began: time.Now(), speaker: dialFrom(t, s, "127.0.0.1")}
	for i := range n {
		h := &hearer{conn: dialFrom(t, s, "127.0.0.1")}
		fmt.Fprintf(h.conn, "login %s-hearer%d\r\njoin %s\r\n/echo ready\r\n", name, i, room)
		r := bufio.NewReader(h.conn)
		h.conn.SetReadDeadline(time.Now().Add(chattest.Timeout))
		if err := readUntil(r, "ready\r\n"); err != nil {
			t.Fatal(err)
		}
		a.hearers = append(a.hearers, h)
		a.reading.Go(func() { h.err = a.hear(h, r, i == 0) })
	}
	fmt.Fprintf(a.speaker, "login %s\r\njoin %s\r\n", name, room)
	go io.Copy(io.Discard, a.speaker)
	return a
}

// hear reads until the speaker has ended.
func (a *audience) hear(h *hearer, r *bufio.Reader, first bool) error {
	for {
		h.conn.SetReadDeadline(time.Now().Add(chattest.Timeout))
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		said, ours := strings.CutPrefix(line, a.name+": ")
		if !ours {
			if first && strings.HasPrefix(line, "-- stopped") && strings.Contains(line, "has left") {
				a.left.Add(1)
			}
			continue
		}
		if said == "end\r\n" {
			return nil
		}
		var n int
		var at int64
		if _, err := fmt.Sscan(said, &n, &at); err != nil || n != len(h.lags) {
			return fmt.Errorf("heard %.20q after line %d: %v", said, len(h.lags)-1, err)
		}
		h.lags = append(h.lags, time.Since(a.began)-time.Duration(at))
	}
}

// say has the speaker say lines of that size at a steady pace, n of them, and more
// until enough is satisfied.
func (a *audience) say(t *testing.T, n, size int, every time.Duration, enough func() bool) {
	t.Helper()
	tick := time.NewTicker(every)
	defer tick.Stop()
	deadline := time.Now().Add(time.Duration(n)*every + 3*chattest.Timeout)
	for i := 0; i < n || !enough(); i++ {
		if time.Now().After(deadline) {
			t.Errorf("not all that stopped reading were cut; %d were", a.left.Load())
			return
		}
		<-tick.C
		a.sayOne(size)
	}
}

// sayOne has the speaker say a line of that size, in bytes.
func (a *audience) sayOne(size int) {
	text := fmt.Sprintf("%d %d ", a.said, time.Since(a.began))
	fmt.Fprintf(a.speaker, "say %s%s\r\n", text, strings.Repeat("x", size-len(text)))
	a.said++
}

// end ends the speech and checks that all have heard all.
func (a *audience) end(t *testing.T) {
	t.Helper()
	fmt.Fprint(a.speaker, "say end\r\n")
	a.reading.Wait()
	for i, h := range a.hearers {
		if h.err != nil {
			t.Errorf("%s-hearer%d: %v", a.name, i, h.err)
		} else if len(h.lags) != a.said {
			t.Errorf("%s-hearer%d heard %d of %d lines", a.name, i, len(h.lags), a.said)
		}
	}
}

// p99 is the time in which 99 of 100 deliveries of the lines from one to another
// were made.
func (a *audience) p99(from, to int) time.Duration {
	var all []time.Duration
	for _, h := range a.hearers {
		if len(h.lags) >= to {
			all = append(all, h.lags[from:to]...)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)*99/100]
}

// People who stop reading are cut, each of them, while the others lose nothing and
// wait for nobody. With the long form the limits are those of the shipped config.
func TestS1StoppedReaders(t *testing.T) {
	hearers, stops, rounds, lines, every := 20, 20, 1, 100, 10*time.Millisecond
	config := impatient()
	if *full {
		hearers, stops, rounds, lines, every = 200, 100, 2, 1000, 20*time.Millisecond
		config = withLimits("lines_per_second = 0.0\n")
	} else {
		t.Parallel()
	}
	s := programtest.Start(t, "[rooms]\njoin_noise = 10000\n\n"+config)
	a := newAudience(t, s, "lobby", "speaker", hearers)
	type phase struct {
		stopped  int
		from, to int
		memory   int64
	}
	var phases []phase
	for round := range rounds {
		for _, n := range []int{0, stops} {
			ph := phase{stopped: n, from: a.said}
			before, gone := processOf(s).resident(t), a.left.Load()
			for i := range n {
				stopped(t, s, fmt.Sprintf("stopped%d-%d", round, i))
			}
			a.say(t, lines, 1000, every, func() bool {
				ph.memory = max(ph.memory, processOf(s).resident(t)-before)
				return a.left.Load()-gone == int64(n)
			})
			ph.to = a.said
			phases = append(phases, ph)
		}
	}
	a.end(t)
	for _, ph := range phases {
		p99 := a.p99(ph.from, ph.to)
		t.Logf("%d hearers, %d stopped readers: p99 %v over %d lines, %d KiB more", hearers, ph.stopped, p99, ph.to-ph.from, ph.memory>>10)
		if p99 > 5*time.Second {
			t.Errorf("with %d stopped readers 99 of 100 deliveries take up to %v", ph.stopped, p99)
		}
	}
}

// Who has the server answer a lot and reads nothing pins a bounded piece of its
// memory: a stranger a small one.
func TestS1Pinned(t *testing.T) {
	t.Parallel()
	peers := 200
	switch {
	case programtest.UnderRace():
		peers = 20
	case *full:
		peers = 500
	}
	for _, tt := range []struct {
		who  string
		most float64 // KiB for each
	}{{"stranger", 24}, {"guest", 192}} {
		t.Run(tt.who, func(t *testing.T) {
			t.Parallel()
			s := programtest.Start(t, withOperator+"\n[login]\ngrace = \"1h\"\nhash_memory = \"7MiB\"\nhash_passes = 1\n\n"+withLimits("lines_burst = 100000\nlines_per_second = 100000.0\nstall = \"1h\"\n"))
			ops := s.Register("ops")
			ops.Send("set noise off")
			before, resident := heapAlive(t, s, ops), processOf(s).resident(t)
			block := []byte(strings.Repeat("/echo "+strings.Repeat("x", 1000)+"\r\n", 1000)) // far more than the kernel holds
			for i := range peers {
				conn := dialFrom(t, s, "127.0.0.1")
				if tt.who == "guest" {
					fmt.Fprintf(conn, "login guest%d\r\n", i)
				}
				go conn.Write(block) // which may wait for ever
			}
			if tt.who == "guest" { // others have something for them too
				bulk(t, s, peers*50, func(i int) string {
					return fmt.Sprintf("/msg guest%d %s", i%peers, strings.Repeat("x", 1000))
				}, "login friend")
			}
			awaitRest(t, processOf(s)) // they got as far as they can
			if left := figures(t, ops)["sessions"]; int(left) < peers {
				t.Fatalf("%.0f of %d are left", left, peers)
			}
			each := (heapAlive(t, s, ops) - before) / float64(peers) / 1024
			t.Logf("each %s of %d pins %.1f KiB of the heap, %.1f KiB of memory in all", tt.who, peers, each,
				float64(processOf(s).resident(t)-resident)/float64(peers)/1024)
			if each > tt.most && !programtest.UnderRace() {
				t.Errorf("each %s pins %.1f KiB, want %.0f at most", tt.who, each, tt.most)
			}
		})
	}
}

// heapAlive is the least of some readings: passwords that are being checked are in
// it for a moment.
func heapAlive(t *testing.T, s *programtest.Server, ops *chattest.Client) float64 {
	t.Helper()
	least := math.Inf(1)
	for range 4 {
		least = min(least, collected(t, s, ops)["heap alive"])
	}
	return least
}

// awaitRest waits until a process does next to nothing.
func awaitRest(t *testing.T, p process) {
	t.Helper()
	last := p.cpu(t)
	for deadline := time.Now().Add(chattest.Timeout); time.Now().Before(deadline); {
		time.Sleep(300 * time.Millisecond)
		now := p.cpu(t)
		if now-last <= 10*time.Millisecond {
			return
		}
		last = now
	}
	t.Fatal("the server comes to no rest")
}

// A reader that takes a little all the time is cut like one that takes nothing,
// and so is one whose window stays shut.
func TestS2Trickle(t *testing.T) {
	t.Parallel()
	s := programtest.Start(t, "[rooms]\njoin_noise = 10000\n\n"+impatient())
	a := newAudience(t, s, "lobby", "speaker", 1)
	for i, size := range []int{0, 1, 256} { // bytes in 100 ms
		conn := stopped(t, s, fmt.Sprintf("stopped%d", i))
		if size > 0 {
			go trickle(conn, size)
		}
	}
	a.say(t, 1, 1000, 5*time.Millisecond, func() bool { return a.left.Load() == 3 })
	a.end(t)
}

// trickle reads that many bytes ten times a second until the connection ends.
func trickle(conn net.Conn, size int) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	p := make([]byte, size)
	for range tick.C {
		if _, err := conn.Read(p); err != nil {
			return
		}
	}
}

// What a stranger sends does not make the time longer in which they must log in,
// and neither does what they are answered.
func TestS3Slowloris(t *testing.T) {
	t.Parallel()
	grace, every := 2*time.Second, 200*time.Millisecond
	config := "[login]\ngrace = \"2s\"\n"
	if *full {
		grace, every, config = time.Minute, 20*time.Second, "" // as shipped
	}
	s := programtest.Start(t, config)
	ann := s.Login("ann")
	var waits sync.WaitGroup
	for _, bytes := range []string{"x", "\r\n", "/help\r\n", "\xff\xf1", "\xff\xfd\x06", "login ann\r\n"} {
		conn := dialFrom(t, s, "127.0.0.1")
		began := time.Now()
		ended := make(chan struct{})
		waits.Go(func() {
			tick := time.NewTicker(every)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					io.WriteString(conn, bytes) // once it is cut, in vain
				case <-ended:
					return
				}
			}
		})
		waits.Go(func() {
			defer close(ended)
			conn.SetReadDeadline(began.Add(grace + chattest.Timeout))
			received, err := io.ReadAll(conn)
			took := time.Since(began)
			if !strings.Contains(string(received), "You did not log in within") {
				t.Errorf("%q: after %v: %v; the last is %.100q", bytes, took, err, received[max(0, len(received)-100):])
			}
			if took < grace-time.Second/2 {
				t.Errorf("%q: cut after %v, want %v", bytes, took, grace)
			}
		})
	}
	waits.Wait()
	ann.Sync()
}

// vanish lets nothing more reach a client, not even what TCP itself would answer:
// its end of the connection is gone without a word.
func vanish(t *testing.T, conn *net.TCPConn) {
	t.Helper()
	if err := conn.SetKeepAlive(false); err != nil { // or it would find the server gone, and say so
		t.Fatal(err)
	}
	drop := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K}} // keep 0 bytes of each packet
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	if err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &drop[0]})
	}); err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}

// The owner of a name does not wait for the end of a session whose peer is gone.
func TestS4TakeOver(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"attach", "takeover"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := programtest.Start(t, fmt.Sprintf("[login]\nsecond_session = %q\n", mode))
			bob := s.Login("bob")
			conn := dialFrom(t, s, "127.0.0.1")
			ghost := chattest.New(t, conn)
			ghost.Name = "ghost"
			ghost.Send(fmt.Sprintf("register ann %q", programtest.Password))
			ghost.Expect("Welcome, ann")
			programtest.Skip(ghost)
			vanish(t, conn.(*net.TCPConn))
			bob.Send("are you there?")
			ann := s.Authenticate("ann")
			ann.Send("say back again")
			bob.Expect("ann: back again")
			ann.Send("account sessions --json")
			ann.Send("/echo that was all")
			sessions := 0
			for line := ""; line != "that was all"; line = ann.Next() {
				if strings.Contains(line, `"type":"session"`) {
					sessions++
				}
			}
			if want := map[string]int{"attach": 2, "takeover": 1}[mode]; sessions != want {
				t.Errorf("ann has %d sessions, want %d", sessions, want)
			}
		})
	}
}

// A peer that vanished is found out: by the probes of TCP if it is owed nothing,
// else because it acknowledges nothing. The long form waits for it, the short one
// asks the kernel whether it will probe.
func TestS4Vanished(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"", "is anybody there?"} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			s := programtest.Start(t, "")
			ann := s.Login("ann")
			conn := dialFrom(t, s, "127.0.0.1").(*net.TCPConn)
			ghost := chattest.New(t, conn)
			ghost.Name = "ghost"
			ghost.Send("login ghost")
			programtest.Skip(ghost)
			if probe := probeDue(t, conn); probe <= 0 || probe > 91*time.Second {
				t.Errorf("the kernel probes in %v, want 90s at most", probe)
			}
			vanish(t, conn)
			began := time.Now()
			ann.Send(said)
			if !*full {
				ann.Sync()
				return
			}
			for gone := false; !gone; {
				if time.Since(began) > 165*time.Second {
					t.Fatalf("the ghost is still here after %v", time.Since(began))
				}
				time.Sleep(time.Second)
				ann.Send("/whois ghost")
				ann.Send("/echo that was all")
				for line := ""; line != "that was all"; line = ann.Next() {
					gone = gone || strings.HasPrefix(line, "-- There is no user")
				}
			}
			t.Logf("the ghost is gone after %v", time.Since(began).Round(time.Second))
		})
	}
}

// probeDue is when the kernel will see whether the peer of the server's end of a
// connection is still there; 0: it won't. See tcp(7) and
// Documentation/networking/proc_net_tcp.rst of Linux.
func probeDue(t *testing.T, conn net.Conn) time.Duration {
	t.Helper()
	client := conn.LocalAddr().(*net.TCPAddr).AddrPort()
	remote := fmt.Sprintf(":%04X", client.Port())
	server := fmt.Sprintf(":%04X", conn.RemoteAddr().(*net.TCPAddr).AddrPort().Port())
	// An acknowledgement may be on its way still, and then another timer runs.
	for deadline := time.Now().Add(chattest.Timeout); time.Now().Before(deadline); {
		for line := range strings.Lines(process(syscall.Getpid()).file(t, "net/tcp")) {
			f := strings.Fields(line)
			if len(f) < 6 || !strings.HasSuffix(f[1], server) || !strings.HasSuffix(f[2], remote) {
				continue
			}
			kind, when, _ := strings.Cut(f[5], ":")
			ticks, err := strconv.ParseInt(when, 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			if kind == "02" {
				return time.Duration(ticks) * 10 * time.Millisecond
			}
		}
	}
	return 0
}

// An end does not wait for somebody who owes the server a full queue of reading:
// they have a moment for their last line, and everybody else goes on.
func TestS5FullQueue(t *testing.T) {
	t.Parallel()
	const config = "\n[server]\ndrain = \"2s\"\n\n"
	limits := withLimits("lines_per_second = 0.0\noutbox = \"64MiB\"\nstall = \"1h\"\n")
	t.Run("kick", func(t *testing.T) {
		t.Parallel()
		s := programtest.Start(t, withOperator+config+limits)
		ops := s.Register("ops")
		fallBehind(t, s, "bob")
		ops.Send("kick bob too loud")
		ops.Expect("-- bob has left")
		ops.Send("say who is next?")
		ops.Expect("ops: who is next?")
		ops.Send("/whois bob")
		ops.Expect("There is no user \"bob\"")
		settled(t, s, ops, nil) // the connection is closed
	})
	t.Run("kick, read on", func(t *testing.T) {
		t.Parallel()
		s := programtest.Start(t, withOperator+config+limits)
		ops := s.Register("ops")
		var last string
		for range 5 { // a busy machine may take the moment away, but not each time
			bob := fallBehind(t, s, "bob")
			read := make(chan string)
			go func() { read <- lastLine(bob) }()
			ops.Send("kick bob too loud")
			ops.Expect("-- bob has left")
			if last = <-read; strings.Contains(last, "too loud") {
				return
			}
		}
		t.Errorf("bob's last line is %.80q, want one with the reason", last)
	})
	t.Run("shutdown", func(t *testing.T) {
		t.Parallel()
		s := programtest.Start(t, config+limits)
		ann := s.Login("ann")
		fallBehind(t, s, "bob")
		s.Signal(syscall.SIGTERM)
		ann.Expect("-- the server is going down")
		if status := s.Wait(); status != 0 { // it has [chattest.Timeout] for the 2s
			t.Errorf("status %d", status)
		}
	})
	t.Run("shutdown, read on", func(t *testing.T) {
		t.Parallel()
		s := programtest.Start(t, limits)
		bob := fallBehind(t, s, "bob")
		s.Signal(syscall.SIGTERM)
		if last := lastLine(bob); last != "-- the server is going down\r\n" {
			t.Errorf("bob's last line is %.80q", last)
		}
		if status := s.Wait(); status != 0 {
			t.Errorf("status %d", status)
		}
	})
}

// fallBehind logs in somebody who is then owed more than the kernel holds for
// them.
func fallBehind(t *testing.T, s *programtest.Server, name string) *net.TCPConn {
	t.Helper()
	// The kernel keeps what it likes for them: with little, they could not read on
	// as fast as they have to.
	conn := dialFrom(t, s, "127.0.0.1").(*net.TCPConn)
	fmt.Fprintf(conn, "login %s\r\njoin den\r\n/echo ready\r\n", name)
	conn.SetReadDeadline(time.Now().Add(chattest.Timeout))
	if err := readUntil(bufio.NewReader(conn), "ready\r\n"); err != nil {
		t.Fatal(err)
	}
	bulk(t, s, 800, func(int) string { return "say " + strings.Repeat("x", 1000) }, "login talker", "join den")
	return conn
}

// lastLine reads on to the end, and returns the last line or the part of one.
func lastLine(conn *net.TCPConn) string {
	conn.SetReadDeadline(time.Now().Add(chattest.Timeout))
	received, _ := io.ReadAll(conn) // a reset is an end too
	before := strings.TrimSuffix(string(received), "\r\n")
	return string(received[strings.LastIndexByte(before, '\n')+1:])
}

// Who sends no more is still served, and costs nothing meanwhile.
func TestS6HalfClosed(t *testing.T) {
	t.Parallel()
	s := programtest.Start(t, "[limits]\nlines_burst = 2\nlines_per_second = 1.0\nsessions_per_source = 0\nconnects_per_minute = 0\n")
	bob := s.Login("bob")
	const people, lines = 10, 4
	var crowd []*chattest.Client
	for i := range people {
		c := s.Dial(fmt.Sprintf("half%d", i))
		c.SendRaw([]byte("set noise off\r\nlogin " + c.Name + "\r\n"))
		c.Expect("Welcome, " + c.Name)
		crowd = append(crowd, c)
	}
	stranger := s.Dial("stranger")
	stranger.CloseWrite()
	stranger.ExpectClosed()
	computed, began := processOf(s).cpu(t), time.Now()
	for _, c := range crowd {
		var block strings.Builder
		for i := range lines {
			fmt.Fprintf(&block, "say %s %d\r\n", c.Name, i)
		}
		c.SendRaw([]byte(block.String()))
		c.CloseWrite()
	}
	heard := map[string]int{}
	for range people * lines {
		line := bob.Expect(": half")
		var name, again string
		var n int
		if _, err := fmt.Sscan(strings.Replace(line, ":", " ", 1), &name, &again, &n); err != nil || n != heard[name] || name != again {
			t.Errorf("after %d lines of %s: %q", heard[name], name, line)
		}
		heard[name]++
	}
	for _, c := range crowd {
		c.ExpectClosed()
	}
	took := time.Since(began)
	computed = processOf(s).cpu(t) - computed
	if took < 2*time.Second {
		t.Errorf("%d lines of each took %v; nobody had to wait", lines, took)
	}
	if computed > took/2 && !programtest.UnderRace() {
		t.Errorf("the server computed for %v of %v", computed, took)
	}
	bob.Quiet("half...")
}
