package wall_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// keys are the controls that end or edit a line as it is typed, so that they are
// no part of it.
const keys = "\x03\x04\b\n\r\x15\x17\x7f"

// commands to terminals, one a string: all of C0, DEL and C1, whole and unfinished
// sequences, direction controls and line separators.
func terminalCommands() []string {
	var all []string
	for r := range rune(0xa0) {
		if unicode.IsControl(r) && !strings.ContainsRune(keys, r) {
			all = append(all, string(r))
		}
	}
	for r := range unicode.MaxRune {
		if unicode.Is(unicode.Bidi_Control, r) {
			all = append(all, string(r))
		}
	}
	return append(all, "\u2028", "\u2029",
		"\x1b[31mred\x1b[0m", "\x1b[2J\x1b[H", "\x1b[6n", "\x1b[c", "\x1b[?1049h", "\x1b[", "\x1bc",
		"\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "\x1b]52;c;aGk=\x07", "\x1b]", "\x1bP+q\x1b\\", "\x1bP", "\x1b_G\x1b\\", "\x1b^x\x1b\\",
		"\u009b31m", "\u009d0;title\u009c", "\u0090q\u009c", "\x05", "\x0e", "\x0f")
}

// dead checks what is no terminal's input but will be looked at on one: a log, what
// a command of the program printed, a file.
func dead(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8", what)
	}
	for line := range strings.Lines(text) {
		if fault := obeyed(strings.TrimSuffix(line, "\n"), 0); fault != "" {
			t.Errorf("%s: %q holds %s", what, line, fault)
		}
	}
}

// deadJSON checks that the texts in lines of JSON hold nothing for a terminal
// either, once a program has unpacked them.
func deadJSON(t *testing.T, what, lines string) {
	t.Helper()
	dead(t, what, lines)
	for line := range strings.Lines(lines) {
		var object any
		if json.Unmarshal([]byte(line), &object) != nil {
			continue // not every line is one
		}
		var walk func(any)
		walk = func(v any) {
			switch v := v.(type) {
			case string:
				// The text of a result has several lines, as MACHINE.md says.
				if fault := obeyed(strings.ReplaceAll(v, "\n", ""), 0); fault != "" {
					t.Errorf("%s: %q holds %s", what, v, fault)
				}
			case []any:
				for _, e := range v {
					walk(e)
				}
			case map[string]any:
				for k, e := range v {
					walk(k)
					walk(e)
				}
			}
		}
		walk(object)
	}
}

// drain reads all lines up to now.
func drain(c *chattest.Client) []string {
	c.Send("/echo that was all")
	var lines []string
	for {
		line := c.Next()
		if line == "that was all" {
			return lines
		}
		lines = append(lines, line)
	}
}

// forms are the ways in which a person's text comes to a place where it is kept,
// shown or logged. %s is the text. They work again and again.
var forms = []string{
	"%s", "say %s", "/%s", "//%s", "me %s", "msg bob %s", "reply %s", "topic %s", "away %s", "back", "echo %s",
	"/%s x", "/say%s x", "whois %s", "seen %s", "ignore %s", "unignore %s", "invite %s", "invite bob %s", "msg %s x",
	"join %s", "join den %s", "leave %s", "room info %s", "room key %s", "room mod %s on", "room kick %s x", "room key off", "look %s",
	"login %s", "login x%sx", "nick %s", "nick ann%s",
	"set %s", "set mode %s", "set prompt %s", "set theme %s", "set timezone %s", "set timestamps %s",
	"alias %s say x", "alias a%s say x", "alias hey say %s", "hey", "alias hey", "unalias %s",
	"at 1h say %s", "at %s say x", "every 1h say %s", "jobs", "cancel %s", "cancel all",
	"history 5 | grep %s", "history 5 | grep -E %s", "who | cut -d %s", "who | %s", "%s | say", "echo %s | say", "echo %s | msg bob", "who | sort %s",
	"search %s", "help %s", "man %s", "apropos %s", "report bob %s", "report %s x", "redact %s", "last %s", "mentions %s",
	"account info %s", "account sessions %s", "account revoke %s", "plugin info %s", "show %s", "dice:%s", "roll %s", "poll new %s? a b", "poll new Lunch? %s b", "poll vote %s", "poll close",
}

