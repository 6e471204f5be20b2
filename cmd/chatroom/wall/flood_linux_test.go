package wall_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// greetings reads the first line of each connection and returns how many were
// let in. Those that were not must be told why, in one line, and be closed.
func greetings(t *testing.T, conns []net.Conn) (in int) {
	t.Helper()
	for _, conn := range conns {
		conn.SetReadDeadline(time.Now().Add(chattest.Timeout))
		r := bufio.NewReader(conn)
		first, err := r.ReadString('\n')
		switch {
		case err != nil:
			t.Fatalf("no answer: %v", err)
		case strings.HasPrefix(first, "Welcome to "):
			in++
			continue
		case !strings.HasPrefix(first, "-- ") || !strings.HasSuffix(first, "\r\n"):
			t.Errorf("refused with %q", first)
		}
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			t.Errorf("after the refusal: %q, %v", rest, err)
		}
	}
	return in
}

// One source that connects a thousand times and says nothing has no more than its
// share, and nobody else notices. The limits are those of the shipped config.
func TestF1ConnectFlood(t *testing.T) {
	t.Parallel()
	s := programtest.Start(t, "[login]\ngrace = \"10m\"\n\n[limits]\nlines_per_second = 0.0\n")
	p := pulse{ann: guestFrom(t, s, "127.0.0.2", "ann"), bob: guestFrom(t, s, "127.0.0.3", "bob")}
	began := time.Now()
	conns := make([]net.Conn, 0, 1000)
	var slowest time.Duration
	for i := range cap(conns) {
		conns = append(conns, dialFrom(t, s, "127.0.0.1"))
		if i%100 == 99 {
			p.beat()
			asked := time.Now()
			other := clientFrom(t, s, source(10, i), "other")
			other.Expect("Welcome to ")
			slowest = max(slowest, time.Since(asked))
			other.Send("quit")
			other.ExpectClosed()
		}
	}
	flooded := time.Since(began)
	if in := greetings(t, conns); in != 16 {
		t.Errorf("%d connections of one source are in at once, want 16", in)
	}
	for _, conn := range conns {
		conn.Close()
	}
	conns = conns[:0]
	p.beat()
	for range 100 {
		conns = append(conns, dialFrom(t, s, "127.0.0.1"))
	}
	if in, most := greetings(t, conns), 16+int(time.Since(began).Minutes()*32); in > most {
		t.Errorf("%d more connections of one source are in, want %d at most", in, most)
	}
	p.beat()
	t.Logf("1,000 connections in %v; others' slowest greeting %v, slowest message %v", flooded, slowest, p.worst)
}

// Silent connections from everywhere leave the people who are in alone, let more
// in, and don't reach the operator's own door.
func TestF2SilentCrowd(t *testing.T) {
	t.Parallel()
	crowd := 600
	if *full {
		crowd = 5000
	}
	s := programtest.Start(t, fmt.Sprintf("[login]\ngrace = \"10m\"\n\n[limits]\nsessions = %d\nlines_per_second = 0.0\n", crowd/2))
	p := pulse{ann: guestFrom(t, s, "127.0.0.2", "ann"), bob: guestFrom(t, s, "127.0.0.3", "bob")}
	before := processOf(s).resident(t)
	began := time.Now()
	gone := make(chan string, crowd) // the last line of those who had to make room
	for i := range crowd {
		conn := dialFrom(t, s, source(20, i/10))
		go func() {
			received, err := io.ReadAll(conn)
			if err == nil {
				before := strings.TrimSuffix(string(received), "\r\n")
				gone <- before[strings.LastIndexByte(before, '\n')+1:]
			}
		}()
		if i%50 == 49 {
			p.beat()
		}
	}
	t.Logf("%d silent connections in %v take %d KiB; slowest message %v",
		crowd, time.Since(began), (processOf(s).resident(t)-before)>>10, p.worst)
	s.Must("admin", "list")
	for range crowd / 4 {
		select {
		case last := <-gone:
			if !strings.Contains(last, "-- So many are connecting") {
				t.Fatalf("somebody silent was ended with %q", last)
			}
		case <-time.After(chattest.Timeout):
			t.Fatal("nobody silent makes room")
		}
	}
	for i := range 10 {
		name := fmt.Sprintf("late%d", i)
		if !comesIn(t, s, i, name) {
			t.Fatalf("%s does not get in", name)
		}
		p.bob.Expect("-- " + name + " has joined")
	}
	p.beat()
}

