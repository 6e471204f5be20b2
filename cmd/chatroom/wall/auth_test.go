//go:build linux

package wall_test

import (
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// alongside lets a test run beside others, but under the race detector, where a
// server takes seconds for what it does in milliseconds else.
func alongside(t *testing.T) {
	if !programtest.UnderRace() {
		t.Parallel()
	}
}

// A visitor says lines and leaves.
type visitor struct {
	from  string // an address of loopback; "": any
	lines []string
}

// crowd has visitors come, all speak at the same moment once all are connected, and
// end their input. It returns what each was told until the server had hung up.
func crowd(t *testing.T, s *programtest.Server, visitors []visitor) []string {
	t.Helper()
	told, failed := make([]string, len(visitors)), make([]error, len(visitors))
	var connected, done sync.WaitGroup
	speak := make(chan struct{})
	for i, v := range visitors {
		connected.Add(1)
		done.Go(func() {
			conn, err := connect(s.Addrs[0], v.from)
			connected.Done()
			if failed[i] = err; err != nil {
				return
			}
			defer conn.Close()
			<-speak
			told[i], failed[i] = say(conn, v.lines)
		})
	}
	connected.Wait()
	close(speak)
	done.Wait()
	for i, err := range failed {
		if err != nil {
			t.Fatalf("visitor %d: %v, after it was told %q", i, err, told[i])
		}
	}
	return told
}

func connect(addr, from string) (*net.TCPConn, error) {
	d := net.Dialer{Timeout: chattest.Timeout}
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := d.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// say sends the lines and the end of the input, and returns all that comes back. A
// server that hangs up at once may have the kernel reset the connection.
func say(conn *net.TCPConn, lines []string) (string, error) {
	if err := conn.SetDeadline(time.Now().Add(2 * chattest.Timeout)); err != nil {
		return "", err
	}
	_, _ = io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n")
	_ = conn.CloseWrite()
	told, err := io.ReadAll(conn)
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		return string(told), err
	}
	return string(told), nil
}

// visit is a crowd of one.
func visit(t *testing.T, s *programtest.Server, lines ...string) string {
	t.Helper()
	return crowd(t, s, []visitor{{"", lines}})[0]
}

// answer is all that c is told until what it says has been dealt with.
func answer(c *chattest.Client, line string) string {
	c.Send(line)
	c.Send("/echo that was all")
	var told []string
	for line := ""; line != "that was all"; {
		line = c.Next()
		told = append(told, line)
	}
	return strings.Join(told, "\n")
}

func hasAny(s string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s, p) })
}

// Of fifty who register one name at the same moment, or names that look alike, one
// owns it and the others are told that it is taken; also after a crash.
func TestA1RegisterAtOnce(t *testing.T) {
	alongside(t)
	for _, names := range [][]string{{"same"}, {"Illinois", "lllinois", "1llinois"}} {
		t.Run(names[0], func(t *testing.T) {
			alongside(t)
			s := programtest.Start(t, "")
			var all []visitor
			for i := range 50 {
				all = append(all, visitor{"", []string{fmt.Sprintf("register %s \"sesame street %d\"", names[i%len(names)], i)}})
			}
			owner := -1
			for i, told := range crowd(t, s, all) {
				switch taken := hasAny(told, "is registered; if it is yours", "Somebody is registering the name", "looks too much like"); {
				case strings.Contains(told, "is yours now"):
					if owner >= 0 {
						t.Errorf("%d owns the name and %d does", owner, i)
					}
					owner = i
				case !taken:
					t.Errorf("%d was told neither that the name is theirs nor that it is taken: %q", i, told)
				}
			}
			if owner < 0 {
				t.Fatal("nobody owns the name")
			}
			s.Crash()
			if list := s.Must("account", "list"); strings.Count(strings.ToLower(list), "llinois")+strings.Count(list, "same") != 1 {
				t.Errorf("the accounts are:\n%s", list)
			}
			for _, i := range []int{owner, (owner + len(names)) % 50, (owner + 25*len(names)) % 50} {
				told := visit(t, s, fmt.Sprintf("login %s \"sesame street %d\"", names[owner%len(names)], i))
				if got := strings.Contains(told, "-- Welcome, "); got != (i == owner) {
					t.Errorf("the password of %d (the owner is %d) is answered with %q", i, owner, told)
				}
			}
		})
	}
}

