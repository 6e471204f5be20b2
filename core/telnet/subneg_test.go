package telnet

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// agreed opens a dialogue in which the client agrees to options, words such as
// "TTYPE NAWS", and refuses all others.
func agreed(options string) []step {
	steps := []step{{do: "open", want: events(reply(burst))}}
	for i, opt := range strings.Fields(options) {
		want := events(changed)
		if opt == "TTYPE" {
			want = events(ask, changed)
		}
		if i == 0 {
			want = append(want, offer)
		}
		steps = append(steps, step{in: "IAC WILL " + opt, want: want})
	}
	return append(steps, step{in: "IAC DONT EOR IAC DONT CHARSET IAC WONT NEWENV"})
}

func TestT1SubnegotiationWithoutEnd(t *testing.T) {
	parts := map[string][]byte{
		"bytes":             []byte("a"),
		"line ends":         []byte("\r\n"),
		"T2 only IAC IAC":   wire("IAC IAC"),
		"undoubled 255":     wire("IAC 0"),
		"Ctrl-C and Ctrl-D": wire("^C ^D"),
	}
	for name, part := range parts {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, 999, 1 << 20} {
				var d Decoder
				var r recorder
				d.Feed(&Options{}, wire("IAC SB TTYPE 0"), &r)
				for chunk := range slices.Chunk(bytes.Repeat(part, (1<<20)/len(part)), size) {
					d.Feed(&Options{}, chunk, &r)
					if d.state != dead && cap(d.peer.sub) > 2*maxSub {
						t.Fatalf("%d bytes are held", cap(d.peer.sub))
					}
				}
				d.Feed(&Options{}, wire("IAC SE 'x' LF"), &r)
				if want := events(signal(SubnegotiationOverflow)); !slices.Equal(r.events, want) {
					t.Errorf("segments of %d bytes: got %q, want %q", size, r.events, want)
				}
				if d.peer.sub != nil {
					t.Errorf("segments of %d bytes: the body is held", size)
				}
			}
		})
	}
}

func TestT1Limits(t *testing.T) {
	// body returns a subnegotiation of n bytes between IAC SB and IAC.
	body := func(n int) []byte {
		return slices.Concat(wire("IAC SB TTYPE"), bytes.Repeat([]byte("a"), n-1), wire("IAC SE 'x' LF"))
	}
	for n, want := range map[int]string{
		maxSub:          line("x"),
		maxSub + 1:      line("x"),
		maxSubTotal - 2: line("x"),
		maxSubTotal - 1: signal(SubnegotiationOverflow), // IAC SE is counted, too
	} {
		if got := feed(&Options{}, body(n)); !slices.Equal(got, events(want)) {
			t.Errorf("%d bytes: got %q, want %q", n, got, want)
		}
	}
	// What follows one that was too long is read again.
	p := slices.Concat(wire("IAC WILL NAWS"), body(maxSub+1), wire("IAC SB NAWS 0 80 0 24 IAC SE"))
	if got := feed(&Options{}, p); got[len(got)-1] != changed {
		t.Errorf("got %q", got)
	}
	// The count begins anew with each one.
	many := bytes.Repeat(body(maxSubTotal/2), 5)
	if got := feed(&Options{}, many); count(got, line("x")) != 5 || len(got) != 5 {
		t.Errorf("got %q", got)
	}
}