// comesIn reports whether somebody who logs in at once gets in, if not with the
// first connection then with one of the next.
func comesIn(t *testing.T, s *programtest.Server, n int, name string) bool {
	t.Helper()
	for try := range 20 {
		c := clientFrom(t, s, source(30+byte(try), n), name)
		if !strings.HasPrefix(c.Next(), "Welcome to ") {
			continue
		}
		c.Send("login " + name)
		c.Expect("Welcome, " + name)
		return true
	}
	return false
}

// A paste of 500 lines arrives whole, in order and at the rate that is allowed.
func TestF3Paste(t *testing.T) {
	t.Parallel()
	rate, config := 100.0, "[limits]\nlines_burst = 10\nlines_per_second = 100.0\n"
	if *full {
		rate, config = 2, "[limits]\nconnects_per_minute = 0\n" // as shipped
	}
	s := programtest.Start(t, config)
	bob := s.Login("bob")
	ann := s.Dial("ann")
	ann.Send("login ann")
	ann.Expect("Welcome, ann")
	const lines = 500
	var paste strings.Builder
	for i := range lines {
		fmt.Fprintf(&paste, "say line %03d %s\r\n", i, strings.Repeat("paste ", 15))
	}
	began := time.Now()
	ann.SendRaw([]byte(paste.String()))
	for i := range lines {
		want := fmt.Sprintf("ann: line %03d ", i)
		for _, c := range []*chattest.Client{ann, bob} {
			if got := c.Expect("ann: "); !strings.HasPrefix(got, want) {
				t.Fatalf("%s: got %q, want %q", c.Name, got, want)
			}
		}
	}
	// The login took one of the burst of 10; half a second is for a late start.
	paced := time.Duration((lines-10)/rate*float64(time.Second)) - time.Second/2
	if took := time.Since(began); took < paced {
		t.Errorf("%d lines took %v, want %v at least", lines, took, paced)
	}
	ann.Send("say and more")
	ann.Expect("ann: and more")
	bob.Expect("ann: and more")
}

// When everybody logs in at the same time, a few passwords are checked at once,
// the others are told to try again, and memory does not follow the tries.
func TestF4LoginFlood(t *testing.T) {
	t.Parallel()
	tries := 200
	if *full {
		tries = 500
	}
	s := programtest.Start(t, "")
	s.Register("zoe").Close()
	p := pulse{ann: s.Login("ann"), bob: s.Login("bob")}
	crowd := make([]*chattest.Client, tries)
	for i := range crowd {
		crowd[i] = clientFrom(t, s, source(40, i), fmt.Sprintf("try%d", i))
		crowd[i].Expect("Log in with")
	}
	before := processOf(s).resident(t)
	for i, c := range crowd {
		c.Send(fmt.Sprintf("login stranger%d %q", i, programtest.Password))
	}
	p.beat()
	busy, checked := 0, 0
	for _, c := range crowd {
		switch line := c.Next(); {
		case strings.Contains(line, "busy with other logins"):
			busy++
		case strings.Contains(line, "The name or the password is wrong"):
			checked++
		default:
			t.Errorf("%s: %q", c.Name, line)
		}
	}
	p.beat()
	if busy == 0 || checked == 0 {
		t.Errorf("of %d logins at once %d are told that the server is busy, and %d are checked", tries, busy, checked)
	}
	grown := processOf(s).peak(t) - before
	if grown > 64<<20 && !programtest.UnderRace() {
		t.Errorf("%d logins at once take %d MiB", tries, grown>>20)
	}
	t.Logf("of %d logins at once %d are checked; %d MiB more, slowest message %v", tries, checked, grown>>20, p.worst)
	s.Authenticate("zoe") // when the flood is over
}

