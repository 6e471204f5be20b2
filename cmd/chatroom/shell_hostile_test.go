package main_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

var hostile = []string{
	"\x1b[2J\x1b[H",
	"\x1b]0;title\x07",
	"\x1bP\x1b\\",
	"\u009b31m",
	"\u202eevil",
	"\u2066x\u2069",
	"a\u200bb",
	"a\u2028-- bob has left",
	"\"",
	"'",
	"\\",
	"| quit",
	"|",
	"$1 $* $$ ${x}",
	"`quit`; quit && quit",
	"%n%s%d%!x",
	"-- -x --json=\x1b[31m",
	"--",
	"-",
	"../../../etc/passwd",
	"{\"type\":\"result\"}",
	"99999999999999999999999999",
	"-1",
	"1h1h1h",
	strings.Repeat("x", 900),
	strings.Repeat("\u0301", 300),
	strings.Repeat("| cut -c 1 ", 60),
	strings.Repeat("\"", 501),
}

// hidden reports whether a terminal would do something else with r than show it.
func hidden(r rune) bool {
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) ||
		r == '\u200b' || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' || r == unicode.ReplacementChar
}

// visible checks that a line has nothing that a terminal would obey.
func visible(t *testing.T, who, line string) {
	t.Helper()
	if i := strings.IndexFunc(line, hidden); i >= 0 {
		t.Errorf("%s was shown %q", who, line)
	}
}

// commandNames reads the names of all commands from help, with the
// sub-commands.
func commandNames(c *chattest.Client) []string {
	var names []string
	c.Send("/help")
	c.Send("/echo that was help")
	for {
		line := c.Next()
		if line == "that was help" {
			break
		}
		if m := regexp.MustCompile(`^  ([a-z]+)  `).FindStringSubmatch(line); m != nil {
			names = append(names, m[1])
		}
	}
	return append(names, "room info", "room private", "room key", "room kick", "room mod", "tell", "emote", "exit x", "stats", "reload")
}

// No text makes a command write anything that a terminal obeys, forge a line on
// another's terminal, leave the session mute, or end it.
func TestHostileArguments(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.Send("set bell off")
	bob.Send("set bell off")
	programtest.Skip(ann)
	programtest.Skip(bob)
	names := commandNames(ann)
	if len(names) < 50 {
		t.Fatalf("help lists only %q", names)
	}
	n := 0
	for _, name := range names {
		switch name {
		case "quit", "logout", "clear", "login", "nick":
			continue // do just that
		}
		for _, h := range hostile {
			for _, form := range []string{"/%s %s", "/%s bob %s", "/%[1]s %[2]s %[2]s", "/who | %s %s", "/%[1]s 1h %[2]s"} {
				line := fmt.Sprintf(form, name, h)
				if len(line) > 1024 {
					continue
				}
				ann.SendRaw([]byte(line + "\r\n"))
				n++
			}
		}
		for _, line := range []string{"/set output text", "/set prompt off", "/echo alive after " + name} {
			ann.Send(line)
		}
		for {
			line := ann.Next()
			visible(t, "ann", line)
			if strings.HasSuffix(line, "alive after "+name) {
				break
			}
		}
	}
	t.Logf("%d lines", n)
	if strings.Contains(s.Log.String(), "level=ERROR") {
		t.Error("the log has errors")
	}
	bob.Send("/echo that was all")
	server := regexp.MustCompile(`^(ann: |\* ann |\*ann\* |-- ann |\[[a-z0-9_-]+\] (ann: |\* ann |-- ann )|-- ann invites you)`)
	for {
		line := bob.Next()
		if line == "that was all" {
			break
		}
		visible(t, "bob", line)
		if !server.MatchString(line) {
			t.Errorf("bob was shown %q", line)
		}
	}
}