func TestSubnegotiationFraming(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"IAC SB IAC SE 'x' LF", events(line("x"))},
		{"IAC SB NAWS IAC SE 'x' LF", events(line("x"))},
		{"IAC SB TTYPE IAC SE 'x' LF", events(line("x"))},
		{"IAC SB CHARSET IAC SE 'x' LF", events(line("x"))},
		{"IAC SE 'x' LF", events(line("x"))},
		{"IAC SB 'a' LF 'b' CR LF ^C DEL IAC SE 'x' LF", events(line("x"))},
		{"IAC SB NAWS 0 100 0 50 IAC SE 'x' LF", events(changed, line("x"))},
		{"IAC SB NAWS IAC IAC IAC IAC 0 50 IAC SE 'x' LF", events(changed, line("x"))}, // 65535 x 50

		// A missing IAC SE: the command that comes instead is obeyed.
		{"IAC SB NAWS 0 100 IAC IP 'x' LF", events(signal(Interrupt), line("x"))},
		{"IAC SB NAWS 0 100 IAC DO TM 'x' LF", events(reply("IAC WILL TM"), line("x"))},
		{"IAC SB NAWS 0 100 IAC SB NAWS 0 100 0 50 IAC SE 'x' LF", events(changed, line("x"))},
		{"IAC SB IAC WILL SGA 'x' LF", events(reply("IAC DONT SGA"), line("x"))},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			check(t, &Options{}, append(agreed("TTYPE NAWS"), step{in: tt.in, want: tt.want}))
		})
	}
}

func TestWindowSize(t *testing.T) {
	tests := []struct {
		body          string
		width, height int
	}{
		{"0 80 0 24", 80, 24},
		{"0 0 0 0", 0, 0}, // unknown, as curl says it
		{"0 0 0 24", 0, 24},
		{"0 80 0 0", 80, 0},
		{"0 1 0 1", 20, 5},
		{"0 19 0 4", 20, 5},
		{"0 20 0 5", 20, 5},
		{"1 244 0 200", 500, 200},
		{"1 245 0 201", 500, 200},
		{"IAC IAC IAC IAC IAC IAC IAC IAC", 500, 200}, // 65535 each
		{"0 IAC IAC 0 50", 255, 50},
		{"0 IAC 0 50", 255, 50}, // a client that forgets to double
		{"0 80 0", 0, 0},        // too short
		{"0 80 0 24 0", 0, 0},   // too long
		{"", 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			var want []string
			if tt.width != 0 || tt.height != 0 {
				want = events(changed)
			}
			got := check(t, &Options{}, append(agreed("NAWS"),
				step{in: "IAC SB NAWS " + tt.body + " IAC SE", want: want},
				step{in: "IAC SB NAWS " + tt.body + " IAC SE"}, // the same again is no change
			))
			if got.terminal.Width != tt.width || got.terminal.Height != tt.height {
				t.Errorf("got %d x %d, want %d x %d", got.terminal.Width, got.terminal.Height, tt.width, tt.height)
			}
		})
	}
}

func TestWindowSizeComesAndGoes(t *testing.T) {
	size := "IAC SB NAWS 0 80 0 24 IAC SE"
	got := check(t, &Options{}, append(agreed("NAWS"),
		step{in: size, want: events(changed)},
		step{in: "IAC WONT NAWS", want: events(reply("IAC DONT NAWS"), changed)},
		step{in: size}, // no longer agreed
	))
	if got.terminal != (Terminal{}) {
		t.Errorf("got %+v", got.terminal)
	}
	check(t, &Options{}, []step{{in: size}}) // never agreed
}

