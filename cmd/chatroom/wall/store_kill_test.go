package wall_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// D1: of what was confirmed to somebody before the server was killed nothing is lost,
// whatever it was doing; what was not confirmed is there as a whole or not at all; what
// was said has its order, and no number is used again.
func TestD1KilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	cycles := 8
	if *full {
		cycles = 100
	}
	s := programtest.Start(t, "[[listen]]\naddr = \"127.0.0.1:0\"\ntelnet = false\n")
	k := &confirmed{
		s: s, accounts: map[string]bool{}, bans: map[string]bool{}, aliases: map[string]bool{}, said: map[string]bool{},
		seen: map[uint64]string{}, history: map[string][]keptMessage{},
	}
	for _, name := range []string{"ann", "rob", "sam"} {
		s.Register(name)
		k.accounts[name] = true
	}
	s.Must("admin", "grant", "ann")
	var starts []time.Duration
	for cycle := range cycles {
		k.cycle = cycle
		k.run(time.Duration(50+rand.IntN(750)) * time.Millisecond)
		if cycle%3 == 2 { // and while it starts
			s.Launch(nil)
			time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
			s.Signal(syscall.SIGKILL)
			<-s.Done
		}
		began := time.Now()
		s.Launch(nil)
		s.Ready()
		starts = append(starts, time.Since(began))
		k.check()
		if t.Failed() {
			t.Fatalf("in cycle %d", cycle)
		}
	}
	slices.Sort(starts)
	t.Logf("%d cycles: %d accounts, %d bans, %d roles, %d aliases, %d messages were confirmed; start: median %v, longest %v",
		cycles, len(k.accounts), len(k.bans), k.roles, len(k.aliases), len(k.history["lobby"]), starts[len(starts)/2], starts[len(starts)-1])
	if middle := starts[len(starts)/2]; middle > 2*time.Second && !programtest.UnderRace() {
		t.Errorf("half of the starts took more than %v, want 2 s", middle)
	}
	if len(k.accounts) < 4 || len(k.bans) == 0 || k.roles == 0 || len(k.history["lobby"]) == 0 {
		t.Error("too little was confirmed for this to prove anything")
	}
}

// Confirmed is what a server has confirmed to its users over its lives.
type confirmed struct {
	s       *programtest.Server
	cycle   int
	history map[string][]keptMessage // as it was found last

	mu       sync.Mutex
	accounts map[string]bool // by name; false: asked for and not confirmed
	bans     map[string]bool
	aliases  map[string]bool   // of rob
	said     map[string]bool   // texts that were shown long before the kill
	seen     map[uint64]string // what was shown in the lobby, by number
	highest  uint64            // of seen
	role     string            // rob's as it was confirmed last
	asked    string            // for rob, and not confirmed
	roles    int
}

// run has several people work and kills the server some time after the first of them
// has got an answer.
func (k *confirmed) run(after time.Duration) {
	k.s.T.Helper()
	if k.cycle%4 == 3 {
		after += 1500 * time.Millisecond // long enough for what was said to be kept
	}
	began := make(chan struct{})
	var once sync.Once
	begin := func() { once.Do(func() { close(began) }) }
	var killed atomic.Bool
	var group sync.WaitGroup
	for i, work := range []func(*talker){k.register, k.register, k.ban, k.promote, k.alias, k.speak, k.listen, k.hide} {
		group.Go(func() {
			p, err := dialTalker(k.s.Addrs[0], i, begin)
			if err == nil {
				defer p.conn.Close()
				work(p)
				err = p.err
			}
			if !killed.Load() { // nobody else ends a session
				k.s.T.Errorf("somebody was stopped before the server was killed: %v", err)
			}
		})
	}
	select {
	case <-began:
	case <-time.After(chattest.Timeout):
		k.s.T.Error("nobody got an answer")
	}
	time.Sleep(after)
	killed.Store(true)
	k.s.Signal(syscall.SIGKILL)
	<-k.s.Done
	group.Wait()
}

// note notes something under the lock.
func (k *confirmed) note(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}

