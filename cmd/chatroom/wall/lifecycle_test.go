//go:build linux

package wall_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// goodbye is the last that every session is told by a server that ends.
const goodbye = "-- the server is going down"

// At SIGTERM nobody more comes in, everybody is told, what was said is kept, and
// the server ends in time with status 0.
func TestL1Drain(t *testing.T) {
	n := 500
	if *full {
		n = 10_000
	}
	s := programtest.Start(t, "[limits]\nsessions = 0\nsessions_per_source = 0\nconnects_per_minute = 0\nlines_per_second = 0.0\n")
	ann := s.Register("ann")
	conns := guests(t, s, n)
	ann.Send("say the last word")
	ann.Expect("ann: the last word")

	began := time.Now()
	s.Signal(syscall.SIGTERM)
	ends := make(chan string, n)
	for _, conn := range conns {
		go func() {
			rest, err := io.ReadAll(conn)
			if !strings.HasSuffix(string(rest), "\r\n"+goodbye+"\r\n") {
				ends <- fmt.Sprintf("%v after %q", err, rest)
				return
			}
			ends <- ""
		}()
	}
	if lines := ann.ExpectClosed(); len(lines) == 0 || lines[len(lines)-1] != goodbye {
		t.Errorf("ann was told %q at the end", lines)
	}
	// From then on no one comes in, though the program may not have ended.
	if conn, err := net.Dial("tcp", s.Addrs[0]); err == nil {
		if err := conn.SetDeadline(time.Now().Add(chattest.Timeout)); err != nil {
			t.Fatal(err)
		}
		if told, _ := io.ReadAll(conn); strings.Contains(string(told), "Welcome") {
			t.Errorf("who came during the drain was told %q", told)
		}
		conn.Close()
	}
	status := s.Wait()
	took := time.Since(began)
	t.Logf("%d sessions: from SIGTERM to the exit with status %d it took %v", n+1, status, took)
	if status != 0 || took > 15*time.Second {
		t.Errorf("status %d after %v, want 0 within 10 seconds", status, took)
	}
	cut := 0
	for range conns {
		if end := <-ends; end != "" {
			if cut++; cut <= 3 {
				t.Errorf("a session did not end with the goodbye: %s", end)
			}
		}
	}
	if cut > 0 {
		t.Errorf("%d of %d sessions did not end with the goodbye", cut, n)
	}
	if strings.Contains(s.Log.String(), "could be saved") || strings.Contains(s.Log.String(), "sessions were cut") {
		t.Error("the log tells of a loss")
	}
	s.Launch(nil)
	s.Ready()
	ann = s.Authenticate("ann")
	ann.Send("history 5")
	ann.Expect("ann: the last word")
}

// guests are so many logged in, eight at a time, who have read all.
func guests(t *testing.T, s *programtest.Server, n int) []net.Conn {
	t.Helper()
	conns := make([]net.Conn, n)
	var mu sync.Mutex
	var failed error
	var done sync.WaitGroup
	for first := range 8 {
		done.Go(func() {
			for i := first; i < n; i += 8 {
				conn, err := guestOf(s, fmt.Sprintf("u%d", i))
				mu.Lock()
				if conns[i] = conn; err != nil {
					failed = err
				}
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	done.Wait()
	t.Cleanup(func() {
		for _, conn := range conns {
			if conn != nil {
				conn.Close()
			}
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	return conns
}

func guestOf(s *programtest.Server, name string) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", s.Addrs[0], chattest.Timeout)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(3 * time.Minute)); err != nil {
		return conn, err
	}
	if _, err := fmt.Fprintf(conn, "login %s\r\n", name); err != nil {
		return conn, err
	}
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return conn, fmt.Errorf("%s was told %q: %w", name, line, err)
		}
		if strings.HasPrefix(line, "-- You are in lobby") {
			return conn, nil
		}
	}
}

// While the config is read again and again under load nobody is disconnected, nobody
// sees half of one config and half of another, and the last one holds.
func TestL2Reloads(t *testing.T) {
	alongside(t)
	config := func(n int) string {
		return programtest.CompleteConfig(fmt.Sprintf("[server]\nname = \"Chat %d\"\nmotd = \"This is chat %[1]d.\"\n", n))
	}
	s := programtest.Start(t, config(0))
	ann, bob := s.Login("ann"), s.Login("bob")

	stop := make(chan struct{})
	var callers sync.WaitGroup
	greeted, mixed := make([]int, 4), make([]string, 4)
	for i := range greeted {
		callers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				name, motd, err := greeting(s.Addrs[0])
				if err != nil || motd != "This is c"+strings.TrimPrefix(name, "Welcome to C")+"." {
					mixed[i] = fmt.Sprintf("%q, %q, %v", name, motd, err)
					return
				}
				greeted[i]++
			}
		})
	}
	const reloads = 100
	for i := range reloads {
		next := s.Config + ".next"
		write(t, next, config(i+1))
		if err := os.Rename(next, s.Config); err != nil {
			t.Fatal(err)
		}
		s.Signal(syscall.SIGHUP)
		ann.Send(fmt.Sprintf("say line %d", i))
		bob.Expect(fmt.Sprintf("ann: line %d", i))
	}
	last := fmt.Sprintf("Chat %d", reloads)
	s.Stdout.Expect(t, 0, "server.name", last)
	close(stop)
	callers.Wait()
	for i, m := range mixed {
		if m != "" {
			t.Errorf("a newcomer was greeted with %s", m)
		}
		if greeted[i] == 0 {
			t.Error("nobody was greeted")
		}
	}
	if name, _, err := greeting(s.Addrs[0]); name != "Welcome to "+last {
		t.Errorf("in the end the greeting is %q (%v), want %s", name, err, last)
	}
	if out := s.Stdout.String(); strings.Contains(out, "failed") || strings.Contains(out, "refused") {
		t.Errorf("a reload failed:\n%s", out)
	}
	bob.Send("say still here")
	ann.Expect("bob: still here")
}