func TestTerminalType(t *testing.T) {
	long := strings.Repeat("x", 60)
	tests := []struct {
		name    string
		answers []string // the body after IS
		asked   int      // how often we go on asking
		want    Terminal
	}{
		{"inetutils", []string{"'XTERM-256COLOR'", "'XTERM-256COLOR'"}, 1, Terminal{Name: "XTERM-256COLOR"}},
		{"plink, one unasked", []string{"'XTERM'", "'XTERM'", "'XTERM'"}, 1, Terminal{Name: "XTERM"}},
		{"TinTin++", []string{"'TINTIN++'", "'xterm'", "'MTTS 271'", "'MTTS 271'"}, 2,
			Terminal{Name: "TINTIN++", MTTS: 271, UTF8: true}},
		{"TinyFugue", []string{"'TINYFUGUE'", "'ANSI-ATTR'", "'ANSI'", "'UNKNOWN'", "'UNKNOWN'"}, 3,
			Terminal{Name: "TINYFUGUE", MTTS: MTTSANSI}},
		{"ANSI first", []string{"'ansi'", "'ansi'"}, 1, Terminal{Name: "ansi", MTTS: MTTSANSI}},
		{"ANSI, and then MTTS without it", []string{"'x'", "'ANSI'", "'MTTS 4'"}, 2, Terminal{Name: "x", MTTS: MTTSUTF8, UTF8: true}},
		{"no ANSI", []string{"'x'", "'NANSI'", "'AN'"}, 3, Terminal{Name: "x"}},
		{"a list without end", []string{"'a'", "'b'", "'c'", "'d'", "'e'", "'f'"}, 3, Terminal{Name: "a"}},
		{"MTTS only", []string{"'MTTS 64'"}, 0, Terminal{MTTS: MTTSScreenReader}},
		{"MTTS without a number", []string{"'x'", "'MTTS lots'"}, 1, Terminal{Name: "x"}},
		{"MTTS out of range", []string{"'x'", "'MTTS 4294967296'"}, 1, Terminal{Name: "x"}},
		{"MTTS without UTF-8", []string{"'x'", "'MTTS 9'"}, 1, Terminal{Name: "x", MTTS: MTTSANSI | MTTS256Colors}},
		{"empty", []string{"", "'late'"}, 0, Terminal{}},
		{"control characters", []string{"ESC ']0;' 7 'x' 155 'y' LF CR 'z' 226 128 174 DEL IAC IAC"}, 1, Terminal{Name: "]0;xyz"}},
		{"long", []string{"'" + long + "'"}, 1, Terminal{Name: long[:40]}},
		{"T6 10 KB", []string{"'" + strings.Repeat("x", 10000) + "'"}, 0, Terminal{}},
		{"no name that can be shown", []string{"7 7 7"}, 0, Terminal{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Decoder
			var r recorder
			o := &Options{}
			d.Open(o, &r)
			d.Feed(o, wire("IAC WILL TTYPE"), &r)
			r.take()
			for _, body := range tt.answers {
				d.Feed(o, wire("IAC SB TTYPE 0 "+body+" IAC SE"), &r)
			}
			if n := count(r.take(), ask); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
			tt.want.Negotiated = true
			if got := d.Terminal(); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			d.Feed(o, []byte("x\n"), &r)
			if got := r.take(); !slices.Equal(got, events(line("x"))) {
				t.Errorf("and then %q", got)
			}
		})
	}
}

func TestTerminalTypeNotAgreed(t *testing.T) {
	got := check(t, &Options{}, []step{
		{in: "IAC SB TTYPE 0 'xterm' IAC SE"},
		{do: "open", want: events(reply(burst))},
		{in: "IAC WONT TTYPE"},
		{in: "IAC SB TTYPE 0 'xterm' IAC SE"},
		{in: "IAC SB TTYPE 1 IAC SE"}, // nor do we tell ours
	})
	if got.terminal != (Terminal{}) {
		t.Errorf("got %+v", got.terminal)
	}
}

// A client whose terminal has changed says so by offering its type again.
func TestTerminalTypeAgain(t *testing.T) {
	got := check(t, &Options{}, append(agreed("TTYPE"),
		step{in: "IAC SB TTYPE 0 'screen' IAC SE", want: events(ask, changed)},
		step{in: "IAC SB TTYPE 0 'screen' IAC SE"},
		step{in: "IAC WONT TTYPE", want: events(reply("IAC DONT TTYPE"), changed)},
		step{in: "IAC WILL TTYPE", want: events(reply("IAC DO TTYPE"), ask, changed)},
		step{in: "IAC SB TTYPE 0 'xterm' IAC SE", want: events(ask, changed)},
	))
	if got.terminal.Name != "xterm" {
		t.Errorf("got %q", got.terminal.Name)
	}
}