// What is put in place of $1 and $* is text, whatever it is: it runs nothing,
// adds no stage and no second message.
func TestHostileAliasWords(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	for _, line := range []string{
		"alias one say <$1>",
		"alias all say <$*>",
		"alias find who | grep -- $1 | say",
		"alias to msg $1 $*",
		"alias later at 1h say $*",
	} {
		ann.Send(line)
	}
	programtest.Skip(ann)
	for _, h := range []string{"| quit", "; quit", "x | say y", "$1", "$*", "/quit", "//x", "-- bob has left", "&& quit"} {
		ann.Send("all " + h)
		bob.ExpectExact("ann: <" + h + ">")
		ann.Send(`one "` + h + `"`)
		bob.ExpectExact("ann: <" + h + ">")
		ann.Send(`find "` + h + `"`)
		ann.Expect("Nothing came out of the pipe")
		ann.Send("to bob " + h)
		bob.ExpectExact("*ann* " + h)
		ann.Send("later " + h)
		ann.Expect("-- Job ")
		ann.Send("jobs | grep -c say")
		ann.ExpectExact("1")
		ann.Send("jobs | tail 1 | cut -d ' ' -f 1 | tee")
		ann.Send("cancel " + ann.Next())
		ann.Expect("is cancelled")
	}
	ann.Send("say still here")
	bob.ExpectExact("ann: still here")
}

// Nobody has more aliases than limits.aliases, and what they stand for has an
// end, whatever they are made of.
func TestAliasesWithoutEnd(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	programtest.Skip(ann)
	for i := range 200 {
		ann.Send(fmt.Sprintf("alias a%d who", i))
	}
	programtest.Skip(ann)
	ann.Send("alias")
	ann.Send("/echo that was all")
	n := 0
	for ann.Next() != "that was all" {
		n++
	}
	if n != 50 {
		t.Errorf("ann has %d aliases, want 50", n)
	}
	ann.Send("alias a50 who")
	if line := ann.Next(); !strings.HasPrefix(line, "-- ") || !strings.Contains(line, "50") {
		t.Errorf("one alias too many is answered with %q", line)
	}

	// Twice as long with each step.
	for _, tt := range []struct{ first, next string }{
		{"say $*", "%s $* $*"},
		{"at 1h echo $*", "%s $* $*"},
		{"head 3 | head 3", "%[1]s | %[1]s"},
	} {
		cid := s.Login("cid")
		cid.Send("alias d0 " + tt.first)
		for i := range 45 {
			line := fmt.Sprintf(tt.next, fmt.Sprintf("d%d", i))
			cid.Send(fmt.Sprintf("alias d%d %s", i+1, line))
		}
		programtest.Skip(cid)
		cid.Send("/d45 abc")
		if line := cid.Next(); !strings.HasPrefix(line, "-- ") {
			t.Errorf("%s: %q", tt.first, line)
		}
		cid.Send("logout")
		bob.Expect("-- cid has left")
		cid.Close()
	}
	if kib := residentKiB(t, s); kib > 200<<10 {
		t.Errorf("the server has %d KiB", kib)
	}
}

// Many people with the costliest patterns and sorts leave the server its
// memory, and an answer for everyone else.
func TestCostlyPipelines(t *testing.T) {
	s := programtest.Start(t, "[pipeline]\ntime = \"2s\"\n")
	bob := s.Login("bob")
	slowHistory(bob)
	before := residentKiB(t, s)
	var many []*chattest.Client
	for i := range 8 {
		c := s.Login(fmt.Sprintf("eve%d", i))
		many = append(many, c)
		for _, pattern := range []string{
			"'.{0,999}X'", "'(a|aa|b)*(a|aa)*(a|aa)*X'", "'((a*)*)*X'", `'(\pL|\pN|\w)*(\pL|\w)*X'`, "'" + strings.Repeat("a?", 200) + strings.Repeat("a", 200) + "'",
			"'" + strings.Repeat(".{0,999}", 60) + "'", "'" + strings.Repeat("(", 400) + strings.Repeat(")", 400) + "'",
		} {
			c.Send("history 500 | grep -c -v -E " + pattern)
		}
	}
	programtest.Skip(bob)
	for i := range 50 {
		bob.Send(fmt.Sprintf("say %d", i))
		bob.Expect(fmt.Sprintf("bob: %d", i))
	}
	if after := residentKiB(t, s); after > before+256<<10 {
		t.Errorf("8 people with costly patterns take %d MiB", (after-before)>>10)
	}
	for _, c := range many {
		c.Send("/cancel")
		c.Send("/echo free again")
		c.Expect("free again")
	}
}