// nobodyBecomes holds that none of the names is to be had: by a login, by a
// registration, or by a guest who takes another name. Each refusal has one of the
// reasons.
func nobodyBecomes(t *testing.T, s *programtest.Server, names []string, reasons ...string) {
	t.Helper()
	witness, bob := s.Login("witness"), s.Login("bob")
	programtest.Skip(witness)
	for _, name := range names {
		for _, line := range []string{"login " + name, "register " + name + " \"sesame street\""} {
			if told := visit(t, s, line); !hasAny(told, reasons...) || hasAny(told, "Welcome, ", "is yours now") {
				t.Errorf("%s: %q", line, told)
			}
		}
		if told := answer(bob, "nick "+name); !hasAny(told, reasons...) {
			t.Errorf("nick %s: %q", name, told)
		}
	}
	witness.Quiet("...has joined...")
	witness.Quiet("...is now...")
	bob.Send("say I am still here")
	witness.Expect("bob: I am still here")
}

// Nobody has a name that looks like one of an account.
func TestA2Lookalikes(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "")
	for _, name := range []string{"Illusion", "modern", "сор"} { // the last is Cyrillic
		s.Register(name).Send("quit")
	}
	nobodyBecomes(t, s, []string{
		"lllusion", "1llusion", "IIIusion", // I, l and 1
		"modem",             // rn and m
		"cop", "COP", "ｃｏｐ", // Latin, and in full width
		"Ｍｏｄｅｒｎ",                                                       // the same name in full width
		"m\u043edern", "mod\u0435rn", "ill\u200busion", "mo\u00addern", // mixed, and invisible letters
	}, "looks too much like", "script", "is registered", "that can't be seen", "has something to ask you", "The connection ended before the answer came")

	// How the owner writes it makes no difference.
	for _, same := range []string{"MODERN", "modern", "Ｍｏｄｅｒｎ"} {
		if told := visit(t, s, "login "+same+" \""+programtest.Password+"\""); !strings.Contains(told, "-- Welcome, modern.") {
			t.Errorf("the owner as %s: %q", same, told)
		}
	}
}

// Names of the server, its commands, rooms and plugins are nobody's, nor are those
// that look like them; who had one before still has it.
func TestA3Reserved(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "")
	s.Register("harbour")
	s.Configure(programtest.PluginConfig(t, "dice") + "[[room]]\nname = \"harbour\"\n[[room]]\nname = \"mill\"\n")
	s.Restart()
	s.AwaitPlugin("dice", "ready")
	nobodyBecomes(t, s, []string{
		"admin", "Admin", "server", "SERVER", "root", "system", "ChatRoom",
		"who", "say", "login", "lobby", "mill", "dice", "roll",
		"adrnin", "rnill", "Iobby", "1ogin", "ｒｏｏｔ", "ｗｈｏ", "\u0430dmin", "s\u0435rver", "ad\u200bmin",
	}, "reserved", "script", "that can't be seen")
	if told := visit(t, s, "login harbour2", "nick harbour"); !hasAny(told, "reserved", "is registered") {
		t.Errorf("the room's name is free: %q", told)
	}
	s.Authenticate("harbour")
}

const guessing = "[limits]\nsessions_per_source = 0\nconnects_per_minute = 0\nlines_per_second = 0.0\n"

