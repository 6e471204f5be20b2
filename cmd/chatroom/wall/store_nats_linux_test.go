package wall_test

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A wire leads to a server, and can be slow or dead.
type wire struct {
	listener net.Listener
	target   *url.URL
	group    sync.WaitGroup

	mu    sync.Mutex
	delay time.Duration // of what goes to the server
	open  chan struct{} // closed while something comes through
	conns []net.Conn
}

func layWire(t *testing.T, to string) *wire {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: target, open: make(chan struct{})}
	close(w.open)
	w.group.Go(w.accept)
	t.Cleanup(func() {
		l.Close()
		w.mend()
		w.cut()
		w.group.Wait()
	})
	return w
}

// url is how the server is reached through the wire.
func (w *wire) url() string {
	u := *w.target
	u.Host = w.listener.Addr().String()
	return u.String()
}

func (w *wire) accept() {
	for {
		in, err := w.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", w.target.Host)
		if err != nil {
			in.Close()
			continue
		}
		w.mu.Lock()
		w.conns = append(w.conns, in, out)
		w.mu.Unlock()
		w.group.Go(func() { w.carry(out, in, true) })
		w.group.Go(func() { w.carry(in, out, false) })
	}
}

// carry carries what comes from one end to the other, each piece late by the delay if it
// is slow; pieces don't wait for each other.
func (w *wire) carry(to, from net.Conn, slow bool) {
	type piece struct {
		data []byte
		at   time.Time
	}
	pieces := make(chan piece, 1<<16)
	w.group.Go(func() {
		defer to.Close()
		defer from.Close()
		for p := range pieces {
			time.Sleep(time.Until(p.at))
			w.mu.Lock()
			open := w.open
			w.mu.Unlock()
			<-open
			if _, err := to.Write(p.data); err != nil {
				break
			}
		}
		for range pieces {
		}
	})
	defer close(pieces)
	for {
		buf := make([]byte, 32<<10)
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		w.mu.Lock()
		at := time.Now()
		if slow {
			at = at.Add(w.delay)
		}
		w.mu.Unlock()
		pieces <- piece{buf[:n], at}
	}
}

// stall holds up all that is under way, in both directions, until mend.
func (w *wire) stall() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = make(chan struct{})
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.open:
	default:
		close(w.open)
	}
}

func (w *wire) slow(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delay = by
}

// cut ends all connections.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// D7: without its NATS server a chatroom does not start, since every name would be free:
// it says so soon. While it is cut off people talk on, and who asks for what needs the
// store is told soon; once it is not, all is well by itself: nothing is there twice or out
// of order, and a name that was asked for meanwhile has one owner.
func TestD7Partition(t *testing.T) {
	t.Parallel()
	_, nats := programtest.StartNATS(t)
	line := layWire(t, nats)
	s := programtest.Start(t, fmt.Sprintf("[store]\nurl = %q\n", line.url()))
	ann, bob := s.Register("ann"), s.Register("bob")
	s.Must("admin", "grant", "ann")
	ann.Expect("-- Your role is admin now")
	var said []string
	say := func(what string, n int) {
		t.Helper()
		for _, text := range numbered(what, n) {
			ann.Send("say " + text)
			bob.Expect("ann: " + text)
			said = append(said, text)
		}
	}
	say("before", 5)
	line.stall()
	began := time.Now()
	for i, lap := range []string{"stalled", "stalled still"} {
		say(lap, 5)
		for _, asked := range []string{fmt.Sprint("register dup", i), "login ann"} {
			c := s.Dial("late")
			c.Send(fmt.Sprintf("%s %q", asked, programtest.Password))
			if got := answered(c); !hasAny(got, refusals...) {
				t.Errorf("%q is answered by %q, want that it can't be done now", asked, got)
			}
			c.Close()
		}
	}
	bob.Sync()
	if !strings.Contains(bob.Transcript(), "-- The server's storage is unavailable") {
		t.Error("nobody is told")
	}
	took := time.Since(began)
	if took > 30*time.Second {
		t.Errorf("four answers took %v, want some 3 s each at most", took)
	}
	if *full {
		time.Sleep(30*time.Second - min(took, 30*time.Second))
		say("after long", 5)
	}
	line.mend()
	bob.Expect("-- The server's storage works again")
	say("healed", 5)
	// A name that was asked for in vain belongs to who asks now, or to who asked then.
	for i := range 2 {
		name := fmt.Sprint("dup", i)
		first, second := s.Dial(name), s.Dial(name)
		owners := 0
		for _, c := range []*chattest.Client{first, second} {
			c.Send(fmt.Sprintf("register %s %q", name, "barley open"))
			if strings.Contains(answered(c), "is yours now") {
				owners++
			}
		}
		c := s.Dial(name)
		c.Send(fmt.Sprintf("login %s %q", name, programtest.Password))
		if strings.Contains(answered(c), "Welcome") {
			owners++
		}
		if owners != 1 {
			t.Errorf("%s has %d owners", name, owners)
		}
	}
	export(s).saidOnce(t, "lobby", said...)
	// The line is cut, and all begins anew.
	line.cut()
	say("cut", 3)
	s.Restart()
	found := export(s)
	found.saidOnce(t, "lobby", said...)
	if n := len(found.said("lobby")); n != len(said) {
		t.Errorf("%d messages are there of %d", n, len(said))
	}
	out, status := attempt(s, "serve", "--store.url", "nats://127.0.0.1:1", "--store.dir", "other")
	if status != 3 || strings.Contains(out, "listens on") {
		t.Errorf("without a NATS server it ends with status %d: %s", status, out)
	}
}