// greeting is the first two lines that a newcomer is told.
func greeting(addr string) (first, second string, err error) {
	conn, err := net.DialTimeout("tcp", addr, chattest.Timeout)
	if err != nil {
		return "", "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(chattest.Timeout)); err != nil {
		return "", "", err
	}
	r := bufio.NewReader(conn)
	var lines [2]string
	for i := range lines {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", "", err
		}
		lines[i] = strings.TrimRight(line, "\r\n")
	}
	return lines[0], lines[1], nil
}

// A second server on the same data ends with status 4 and names the first, which
// notices nothing.
func TestL3SecondStart(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "")
	s.Register("ann")
	for range 3 {
		out, status := s.Run("serve")
		if status != 4 || !strings.Contains(out, strconv.Itoa(s.Cmd.Process.Pid)) || strings.Contains(out, "listens on") {
			t.Errorf("status %d: %s", status, out)
		}
	}
	// Nor does it matter that the first can't be asked, as when it has just begun.
	if err := os.Remove(filepath.Join(s.Data(), "admin.sock")); err != nil {
		t.Fatal(err)
	}
	out, status := s.Run("serve")
	if status != 4 || !strings.Contains(out, strconv.Itoa(s.Cmd.Process.Pid)) {
		t.Errorf("without the socket: status %d: %s", status, out)
	}
	s.Authenticate("ann").Send("quit")
	s.Register("bob")
	s.Crash()
	s.Authenticate("ann")
	s.Authenticate("bob")
}

// Of servers that start on the same data at the same moment one serves.
func TestL3AtOnce(t *testing.T) {
	alongside(t)
	f := newFolder(t)
	f.write("chatroom.toml", programtest.CompleteConfig(""))
	type server struct {
		cmd      *exec.Cmd
		out, log *programtest.Output
	}
	var all []*server
	for range 4 {
		x := &server{exec.Command(programtest.Program, "serve"), programtest.NewOutput(), programtest.NewOutput()}
		x.cmd.Dir, x.cmd.Env, x.cmd.Stdout, x.cmd.Stderr = f.dir, programtest.CleanEnv(), x.out, x.log
		if err := x.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	ended := make(chan *server, len(all))
	for _, x := range all {
		go func() {
			_ = x.cmd.Wait()
			x.out.Close()
			ended <- x
		}()
	}
	timeout := time.After(2 * chattest.Timeout)
	for range len(all) - 1 {
		select {
		case x := <-ended:
			if status := x.cmd.ProcessState.ExitCode(); status != 4 || strings.Contains(x.out.String(), "listens on") {
				t.Errorf("one ended with status %d: %s%s", status, x.out, x.log)
			}
			all = slices.DeleteFunc(all, func(o *server) bool { return o == x })
		case <-timeout:
			for _, x := range all {
				_ = x.cmd.Process.Kill()
			}
			t.Fatalf("%d servers run on the same data", len(all))
		}
	}
	one := all[0]
	one.out.Wait(t, "a listener", func(text string) bool { return strings.Contains(text, "listens on") })
	if err := one.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if <-ended; one.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("the one that served ended with status %d: %s", one.cmd.ProcessState.ExitCode(), one.log)
	}
}