// Guesses on one connection are three, and of one source few whatever it does; its
// victim notices nothing.
func TestA4OneSource(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, guessing)
	ann := s.Register("ann")
	mallory := clientFrom(t, s, "127.0.0.66", "mallory")
	for range 4 {
		mallory.Send("login ann \"wrong password\"")
	}
	said := strings.Join(mallory.ExpectClosed(), "\n")
	if n := strings.Count(said, "The name or the password is wrong"); n != 3 {
		t.Errorf("%d passwords were tried on one connection, want 3:\n%s", n, said)
	}

	n := 200
	if *full {
		n = 1000
	}
	guesses := make([]visitor, n)
	for i := range guesses {
		guesses[i] = visitor{"127.0.0.66", []string{fmt.Sprintf("login user%d \"wrong password\"", i)}}
	}
	tried := 0
	for i, told := range crowd(t, s, guesses) {
		switch {
		case strings.Contains(told, "The name or the password is wrong"):
			tried++
		case !hasAny(told, "Too many logins from your address failed; try again in", "Other logins from your address are being checked", "The server is busy"):
			t.Fatalf("guess %d was told %q", i, told)
		}
	}
	t.Logf("%d guesses of one source: %d more passwords were tried", n, tried)
	if tried > 12 { // 8 are checked at once, and the penalty may begin with the second of them
		t.Errorf("%d passwords were tried by one source", 3+tried)
	}
	for range 3 {
		told := crowd(t, s, []visitor{{"127.0.0.66", []string{"login mallory"}}})[0]
		if !strings.HasPrefix(told, "-- Too many logins from your address failed; try again in ") {
			t.Errorf("a source that is kept out was told %q", told)
		}
	}
	ann.Send("say I notice nothing")
	ann.Expect("ann: I notice nothing")
	again := clientFrom(t, s, "127.0.0.1", "ann again")
	again.Send(fmt.Sprintf("login ann %q", programtest.Password))
	again.Expect("-- You are logged in 2 times now.")

	if !*full {
		return
	}
	// Once the penalty is over the same guesses weigh twice as much.
	wrong := []string{"login mallory \"wrong password\"", "login mallory \"wrong password\""}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Second) {
		told := crowd(t, s, []visitor{{"127.0.0.66", wrong}})[0]
		if strings.Count(told, "The name or the password is wrong") == 2 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("a source is still kept out: %q", told)
		}
	}
	if told := crowd(t, s, []visitor{{"127.0.0.66", nil}})[0]; !strings.HasPrefix(told, "-- Too many logins from your address failed") {
		t.Errorf("after two more wrong passwords: %q", told)
	}
}

// Guesses at one account from everywhere soon wait, and never lock out its owner:
// neither where they are nor when they come back to where they came from before.
func TestA4OneAccount(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, guessing)
	ann := s.Register("ann")
	n := 100
	if *full {
		n = 1000
	}
	tried, busy := 0, 0
	for i := 0; i < n; i += 50 {
		guesses := make([]visitor, 50)
		for j := range guesses {
			guesses[j] = visitor{source(9, i+j), []string{"login ann \"wrong password\""}}
		}
		for _, told := range crowd(t, s, guesses) {
			switch {
			case strings.Contains(told, "The name or the password is wrong"):
				tried++
			case hasAny(told, "Another login with this name is being checked", "The server is busy"):
				busy++
			case !strings.Contains(told, "Too many wrong passwords were given for this name; try again in"):
				t.Fatalf("a guess was told %q", told)
			}
		}
		ann.Send("say I notice nothing")
		ann.Expect("ann: I notice nothing")
	}
	t.Logf("%d guesses from as many sources: %d passwords were tried", n, tried)
	if tried > 20 || tried < 5 {
		t.Errorf("%d of %d passwords were tried (%d were told to come back)", tried, n, busy)
	}
	again := clientFrom(t, s, "127.0.0.1", "ann again")
	again.Send(fmt.Sprintf("login ann %q", programtest.Password))
	again.Expect("-- You are logged in 2 times now.")
}

