package line

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// define makes the aliases in turn, each of "name text", which may use those
// before it.
func define(tb testing.TB, texts ...string) *Aliases {
	tb.Helper()
	known := map[string]*Alias{}
	g := &Aliases{Grammar: testGrammar, Lookup: func(name string) (*Alias, bool) { a, ok := known[name]; return a, ok }}
	for _, t := range texts {
		name, text, _ := strings.Cut(t, " ")
		a, err := ParseAlias(text, g)
		if err != nil {
			tb.Fatalf("%s: %v", t, err)
		}
		known[name] = a
	}
	return g
}

func testAliases(tb testing.TB) *Aliases {
	return define(tb,
		"shout say $* !", "fishy who | grep $1", "w who", "hi say hello $1!", "m msg $*", "greet msg $1 hello $1, $*",
		"find history 1d | grep \"$*\"", "g grep -i $1", "count grep $1 | wc -l", "all join $* x $*", "lit grep '$1' \\$1 \"a $1\"$2 $$1 $ $x",
		"price say $$5 or $x, $1", "yell shout $*!!", "twice fishy $1 | g $2", "bob room kick bob $*", "kick room kick $*",
		"both history $* | grep $1 | say $*", "opt grep --max=$1 -- $2", "last say $9", "pre /hist $1 | gr x",
		"who join x", "upd /uptime", "note room note $*",
	)
}