// A server that has no descriptors left goes on for those who are there, takes no
// core, and takes others in again once there are.
func TestL4Descriptors(t *testing.T) {
	alongside(t)
	s := &programtest.Server{T: t, Config: filepath.Join(t.TempDir(), "chatroom.toml"), Under: []string{"sh", "-c", `ulimit -n 256; exec "$@"`, "sh"}}
	s.Configure("")
	s.Launch(nil)
	t.Cleanup(s.Stop)
	s.Ready()
	p := pulse{ann: s.Register("ann"), bob: s.Login("bob")}

	const callers = 400
	var conns []net.Conn
	for range callers {
		conn, err := net.DialTimeout("tcp", s.Addrs[0], chattest.Timeout) // those who are not accepted wait in the kernel
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	for end := time.Now().Add(chattest.Timeout); processOf(s).descriptors(t) < 250; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the server has %d descriptors open, want all of 256", processOf(s).descriptors(t))
		}
	}
	began, cpu := time.Now(), processOf(s).cpu(t)
	for time.Since(began) < 2*time.Second {
		p.beat()
		time.Sleep(20 * time.Millisecond)
	}
	if used := processOf(s).cpu(t) - cpu; used > time.Since(began)/2 {
		t.Errorf("without descriptors the server computed %v of %v", used, time.Since(began))
	}
	t.Logf("without descriptors the worst of %d lines took %v", p.beats, p.worst)

	for _, conn := range conns[:200] {
		conn.Close()
	}
	for i, conn := range conns[200:] { // all who waited come in
		if err := conn.SetReadDeadline(time.Now().Add(chattest.Timeout)); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(conn).ReadString('\n'); line != "Welcome to ChatRoom\r\n" {
			t.Fatalf("caller %d was told %q (%v)", 200+i, line, err)
		}
		conn.Close()
	}
	s.Register("cid")
	p.beat()
	s.Restart() // nothing was lost by it
	s.Authenticate("ann")
	s.Authenticate("cid")
}

// A server that was stopped for a while, as by a machine that sleeps, goes on with
// those who are there and with what they said meanwhile.
func TestL5Suspended(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "[login]\ngrace = \"1m\"\n[limits]\nlines_burst = 5\nlines_per_second = 20.0\nsessions_per_source = 0\nconnects_per_minute = 0\n")
	ann, bob := s.Login("ann"), s.Login("bob")
	s.Signal(syscall.SIGSTOP)
	for i := range 10 {
		ann.Send(fmt.Sprintf("say line %d", i))
	}
	time.Sleep(2 * time.Second) // that it is away for some time is the test
	s.Signal(syscall.SIGCONT)
	for i := range 10 {
		bob.Expect(fmt.Sprintf("ann: line %d", i))
	}
	began := time.Now()
	for i := range 25 {
		ann.Send(fmt.Sprintf("say again %d", i))
	}
	bob.Expect("ann: again 24")
	if took := time.Since(began); took < 500*time.Millisecond {
		t.Errorf("25 lines took %v, so the limit of 20 a second no longer holds", took)
	}
}

// What was said stays in its order whatever the clock said, and a ban ends by the
// clock.
func TestL5Clock(t *testing.T) {
	alongside(t)
	s, ops := door(t, "[history]\nage = \"0s\"\n")
	for _, name := range []string{"eve", "mallory"} {
		s.Login(name).Send("quit")
	}
	for i := range 4 {
		ops.Send(fmt.Sprintf("say line %d", i))
	}
	ops.Send("ban eve 1h spam")
	ops.Expect("eve is banned")
	ops.Send("ban mallory 1h spam")
	ops.Expect("mallory is banned")
	programtest.Skip(ops)
	export := s.Must("store", "export", "--secrets")
	s.Signal(syscall.SIGTERM)
	s.Wait()

	// The clock was a year ahead, an hour, right, and a year behind; and now eve's
	// hour is over, and mallory's is a year long.
	now := time.Now().UTC()
	year := 365 * 24 * time.Hour
	at := []time.Time{now.Add(year), now.Add(time.Hour), now, now.Add(-year)}
	var edited strings.Builder
	for line := range strings.Lines(export) {
		for i, when := range at {
			if strings.Contains(line, fmt.Sprintf(`"text":"line %d"`, i)) {
				line = setTime(t, line, `"at":"`, when)
			}
		}
		for name, end := range map[string]time.Time{"eve": now.Add(-time.Minute), "mallory": now.Add(year)} {
			if strings.Contains(line, `"key":"ban/`+name+`"`) {
				line = setTime(t, setTime(t, line, `"reason":"spam","by":"ops","rank":"operator","at":"`, now.Add(-time.Hour)), `"until":"`, end)
			}
		}
		edited.WriteString(line)
	}
	file := filepath.Join(filepath.Dir(s.Config), "edited.json")
	write(t, file, edited.String())
	if err := os.Rename(s.Data(), s.Data()+".old"); err != nil {
		t.Fatal(err)
	}
	s.Must("store", "import", file)
	s.Launch(nil)
	s.Ready()
	ops = s.Authenticate("ops")
	for _, again := range []bool{false, true} {
		told := answer(ops, "history 10")
		last := -1
		for i := range at {
			if place := strings.Index(told, fmt.Sprintf("ops: line %d", i)); place <= last {
				t.Errorf("line %d is not in its place (%v):\n%s", i, again, told)
			} else {
				last = place
			}
		}
		ops.Send("say now") // behind the line of next year
		ops.Expect("ops: now")
	}
	if told := answer(ops, "history 2"); strings.Count(told, "ops: now") != 2 {
		t.Errorf("the last that was said is:\n%s", told)
	}
	s.Login("eve").Send("quit")
	if told := visit(t, s, "login mallory"); !strings.Contains(told, "You are banned") {
		t.Errorf("mallory was told %q", told)
	}
}