func TestCharset(t *testing.T) {
	request := reply("IAC SB CHARSET 1 ';UTF-8' IAC SE")
	accepted := reply("IAC SB CHARSET 2 'UTF-8' IAC SE")
	rejected := reply("IAC SB CHARSET 3 IAC SE")
	start := []step{
		{do: "open", want: events(reply(burst))},
		{in: "IAC WILL NAWS", want: events(changed, offer)},
	}
	tests := []struct {
		name  string
		steps []step
		utf8  bool
	}{
		{"accepted", []step{
			{in: "IAC DO CHARSET", want: events(request, changed)},
			{in: "IAC SB CHARSET 2 'UTF-8' IAC SE", want: events(changed)},
			{in: "IAC SB CHARSET 2 'UTF-8' IAC SE"},
		}, true},
		{"accepted in lower case", []step{
			{in: "IAC DO CHARSET", want: events(request, changed)},
			{in: "IAC SB CHARSET 2 'utf-8' IAC SE", want: events(changed)},
		}, true},
		{"accepted something else", []step{
			{in: "IAC DO CHARSET", want: events(request, changed)},
			{in: "IAC SB CHARSET 2 'LATIN1' IAC SE"},
		}, false},
		{"rejected", []step{
			{in: "IAC DO CHARSET", want: events(request, changed)},
			{in: "IAC SB CHARSET 3 IAC SE"},
			{in: "IAC SB CHARSET 2 'UTF-8' IAC SE"}, // too late
		}, false},
		{"accepted without having been asked", []step{
			{in: "IAC SB CHARSET 2 'UTF-8' IAC SE"},
		}, false},
		{"refused", []step{
			{in: "IAC DONT CHARSET"},
			{in: "IAC SB CHARSET 1 ';UTF-8' IAC SE"},
		}, false},
		{"off and on again: asked once", []step{
			{in: "IAC DO CHARSET", want: events(request, changed)},
			{in: "IAC DONT CHARSET", want: events(reply("IAC WONT CHARSET"), changed)},
			{in: "IAC DO CHARSET", want: events(reply("IAC WILL CHARSET"), changed)},
		}, false},
		{"the client asks", []step{
			{in: "IAC DONT CHARSET"},
			{in: "IAC WILL CHARSET", want: events(reply("IAC DO CHARSET"), changed)},
			{in: "IAC SB CHARSET 1 ';LATIN1;utf-8' IAC SE", want: events(accepted, changed)},
			{in: "IAC SB CHARSET 1 ' UTF-8' IAC SE", want: events(accepted)},
		}, true},
		{"the client asks for what we do not have", []step{
			{in: "IAC DONT CHARSET"},
			{in: "IAC WILL CHARSET", want: events(reply("IAC DO CHARSET"), changed)},
			{in: "IAC SB CHARSET 1 ';LATIN1;UTF-16;XUTF-8;UTF-8X' IAC SE", want: events(rejected)},
			{in: "IAC SB CHARSET 1 'UTF-8' IAC SE", want: events(rejected)}, // no separator
			{in: "IAC SB CHARSET 1 ';' IAC SE", want: events(rejected)},
			{in: "IAC SB CHARSET 1 IAC SE", want: events(rejected)},
			{in: "IAC SB CHARSET 1 '[TTABLE ]' IAC SE", want: events(rejected)},
			{in: "IAC SB CHARSET 1 '[TTABLE' IAC SE", want: events(rejected)},
		}, false},
		{"with a translation table", []step{
			{in: "IAC DONT CHARSET"},
			{in: "IAC WILL CHARSET", want: events(reply("IAC DO CHARSET"), changed)},
			{in: "IAC SB CHARSET 1 '[TTABLE ]' 1 ';UTF-8' IAC SE", want: events(accepted, changed)},
			{in: "IAC SB CHARSET 1 '[TTABLE]' 1 ';UTF-8' IAC SE", want: events(accepted)},
		}, true},
		{"both ask: ours stands", []step{
			{in: "IAC DO CHARSET", want: events(request, changed)},
			{in: "IAC WILL CHARSET", want: events(reply("IAC DO CHARSET"), changed)},
			{in: "IAC SB CHARSET 1 ';UTF-8' IAC SE", want: events(rejected)},
			{in: "IAC SB CHARSET 2 'UTF-8' IAC SE", want: events(changed)},
		}, true},
		{"asks without WILL, after our own was settled", []step{
			{in: "IAC DO CHARSET", want: events(request, changed)},
			{in: "IAC SB CHARSET 3 IAC SE"},
			{in: "IAC SB CHARSET 1 ';UTF-8' IAC SE", want: events(accepted, changed)},
		}, true},
		{"translation tables are ignored", []step{
			{in: "IAC DO CHARSET", want: events(request, changed)},
			{in: "IAC SB CHARSET 4 1 IAC SE"},
			{in: "IAC SB CHARSET 5 IAC SE"},
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := check(t, &Options{}, append(slices.Clone(start), tt.steps...))
			if got.terminal.UTF8 != tt.utf8 {
				t.Errorf("UTF8 is %v", got.terminal.UTF8)
			}
		})
	}
}

