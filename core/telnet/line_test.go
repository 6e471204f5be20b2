package telnet

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestW2LineEnds(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"'hi' CR LF", events(line("hi"))},
		{"'hi' LF", events(line("hi"))},
		{"'hi' CR NUL", events(line("hi"))},
		{"'hi' CR", events(line("hi"))},
		{"LF", events(line(""))},
		{"CR LF CR LF", events(line(""), line(""))},
		{"CR NUL CR NUL", events(line(""), line(""))},
		{"'a' LF LF 'b' LF", events(line("a"), line(""), line("b"))},
		{"'a' CR LF LF", events(line("a"), line(""))},
		{"'a' CR NUL NUL LF", events(line("a"), line("\x00"))},
		{"'a' CR NUL LF", events(line("a"), line(""))},
		{"'a' CR LF 'b' CR NUL 'c' LF", events(line("a"), line("b"), line("c"))},

		// LF CR is a line end and then a CR.
		{"'a' LF CR LF", events(line("a"), line(""))},
		{"'a' LF CR", events(line("a"), line(""))},
		{"'a' LF CR 'b' LF", events(line("a"), line(" b"))},

		// A CR in front of text is none, but a space.
		{"'a' CR 'b' LF", events(line("a b"))},
		{"'a' CR '-- root has joined' CR LF", events(line("a -- root has joined"))},
		{"CR 'b' LF", events(line(" b"))},
		{"'a' CR TAB LF", events(line("a \t"))},

		// CR CR LF is what TinTin++ may send for Enter.
		{"'a' CR CR LF", events(line("a"), line(""))},
		{"'a' CR CR NUL 'b' LF", events(line("a"), line(""), line("b"))},

		// Telnet commands between CR and LF do not part them.
		{"'a' CR IAC NOP LF 'b' LF", events(line("a"), line("b"))},
		{"'a' CR IAC NOP NUL 'b' LF", events(line("a"), line("b"))},
		{"'a' CR IAC SB 99 CR LF IAC SE LF 'b' LF", events(line("a"), line("b"))},
		{"'a' CR IAC NOP 'b' LF", events(line("a"), line("b"))},
		{"'a' CR IAC IAC LF LF", events(line("a"), line("\xff"), line(""))},
		{"'a' CR IAC IP LF", events(line("a"), signal(Interrupt))},

		// Nor do keys make a space of it.
		{"'a' CR ^C LF", events(line("a"), signal(Interrupt), line(""))},
		{"'a' CR DEL 'b' LF", events(line("a"), line("b"))},

		// Commands inside the line leave no trace, nor do they end it.
		{"'a' IAC NOP 'b' IAC GA 'c' LF", events(line("abc"))},
		{"'a' IAC SB 99 'xyz' IAC SE 'b' LF", events(line("ab"))},
		{"'a' IAC IAC 'b' LF", events(line("a\xffb"))},
		{"IAC IAC IAC IAC LF", events(line("\xff\xff"))},

		// Other control characters are left to the sanitizer.
		{"'a' NUL ESC '[31m' 7 'b' LF", events(line("a\x00\x1b[31m\ab"))},
		{"'unfinished'", nil},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			check(t, &Options{}, []step{{in: tt.in, want: tt.want}})
		})
	}
}

// The one place where segments matter: a CR at the end of what arrived ends
// the line, because nothing may ever follow it.
func TestW2CarriageReturnAtEndOfSegment(t *testing.T) {
	var d Decoder
	var r recorder
	d.Feed(&Options{}, wire("'a' CR"), &r)
	d.Feed(&Options{}, wire("'b' CR"), &r)
	d.Feed(&Options{}, wire("LF 'c' LF"), &r)
	if want := events(line("a"), line("b"), line("c")); !slices.Equal(r.events, want) {
		t.Errorf("got %q, want %q", r.events, want)
	}
}

func TestErase(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"'abx' BS 'c' LF", events(line("abc"))},
		{"'abx' DEL 'c' LF", events(line("abc"))},
		{"'abx' IAC EC 'c' LF", events(line("abc"))},
		{"DEL BS IAC EC 'a' LF", events(line("a"))},
		{"'ab' DEL DEL DEL DEL 'c' LF", events(line("c"))},
		{"'a' DEL LF", events(line(""))},
		{"'a你' DEL 'b' LF", events(line("ab"))},
		{"'a👍é' DEL DEL 'b' LF", events(line("ab"))},
		{"'a' 228 189 DEL 'b' LF", events(line("a\xe4b"))}, // half a character: one byte
		{"'one two' ^W 'x' LF", events(line("one x"))},
		{"'one two  ' ^W ^W 'x' LF", events(line("x"))},
		{"^W 'x' LF", events(line("x"))},
		{"'one' 227 128 128 'two' ^W 'x' LF", events(line("one\u3000x"))}, // ideographic space
		{"'oops' ^U 'x' LF", events(line("x"))},
		{"'oops' IAC EL 'x' LF", events(line("x"))},
		{"'a' LF DEL ^W ^U IAC EL 'x' LF", events(line("a"), line("x"))},
		{"'secrex' 127 't' CR LF", events(line("secret"))},
	}
	for _, raw := range []bool{false, true} {
		for _, tt := range tests {
			if raw && strings.Contains(tt.in, "IAC") {
				continue
			}
			t.Run(fmt.Sprintf("raw=%v/%s", raw, tt.in), func(t *testing.T) {
				check(t, &Options{Raw: raw}, []step{{in: tt.in, want: tt.want}})
			})
		}
	}
}