// strangerForms are those of somebody who is not in yet.
var strangerForms = []string{"x%s", "login %s", `login "a%sb"`, `register %s "sesame street"`, `register "a%sb" "sesame street"`, "who %s", "help %s", "say %s"}

// operatorForms are the further ones of an operator.
var operatorForms = []string{
	"wall %s", "mute bob 1h %s", "unmute bob", "ban eve 1h %s", "ban %s", "ban %s 1h x", "unban eve", "unban %s", "kick eve %s", "kick %s x", "mute %s 1h x",
	"allowlist %s", "slow %s", "lockdown %s", "role %s user", "role bob %s", "plugin enable %s", "plugin disable %s", "plugin log %s", "account delete %s", "bans", "audit 10",
}

// Whatever people write wherever they can write something, no terminal, no log, no
// audit and no file is given anything that a terminal would obey.
func TestX1EverySink(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			everySink(t, format)
		})
	}
}

func everySink(t *testing.T, format string) {
	bad := terminalCommands()
	s := programtest.Start(t, "[log]\nlevel = \"debug\"\nformat = \""+format+"\"\n[roles]\nadmin = [\"ops\"]\n"+
		programtest.PluginConfig(t, "dice")+programtest.PluginConfig(t, "poll", `grant = ["kv", "say.room"]`)+
		programtest.PluginConfig(t, "exec", `config.commands.show = { run = ["printf", "%s"], args = "[text...]", role = "guest" }`))
	for _, plugin := range []string{"dice", "poll", "exec"} {
		s.AwaitPlugin(plugin, "ready")
	}
	amy := s.Register("amy")
	ops, ann, bob, machine := s.Register("ops"), s.Register("ann"), s.Login("bob"), s.Login("machine")
	amy.Send("quit") // what is written to her now waits for her
	amy.ExpectClosed()
	stranger := s.Dial("stranger")
	machine.Send("set output json")
	machine.Expect(`"id":1,`)
	others := []*chattest.Client{bob, machine}

	for _, text := range bad {
		for _, form := range append(slices.Clone(forms), "msg amy %s") {
			ann.Send(strings.ReplaceAll(form, "%s", text))
		}
		ann.Send("/set mode auto")
		ann.Send("/join lobby")
		drain(ann)
		for _, form := range operatorForms {
			ops.Send(strings.ReplaceAll(form, "%s", text))
		}
		for _, form := range strangerForms {
			stranger.Send(strings.ReplaceAll(form, "%s", text))
		}
		stranger.Send("/logout")
		drain(stranger)
		ops.Send("/lockdown off")
		ops.Send("/slow off")
		drain(ops)
		drain(bob)
	}
	// What is said is there, without what was bad in it.
	for _, text := range bad {
		ann.Send("say <" + text + ">")
		if line := bob.Expect("ann: <...>"); strings.HasSuffix(line, "<>") && len(text) > 4 {
			t.Errorf("of %q nothing is left: %q", text, line)
		}
	}
	machine.Send("/ping")
	machine.Expect(`"command":"ping"`)

	amy = s.Authenticate("amy") // and is given her letters
	s.Must("admin", "list")
	for _, args := range [][]string{
		{"admin", "list"}, {"account", "list"}, {"plugin", "list"}, {"plugin", "log", "exec"}, {"config", "print"}, {"config", "check"}, {"store", "export"},
	} {
		out, _ := s.Run(args...)
		deadJSON(t, strings.Join(args, " "), out)
	}

	// The same after a restart, to somebody who was not there.
	s.Signal(os.Interrupt)
	s.Wait()
	deadJSON(t, "the log", s.Log.String())
	dead(t, "standard output", s.Stdout.String())
	s.Launch(nil)
	s.Ready()
	cid := s.Authenticate("amy")
	ops = s.Authenticate("ops")
	for _, c := range []*chattest.Client{cid, ops} {
		for _, line := range []string{
			"history 500", "history 500 --json", "search a", "look", "rooms", "rooms --json", "missed", "mentions", "last", "bans", "jobs", "alias", "set", "who --json", "account info ann",
			"whois ann", "seen ann", "seen bob", "audit 1000", "audit 1000 --json", "poll show", "plugins", "plugin log exec",
		} {
			c.Send("/" + line)
		}
		lines := drain(c)
		deadJSON(t, c.Name, strings.Join(lines, "\n")+"\n")
		if c == ops && !strings.Contains(strings.Join(lines, "\n"), "red") {
			t.Error("nothing of all that is left")
		}
	}
	others = append(others, amy, cid, ops, ann)
	for _, c := range others {
		deadJSON(t, c.Name, received(c))
	}
}