// Who asks for costly lists again and again waits for them, and the others do not.
func TestF5CostlyCommands(t *testing.T) {
	t.Parallel()
	people := 250
	if *full {
		people = 5000
	}
	s := programtest.Start(t, withLimits("lines_burst = 10\nlines_per_second = 100.0\n"))
	p := pulse{ann: s.Login("ann"), bob: s.Login("bob")}
	for i := range people {
		conn := dialFrom(t, s, source(50, i))
		fmt.Fprintf(conn, "set noise off\r\nlogin guest%d\r\njoin aside\r\n", i)
		go io.Copy(io.Discard, conn)
	}
	awaitPeople(t, p.ann, people+2)
	for i := range 300 {
		p.ann.Send(fmt.Sprintf("say %d %s", i, strings.Repeat("deep history ", 20)))
	}
	p.bob.Expect("ann: 299 ")
	hog := s.Login("hog")
	const rounds = 40
	var block strings.Builder
	for range rounds {
		block.WriteString("/who\r\n/history 500\r\n")
	}
	computed, began := processOf(s).cpu(t), time.Now()
	hog.SendRaw([]byte(block.String() + "/echo that was all\r\n"))
	for range 5 {
		p.beat()
	}
	listed, bytes := 0, 0
	for line := ""; line != "that was all"; line = hog.Next() {
		if strings.HasPrefix(line, "guest") {
			listed++
		}
		bytes += len(line)
	}
	took := time.Since(began)
	computed = processOf(s).cpu(t) - computed
	p.beat()
	// Each of the two costs three lines; the first ten are free, half a second is
	// for a late start.
	if least := time.Duration((rounds*2*3-10)*float64(time.Second)/100) - time.Second/2; took < least {
		t.Errorf("%d costly commands took %v, want %v at least", 2*rounds, took, least)
	}
	if listed > rounds*200 || listed == 0 {
		t.Errorf("%d lists of who is here have %d people, want 200 each at most", rounds, listed)
	}
	if bytes > rounds*(64+32)<<10 {
		t.Errorf("the answers have %d bytes", bytes)
	}
	share := computed.Seconds() / took.Seconds()
	if share > 0.5 && !programtest.UnderRace() {
		t.Errorf("one caller takes %.0f %% of a core", 100*share)
	}
	t.Logf("%d costly commands in %v take %.1f %% of a core; slowest message of others %v", 2*rounds, took, 100*share, p.worst)
}

// awaitPeople waits until so many are here.
func awaitPeople(t *testing.T, c *chattest.Client, n int) {
	t.Helper()
	want := fmt.Sprintf("%d people", n)
	var line string
	for deadline := time.Now().Add(chattest.Timeout); time.Now().Before(deadline); {
		c.Send("/uptime")
		if line = c.Expect("up "); strings.Contains(line, want) {
			return
		}
	}
	t.Fatalf("%q, want %s", line, want)
}