func TestInterruptAndEOF(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"'half' ^C 'x' LF", events(signal(Interrupt), line("x"))},
		{"'half' IAC IP 'x' LF", events(signal(Interrupt), line("x"))},
		{"'half' IAC BRK 'x' LF", events(signal(Interrupt), line("x"))},
		{"^C", events(signal(Interrupt))},
		{"^D", events(signal(EOF))},
		{"IAC EOF", events(signal(EOF))},
		{"'a' LF ^D", events(line("a"), signal(EOF))},
		{"'a' ^D 'b' IAC EOF 'c' LF", events(line("abc"))},
		{"'a' DEL ^D", events(signal(EOF))},
		{"'half' ^C ^D", events(signal(Interrupt), signal(EOF))},
		{"'half' IAC AYT 'x' LF", events(signal(AreYouThere), line("halfx"))},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			check(t, &Options{}, []step{{in: tt.in, want: tt.want}})
		})
	}
}

func TestRaw(t *testing.T) {
	o := &Options{Raw: true}
	check(t, o, []step{
		{do: "open"},
		{do: "hide"},
		{in: "IAC WILL NAWS 'x' LF", want: events(line("\xff\xfb\x1fx"))},
		{in: "IAC DO TM IAC IP LF", want: events(line("\xff\xfd\x06\xff\xf4"))},
		{in: "'a' CR IAC 'b' CR NUL", want: events(line("a \xffb"))},
		{in: "IAC SB IAC CR LF", want: events(line("\xff\xfa\xff"))},
		{in: "'half' ^C ^D", want: events(signal(Interrupt), signal(EOF))},
		{do: "show"},
	})
}