func TestExpand(t *testing.T) {
	g := testAliases(t)
	aliased := func(name string, stages ...Stage) []Stage {
		for i := range stages {
			stages[i].Alias = name
		}
		return stages
	}
	for _, tt := range []struct {
		in   string
		want []Stage
	}{
		{"/shout don't | \"panic\"  $1 ", aliased("shout", raw("say", "don't | \"panic\"  $1 !"))},
		{"/shout", aliased("shout", raw("say", " !"))},
		{"shout hi", aliased("shout", bare(raw("say", "hi !")))},
		{"/fishy fish", aliased("fishy", words("who"), words("grep", "fish"))},
		{"fishy fish | wc -l", append(aliased("fishy", bare(words("who")), words("grep", "fish")), words("wc", "-l"))},
		{`/fishy "a | b"`, aliased("fishy", words("who"), words("grep", "a | b"))},
		{`/fishy '$1 $* "/who'`, aliased("fishy", words("who"), words("grep", `$1 $* "/who`))},
		{"/w", aliased("w", words("who"))},
		{"/w | tail 5", append(aliased("w", words("who")), words("tail", "5"))},
		{"/hi 'big fish'", aliased("hi", raw("say", "hello big fish!"))},
		{"/m ann  it's | so", aliased("m", raw("msg", " it's | so", "ann"))},
		{"/greet ann how's life", aliased("greet", raw("msg", "hello ann, how's life", "ann"))},
		{"/greet ann", aliased("greet", raw("msg", "hello ann,", "ann"))},
		{`/find a  b "c  d"`, aliased("find", words("history", "1d"), words("grep", "a b c  d"))},
		{"/find", aliased("find", words("history", "1d"), words("grep", ""))},
		{"who | g fish", append([]Stage{bare(words("who"))}, aliased("g", words("grep", "-i", "fish"))...)},
		{"who | count x | tail", append(append([]Stage{bare(words("who"))}, aliased("count", words("grep", "x"), words("wc", "-l"))...), words("tail"))},
		{"/all a 'b c'", aliased("all", words("join", "a", "b c", "x", "a", "b c"))},
		{"/all", aliased("all", words("join", "x"))},
		{"/lit A B", aliased("lit", words("grep", "$1", "$1", "a AB", "$1", "$", "$x"))},
		{"/price cash", aliased("price", raw("say", "$5 or $x, cash"))},
		{"/yell hey", aliased("yell", raw("say", "hey!! !"))},
		{"/twice a b", aliased("twice", words("who"), words("grep", "a"), words("grep", "-i", "b"))},
		{"/bob that's it", aliased("bob", raw("room", "that's it", "kick", "bob"))},
		{"/kick bob that's it", aliased("kick", raw("room", "that's it", "kick", "bob"))},
		{"/note don't", aliased("note", raw("room", "don't", "note"))},
		{"/both a b 'c  d'", aliased("both", words("history", "b", "c  d"), words("grep", "a"), raw("say", "b c  d"))},
		{"/opt 5 -v", aliased("opt", words("grep", "--max=5", "--", "-v"))},
		{"/last 1 2 3 4 5 6 7 8 9", aliased("last", raw("say", "9"))},
		{"/pre 5", aliased("pre", words("history", "5"), words("grep", "x"))},
		{"/upd", aliased("upd", words("uptime"))},
		// A command wins over an alias.
		{"/who is there", []Stage{words("who", "is", "there")}},
		{"/join a", []Stage{words("join", "a")}},
		{"/none a", []Stage{raw("none", "a")}},
	} {
		t.Run(tt.in, func(t *testing.T) {
			l, err := Parse(tt.in, ModeAuto, g)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Expand(l, g, 0)
			if err != nil {
				t.Fatal(err)
			}
			if want := commandLine(strings.TrimSpace(tt.in), tt.want...); !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
	for _, in := range []string{"g lights are on", "count me out", "//shout x", "shouting"} {
		if l, err := Parse(in, ModeAuto, g); err != nil || l.Kind != Chat {
			t.Errorf("%q: %+v, %v; want chat", in, l, err)
		}
	}
	l := chatLine("hello")
	if got, err := Expand(l, g, 1); err != nil || !reflect.DeepEqual(got, l) {
		t.Errorf("chat: %+v, %v", got, err)
	}
}

func TestAliasShape(t *testing.T) {
	for text, want := range map[string]Shape{
		"say $*": {Raw: true, Input: true}, "msg $1 $*": {Raw: true, Words: 1, Input: true}, "msg $*": {Raw: true, Words: 1, Input: true},
		"ban $2 $*": {Raw: true, Words: 3}, "who": {}, "say $1": {Input: true},
		"who | say $*": {Raw: true}, "join $* | say $*": {}, "grep $*": {Filter: true, Input: true}, "grep x | say $*": {Filter: true, Raw: true, Input: true}, "who | grep \"$*\"": {},
	} {
		a, err := ParseAlias(text, &Aliases{Grammar: testGrammar})
		if err != nil || !reflect.DeepEqual(a.Shape(), want) {
			t.Errorf("%s: %+v, %v; want %+v", text, a, err, want)
		}
	}
}

// What an alias uses is what there was when it was defined.
func TestAliasIsASnapshot(t *testing.T) {
	g := define(t, "a grep x", "b who | a", "a b | wc", "b a")
	l, err := Parse("/b", ModeAuto, g)
	if err != nil {
		t.Fatal(err)
	}
	l, err = Expand(l, g, 0)
	var names []string
	for _, st := range l.Stages {
		names = append(names, st.Name)
	}
	if got := strings.Join(names, " "); err != nil || got != "who grep wc" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAliasErrors(t *testing.T) {
	const (
		noName = "A slash needs the name of a command right after it, such as /help; to say a line that begins with a slash, type two."
		star   = "In what precedes the text of %s, $* can only come last, and with nothing behind it; write $1 for a single word."
	)
	big := define(t, "a who | who | who | who", "b a | a | a | a")
	for _, tt := range []struct {
		in   string
		want Error
	}{
		{"", Error{"An alias needs a line of commands to stand for.", 1, ""}},
		{" \t", Error{"An alias needs a line of commands to stand for.", 1, ""}},
		{"//hello", Error{"A line that begins with two slashes is chat, and an alias stands for commands; put say before the text.", 1, ""}},
		{"/", Error{noName, 1, ""}},
		{"/ who", Error{noName, 1, ""}},
		{"hello $*", Error{`There is no command "hello", and an alias stands for commands; put say before text for the room.`, 1, ""}},
		{"hist 5", Error{`There is no command "hist", and an alias stands for commands; put say before text for the room.`, 1, ""}},
		{"$1", Error{`There is no command "$1", and an alias stands for commands; put say before text for the room.`, 1, ""}},
		{"who | x", Error{`There is no command "x", and an alias stands for commands; put say before text for the room.`, 7, ""}},
		{" /who | wh 'y", Error{`There is no command "wh", and an alias stands for commands; put say before text for the room.`, 8, ""}},
		{"who |", Error{`The | at column 5 has no command after it; add one, or write \| for the character itself.`, 5, ""}},
		{"who 'x", Error{`The ' at column 5 is never closed; close it, or write \' for the character itself.`, 5, ""}},
		{"room kcik $1", Error{`An alias must name the sub-command of room, and room has none called "kcik"; help room lists them.`, 1, ""}},
		{"room $1 bob", Error{`An alias must name the sub-command of room, and room has none called "$1"; help room lists them.`, 1, ""}},
		{"msg $* hello", Error{strings.ReplaceAll(star, "%s", "msg"), 1, ""}},
		{"ban $* 5m it's time", Error{strings.ReplaceAll(star, "%s", "ban"), 1, ""}},
		{"ban $9 $*", Error{strings.ReplaceAll(star, "%s", "ban"), 1, ""}},
		{"b | b | b | b | who", Error{"An alias can stand for at most 64 commands; give it fewer.", 1, ""}},
	} {
		a, err := ParseAlias(tt.in, big)
		e, ok := errors.AsType[*Error](err)
		if !ok || a != nil || *e != tt.want {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", tt.in, a, err, tt.want)
		}
	}
	if _, err := ParseAlias("b | b | b | b", big); err != nil {
		t.Error(err)
	}
}

func TestExpandErrors(t *testing.T) {
	g := testAliases(t)
	for _, tt := range []struct {
		in   string
		max  int
		want Error
	}{
		{"/fishy", 0, Error{"fishy is an alias that needs 1 word, not 0; alias fishy shows it.", 1, ""}},
		{"fishy a b", 0, Error{"fishy is an alias that takes 1 word, not 2; alias fishy shows it.", 1, "fishy a b"}},
		{"w nor lose", 0, Error{"w is an alias that takes no words, not 2; alias w shows it.", 1, "w nor lose"}},
		{"/greet", 0, Error{"greet is an alias that needs 1 word, not 0; alias greet shows it.", 1, ""}},
		{"/twice a", 0, Error{"twice is an alias that needs 2 words, not 1; alias twice shows it.", 1, ""}},
		{"/both", 0, Error{"both is an alias that needs 1 word, not 0; alias both shows it.", 1, ""}},
		{"who | g", 0, Error{"g is an alias that needs 1 word, not 0; alias g shows it.", 1, "who | g"}},
		{"/shout abcd", 9, Error{"The alias shout makes a line of more than 9 bytes of that; give it less.", 1, ""}},
		{"/all abcd efgh", 25, Error{"The alias all makes a line of more than 25 bytes of that; give it less.", 1, ""}},
		{"/w | w | w | w", 15, Error{"The alias w makes a line of more than 15 bytes of that; give it less.", 1, ""}},
	} {
		l, err := Parse(tt.in, ModeAuto, g)
		if err != nil {
			t.Fatal(err)
		}
		l, err = Expand(l, g, tt.max)
		if e, ok := errors.AsType[*Error](err); !ok || *e != tt.want || l.Kind != Empty {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", tt.in, l, err, tt.want)
		}
	}
	for in, size := range map[string]int{"/shout abcd": 10, "/all abcd efgh": 27, "/w | w | w | w": 16} {
		l, err := Parse(in, ModeAuto, g)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Expand(l, g, size); err != nil {
			t.Errorf("%s in %d bytes: %v", in, size, err)
		}
	}
}

// What an alias is given arrives as it was given, whatever is in it.
func TestArgumentsAreWhole(t *testing.T) {
	g := testAliases(t)
	quote := func(w string) string { return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'" }
	expand := func(t *rapid.T, in string) []Stage {
		l, err := Parse(in, ModeAuto, g)
		if err == nil {
			l, err = Expand(l, g, 0)
		}
		if err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		return l.Stages
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~你"'\\#|/$*1]{0,40}`)
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		if got := expand(t, "/twice "+quote(a)+" "+quote(b)); got[1].Words[0] != a || got[2].Words[1] != b || len(got) != 3 {
			t.Fatalf("%q, %q: %+v", a, b, got)
		}
		all := rapid.SliceOfN(text, 0, 4).Draw(t, "all")
		in := "/all"
		for _, w := range all {
			in += " " + quote(w)
		}
		want := append(append(append([]string{}, all...), "x"), all...)
		if got := expand(t, in)[0].Words; !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %q, want %q", in, got, want)
		}
		said := strings.TrimRight(a, " ")
		if got := expand(t, "/shout "+said)[0].Raw; got != said+" !" {
			t.Fatalf("%q: got %q", said, got)
		}
	})
}

// FuzzAlias holds any two aliases and any line with them to what an alias may
// do: run the commands that it names and no others, and as many as it names.
func FuzzAlias(f *testing.F) {
	for _, s := range [][3]string{
		{"who | grep $1", "a $1 | wc", "/b 'x | y'"}, {"say $*", "a $* $*", "/b don't | x"}, {"msg $*", "a $1 $$ $*", "b fish hi"},
		{"grep \"$*\" '$1' a$1b", "who | a $2", "/b a b"}, {"room kick $*", "//x", "who | a | b"}, {"/hist $* | gr x", "a | a", "/b 1 2"}, {"$1", "a", "/a"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	const limit = 4096
	f.Fuzz(func(t *testing.T, first, second, in string) {
		known := map[string]*Alias{}
		named := map[string]map[string]int{} // how often each command is named by each alias
		g := &Aliases{Grammar: testGrammar, Lookup: func(name string) (*Alias, bool) { a, ok := known[name]; return a, ok }}
		for i, text := range []string{first, second} {
			a, err := ParseAlias(text, g)
			if err != nil {
				checkError(t, text, err)
				continue
			}
			name := []string{"a", "b"}[i]
			known[name], named[name] = a, map[string]int{}
			for _, st := range a.stages {
				if st.alias == nil {
					named[name][st.name]++
					continue
				}
				for n, times := range named[st.name] {
					named[name][n] += times
				}
			}
		}
		l, err := Parse(in, ModeAuto, g)
		if err != nil {
			checkError(t, in, err)
			return
		}
		want := map[string]int{}
		for _, st := range l.Stages {
			if a := g.alias(st.Name); a == nil {
				want[st.Name]++
			} else {
				for n, times := range named[st.Name] {
					want[n] += times
				}
			}
		}
		got, err := Expand(l, g, limit)
		if err != nil {
			checkError(t, in, err)
			return
		}
		total := 0
		for _, st := range got.Stages {
			if want[st.Name]--; want[st.Name] < 0 {
				t.Fatalf("a=%q b=%q %q: nobody named %q in %+v", first, second, in, st.Name, got)
			}
			if strings.HasSuffix(st.Raw, " ") || st.Raw != "" && !st.HasRaw {
				t.Fatalf("a=%q b=%q %q: raw text %q", first, second, in, st.Raw)
			}
			total += size(&st)
		}
		for n, times := range want {
			if times != 0 {
				t.Fatalf("a=%q b=%q %q: %s is missing in %+v", first, second, in, n, got)
			}
		}
		if aliased := got.Kind == Command && !reflect.DeepEqual(got, l); aliased && total > limit {
			t.Fatalf("a=%q b=%q %q: %d bytes", first, second, in, total)
		}
	})
}

func checkError(t *testing.T, s string, err error) {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Column < 1 || e.Column > utf8.RuneCountInString(s)+1 || !strings.HasSuffix(e.Text, ".") {
		t.Fatalf("%q: bad error %#v", s, err)
	}
}

func TestExpandAllocations(t *testing.T) {
	g := testAliases(t)
	l, err := Parse("history 200 | grep -i deploy | tail 5", ModeAuto, g)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { sink, _ = Expand(l, g, 1024) }); n != 0 {
		t.Errorf("a line without aliases: %v allocations", n)
	}
}

func BenchmarkExpand(b *testing.B) {
	g := testAliases(b)
	for _, bb := range []struct{ name, in string }{{"none", "who ops"}, {"raw", "/shout hello there"}, {"pipeline", "/fishy fish | wc -l"}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				l, err := Parse(bb.in, ModeAuto, g)
				if err != nil {
					b.Fatal(err)
				}
				if sink, err = Expand(l, g, 1024); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