// answered is the first line in answer to what was sent, after the greeting.
func answered(c *chattest.Client) string {
	for {
		l := c.Next()
		if l != "Welcome to ChatRoom" && !strings.Contains(l, "Log in with: login NAME") && !strings.Contains(l, "torage is unavailable: you can talk") &&
			!strings.Contains(l, "torage works again") {
			return l
		}
	}
}

// D8: with a store that takes 2 s for each operation nobody is held up: lines are delivered
// at once, what waits to be written is bounded, and what was dropped is counted, shown
// and marked in the history.
func TestD8SlowStore(t *testing.T) {
	t.Parallel()
	_, nats := programtest.StartNATS(t)
	line := layWire(t, nats)
	s := programtest.Start(t, fmt.Sprintf("[store]\nurl = %q\n[history]\nlines = 100\n", line.url()))
	ann, bob := s.Register("ann"), s.Register("bob")
	s.Must("admin", "grant", "ann")
	ann.Expect("-- Your role is admin now")
	bob.Send("join noise")
	bob.Expect("You are in noise")
	ann.Send("say fast")
	ann.Expect("ann: fast")
	export(s)
	line.slow(2 * time.Second)
	// What needs the store is answered late, or with a refusal, and the others wait for
	// nobody.
	began := time.Now()
	new := s.Dial("new")
	new.Send(fmt.Sprintf("register new %q", programtest.Password))
	worst := time.Duration(0)
	quick := func(text string) {
		t.Helper()
		began := time.Now()
		ann.Send("say " + text)
		ann.Expect("ann: " + text)
		worst = max(worst, time.Since(began))
	}
	for _, text := range numbered("slow", 20) {
		quick(text)
	}
	if got := answered(new); !strings.Contains(got, "is yours now") && !hasAny(got, refusals...) {
		t.Errorf("a registration is answered by %q", got)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("a registration is answered after %v", took)
	}
	// More than the queue holds.
	for lap := range 12 {
		pour(t, bob, "noise", 1000, nil)
		quick(fmt.Sprint("lap ", lap))
	}
	ann.Send("stats")
	shown := ann.Expect("history kept ")
	waiting, lost := number(t, shown, "bytes wait"), number(t, shown, "lines lost")
	if waiting > 8<<20 || lost == 0 {
		t.Errorf("stats show %q, want at most 8 MiB that wait, and what was dropped", shown)
	}
	if worst > 3*time.Second {
		t.Errorf("a line was delivered after %v, want at once", worst)
	}
	t.Logf("a line was delivered within %v; %s", worst, strings.TrimSpace(shown))
	line.slow(0)
	for end := time.Now().Add(2 * chattest.Timeout); waiting > 0; time.Sleep(100 * time.Millisecond) {
		ann.Send("stats")
		shown = ann.Expect("history kept ")
		if waiting = number(t, shown, "bytes wait"); time.Now().After(end) {
			t.Fatalf("the queue is not empty yet: %s", shown)
		}
	}
	lost = number(t, shown, "lines lost")
	found := export(s)
	found.saidOnce(t, "lobby", append([]string{"fast"}, numbered("slow", 20)...)...)
	gaps, kept := 0, 0
	for _, m := range found.messages["noise"] {
		if m.Kind == "gap" {
			gaps += number(t, m.Text, "lines are missing here")
		} else {
			kept++
		}
	}
	if gaps != lost || gaps+kept != 12_000 {
		t.Errorf("%d lines are there, %d are marked as missing and %d were dropped, of 12000", kept, gaps, lost)
	}
}

// number is the number that stands before a word in a text, 0 if there is none.
func number(t *testing.T, text, word string) int {
	t.Helper()
	before, _, ok := strings.Cut(text, " "+word)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(before[strings.LastIndexByte(before, ' ')+1:])
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return n
}

// numbered are n texts.
func numbered(what string, n int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("%s %d", what, i))
	}
	return texts
}