// Whether a name is registered shows neither in what is answered nor in how long
// it takes.
func TestA5LoginTells(t *testing.T) {
	n := 15
	if *full {
		n = 200
	}
	s := programtest.Start(t, "")
	s.Register("ann")
	took := map[string][]time.Duration{}
	answers := map[string]bool{}
	login := func(name string) time.Duration {
		c := s.Dial(name)
		defer c.Close()
		c.Expect("Log in with")
		began := time.Now()
		c.Send("login " + name + " \"wrong password\"")
		answers[c.Next()] = true
		return time.Since(began)
	}
	login("ann") // what is done once is done
	for i := range n {
		for _, name := range [][]string{{"ann", "nobody"}, {"nobody", "ann"}}[i%2] { // whatever goes on meanwhile goes on for both
			took[name] = append(took[name], login(name))
		}
	}
	if len(answers) != 1 {
		t.Errorf("the answers differ: %v", answers)
	}
	known, unknown := median(took["ann"]), median(took["nobody"])
	gap := (known - unknown).Abs()
	t.Logf("%d logins each: median %v to an account, %v to an unknown name, %v apart", n, known, unknown, gap)
	if gap > max(known, unknown)/2+50*time.Millisecond {
		t.Errorf("a login takes %v to an account and %v to an unknown name", known, unknown)
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// A password is taken whole or not at all, and is written nowhere.
func TestA6Passwords(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "[shell]\nmax_line = 2048\n[log]\nlevel = \"debug\"\n")
	witness := s.Login("witness")
	long := strings.Repeat("Canary0123456789", 64) // 1024 bytes
	var good []string
	for i, tt := range []struct{ password, refusal string }{
		{"", "at least 8"}, {"Canary7", "at least 8"}, {"Canary78", ""},
		{long[:72], ""}, {long[:73], ""}, {long, ""}, {long + "x", "at most 1024"},
		{"Canary with spaces", ""}, {" Canary at both ends ", ""}, {`Canary "in" 'quotes' \ and #`, ""},
		{"Canary пароль из слов", ""}, {"Canary \U0001f426 \u00e9 e\u0301", ""},
		{"/quit Canary", ""}, {"say Canary | wc", ""}, {"cancel Canary", ""},
	} {
		name := fmt.Sprintf("user%d", i)
		told := visit(t, s, "register "+name, tt.password, tt.password)
		if tt.refusal != "" {
			if !strings.Contains(told, tt.refusal) || strings.Contains(told, "is yours now") {
				t.Errorf("a password of %d bytes: %q", len(tt.password), told)
			}
			continue
		}
		if !strings.Contains(told, "is yours now") {
			t.Errorf("%q is not taken: %q", tt.password, told)
			continue
		}
		good = append(good, name)
		for _, wrong := range []string{tt.password[:len(tt.password)-1], strings.TrimSpace(tt.password) + "  ", cut72(tt.password)} {
			if told := visit(t, s, "login "+name, wrong); strings.Contains(told, "Welcome, ") {
				t.Errorf("%q passes for %q", wrong, tt.password)
			}
		}
		if told := visit(t, s, "login "+name, tt.password); !strings.Contains(told, "Welcome, "+name) {
			t.Errorf("%q: %q", tt.password, told)
		}
	}
	// In the line, as programs give it.
	if told := visit(t, s, `register inline "Canary \"in\" the line"`, "logout", `login inline 'Canary "in" the line'`); strings.Count(told, "Welcome, inline") != 2 {
		t.Errorf("in the line: %q", told)
	}
	witness.Send("history 100")
	witness.Send("!!")
	witness.Quiet("...Canary...")

	s.Reload("[shell]\nmax_line = 2047\n[log]\nlevel = \"debug\"\n", "shell.max_line")
	s.Must("account", "list")
	s.Must("store", "export")
	s.Restart()
	nowhere(t, s, "Canary")
	for _, name := range good[:2] {
		if told := visit(t, s, "login "+name, "Canary"); !strings.Contains(told, "wrong") {
			t.Errorf("after a restart: %q", told)
		}
	}
}

// cut72 is p as bcrypt sees it.
func cut72(p string) string {
	if len(p) <= 72 {
		return p + "x"
	}
	return p[:72]
}

// nowhere holds that a secret is in no file of the server and not in its log.
func nowhere(t *testing.T, s *programtest.Server, secret string) {
	t.Helper()
	if strings.Contains(s.Log.String()+s.Stdout.String(), secret) {
		t.Errorf("%s is in the log", secret)
	}
	files := 0
	err := filepath.WalkDir(filepath.Dir(s.Config), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // gone meanwhile
		}
		files++
		if p, err := os.ReadFile(path); err == nil && strings.Contains(string(p), secret) {
			t.Errorf("%s is in %s", secret, path)
		}
		return nil
	})
	if err != nil || files < 10 {
		t.Errorf("looked at %d files: %v", files, err)
	}
}