// Whatever somebody makes many of, there is an end to it.
func TestF6Bounds(t *testing.T) {
	t.Parallel()
	s := programtest.Start(t, "[rooms]\nmax = 50\nper_user = 5\n\n"+
		withLimits("lines_per_second = 0.0\naliases = 20\njobs = 5\nregistrations = 12\nregistrations_per_source = 3\n"))
	sources := 0
	someone := func() *chattest.Client {
		sources++
		name := fmt.Sprintf("guest%d", sources)
		return guestFrom(t, s, source(60, sources), name)
	}
	tooMany := func(what string, answers []string, want string) {
		t.Helper()
		if last := answers[len(answers)-1]; !strings.Contains(last, want) {
			t.Errorf("too many %s: %q, want %q", what, last, want)
		}
		if strings.Contains(answers[0], want) {
			t.Errorf("not one of %s: %q", what, answers[0])
		}
	}
	c := someone()
	tooMany("rooms of one user", tryAll(c, 10, func(i int) string { return fmt.Sprintf("join own%d", i) }), "leave one first")
	tooMany("aliases", tryAll(c, 30, func(i int) string { return fmt.Sprintf("alias a%d who", i) }), "unalias one first")
	tooMany("jobs", tryAll(c, 10, func(int) string { return "at 1h who" }), "cancel one first")
	var rooms []string
	for i := range 12 {
		rooms = append(rooms, tryAll(someone(), 5, func(k int) string { return fmt.Sprintf("join room%d-%d", i, k) })...)
	}
	tooMany("rooms", rooms, "There are 50 rooms")
	var accounts []string
	for i := range 5 {
		first := len(accounts)
		for k := range 4 {
			c := clientFrom(t, s, source(61, i), "new")
			c.Send(fmt.Sprintf("register new%d-%d %q", i, k, programtest.Password))
			c.Expect("Log in with")
			accounts = append(accounts, c.Next())
		}
		if i == 0 {
			tooMany("accounts from one address", accounts[first:], "registered from your address")
		}
	}
	tooMany("accounts", accounts, "Many accounts were registered")
	if made := strings.Count(s.Must("account", "list"), "\n"); made != 12 {
		t.Errorf("there are %d accounts, want 12", made)
	}
}

// tryAll has a client send that many lines one after the other, and returns what
// it was told last about each.
func tryAll(c *chattest.Client, n int, line func(int) string) (answers []string) {
	for i := range n {
		c.Send(line(i))
		c.Send("/echo that was one")
		answer := ""
		for next := ""; next != "that was one"; next = c.Next() {
			answer = next
		}
		answers = append(answers, answer)
	}
	return answers
}

// What strangers try under ever other names and from ever other addresses is not
// all kept in memory.
func TestF6Memory(t *testing.T) {
	t.Parallel()
	many, budget := 2000, 16.0
	if *full {
		many, budget = 100_000, 128
	}
	s := programtest.Start(t, withOperator+"\n[store]\ndir = \"\"\n\n[limits]\nsessions_per_source = 16\nconnects_per_minute = 1000\nlines_per_second = 0.0\n")
	ops := s.Register("ops")
	before := collected(t, s, ops)
	ops.Close() // who would hear of all that follows
	bulk(t, s, many, func(i int) string { return fmt.Sprintf("login name%d\r\nlogout", i) })
	bulk(t, s, many, func(i int) string { return fmt.Sprintf("nick other%d", i) }, "login fickle")
	bulk(t, s, many, func(i int) string { return fmt.Sprintf("join place%d\r\nleave", i) }, "login rover")
	bulk(t, s, many, func(i int) string { return fmt.Sprintf("msg absent%d hello", i) }, "login lonely")
	for i := range many {
		conn := dialFrom(t, s, fmt.Sprintf("127.%d.%d.%d", 100+i/62500, i/250%250, 1+i%250))
		conn.SetReadDeadline(time.Now().Add(chattest.Timeout))
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		conn.Close()
	}
	last := bulk(t, s, many+1, func(i int) string { return fmt.Sprintf("/ban 10.%d.%d.%d", i>>16, i>>8&255, i&255) }, fmt.Sprintf("login ops %q", programtest.Password))
	if *full && !strings.Contains(last, "There are 100000 sanctions") {
		t.Errorf("the last of %d bans is answered with %q", many+1, last)
	}
	ops = s.Authenticate("ops")
	after := collected(t, s, ops)
	grown := (after["heap alive"] - before["heap alive"]) / (1 << 20)
	if grown > budget {
		t.Errorf("%d of everything take %.1f MiB", many, grown)
	}
	t.Logf("%d of everything take %.1f MiB", many, grown)
	ops.Send("say still here")
	ops.Expect("ops: still here")
}