// A raw byte of C1 is no UTF-8: the line is refused wherever the byte stands, and
// what a plugin writes of it is no such byte any more.
func TestX2RawC1(t *testing.T) {
	s := programtest.Start(t, programtest.PluginConfig(t, "exec",
		`config.commands.raw = { run = ["printf", '\23331mred\2350;title\234\205\220q\234 end\n'], role = "guest" }`))
	s.AwaitPlugin("exec", "ready")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	refused := 0
	for b := byte(0x80); b < 0xa0; b++ {
		for _, form := range forms {
			if !strings.Contains(form, "%s") {
				continue
			}
			ann.SendRaw([]byte(strings.ReplaceAll(form, "%s", string([]byte{'x', b, '3', '1', 'm'})) + "\r\n"))
			refused++
		}
	}
	answers := drain(ann)
	for _, line := range answers {
		if !strings.HasPrefix(line, "-- That line is not valid UTF-8") {
			t.Errorf("answered with %q", line)
		}
	}
	if len(answers) != refused {
		t.Errorf("%d answers to %d lines", len(answers), refused)
	}
	bob.Quiet("...")
	ann.Send("/raw")
	ann.Expect("31mred...end")
	ann.Send("/raw | say")
	bob.Expect("ann: ...31mred...end")
}

// One event is one line, whatever line ends are in its text: escapes that somebody
// might unfold, what a plugin writes, and what comes out of the store.
func TestX3OneEventOneLine(t *testing.T) {
	s := programtest.Start(t, programtest.PluginConfig(t, "poll", `grant = ["kv", "say.room"]`)+programtest.PluginConfig(t, "exec",
		`config.commands.many = { run = ["printf", 'one\r-- bob has left\vbob: two\f\302\205bob: three\342\200\250bob: four end\n'], role = "guest" }`))
	s.AwaitPlugin("exec", "ready")
	s.AwaitPlugin("poll", "ready")
	ann, bob := s.Register("ann"), s.Login("bob")
	programtest.Skip(ann)
	forged := `x\nbob: gotcha\r\nbob: gotcha\u000abob: gotcha\x0abob: gotcha$'\n'bob: gotcha`
	for _, form := range []string{
		"say %s", "%s", "me %s", "msg bob %s", "topic %s", "away %s", "back", "echo '%s' | say", `poll new "%s?" "%s" b`, "report bob %s",
		"alias forge say %s", "forge", "at 1s say %s",
	} {
		ann.Send(strings.ReplaceAll(form, "%s", forged))
	}
	bob.Expect("ann: x") // of the job, the last
	ann.Send("/many")
	ann.Expect("one -- bob has left bob: two")
	ann.Send("/many | say")
	bob.Expect("ann: one -- bob has left")
	ann.Send("poll close")
	programtest.Skip(ann)
	bob.Sync()
	for _, c := range []*chattest.Client{ann, bob} {
		for line := range strings.Lines(received(c)) {
			if strings.HasPrefix(line, "bob: ") || strings.HasPrefix(line, "-- bob has left") {
				t.Errorf("%s saw %q", c.Name, line)
			}
		}
	}

	// A history with line ends in it, as only another program can have written it.
	s.Signal(os.Interrupt)
	s.Wait()
	file := filepath.Join(filepath.Dir(s.Config), "hostile.json")
	s.Must("store", "backup", file)
	dump, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	hostile, err := json.Marshal("kept\r\nbob: gotcha\n\x1b[2J-- bob has left\u2028end")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(forged)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(dump, plain) {
		t.Fatalf("no message to change in the backup")
	}
	if err := os.WriteFile(file, bytes.ReplaceAll(dump, plain, hostile), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Must("store", "import", file, "--store.dir", "fresh")
	s.Configure("[store]\ndir = \"fresh\"\n")
	s.Launch(nil)
	s.Ready()
	cid := s.Authenticate("ann")
	for _, line := range []string{"history 100", "history 100 --json", "search kept", "look", "rooms", "missed", "mentions"} {
		cid.Send("/" + line)
	}
	lines := drain(cid)
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "ann: kept") && strings.Contains(l, "end") }) {
		t.Errorf("the message is not one line of the history: %q", lines)
	}
	for _, line := range lines {
		if strings.HasPrefix(line, "bob: ") || strings.HasPrefix(line, "-- bob has left") {
			t.Errorf("the store forged %q", line)
		}
	}
	deadJSON(t, "the history", strings.Join(lines, "\n"))
}