// Each combination of logins, names and leavings has one answer.
func TestA7Combinations(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "")
	ann, bob := s.Register("ann"), s.Login("bob")
	login := fmt.Sprintf("login ann %q", programtest.Password)
	programtest.Skip(ann)

	// One session has one identity.
	for _, line := range []string{login, "login cid", "register ann2 \"sesame street\""} {
		ann.Send(line)
		ann.Expect("-- You are logged in")
	}
	ann.Send("whois ann")
	ann.Expect("account ...ann")

	// A second session is the same person: one line in who, and both see all.
	second := s.Dial("ann 2")
	second.Send(login)
	second.Expect("-- You are logged in 2 times now.")
	programtest.Skip(second)
	bob.Send("say to both")
	ann.Expect("bob: to both")
	second.Expect("bob: to both")
	bob.Send("who | grep -c ann")
	bob.Expect("1")
	second.Send("logout")
	second.Expect("-- You are logged out")
	ann.Send("say still me")
	bob.Expect("ann: still me")

	// Who is logged out says nothing.
	second.Send("say I am a ghost")
	second.Expect("-- Log in first: login NAME.")
	second.Send("I am a ghost")
	second.Expect("-- ")
	bob.Quiet("...ghost...")

	// A name that is taken stays with who has it, and the other keeps theirs.
	for _, name := range []string{"ann", "ANN"} {
		bob.Send("nick " + name)
		bob.Expect("-- The name " + name + " is registered")
	}
	cid := s.Login("cid")
	cid.Send("nick bob")
	cid.Expect("-- The name bob is taken")
	for name, c := range map[string]*chattest.Client{"ann": ann, "bob": bob} {
		cid.Send("msg " + name + " are you " + name + "?")
		c.Expect("*cid* are you " + name + "?")
	}

	// What comes while a password is asked for is the password, whatever it looks like.
	asked := s.Dial("asked")
	asked.SendRaw([]byte("login ann\r\nsay I am ann\r\n"))
	asked.Expect("The name or the password is wrong")
	asked.SendRaw([]byte("login ann\r\n/quit\r\n"))
	asked.Expect("The name or the password is wrong")
	bob.Quiet("...I am ann...")
	// And what comes behind it waits for it.
	asked.SendRaw([]byte("login ann\r\n" + programtest.Password + "\r\nsay in order\r\n"))
	bob.Expect("ann: in order")
	// A question can be left.
	left := s.Dial("left")
	left.Expect("Log in with")
	left.SendRaw([]byte("login ann\r\n"))
	left.SendRaw([]byte("\xff\xf4")) // interrupt process
	left.Expect("login is cancelled")
	left.Send("login left")
	left.Expect("Welcome, left")

	// Who hangs up while the password is checked is not there.
	for range 5 {
		gone := s.Dial("gone")
		gone.Send(login)
		gone.Close()
	}
	for end := time.Now().Add(chattest.Timeout); ; {
		ann.Send("account sessions --json | wc -l")
		if n := ann.Next(); n == "2" { // ann, and who came in order
			break
		} else if strings.Trim(n, "0123456789") == "" && time.Now().After(end) {
			t.Fatalf("ann has %s sessions, want 2", n)
		}
	}
}