func (k *confirmed) register(p *talker) {
	for i := 0; ; i++ {
		name := fmt.Sprintf("user%d-%d-%d", k.cycle, p.n, i)
		k.note(func() { k.accounts[name] = false })
		if !p.ask("register "+name+" \""+programtest.Password+"\"", "The name "+name+" is yours now") {
			return
		}
		k.note(func() { k.accounts[name] = true })
		if !p.ask("logout", "logged out") {
			return
		}
	}
}

func (k *confirmed) ban(p *talker) {
	if !p.login("ann") {
		return
	}
	for i := 0; ; i++ {
		whom := fmt.Sprintf("10.%d.%d.%d", k.cycle, i/250, i%250)
		k.note(func() { k.bans[whom] = false })
		if !p.ask("ban "+whom+" 1h spam", "-- "+whom+" is banned") {
			return
		}
		k.note(func() { k.bans[whom] = true })
	}
}

func (k *confirmed) promote(p *talker) {
	if !p.login("ann") {
		return
	}
	roles := []string{"moderator", "operator", "user"}
	var at int
	k.note(func() { at = slices.Index(roles, k.role) })
	for i := at + 1; ; i++ {
		role := roles[i%3]
		k.note(func() { k.asked = role })
		if !p.ask("role rob "+role, "-- rob is "+role+" now") {
			return
		}
		k.note(func() { k.role, k.asked = role, ""; k.roles++ })
	}
}