// Direction controls are taken out of what people say, and no name has one.
func TestX4Direction(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	stranger := s.Dial("stranger")
	for _, c := range "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c" {
		for _, tt := range []struct{ form, want string }{
			{"say a%sb", "ann: ab"}, {"%sab", "ann: ab"}, {"me a%sb", "* ann ab"}, {"msg bob ab%s", "*ann* ab"}, {"topic a%sb", "-- ann set the topic: ab"},
		} {
			ann.Send(strings.ReplaceAll(tt.form, "%s", string(c)) + fmt.Sprint(int(c)))
			bob.ExpectExact(tt.want + fmt.Sprint(int(c)))
		}
		for _, form := range []string{"login x%sy", "login %sxy", "login xy%s", `register x%sy "sesame street"`} {
			stranger.Send(strings.ReplaceAll(form, "%s", string(c)))
		}
		ann.Send("/nick x" + string(c) + "y")
		ann.Send("/join x" + string(c) + "y")
		for _, line := range append(drain(stranger), drain(ann)...) {
			if strings.Contains(line, "Welcome, ") || strings.Contains(line, "is yours") || strings.Contains(line, "is now") || strings.Contains(line, "You are in") {
				t.Errorf("%U in a name is taken: %q", c, line)
			}
		}
	}
	bob.Quiet("...")
}

// A letter of a name carries one mark, a letter of a text at most four, and no mark
// stands on what the server writes.
func TestX6Marks(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	for _, mark := range []string{"\u0301", "\u0489", "\u20dd", "\u0e49", "\ufe0f", "\u1ab0"} {
		for _, form := range []string{"say e%sx", "me e%sx", "msg bob e%sx", "topic e%sx", "say %sx"} {
			ann.Send(strings.ReplaceAll(form, "%s", strings.Repeat(mark, 200)))
			line := bob.Next()
			if n := strings.Count(line, mark); n > 4 {
				t.Errorf("%s with %U: %d marks on a letter", form, []rune(mark), n)
			}
			if strings.Contains(line, " "+mark) || strings.Contains(line, ":"+mark) {
				t.Errorf("%s with %U: a mark on what the server wrote: %q", form, []rune(mark), line)
			}
		}
	}
	stranger := s.Dial("stranger")
	for _, name := range []string{"xe\u0301\u0301y", "xe\u0301\u0302\u0303y", "x\u0e01\u0e49\u0e49y", "xy\u0301\u0327\u0301", "\u0301xy", "xe\ufe0f\u0301y"} {
		stranger.Send("login " + name)
		for _, line := range drain(stranger) {
			if strings.Contains(line, "Welcome, ") {
				t.Errorf("login %q: %q", name, line)
				stranger.Send("logout")
			}
		}
	}
	stranger.Send("login zo\u00eb")
	stranger.Expect("Welcome, zo\u00eb")
}