// The owner of a name gets it from a guest, who stays under another.
func TestA7OwnerAndGuest(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "")
	guest := s.Login("bob")
	if out, status := s.RunWith(programtest.Password+"\n", "account", "create", "bob"); status != 0 {
		t.Fatalf("status %d: %s", status, out)
	}
	owner := s.Authenticate("bob")
	guest.Expect("bob is now guest")
	guest.Send("say I have another name")
	owner.Expect("guest...: I have another name")
	guest.Send("nick bob")
	guest.Expect("-- The name bob is registered")
	owner.Send("say and I have mine")
	guest.Expect("bob: and I have mine")
}

// Where a second session takes over, the first is told and ends.
func TestA7Takeover(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, "[login]\nsecond_session = \"takeover\"\n")
	first, bob := s.Register("ann"), s.Login("bob")
	programtest.Skip(first)
	second := s.Authenticate("ann")
	if said := strings.Join(first.ExpectClosed(), "\n"); !strings.Contains(said, "You have logged in from elsewhere, which ends this session.") {
		t.Errorf("the first session was told %q", said)
	}
	second.Send("say it is me")
	bob.Expect("ann: it is me")
	bob.Send("who | grep -c ann")
	bob.Expect("1")
	bob.Quiet("...ann has left...")
}

// door is a server with an operator, ops, who comes from 127.0.0.1.
func door(t *testing.T, config string) (*programtest.Server, *chattest.Client) {
	t.Helper()
	s := programtest.Start(t, withOperator+config)
	return s, s.Register("ops")
}

// banned has ops ban somebody, and holds that each of the sessions ends within the
// second with the reason.
func banned(t *testing.T, ops *chattest.Client, line string, sessions ...*chattest.Client) {
	t.Helper()
	began := time.Now()
	ops.Send(line)
	for _, c := range sessions {
		said := strings.Join(c.ExpectClosed(), "\n")
		if !hasAny(said, "You are banned") || !strings.Contains(said, "spam") {
			t.Errorf("%s was told %q", c.Name, said)
		}
	}
	took := time.Since(began)
	t.Logf("%s: %d sessions ended %v later", line, len(sessions), took)
	if took > 5*time.Second {
		t.Errorf("%s took %v", line, took)
	}
	ops.Expect("banned until")
	programtest.Skip(ops)
}

// A ban of an account ends all its sessions and shuts every way in, also after a
// restart, until it is over.
func TestA8Account(t *testing.T) {
	alongside(t)
	s, ops := door(t, "")
	eve, again := s.Register("eve"), s.Authenticate("eve")
	friend := s.Login("friend")
	banned(t, ops, "ban eve 1h spam", eve, again)
	shut := func() {
		t.Helper()
		for _, lines := range [][]string{
			{fmt.Sprintf("login eve %q", programtest.Password)}, {"login eve", programtest.Password}, {"login eve"},
			{fmt.Sprintf("register eve %q", programtest.Password)}, {"login neve", "nick eve"},
		} {
			if told := visit(t, s, lines...); strings.Contains(told, "Welcome, eve") || strings.Contains(told, "now eve") {
				t.Errorf("%q: %q", lines, told)
			}
		}
		if told := visit(t, s, "login eve", programtest.Password); !strings.Contains(told, "You are banned") {
			t.Errorf("eve was told %q", told)
		}
	}
	shut()
	friend.Send("say not me")
	friend.Expect("friend: not me")
	s.Restart()
	shut()
	s.Crash()
	shut()
	ops = s.Authenticate("ops")
	ops.Send("unban eve")
	ops.Expect("eve is no longer banned")
	eve = s.Authenticate("eve")
	programtest.Skip(ops)
	banned(t, ops, "ban eve 2s spam", eve)
	for end := time.Now().Add(chattest.Timeout); ; time.Sleep(100 * time.Millisecond) {
		told := visit(t, s, fmt.Sprintf("login eve %q", programtest.Password))
		if strings.Contains(told, "Welcome, eve") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("a ban of 2 seconds is not over: %q", told)
		}
	}
}