// setTime puts a time in the place of each that follows the key.
func setTime(t *testing.T, line, key string, at time.Time) string {
	t.Helper()
	if !strings.Contains(line, key) {
		t.Fatalf("no %s in %s", key, line)
	}
	parts := strings.Split(line, key)
	for i := range parts[1:] {
		_, rest, _ := strings.Cut(parts[1+i], `"`)
		parts[1+i] = at.Format(time.RFC3339Nano) + `"` + rest
	}
	return strings.Join(parts, key)
}

// A store of a newer format is refused with status 3 and left as it is; so is one
// whose format can't be read.
func TestL7NewerStore(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "")
	s.Register("ann")
	s.Signal(syscall.SIGTERM)
	s.Wait()
	marker := filepath.Join(s.Data(), "format")
	old, err := os.ReadFile(marker)
	if err != nil || strings.TrimSpace(string(old)) != `{"format":1}` {
		t.Fatalf("the format is %q, %v", old, err)
	}
	for _, newer := range []string{`{"format":2}`, `{"format":1000}`, `{"format":0}`, "2", ""} {
		write(t, marker, newer+"\n")
		before := contents(t, s.Data())
		for _, args := range [][]string{{"serve"}, {"store", "check"}, {"store", "check", "--accept"}, {"admin", "list"}, {"store", "export"}} {
			out, status := s.Run(args...)
			if status != 3 || !strings.Contains(out, "format") || strings.Contains(out, "listens on") {
				t.Errorf("format %q: %v: status %d: %s", newer, args, status, out)
			}
		}
		if after := contents(t, s.Data()); after != before {
			t.Errorf("format %q: the store was\n%s\nand is\n%s", newer, before, after)
		}
	}
	write(t, marker, string(old))
	s.Launch(nil)
	s.Ready()
	s.Authenticate("ann")
}

// A store that an earlier version made opens with all that is in it. store-1.tar.gz
// was made by the first version with the format 1, from the dialogue that is looked
// for here, and must not be made again.
func TestL7OlderStore(t *testing.T) {
	alongside(t)
	s := &programtest.Server{T: t, Config: filepath.Join(t.TempDir(), "chatroom.toml")}
	out, err := exec.Command(programtest.NeedTool(t, "tar"), "-C", filepath.Dir(s.Config), "-xzf", "testdata/store-1.tar.gz").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s.Configure("[history]\nage = \"0s\"\n")
	if out := s.Must("store", "check"); !strings.Contains(out, "the store is in order") {
		t.Errorf("store check: %s", out)
	}
	s.Launch(nil)
	t.Cleanup(s.Stop)
	s.Ready()
	for range 2 {
		ann := s.Authenticate("ann")
		for line, want := range map[string]string{
			"whois ann": "admin", "look": "of old", "history 5": "ann: kept for long", "hi": "ann: hello", "bans": "forever",
		} {
			if told := answer(ann, line); !strings.Contains(told, want) {
				t.Errorf("%s: %q, want %q in it", line, told, want)
			}
		}
		if told := visit(t, s, "login eve"); !strings.Contains(told, "You are banned from this server forever: spam (sanction nnwdfmd") {
			t.Errorf("eve was told %q", told)
		}
		s.Restart()
	}
}