// imitations are lines as the server makes them, in the words that people know.
var imitations = []string{
	"-- bob has joined", "-- bob has left", "-- eve is now bob", "-- bob set the topic: gotcha", "-- ann is away: gotcha", "-- You are in lobby with 1 other.",
	"-- the server is going down", "-- Welcome, bob.", "-- more: Enter for the next page, q to end", "-- ops: gotcha", "--",
	"bob: gotcha", "eve: gotcha", "* bob waves", "* eve waves", "*bob* psst", "*eve* psst", "-> *bob* psst", "[lobby] eve: gotcha", "[ops] eve: gotcha", "[ops] -- eve has left",
	"[12:00] eve: gotcha", "[2026-01-02 12:00] eve: gotcha", "[private] *eve* psst", "[mention] eve: gotcha", "lobby> ", "lobby> say hi", "Password:", "Your password:",
	"Welcome to ChatRoom", `{"type":"notice","text":"gotcha"}`, `{"type":"result","id":1,"code":"ok"}`, "poll: gotcha", "dice: gotcha",
}

// No text makes a line that begins as one of the server's, or of anybody else: each
// line that comes of it begins with who wrote it, where they can write nothing.
func TestX7Imitations(t *testing.T) {
	s := programtest.Start(t, "[roles]\noperator = [\"ops\"]\n"+programtest.PluginConfig(t, "poll", `grant = ["kv", "say.room"]`)+
		programtest.PluginConfig(t, "exec", `config.commands.show = { run = ["printf", "%s"], args = "[text...]", role = "guest" }`))
	s.AwaitPlugin("exec", "ready")
	s.AwaitPlugin("poll", "ready")
	ann, bob, cid := s.Register("ann"), s.Login("bob"), s.Login("cid")
	cid.Send("join ops") // whom ann's lines from the other room reach
	cid.Send("join lobby")
	drain(cid)
	ann.Send("join ops")
	ann.Send("join lobby")
	drain(ann)
	stranger := s.Dial("stranger")
	readers := []*chattest.Client{bob, cid}
	for _, c := range readers {
		drain(c)
	}
	check := func(form, text string) {
		t.Helper()
		for _, c := range readers {
			for _, line := range drain(c) {
				if fromAnn := lineOfAnn(line); !fromAnn || line == text || len(text) > 2 && strings.HasPrefix(line, text) {
					t.Errorf("%s with %q shows %s the line %q", form, text, c.Name, line)
				}
			}
		}
	}
	for _, text := range imitations {
		for _, form := range []string{
			"say %s", "//%s", " %s", "me %s", "msg bob %s", "msg cid %s", "topic %s", "away %s", "back", "report bob %s", "report cid %s",
			"alias f say %s", "f", "alias g me $*", "g %s", "echo %s | say", "echo %s | msg bob", "show '%s' | say", "invite bob", "invite cid",
			"poll new '%s?' a b", "poll close", "poll new Lunch? '%s' b", "poll close", "join ops", "say %s", "me %s", "topic %s", "join lobby",
		} {
			ann.Send(strings.ReplaceAll(form, "%s", text))
		}
		drain(ann)
		check("what ann writes", text)
		// As a name.
		for _, form := range []string{"/nick %s", "/nick '%s'", "/join %s", "/join '%s'", "/room key %s", "/set prompt '%s'", "/set prompt off"} {
			ann.Send(strings.ReplaceAll(form, "%s", text))
		}
		ann.Send("/join lobby")
		stranger.Send("login '" + text + "'")
		stranger.Send("register '" + text + "' 'sesame street'")
		drain(ann)
		for _, line := range drain(stranger) {
			if strings.Contains(line, "Welcome, ") {
				t.Errorf("login %q: %q", text, line)
				stranger.Send("logout")
			}
		}
		check("a name of ann's", text)
	}
	if n := strings.Count(received(bob), "gotcha"); n < 100 {
		t.Errorf("bob saw only %d of the lines", n)
	}
	// Not in the history either, in which lines have a time in front, nor for programs.
	for _, c := range readers {
		c.Send("/history 1000")
		c.Send("/set timestamps off")
		c.Send("/history 1000")
		for _, line := range drain(c) {
			for _, text := range imitations {
				if line == text {
					t.Errorf("the history of %s has the line %q", c.Name, line)
				}
			}
		}
	}
}