// A client that offers CHARSET itself is not offered it in return.
func TestCharsetOfferedByClientFirst(t *testing.T) {
	check(t, &Options{}, []step{
		{in: "IAC WILL CHARSET", want: events(reply("IAC DO CHARSET"), changed, rest)},
		{in: "IAC WILL NAWS", want: events(reply("IAC DO NAWS"), changed)},
	})
}

func TestCharsetRequestsAreCounted(t *testing.T) {
	var d Decoder
	var r recorder
	d.Feed(&Options{}, wire("IAC WILL CHARSET"), &r)
	for range 10000 {
		d.Feed(&Options{}, wire("IAC SB CHARSET 1 ';LATIN1' IAC SE"), &r)
	}
	if n := count(r.events, reply("IAC SB CHARSET 3 IAC SE")); n != maxRequests-1 {
		t.Errorf("%d answers", n)
	}
	if last := r.events[len(r.events)-1]; last != signal(OptionOverflow) {
		t.Errorf("ends with %s", last)
	}
}

func TestT4CommandsSplitAnywhere(t *testing.T) {
	// The check splits each of these at every offset; nothing of a command may
	// ever show up in a line.
	for _, command := range []string{
		"IAC NOP", "IAC IAC", "IAC DO TM", "IAC WONT SGA", "IAC SB NAWS 0 80 IAC IAC 24 IAC SE", "IAC SB IAC SE", "IAC 0",
	} {
		in := fmt.Sprintf("'login' %s ' fish' CR %s LF 'say hi' LF", command, command)
		byStep, _ := play(&Options{}, []step{{in: in}}, func(d *Decoder, _ int, p []byte, h Handler) { d.Feed(&Options{}, p, h) })
		check(t, &Options{}, []step{{in: in, want: byStep[0]}})
		if got := byStep[0]; command != "IAC IAC" && (count(got, line("login fish")) != 1 || count(got, line("say hi")) != 1) {
			t.Errorf("%s: got %q", command, got)
		}
	}
	// The stream may end at any of these points.
	for _, in := range []string{"'x' IAC", "'x' IAC DO", "'x' IAC SB", "'x' IAC SB TTYPE 0 IAC"} {
		check(t, &Options{}, []step{{in: in}})
	}
}

func TestT5Commands(t *testing.T) {
	for code := range cmdSB {
		want := map[int][]string{
			cmdIP:  {signal(Interrupt), line("b")},
			cmdBRK: {signal(Interrupt), line("b")},
			cmdAYT: {signal(AreYouThere), line("ab")},
			cmdEC:  {line("b")},
			cmdEL:  {line("b")},
		}[code]
		if want == nil {
			want = events(line("ab"))
		}
		check(t, &Options{}, []step{{in: fmt.Sprintf("'a' IAC %d 'b' LF", code), want: want}})
	}
}
