package wall_test

import (
	"encoding/json"
	"os"
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
var strangerForms = []string{"x%s", "login %s", "login a%sb", "register %s \"sesame street\"", "register a%sb \"sesame street\"", "who %s", "help %s", "say %s"}

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