// lineOfAnn reports whether a line says at its start that it is of ann's doing.
func lineOfAnn(line string) bool {
	if rest, ok := strings.CutPrefix(line, "[ops] "); ok {
		line = rest
	}
	for _, begin := range []string{"ann: ", "* ann ", "*ann* ", "-- ann ", "poll: ann asks: ", "poll: "} {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return false
}

// Whatever size a terminal claims to have, tables and help are of a sane width, and
// wide glyphs cost no more than their bytes.
func TestX8Windows(t *testing.T) {
	s := programtest.Start(t, programtest.PluginConfig(t, "poll", `grant = ["kv", "say.room"]`))
	s.AwaitPlugin("poll", "ready")
	wide := strings.Repeat("宽", 300)
	ann, bob := s.Register("ann"), s.Login("bob")
	for i := range 20 {
		c := s.Login(fmt.Sprintf("guest%d", i))
		c.Send("away " + wide)
		c.Send(fmt.Sprintf("join room%d", i))
		c.Send("topic " + wide)
		c.Send("say " + strings.Repeat("\U0001f468\u200d\U0001f469\u200d\U0001f467", 50)) // a family, 50 times
		c.Send("join lobby")
		drain(c)
	}
	ann.Send("alias hey say " + wide)
	ann.Send("say " + wide + " " + strings.Repeat("\u0301", 20) + strings.Repeat("ﷺ", 100))
	ann.Send("poll new '" + wide[:300] + "?' '" + wide[:99] + "' b")
	drain(ann)
	bob.SendRaw([]byte("\xff\xfb\x1f")) // WILL NAWS
	type size struct{ cols, rows uint16 }
	for _, window := range []size{{0, 0}, {1, 1}, {65535, 65535}, {0, 65535}, {65535, 0}, {1, 65535}, {65535, 1}, {20, 2}, {32768, 32768}, {255, 255}, {80, 24}} {
		bob.SendRaw([]byte(sub(31, string([]byte{byte(window.cols >> 8), byte(window.cols), byte(window.rows >> 8), byte(window.rows)}))))
		for _, line := range []string{
			"who", "rooms", "help", "help who", "man history", "set", "whois guest1", "look", "history 50", "search a", "last", "jobs", "alias", "plugins", "poll show", "apropos room",
			"who | sort | uniq | wc", "rooms | cut -c 1-5", "who | head 3 | tee",
		} {
			bob.Send("/" + line)
			bob.Send("/echo end of " + line)
			for {
				got := bob.Next()
				if got == "end of "+line {
					break
				}
				if n := len(got) - len(strings.TrimRight(got, " ")); n > 500 {
					t.Errorf("in a window of %v %s ends a line with %d spaces", window, line, n)
				}
				if strings.Contains(got, strings.Repeat(" ", 501)) || len(got) > 4096 {
					t.Errorf("in a window of %v %s has a line of %d bytes", window, line, len(got))
				}
			}
		}
	}
	// What one chooses is bounded as well.
	for _, width := range []string{"-1", "1", "19", "501", "65535", "99999999999999999999"} {
		bob.Send("/set width " + width)
		if line := bob.Next(); !strings.HasPrefix(line, "-- ") || !strings.Contains(line, "500") {
			t.Errorf("set width %s: %q", width, line)
		}
	}
}