// A ban of an address or a network ends who is there, guests too, and nobody
// connects from there; others do.
func TestA8Address(t *testing.T) {
	for _, tt := range []struct{ what, listen, from, ban string }{
		{"address", "127.0.0.1:0", "127.0.0.66", "127.0.0.66"},
		{"network", "0.0.0.0:0", "127.3.4.5", "127.3.0.0/16"},
		{"v6", "[::1]:0", "::1", "::1"}, // which stands for its /64
	} {
		t.Run(tt.what, func(t *testing.T) {
			alongside(t)
			listen := "[[listen]]\naddr = \"127.0.0.1:0\"\n"
			if tt.what == "v6" {
				listen += "[[listen]]\naddr = \"" + tt.listen + "\"\n"
			}
			s, ops := door(t, listen)
			from := func(name string) *chattest.Client {
				t.Helper()
				conn, err := connect(s.Addrs[len(s.Addrs)-1], tt.from)
				if err != nil {
					t.Fatal(err)
				}
				c := chattest.New(t, conn)
				c.Name = name
				return c
			}
			guest, owner, stranger := from("guest"), from("owner"), from("stranger")
			guest.Send("login mallory")
			guest.Expect("Welcome, mallory")
			owner.Send(fmt.Sprintf("register eve %q", programtest.Password))
			owner.Expect("Welcome, eve")
			stranger.Expect("Log in with")
			asked := from("asked")
			asked.Send("register trudy") // and is asked for a password
			friend := s.Login("friend")
			programtest.Skip(ops)
			banned(t, ops, "ban "+tt.ban+" 1h spam", guest, owner)
			if told := strings.Join(from("again").ExpectClosed(), "\n"); !strings.Contains(told, "You are banned") {
				t.Errorf("who connects was told %q", told)
			}
			// Those who were at the door do not come in by any way.
			stranger.Send("login stranger")
			stranger.Expect("You are banned")
			stranger.Send(fmt.Sprintf("login eve %q", programtest.Password))
			stranger.Expect("You are banned")
			stranger.Send("register stranger")
			stranger.Expect("You are banned")
			asked.Send(programtest.Password)
			asked.Send(programtest.Password)
			asked.Expect("You are banned")
			if list := s.Must("account", "list"); strings.Contains(list, "trudy") {
				t.Errorf("an account was made during the ban:\n%s", list)
			}
			friend.Send("say not me")
			friend.Expect("friend: not me")
			s.Restart()
			if told := strings.Join(from("later").ExpectClosed(), "\n"); !strings.Contains(told, "You are banned") {
				t.Errorf("after a restart it was told %q", told)
			}
			s.Login("friend")
		})
	}
}

// A ban that comes while a name is being registered holds for the name.
func TestA8DuringRegistration(t *testing.T) {
	alongside(t)
	s, ops := door(t, "")
	eve := s.Dial("eve")
	for _, line := range []string{"login eve", "logout"} { // who was never here can't be banned
		eve.Send(line)
	}
	eve.Send("set output json") // where a prompt is a line
	eve.Send("register eve")
	eve.Expect("New password")
	eve.Send(programtest.Password)
	eve.Expect("Again")
	ops.Send("ban eve 1h spam")
	ops.Expect("eve is banned")
	eve.Send(programtest.Password)
	eve.Expect("You are banned")
	if list := s.Must("account", "list"); strings.Contains(list, "eve") {
		t.Errorf("the accounts are:\n%s", list)
	}
	if told := visit(t, s, "login eve"); !strings.Contains(told, "You are banned") {
		t.Errorf("a guest of that name was told %q", told)
	}
	if told := visit(t, s, "login evelyn", "nick eve"); !strings.Contains(told, "banned") || strings.Contains(told, "now eve") {
		t.Errorf("a guest who takes that name was told %q", told)
	}
}