func TestW3LongLines(t *testing.T) {
	full := strings.Repeat("a", 1024)
	split := strings.Repeat("a", 1022) + "你" // 1025 bytes, the last one inside of a character
	tests := []struct {
		name, in string
		want     []string
	}{
		{"longest", "'" + full + "' CR LF", events(line(full))},
		{"one more", "'" + full + "b' CR LF 'next' LF", events(signal(LineTooLong), line("next"))},
		{"cut in a character", "'" + split + "' CR LF 'next' LF", events(signal(LineTooLong), line("next"))},
		{"one byte more by CR", "'" + full + "' CR 'b' LF 'next' LF", events(signal(LineTooLong), line("next"))},
		{"one byte more by IAC IAC", "'" + full + "' IAC IAC LF 'next' LF", events(signal(LineTooLong), line("next"))},
		{"CR at the end", "'" + full + "b' CR", events(signal(LineTooLong))},
		{"CR NUL", "'" + full + "b' CR NUL 'next' LF", events(signal(LineTooLong), line("next"))},
		{"erased in time", "'" + full + "' DEL 'b' LF", events(line(full[1:] + "b"))},
		{"erased too late", "'" + full + "b' DEL DEL DEL ^W LF 'next' LF", events(signal(LineTooLong), line("next"))},
		{"whole line erased", "'" + full + "b' ^U 'next' LF", events(line("next"))},
		{"interrupted", "'" + full + "b' ^C 'next' LF", events(signal(Interrupt), line("next"))},
		{"EOF is no way out", "'" + full + "b' ^D LF", events(signal(LineTooLong))},
		{"commands inside", "'" + full + "' IAC NOP IAC DO TM 'b' LF 'next' LF",
			events(reply("IAC WILL TM"), offer, signal(LineTooLong), line("next"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			check(t, &Options{}, []step{{in: tt.in, want: tt.want}})
		})
	}
}

func TestMaxLine(t *testing.T) {
	for _, tt := range []struct{ maxLine, want int }{
		{0, 1024}, {-1, 1024}, {1, 1}, {80, 80}, {16384, 16384}, {1 << 20, 16384},
	} {
		o := &Options{MaxLine: tt.maxLine}
		text := strings.Repeat("a", tt.want)
		if got := feed(o, []byte(text+"\n")); !slices.Equal(got, events(line(text))) {
			t.Errorf("MaxLine %d: a line of %d bytes is refused", tt.maxLine, tt.want)
		}
		if got := feed(o, []byte(text+"a\n")); slices.Contains(got, line(text+"a")) {
			t.Errorf("MaxLine %d: a line of %d bytes is passed on", tt.maxLine, tt.want+1)
		}
	}
}

// A listener's line length may change while a line is half there.
func TestMaxLineChanges(t *testing.T) {
	var d Decoder
	var r recorder
	d.Feed(&Options{MaxLine: 10}, []byte("12345678"), &r)
	d.Feed(&Options{MaxLine: 4}, []byte("9\nnext\n"), &r)
	if want := events(signal(LineTooLong), line("next")); !slices.Equal(r.events, want) {
		t.Errorf("got %q, want %q", r.events, want)
	}
}

func TestW4NoLineEnd(t *testing.T) {
	tests := map[string][]byte{
		"text":           []byte("a"),
		"erased at once": []byte("a\x7f"),
		"keys alone":     []byte("\x7f"),
		"lines erased":   []byte("some words\x15"),
		"IAC IAC":        {cmdIAC, cmdIAC},
		"commands too":   wire("'a' IAC NOP"),
	}
	for name, part := range tests {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 7, 1000, 1 << 20} {
				var d Decoder
				var r recorder
				p := bytes.Repeat(part, (100<<10)/len(part))
				for chunk := range slices.Chunk(p, size) {
					d.Feed(&Options{}, chunk, &r)
					if cap(d.line) > 2*defaultMaxLine {
						t.Fatalf("%d bytes are held", cap(d.line))
					}
				}
				d.Feed(&Options{}, []byte("\nafter the cut\n"), &r)
				if want := events(signal(LineOverflow)); !slices.Equal(r.events, want) {
					t.Errorf("segments of %d bytes: got %q, want %q", size, r.events, want)
				}
				if d.line != nil || d.Partial() != 0 {
					t.Errorf("segments of %d bytes: a buffer is left", size)
				}
			}
		})
	}

	// 16,384 bytes are the last that are no reason to cut; what is no text
	// does not count.
	p := append(bytes.Repeat([]byte("a"), maxUnended), wire("IAC NOP LF 'b' LF")...)
	if got, want := feed(&Options{}, p), events(signal(LineTooLong), line("b")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, p := range [][]byte{
		append(bytes.Repeat([]byte("a"), maxUnended+1), '\n'),
		append(bytes.Repeat([]byte("a\r"), maxUnended/2), "a\n"...), // a CR that is a space is text, too
	} {
		if got, want := feed(&Options{}, p), events(signal(LineOverflow)); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestW4Memory(t *testing.T) {
	const clients, megabytes = 20, 100
	chunk := bytes.Repeat([]byte("a"), 1<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range clients {
		var d Decoder
		for range megabytes {
			d.Feed(&Options{}, chunk[:1000], discard{})
			d.Feed(&Options{}, chunk, discard{})
		}
	}
	runtime.ReadMemStats(&after)
	if n := (after.TotalAlloc - before.TotalAlloc) / clients; n > 4*defaultMaxLine {
		t.Errorf("%d bytes allocated for each client", n)
	}
}

func TestPartial(t *testing.T) {
	var d Decoder
	var r recorder
	for _, tt := range []struct {
		in   string
		want int
	}{
		{"'hel'", 3}, {"IAC", 3}, {"NOP", 3}, {"DEL", 2}, {"'lo'", 4}, {"CR", 0}, {"LF", 0}, {"'a' CR 'b'", 3}, {"^U", 0},
	} {
		d.Feed(&Options{}, wire(tt.in), &r)
		if d.Partial() != tt.want {
			t.Errorf("after %s: %d, want %d", tt.in, d.Partial(), tt.want)
		}
		if d.Partial() == 0 && d.line != nil {
			t.Errorf("after %s: a buffer is held for nothing", tt.in)
		}
	}
}

// A handler sees no unfinished line while it handles the finished one.
func TestPartialInsideLine(t *testing.T) {
	var d Decoder
	h := &inspector{d: &d}
	for _, p := range []string{"unfin", "ished\nwhole\nedited\x7f\nrest"} {
		d.Feed(&Options{}, []byte(p), h)
	}
	if h.lines != 3 || h.held != 0 {
		t.Errorf("%d lines, and inside of them %d bytes were held", h.lines, h.held)
	}
}

type inspector struct {
	recorder
	d           *Decoder
	lines, held int
}

func (i *inspector) Line(p []byte) {
	i.lines++
	i.held += i.d.Partial()
}