// alias sets what is saved behind.
func (k *confirmed) alias(p *talker) {
	if !p.login("sam") {
		return
	}
	name := fmt.Sprint("greet", k.cycle)
	if !p.ask("alias "+name+" say hello", name) {
		return
	}
	set := time.Now()
	for p.ask("echo on", "on") {
		if time.Since(set) > time.Second {
			k.note(func() { k.aliases[name] = true })
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// speak says lines that tell their order. What was said a second before the end is
// kept.
func (k *confirmed) speak(p *talker) {
	if !p.ask("login tom", "Welcome, tom") {
		return
	}
	type line struct {
		text string
		at   time.Time
	}
	var all []line
	for i := 0; ; i++ {
		text := fmt.Sprintf("cycle %d line %06d", k.cycle, i)
		if !p.ask("say "+text, "tom: "+text) {
			break
		}
		all = append(all, line{text, time.Now()})
		time.Sleep(time.Millisecond)
	}
	end := time.Now()
	k.note(func() {
		for _, l := range all {
			if end.Sub(l.at) > time.Second {
				k.said[l.text] = true
			}
		}
	})
}

// listen takes down which number each message has.
func (k *confirmed) listen(p *talker) {
	if !p.ask("login lis", "Welcome, lis") || !p.ask("set output json", `"hello"`) {
		return
	}
	for {
		text, ok := p.next()
		if !ok {
			return
		}
		var ev struct {
			Type, Room, Text string
			Seq              uint64
		}
		if json.Unmarshal([]byte(text), &ev) != nil || ev.Type != "say" || ev.Room != "lobby" {
			continue
		}
		k.note(func() {
			if ev.Seq <= k.highest {
				k.s.T.Errorf("the number %d was given after %d", ev.Seq, k.highest)
			}
			k.highest = max(k.highest, ev.Seq)
			k.seen[ev.Seq] = ev.Text
		})
	}
}

// hide makes rooms private and says there at once what nobody else may read.
func (k *confirmed) hide(p *talker) {
	if !p.login("sam") {
		return
	}
	for i := 0; ; i++ {
		room := fmt.Sprintf("room-%d-%d", k.cycle, i)
		if !p.ask("join "+room, "You are in "+room) || !p.ask("say open", "sam: open") {
			return
		}
		if i%2 == 0 {
			time.Sleep(300 * time.Millisecond) // the room and what was said are stored as they were
		}
		if !p.ask("room private on", "You made "+room+" private") || !p.ask("say secret", "sam: secret") || !p.ask("leave", "left") {
			return
		}
	}
}

// check compares what is there with what was confirmed.
func (k *confirmed) check() {
	t := k.s.T
	t.Helper()
	found := export(k.s)
	var doubt, sure string // an account each
	for name, confirmed := range k.accounts {
		switch there := found.has("accounts", name); {
		case confirmed && !there:
			t.Errorf("the account %s was confirmed and is gone", name)
		case confirmed && strings.HasPrefix(name, fmt.Sprintf("user%d-", k.cycle)):
			sure = name
		case !confirmed && there:
			doubt = name
			k.accounts[name] = true
		case !confirmed:
			delete(k.accounts, name)
		}
	}
	for whom, confirmed := range k.bans {
		there := found.has("sanctions", "ban/"+whom+"/32")
		if confirmed && !there {
			t.Errorf("the ban of %s was confirmed and is gone", whom)
		}
		k.bans[whom] = there
	}
	maps.DeleteFunc(k.bans, func(_ string, there bool) bool { return !there })
	role := "user"
	if g := found.records["accounts"]["rob"].Grant; g != nil {
		role = g.Role
	}
	if k.role != "" && role != k.role && role != k.asked {
		t.Errorf("rob is %s; %q was confirmed, %q was asked for", role, k.role, k.asked)
	}
	k.role, k.asked = role, ""
	for name := range k.aliases {
		if found.records["profiles"]["sam"].Aliases[name] == "" {
			t.Errorf("the alias %s was set a second before the end and is gone", name)
		}
	}
	k.checkHistory(found)
	// An account that is there is a whole one.
	for _, name := range []string{sure, doubt} {
		if name != "" {
			c := k.s.Authenticate(name)
			c.Close()
		}
	}
}

func (k *confirmed) checkHistory(found *keptStore) {
	t := k.s.T
	t.Helper()
	for room, old := range k.history {
		if now := found.messages[room]; len(now) < len(old) || !slices.Equal(now[:len(old)], old) {
			t.Errorf("%s had %d messages that were there, and has others now", room, len(old))
		}
	}
	k.history = found.messages
	k.note(func() {
		last := -1
		there := map[string]bool{}
		for _, m := range found.messages["lobby"] {
			if m.Kind == "gap" {
				continue
			}
			if there[m.Text] {
				t.Errorf("%q is there twice", m.Text)
			}
			there[m.Text] = true
			if text, seen := k.seen[m.Seq]; seen && text != m.Text {
				t.Errorf("message %d was %q and is %q", m.Seq, text, m.Text)
			}
			k.seen[m.Seq] = m.Text
			k.highest = max(k.highest, m.Seq)
			var cycle, i int
			if _, err := fmt.Sscanf(m.Text, "cycle %d line %d", &cycle, &i); err != nil {
				t.Errorf("%q was never said", m.Text)
			}
			if at := cycle<<32 | i; at <= last {
				t.Errorf("%q is out of order", m.Text)
			} else {
				last = at
			}
		}
		for text := range k.said {
			if !there[text] {
				t.Errorf("%q was shown a second before the end and is gone", text)
			}
		}
	})
	for room, all := range found.messages {
		for _, m := range all {
			if m.Text == "secret" && !found.records["rooms"][room].Private {
				t.Errorf("what was said in %s when it was private can be read by all", room)
			}
		}
	}
}

// A talker is a session that may be cut at any time.
type talker struct {
	n     int
	conn  net.Conn
	lines *bufio.Reader
	begin func() // called when it has got an answer
	err   error  // that has ended it
}

func dialTalker(addr string, n int, begin func()) (*talker, error) {
	conn, err := net.DialTimeout("tcp", addr, chattest.Timeout)
	if err != nil {
		return nil, err
	}
	return &talker{n: n, conn: conn, lines: bufio.NewReader(conn), begin: begin}, nil
}

// login logs in to an account.
func (p *talker) login(name string) bool {
	return p.ask("login "+name+" \""+programtest.Password+"\"", "Welcome, "+name)
}

// ask sends a line and reads on until an answer has want in it. It reports false if
// the connection has ended.
func (p *talker) ask(line, want string) bool {
	if _, err := fmt.Fprintf(p.conn, "%s\r\n", line); err != nil {
		p.err = err
		return false
	}
	var last []string
	for {
		text, ok := p.next()
		if !ok {
			if errors.Is(p.err, os.ErrDeadlineExceeded) {
				p.err = fmt.Errorf("no %q after %q, but %q", want, line, last)
			}
			return false
		}
		if last = append(last, text); strings.Contains(text, want) {
			p.begin()
			return true
		}
	}
}

func (p *talker) next() (line string, ok bool) {
	_ = p.conn.SetReadDeadline(time.Now().Add(chattest.Timeout))
	line, p.err = p.lines.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), p.err == nil
}
