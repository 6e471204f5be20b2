package line

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/shlex"
	"pgregory.net/rapid"
)

// shapes is a Grammar as a map.
type shapes map[string]Shape

func (g shapes) Command(name string) (Shape, bool) {
	s, ok := g[name]
	return s, ok
}

func (g shapes) Completions(prefix string) (names []string) {
	for name := range g {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names
}

var testGrammar = shapes{
	"who": {}, "join": {}, "history": {}, "uptime": {}, "whowas": {},
	"grep": {Filter: true, Input: true}, "tail": {Filter: true, Input: true}, "wc": {Filter: true, Input: true},
	"say": {Raw: true, Input: true}, "me": {Raw: true}, "topic": {Raw: true},
	"msg": {Words: 1, Raw: true, Input: true}, "ban": {Words: 2, Raw: true},
	"room": {Subs: map[string]Shape{"info": {}, "key": {}, "kick": {Words: 1, Raw: true}, "note": {Raw: true}}},
}

func chatLine(text string) Line { return Line{Kind: Chat, Text: text} }

// commandLine is a line of one stage or more, the first one bare if told.
func commandLine(text string, stages ...Stage) Line {
	return Line{Kind: Command, Text: text, Stages: stages}
}

func words(name string, w ...string) Stage { return Stage{Name: name, Words: w} }

func raw(name, text string, w ...string) Stage {
	return Stage{Name: name, Words: w, Raw: text, HasRaw: true}
}

func bare(s Stage) Stage { s.Bare = true; return s }

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		mode     Mode
		want     Line
	}{
		{"empty", "", ModeAuto, Line{}},
		{"white space", " \t\r\n ", ModeCommand, Line{}},

		{"chat", "hello there", ModeAuto, chatLine("hello there")},
		{"chat never meets shlex", `don't "panic \`, ModeAuto, chatLine(`don't "panic \`)},
		{"chat keeps leading space", "   \\o/ yes", ModeAuto, chatLine("   \\o/ yes")},
		{"chat loses trailing space", "hello \t ", ModeAuto, chatLine("hello")},
		{"chat in other scripts", "你好 🐟", ModeAuto, chatLine("你好 🐟")},
		{"first word is no command", "whose turn?", ModeAuto, chatLine("whose turn?")},
		{"first word exactly as written", "Who is there", ModeAuto, chatLine("Who is there")},
		{"punctuation belongs to the word", "who?", ModeAuto, chatLine("who?")},
		{"a pipe in a word of chat", "yes|no", ModeAuto, chatLine("yes|no")},
		{"a pipe behind the name of a command with raw text", "say|me", ModeAuto, chatLine("say|me")},
		{"the same after a slash", "/say|me x", ModeAuto, commandLine("/say|me x", raw("say|me", "x"))},
		{"quotes belong to the word", `"who"`, ModeAuto, chatLine(`"who"`)},

		{"two slashes", "//text", ModeAuto, chatLine("/text")},
		{"two slashes in mode command", "//text", ModeCommand, chatLine("/text")},
		{"two slashes in mode chat", "//who", ModeChat, chatLine("/who")},
		{"two slashes after space", "  //who ", ModeAuto, chatLine("/who")},
		{"two slashes alone", "//", ModeAuto, chatLine("/")},
		{"three slashes", "///", ModeAuto, chatLine("//")},
		{"two slashes and quotes", "//don't", ModeAuto, chatLine("/don't")},

		{"slash", "/who", ModeAuto, commandLine("/who", words("who"))},
		{"slash in mode chat", "/who ops", ModeChat, commandLine("/who ops", words("who", "ops"))},
		{"slash in mode command", "/who", ModeCommand, commandLine("/who", words("who"))},
		{"slash after space leaks nothing", "  /msg fish psst", ModeAuto, commandLine("/msg fish psst", raw("msg", "psst", "fish"))},
		{"slash, unknown", "/whos don't 'x", ModeAuto, commandLine("/whos don't 'x", raw("whos", "don't 'x"))},
		{"the name runs to the space", "/who,all now", ModeAuto, commandLine("/who,all now", raw("who,all", "now"))},
		{"the name is not unquoted", `/"who"`, ModeAuto, commandLine(`/"who"`, raw(`"who"`, ""))},

		{"bare", "who", ModeAuto, commandLine("who", bare(words("who")))},
		{"bare with words", "who is coming tonight?", ModeAuto, commandLine("who is coming tonight?", bare(words("who", "is", "coming", "tonight?")))},
		{"bare after space", " who ", ModeAuto, commandLine("who", bare(words("who")))},
		{"mode chat", "who", ModeChat, chatLine("who")},
		{"no such mode", "who", Mode(9), chatLine("who")},
		{"mode command", "who", ModeCommand, commandLine("who", words("who"))},
		{"mode command, unknown", "hello there", ModeCommand, commandLine("hello there", raw("hello", "there"))},

		{"raw apostrophe", "say don't panic", ModeAuto, commandLine("say don't panic", bare(raw("say", "don't panic")))},
		{"raw hash", "say #1 idea", ModeAuto, commandLine("say #1 idea", bare(raw("say", "#1 idea")))},
		{"raw backslash", `say C:\temp`, ModeAuto, commandLine(`say C:\temp`, bare(raw("say", `C:\temp`)))},
		{"raw trailing backslash", `/say \`, ModeAuto, commandLine(`/say \`, raw("say", `\`))},
		{"raw pipe", "say a | b", ModeAuto, commandLine("say a | b", bare(raw("say", "a | b")))},
		{"raw quotes", `/say "a"`, ModeAuto, commandLine(`/say "a"`, raw("say", `"a"`))},
		{"raw inner space", "say  a  b ", ModeAuto, commandLine("say  a  b", bare(raw("say", " a  b")))},
		{"raw after a tab", "/say\ta", ModeAuto, commandLine("/say\ta", raw("say", "a"))},
		{"raw none", "say", ModeAuto, commandLine("say", bare(raw("say", "")))},
		{"raw only space", "/say   ", ModeAuto, commandLine("/say", raw("say", ""))},

		{"words then raw", "/msg fish don't", ModeAuto, commandLine("/msg fish don't", raw("msg", "don't", "fish"))},
		{"words then raw, spaces", "/msg   fish  x ", ModeAuto, commandLine("/msg   fish  x", raw("msg", " x", "fish"))},
		{"quoted word then raw", `/msg "big fish" "hi"`, ModeAuto, commandLine(`/msg "big fish" "hi"`, raw("msg", `"hi"`, "big fish"))},
		{"pipe as word before raw", "/msg | hi", ModeAuto, commandLine("/msg | hi", raw("msg", "hi", "|"))},
		{"word without raw", "/msg fish ", ModeAuto, commandLine("/msg fish", raw("msg", "", "fish"))},
		{"no words", "/msg ", ModeAuto, commandLine("/msg", raw("msg", ""))},
		{"fewer words", "/ban fish", ModeAuto, commandLine("/ban fish", raw("ban", "", "fish"))},
		{"more words", "/ban fish 2d it's time", ModeAuto, commandLine("/ban fish 2d it's time", raw("ban", "it's time", "fish", "2d"))},

		{"hash is ordinary", "join #ops", ModeAuto, commandLine("join #ops", bare(words("join", "#ops")))},
		{"hash is ordinary beside quotes", `/join "a b" #ops #"x"`, ModeAuto, commandLine(`/join "a b" #ops #"x"`, words("join", "a b", "#ops", "#x"))},
		{"hash in a word", `/join c# 'a'`, ModeAuto, commandLine(`/join c# 'a'`, words("join", "c#", "a"))},
		{"hash in quotes", `/join "#ops"`, ModeAuto, commandLine(`/join "#ops"`, words("join", "#ops"))},
		{"empty word", `/join "" a ''`, ModeAuto, commandLine(`/join "" a ''`, words("join", "", "a", ""))},
		{"quotes inside a word", `/join a"b c"d'e f'`, ModeAuto, commandLine(`/join a"b c"d'e f'`, words("join", "ab cde f"))},
		{"escapes", `/join a\ b \" \' \\ \#`, ModeAuto, commandLine(`/join a\ b \" \' \\ \#`, words("join", "a b", `"`, "'", `\`, "#"))},
		{"escaped space at the end", `/join a\ `, ModeAuto, commandLine(`/join a\`, words("join", "a "))},
		{"escape in double quotes", `/join "a\"b\\"`, ModeAuto, commandLine(`/join "a\"b\\"`, words("join", `a"b\`))},
		{"no escape in single quotes", `/join 'a\'`, ModeAuto, commandLine(`/join 'a\'`, words("join", `a\`))},
		{"escaped long character", `/join \你`, ModeAuto, commandLine(`/join \你`, words("join", "你"))},
		{"other white space", "\u3000msg\u00a0fish\u3000\u3000psst\u00a0\v", ModeAuto, commandLine("msg\u00a0fish\u3000\u3000psst", bare(raw("msg", "\u3000psst", "fish")))},
		{"other white space in words", "/join a\u3000\u2003b \"c\u3000d\" e\\\u3000f\f", ModeAuto, commandLine("/join a\u3000\u2003b \"c\u3000d\" e\\\u3000f", words("join", "a", "b", "c\u3000d", "e\u3000f"))},

		{"pipeline", "history 200 | grep -i deploy | tail 5", ModeAuto, commandLine("history 200 | grep -i deploy | tail 5",
			bare(words("history", "200")), words("grep", "-i", "deploy"), words("tail", "5"))},
		{"pipeline into raw", "/uptime | say a | b", ModeAuto, commandLine("/uptime | say a | b", words("uptime"), raw("say", "a | b"))},
		{"pipeline into unknown", "/who | whos | x", ModeAuto, commandLine("/who | whos | x", words("who"), raw("whos", "| x"))},
		{"quoted pipe", `/grep '|' "|" \| 'a|b' a\|b "|"c`, ModeAuto, commandLine(`/grep '|' "|" \| 'a|b' a\|b "|"c`, words("grep", "|", "|", "|", "a|b", "a|b", "|c"))},
		{"pipes without spaces", `/history 5|grep "a|b"|wc`, ModeAuto, commandLine(`/history 5|grep "a|b"|wc`, words("history", "5"), words("grep", "a|b"), words("wc"))},
		{"a pipe behind a bare name", "who|grep fish", ModeAuto, commandLine("who|grep fish", bare(words("who")), words("grep", "fish"))},
		{"a pipe behind a name in mode command", "who|wc", ModeCommand, commandLine("who|wc", words("who"), words("wc"))},
		{"a pipe behind a word", "who x| wc", ModeAuto, commandLine("who x| wc", bare(words("who", "x")), words("wc"))},
		{"a pipe before a name", "who |wc", ModeAuto, commandLine("who |wc", bare(words("who")), words("wc"))},
		{"a pipe behind quotes", `who "x"|wc`, ModeAuto, commandLine(`who "x"|wc`, bare(words("who", "x")), words("wc"))},
		{"a pipe behind a prefix", "/hist|/ta|w", ModeAuto, commandLine("/hist|/ta|w", words("history"), words("tail"), words("wc"))},
		{"a pipe behind an unknown name", "/whos|wc x", ModeAuto, commandLine("/whos|wc x", raw("whos", "|wc x"))},
		{"a pipe in a word before raw", "/msg ann|wc hi", ModeAuto, commandLine("/msg ann|wc hi", raw("msg", "hi", "ann|wc"))},
		{"a pipe behind a sub", "/room info|wc", ModeAuto, commandLine("/room info|wc", words("room", "info"), words("wc"))},
		{"a pipe behind a sub with raw", "/room note|wc x", ModeAuto, commandLine("/room note|wc x", raw("room", "x", "note|wc"))},
		{"a pipe in place of a sub", "/room|wc", ModeAuto, commandLine("/room|wc", words("room"), words("wc"))},
		{"a filter is no first word", "tail lights are out", ModeAuto, chatLine("tail lights are out")},
		{"a filter after a slash", "/tail 5", ModeAuto, commandLine("/tail 5", words("tail", "5"))},
		{"a filter in mode command", "tail 5", ModeCommand, commandLine("tail 5", words("tail", "5"))},
		{"a slash after a pipe", "who | /tail 5", ModeAuto, commandLine("who | /tail 5", bare(words("who")), words("tail", "5"))},
		{"only a slash after a pipe", "/who | / 5", ModeAuto, commandLine("/who | / 5", words("who"), raw("/", "5"))},

		{"prefix", "/hist 5", ModeAuto, commandLine("/hist 5", words("history", "5"))},
		{"prefix in mode chat", "/m ann don't", ModeChat, commandLine("/m ann don't", raw("m", "ann don't"))},
		{"prefix of raw", "/ms ann don't", ModeChat, commandLine("/ms ann don't", raw("msg", "don't", "ann"))},
		{"exact before prefix", "/who", ModeAuto, commandLine("/who", words("who"))},
		{"prefix of two", "/wh x 'y", ModeAuto, commandLine("/wh x 'y", raw("wh", "x 'y"))},
		{"no prefix without slash", "hist 5", ModeAuto, chatLine("hist 5")},
		{"no prefix in mode command", "hist 5", ModeCommand, commandLine("hist 5", raw("hist", "5"))},
		{"prefix after a pipe", "/hist | gr x | /ta", ModeAuto, commandLine("/hist | gr x | /ta", words("history"), words("grep", "x"), words("tail"))},
		{"no prefix after a pipe", "who | gr x", ModeAuto, commandLine("who | gr x", bare(words("who")), raw("gr", "x"))},
		{"prefix after a slash after a pipe", "who | /gr x | ta", ModeAuto, commandLine("who | /gr x | ta", bare(words("who")), words("grep", "x"), raw("ta", ""))},

		{"sub", "room info | tail 5", ModeAuto, commandLine("room info | tail 5", bare(words("room", "info")), words("tail", "5"))},
		{"sub with words", `/room key "a b" c`, ModeAuto, commandLine(`/room key "a b" c`, words("room", "key", "a b", "c"))},
		{"sub with raw", "/room kick bob he's | out", ModeAuto, commandLine("/room kick bob he's | out", raw("room", "he's | out", "kick", "bob"))},
		{"sub with raw alone", "/room note don't", ModeAuto, commandLine("/room note don't", raw("room", "don't", "note"))},
		{"sub with raw, no words", "/room kick", ModeAuto, commandLine("/room kick", raw("room", "", "kick"))},
		{"sub quoted", `/room 'kick' "b b" x`, ModeAuto, commandLine(`/room 'kick' "b b" x`, raw("room", "x", "kick", "b b"))},
		{"sub unknown", "/room kcik bob's | x", ModeAuto, commandLine("/room kcik bob's | x", raw("room", "bob's | x", "kcik"))},
		{"prefix of one that can come first", "/t lunch", ModeAuto, commandLine("/t lunch", raw("topic", "lunch"))},
		{"prefix of one that can come after a pipe", "/hist | t 5 | w -l | m ann", ModeAuto, commandLine("/hist | t 5 | w -l | m ann", words("history"), words("tail", "5"), words("wc", "-l"), raw("msg", "", "ann"))},
		{"prefix of one that can't come first", "/gr x", ModeAuto, commandLine("/gr x", words("grep", "x"))},
		{"prefix of one that can't come after a pipe", "/who | j x", ModeAuto, commandLine("/who | j x", words("who"), words("join", "x"))},
		{"prefix of two that can't come after a pipe", "/who | wh 'x", ModeAuto, commandLine("/who | wh 'x", words("who"), raw("wh", "'x"))},
		{"sub is no prefix", "/room ki bob", ModeAuto, commandLine("/room ki bob", raw("room", "bob", "ki"))},
		{"sub left out", "/room", ModeAuto, commandLine("/room", words("room"))},
		{"sub left out before a pipe", "/room | tail", ModeAuto, commandLine("/room | tail", words("room"), words("tail"))},
		{"flag for sub", "/room --help | tail", ModeAuto, commandLine("/room --help | tail", words("room", "--help"), words("tail"))},
		{"quoted pipe as sub", "/room '|' tail", ModeAuto, commandLine("/room '|' tail", raw("room", "tail", "|"))},

		{"quotes before a pipe", `/grep "a b" | tail 5`, ModeAuto, commandLine(`/grep "a b" | tail 5`, words("grep", "a b"), words("tail", "5"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.in, tt.mode, testGrammar)
			if err != nil {
				t.Fatalf("Parse(%q): %v", tt.in, err)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Parse(%q)\n got %+v\nwant %+v", tt.in, got, tt.want)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	const (
		noName = "A slash needs the name of a command right after it, such as /help; to say a line that begins with a slash, type two."
		double = `The " at column 6 is never closed; close it, or write \" for the character itself.`
	)
	for _, tt := range []struct {
		in   string
		want Error
	}{
		{"/", Error{noName, 1, ""}},
		{"/ ", Error{noName, 1, ""}},
		{"  / who", Error{noName, 3, ""}},
		{`/who "a b`, Error{double, 6, ""}},
		{`/who "a b\`, Error{double, 6, ""}},
		{`/who "a b\"`, Error{double, 6, ""}},
		{`/who abc d'e`, Error{`The ' at column 11 is never closed; close it, or write \' for the character itself.`, 11, ""}},
		{`/who 你好 '`, Error{`The ' at column 9 is never closed; close it, or write \' for the character itself.`, 9, ""}},
		{`/room "kick" bob'`, Error{`The ' at column 17 is never closed; close it, or write \' for the character itself.`, 17, ""}},
		{`/room 'kick`, Error{`The ' at column 7 is never closed; close it, or write \' for the character itself.`, 7, ""}},
		{`/who "it" '`, Error{`The ' at column 11 is never closed; close it, or write \' for the character itself.`, 11, ""}},
		{"who I don't know ", Error{`The ' at column 10 is never closed; close it, or write \' for the character itself.`, 10, "who I don't know"}},
		{"/who I don't", Error{`The ' at column 11 is never closed; close it, or write \' for the character itself.`, 11, ""}},
		{" who is'nt", Error{`The ' at column 8 is never closed; close it, or write \' for the character itself.`, 8, "who is'nt"}},
		{"who  don't", Error{`The ' at column 9 is never closed; close it, or write \' for the character itself.`, 9, "who  don't"}},
		{"/msg bob's hi", Error{`The ' at column 9 is never closed; close it, or write \' for the character itself.`, 9, ""}},
		{`/who a\`, Error{`The \ at column 7 has nothing after it; write \\ for the character itself.`, 7, ""}},
		{`/who \`, Error{`The \ at column 6 has nothing after it; write \\ for the character itself.`, 6, ""}},
		{"/who |", Error{`The | at column 6 has no command after it; add one, or write \| for the character itself.`, 6, ""}},
		{"/who || x", Error{`The | at column 6 has no command after it; add one, or write \| for the character itself.`, 6, ""}},
		{"who|", Error{`The | at column 4 has no command after it; add one, or write \| for the character itself.`, 4, "who|"}},
		{"/who | | x", Error{`The | at column 6 has no command after it; add one, or write \| for the character itself.`, 6, ""}},
		{"who | tail | ", Error{`The | at column 12 has no command after it; add one, or write \| for the character itself.`, 12, "who | tail |"}},
		{"who | grep don't", Error{`The ' at column 15 is never closed; close it, or write \' for the character itself.`, 15, "who | grep don't"}},
	} {
		t.Run(tt.in, func(t *testing.T) {
			got, err := Parse(tt.in, ModeAuto, testGrammar)
			e, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("got %+v, %v; want an error", got, err)
			}
			if *e != tt.want {
				t.Errorf("\n got %+v\nwant %+v", *e, tt.want)
			}
			if !reflect.DeepEqual(got, Line{}) {
				t.Errorf("a line %+v came with the error", got)
			}
		})
	}
	e := Error{Text: double, Column: 6}
	if got, want := e.Error(), "column 6: "+double; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

// Broken quoting in a command is an error; text is never read for quotes; any
// number of words arrives.
func TestW7(t *testing.T) {
	for _, in := range []string{`/who "a`, "/who 'a", `/who a\`, `who "`} {
		if l, err := Parse(in, ModeAuto, testGrammar); err == nil {
			t.Errorf("%q: %+v, want an error", in, l)
		}
	}
	for in, want := range map[string]string{"don't": "don't", "/say don't": "don't", "/say #1 idea": "#1 idea", `say "`: `"`, `say \`: `\`} {
		l, err := Parse(in, ModeAuto, testGrammar)
		got := l.Text
		if l.Kind == Command {
			got = l.Stages[0].Raw
		}
		if err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	l, err := Parse("/who"+strings.Repeat(` "" #a`, 250), ModeAuto, testGrammar)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(l.Stages[0].Words); n != 500 {
		t.Fatalf("%d words, want 500", n)
	}
	for i, w := range l.Stages[0].Words {
		if want := []string{"", "#a"}[i%2]; w != want {
			t.Fatalf("word %d is %q, want %q", i, w, want)
		}
	}
}

func TestParseAllocations(t *testing.T) {
	for _, tt := range []struct {
		in   string
		max  float64
		mode Mode
	}{
		{"hello there, don't panic", 0, ModeAuto},
		{"//path", 0, ModeAuto},
		{"who", 0, ModeChat},
		{"who", 1, ModeAuto},
		{"say hello there", 1, ModeAuto},
		{"/msg fish hello there", 2, ModeAuto},
		{"/ms fish hello there", 3, ModeAuto},
	} {
		var g Grammar = testGrammar
		n := testing.AllocsPerRun(100, func() { sink, _ = Parse(tt.in, tt.mode, g) })
		if n > tt.max {
			t.Errorf("Parse(%q): %v allocations, want at most %v", tt.in, n, tt.max)
		}
	}
}

// Raw text arrives whole, whatever it is.
func TestRawTextIsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.TrimRight(rapid.StringMatching(`[ -~\t你🐟"'\\#|/]{0,60}`).Draw(t, "text"), " \t\r\n")
		for _, head := range []string{"/say ", "/msg fish ", `/msg "big fish" `} {
			l, err := Parse(head+text, ModeAuto, testGrammar)
			if err != nil {
				t.Fatalf("%q: %v", head+text, err)
			}
			if strings.TrimRight(head+text, " ") == strings.TrimRight(head, " ") {
				text = ""
			}
			if len(l.Stages) != 1 || l.Stages[0].Raw != text {
				t.Fatalf("%q: got %+v, want raw text %q", head+text, l, text)
			}
		}
		l, err := Parse("//"+text, ModeCommand, testGrammar)
		if err != nil || l.Kind != Chat || l.Text != "/"+text {
			t.Fatalf("chat %q: got %+v, %v", text, l, err)
		}
	})
}

// A word that is quoted in any way a person may choose comes out as it was.
func TestQuotedWordsRoundTrip(t *testing.T) {
	quotings := []func(string) string{
		func(w string) string { return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'" },
		func(w string) string { return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(w) + `"` },
		func(w string) string {
			var b strings.Builder
			for _, r := range w {
				b.WriteByte('\\')
				b.WriteRune(r)
			}
			if w == "" {
				return `""`
			}
			return b.String()
		},
	}
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.StringMatching(`[ -~\t你🐟"'\\#|/]{0,12}`), 0, 6).Draw(t, "words")
		in := "/who"
		for _, w := range want {
			in += rapid.StringMatching(`[ \t]{1,3}`).Draw(t, "gap") + rapid.SampledFrom(quotings).Draw(t, "quoting")(w)
		}
		l, err := Parse(in, ModeAuto, testGrammar)
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		if got := l.Stages[0].Words; len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %q, want %q", in, got, want)
		}
	})
}

// FuzzParse holds every line to the invariants of the package, and the words of
// a command to those that shlex itself finds where it has no trap.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "hello", "//x", "/", "/ ", "who", "who is 'x", `/who "a\`, `/who a\`, "/say don't #1 | x ", `/msg "a b" c`,
		"/join #ops '' \"\"", "/who | grep 'a b' | say x", "/who |", "who|grep a|wc", "/who||wc", "/say|x", "/room note|x y", "/hist|ta 'a|b'|wc", "/room kick a|b c", "who\t|\r\n|", "/grep \\|", "/hist | gr x | /ta", "/t x", "/hist | t 5 | w -l | m ann", "/gr x | j y", "/w | wh", "/room kick bob it's | x", "/room 'kick' a", "/room kcik 'x", "/room -h | tail", "tail x", "who\v", "msg\u3000fish\u00a0x", "/who \xff", "/who \x00 'x\x00'",
	} {
		f.Add(s, uint8(ModeAuto))
		f.Add(s, uint8(ModeCommand))
	}
	f.Fuzz(func(t *testing.T, s string, mode uint8) {
		l, err := Parse(s, Mode(mode), testGrammar)
		if err != nil {
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Column < 1 || e.Column > utf8.RuneCountInString(s) || !strings.HasSuffix(e.Text, ".") {
				t.Fatalf("bad error %#v", err)
			}
			return
		}
		trimmed := strings.TrimRightFunc(s, unicode.IsSpace)
		switch l.Kind {
		case Empty:
			if trimmed != "" {
				t.Fatalf("%q is empty", s)
			}
		case Chat:
			if !strings.HasSuffix(trimmed, l.Text) || l.Text == "" || l.Stages != nil {
				t.Fatalf("%q is chat %+v", s, l)
			}
			first := strings.Fields(s)[0]
			if strings.HasPrefix(first, "/") && !strings.HasPrefix(first, "//") {
				t.Fatalf("the command %q leaks as %+v", s, l)
			}
			if bar := strings.IndexByte(first, '|'); bar > 0 && !testGrammar[first[:bar]].Raw {
				first = first[:bar]
			}
			if shape, ok := testGrammar[first]; ok && !shape.Filter && Mode(mode) == ModeAuto {
				t.Fatalf("the bare command %q leaks as %+v", s, l)
			}
		case Command:
			if len(l.Stages) == 0 {
				t.Fatalf("%q has no stage", s)
			}
			for i, st := range l.Stages {
				checkStage(t, trimmed, i, len(l.Stages), st)
			}
			if st := l.Stages[0]; len(l.Stages) == 1 && !st.HasRaw && utf8.ValidString(s) && !strings.ContainsFunc(s, trap) {
				_, args, _ := strings.Cut(s, strings.Fields(s)[0])
				want, err := shlex.Split(args)
				if err != nil || len(want)+len(st.Words) > 0 && !reflect.DeepEqual(st.Words, want) {
					t.Fatalf("%q: got %q, shlex finds %q, %v", s, st.Words, want, err)
				}
			}
		}
	})
}

// trap reports whether shlex takes r otherwise than Parse: # for a comment, and
// white space beyond ASCII for ordinary characters.
func trap(r rune) bool {
	return r == '#' || unicode.IsSpace(r) && !strings.ContainsRune(" \t\r\n", r)
}

func checkStage(t *testing.T, line string, i, n int, st Stage) {
	t.Helper()
	if st.Name == "" || strings.ContainsFunc(st.Name, unicode.IsSpace) {
		t.Fatalf("%q: name %q", line, st.Name)
	}
	if st.Bare && i > 0 {
		t.Fatalf("%q: stage %d is bare", line, i)
	}
	shape, known := testGrammar[st.Name]
	words := st.Words
	if shape.Subs != nil && len(words) > 0 {
		shape, known = shape.Subs[words[0]]
		if known {
			words = words[1:]
		} else if known = strings.HasPrefix(words[0], "-"); !known {
			shape.Words = 1
		}
	}
	if st.HasRaw != (shape.Raw || !known) || !st.HasRaw && st.Raw != "" || st.HasRaw && i != n-1 {
		t.Fatalf("%q: stage %d of %d %+v", line, i, n, st)
	}
	if !strings.HasSuffix(line, st.Raw) {
		t.Fatalf("%q: raw text %q is not its end", line, st.Raw)
	}
	if st.HasRaw && len(words) > shape.Words {
		t.Fatalf("%q: too many words in %+v", line, st)
	}
}

var sink Line

func BenchmarkParse(b *testing.B) {
	for _, bb := range []struct{ name, in string }{
		{"chat", "did anyone see the deploy from this morning?"},
		{"slashes", "//etc/passwd"},
		{"bare", "who lobby"},
		{"raw", "/msg fish did you see the deploy from this morning?"},
		{"quoted", `/join "a b" #ops`},
		{"pipeline", "history 200 | grep -i deploy | tail 5"},
		{"prefix", "/hist 200"},
		{"sub", "/room kick bob that is enough"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var g Grammar = testGrammar
			b.ReportAllocs()
			for b.Loop() {
				sink, _ = Parse(bb.in, ModeAuto, g)
			}
		})
	}
}