// Who may do what is decided for each call, when it has its effect, and kept.
func TestA9Rights(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, withOperator+"[rights]\nreport = \"user\"\n"+programtest.PluginConfig(t, "dice")+"[[rule]]\ncommand = \"roll\"\nroles = [\"moderator\"]\n")
	s.AwaitPlugin("dice", "ready")
	mod, ops, ann := s.Register("mod"), s.Register("ops"), s.Register("ann")
	guest := s.Login("guest1")
	s.Must("admin", "grant", "mod", "operator")
	mod.Expect("Your role is operator now")
	programtest.Skip(mod)

	// A guest's calls are refused, by the host, also within a pipeline and at a set time.
	for _, line := range []string{
		"kick ann", "ban ann 1h", "unban ann", "mute ann", "role guest1 admin", "wall hello", "lockdown all", "audit", "reload",
		"plugin stop dice", "allowlist add guest1", "account delete ann", "roll", "roll 6 | say", "who | roll", "at 1s wall hello", "at 1s roll",
	} {
		if told := answer(guest, "/"+line); !hasAny(told, "needs the role", "takes the role", "reads no input") {
			t.Errorf("%s: %q", line, told)
		}
	}
	ann.Quiet("...hello...")
	mod.Send("/roll 6")
	mod.Expect("mod rolls ")

	// A role that ends while a command waits: for an answer, or for its time.
	mod.Send("/at 1s wall hello")
	mod.Expect("-- Job ")
	mod.Send("set output json") // where a prompt is a line
	mod.Send("account delete ann")
	mod.Expect("Type its name to go on")
	s.Must("admin", "revoke", "mod")
	mod.Expect(`"role":"user"`)
	mod.Send("ann")
	mod.Expect(`"forbidden"`)
	mod.Send("set output text")
	mod.Expect("needs the role operator") // what was to run at its time
	for _, line := range []string{"/wall hello", "/roll 6", "/account info ann"} {
		mod.Send(line)
		mod.Expect("role")
	}
	if list := s.Must("account", "list"); !strings.Contains(list, "ann") {
		t.Errorf("ann is deleted:\n%s", list)
	}
	ann.Quiet("...hello...")

	for _, entry := range []string{
		"command ...guest1 ...127.0.0.1 ...kick ...forbidden", "command ...guest1 ...roll ...forbidden", "command ...guest1 ...reload ...forbidden",
		"role ...machine...mod ...ok", "delete ...mod ...ann ...forbidden", "command ...mod ...wall ...forbidden",
	} {
		ops.Send("audit 200") // again: an entry may still be on its way
		ops.Expect(entry)
		programtest.Skip(ops)
	}
}

// A private server has no way in besides that of its operators.
func TestA9PrivateServer(t *testing.T) {
	alongside(t)
	s := programtest.Start(t, withOperator+"[rights]\nregister = \"operator\"\nsay = \"user\"\n")
	if told := visit(t, s, "register eve", programtest.Password, programtest.Password); !strings.Contains(told, "Nobody can register here") || strings.Contains(told, "password") {
		t.Errorf("register: %q", told)
	}
	guest := s.Login("eve")
	guest.Send(fmt.Sprintf("register eve %q", programtest.Password))
	guest.Expect("Nobody can register here")
	guest.Send("say hello")
	guest.Expect("here one must be user to speak")
	bob := s.Login("bob")
	guest.Send("msg bob hello")
	guest.Expect("here one must be user to speak")
	bob.Quiet("...hello...")
	if list := s.Must("account", "list"); strings.Contains(list, "eve") {
		t.Errorf("the accounts are:\n%s", list)
	}
}