// bulk has a connection of its own send first, then n lines at once, and returns
// the last line that came back when the server has dealt with all.
func bulk(t *testing.T, s *programtest.Server, n int, line func(int) string, first ...string) (last string) {
	t.Helper()
	conn := dialFrom(t, s, "127.0.0.1")
	defer conn.Close()
	go func() {
		w := bufio.NewWriter(conn)
		fmt.Fprintf(w, "%s\r\n", strings.Join(first, "\r\n"))
		for i := range n {
			fmt.Fprintf(w, "%s\r\n", line(i))
		}
		fmt.Fprint(w, "/echo that was all\r\n")
		w.Flush() // if it fails, so does the reading
	}()
	r := bufio.NewReader(conn)
	for {
		conn.SetReadDeadline(time.Now().Add(chattest.Timeout))
		next, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", last, err)
		}
		if next = strings.TrimRight(next, "\r\n"); next == "that was all" {
			return last
		}
		last = next
	}
}

// Sessions that come and go, however they end, leave nothing behind: no
// descriptor, no goroutine, no memory.
func TestF7Churn(t *testing.T) {
	t.Parallel()
	lives, every := 2000, time.Duration(0)
	if *full {
		lives, every = 12_000, 5*time.Millisecond // 200 a second for a minute
	}
	s := programtest.Start(t, withOperator)
	ops := s.Register("ops")
	churn(t, s, 500, 0)
	before := settled(t, s, ops, nil)
	began := time.Now()
	churn(t, s, lives, every)
	took := time.Since(began)
	after := settled(t, s, ops, before)
	for name, most := range map[string]float64{"descriptors": 3, "goroutines": 5, "heap alive": 2 << 20} {
		if grown := after[name] - before[name]; grown > most {
			t.Errorf("%s: %.0f before %d sessions, %.0f after", name, before[name], lives, after[name])
		}
	}
	t.Logf("%d sessions in %v; descriptors %+.0f, goroutines %+.0f, heap alive %+.0f bytes", lives, took,
		after["descriptors"]-before["descriptors"], after["goroutines"]-before["goroutines"], after["heap alive"]-before["heap alive"])
}

// churn has that many guests come and go, one after the other, each in one of the
// ways in which a connection ends.
func churn(t *testing.T, s *programtest.Server, lives int, every time.Duration) {
	t.Helper()
	var tick <-chan time.Time
	if every > 0 {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		tick = ticker.C
	}
	for i := range lives {
		if tick != nil {
			<-tick
		}
		conn, err := net.Dial("tcp", s.Addrs[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := live(conn.(*net.TCPConn), fmt.Sprintf("guest%d", i%100), i); err != nil {
			t.Fatalf("session %d: %v", i, err)
		}
	}
}

// live is one life of a guest; how says in which way it ends.
func live(conn *net.TCPConn, name string, how int) error {
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(chattest.Timeout))
	if how%6 == 5 { // one who never logs in
		_, err := conn.Read(make([]byte, 1))
		return err
	}
	// The name may still be held by one whose end the server has not seen.
	fmt.Fprintf(conn, "login %s\r\n/echo in\r\n", name)
	r := bufio.NewReader(conn)
	if err := readUntil(r, "in\r\n"); err != nil {
		return err
	}
	switch how % 6 {
	case 0:
		fmt.Fprint(conn, "quit\r\n")
	case 1:
		return conn.Close()
	case 2:
		conn.CloseWrite()
	case 3:
		conn.SetLinger(0) // a reset
		return conn.Close()
	case 4:
		fmt.Fprint(conn, "history 20 | grep x | tail 3\r\n")
		return conn.Close()
	}
	_, err := io.Copy(io.Discard, r)
	return err
}

// readUntil reads up to the line that is want.
func readUntil(r *bufio.Reader, want string) error {
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == want {
			return err
		}
	}
}
