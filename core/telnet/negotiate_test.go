package telnet

import (
	"fmt"
	"slices"
	"testing"
)

// burst is what Open sends.
const burst = "IAC DO TTYPE IAC DO NAWS"

var (
	changed = signal(TerminalChanged)
	offer   = reply("IAC WILL EOR IAC WILL CHARSET IAC DO NEWENV")
	rest    = reply("IAC WILL EOR IAC DO NEWENV") // of the offer, if CHARSET is on
	ask     = reply("IAC SB TTYPE 1 IAC SE")
)

func TestOpen(t *testing.T) {
	check(t, &Options{}, []step{
		{do: "open", want: events(reply(burst))},
		{in: "'netcat says nothing of the kind' LF", want: events(line("netcat says nothing of the kind"))},
		{do: "open"}, // once is enough
	})
	// A peer that was quicker is not asked again.
	check(t, &Options{}, []step{
		{in: "IAC WILL NAWS", want: events(reply("IAC DO NAWS"), changed, offer)},
		{do: "open", want: events(reply("IAC DO TTYPE"))},
	})
}

// plink sends its WILL at once, so that it crosses our DO and nothing more
// comes: each is the answer to the other.
func TestCrossing(t *testing.T) {
	got := check(t, &Options{}, []step{
		{do: "open", want: events(reply(burst))},
		{in: "IAC WILL NAWS", want: events(changed, offer)},
		{in: "IAC WILL TTYPE", want: events(ask, changed)},
		{in: "IAC WILL NAWS IAC WILL TTYPE"}, // the answers to our DO, if it sends any
	})
	if !got.terminal.Negotiated {
		t.Error("not negotiated")
	}
}

func TestRefusals(t *testing.T) {
	for opt := range 256 {
		s := fmt.Sprint(opt)
		if slot(him, byte(opt)) == noSlot {
			check(t, &Options{}, []step{
				{in: "IAC WONT " + s},
				{in: "IAC WILL " + s, want: events(reply("IAC DONT "+s), offer)},
				{in: "IAC WILL " + s + " IAC WILL " + s},
				{in: "IAC WONT " + s + " IAC WONT " + s},
				{in: "IAC WILL " + s, want: events(reply("IAC DONT " + s))},
			})
		}
		if slot(us, byte(opt)) == noSlot && opt != optTM {
			check(t, &Options{}, []step{
				{in: "IAC DONT " + s},
				{in: "IAC DO " + s, want: events(reply("IAC WONT "+s), offer)},
				{in: "IAC DO " + s + " IAC DO " + s},
				{in: "IAC DONT " + s + " IAC DONT " + s},
				{in: "IAC DO " + s, want: events(reply("IAC WONT " + s))},
			})
		}
	}
}

func TestTimingMark(t *testing.T) {
	check(t, &Options{}, []step{
		{in: "'half' IAC IP IAC DO TM 'x' LF", want: events(signal(Interrupt), reply("IAC WILL TM"), offer, line("x"))},
		{in: "IAC DO TM IAC DO TM", want: events(reply("IAC WILL TM"), reply("IAC WILL TM"))}, // each is a question
		{in: "IAC DONT TM"},
		{in: "IAC WILL TM", want: events(reply("IAC DONT TM"))}, // we have not asked
	})
}

func TestHideInput(t *testing.T) {
	start := []step{
		{do: "open", want: events(reply(burst))},
		{in: "IAC WONT TTYPE IAC WONT NAWS"},
	}
	will, wont := reply("IAC WILL ECHO"), reply("IAC WONT ECHO")
	refused := signal(EchoRefused)
	tests := []struct {
		name   string
		steps  []step
		hidden bool
	}{
		{"confirmed", []step{
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed, offer)},
			{in: "'secret' LF", want: events(line("secret"))},
		}, true},
		{"confirmed and shown again", []step{
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed, offer)},
			{do: "show", want: events(wont)},
			{in: "IAC DONT ECHO"},
		}, false},
		{"not confirmed yet", []step{
			{do: "hide", want: events(will)},
		}, false},
		{"refused", []step{
			{do: "hide", want: events(will)},
			{in: "IAC DONT ECHO", want: events(refused)},
			{do: "show"},
		}, false},
		{"refused the second time, as busybox does", []step{
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed, offer)},
			{do: "show", want: events(wont)},
			{in: "IAC DONT ECHO"},
			{do: "hide", want: events(will)},
			{in: "IAC DONT ECHO", want: events(refused)},
		}, false},
		{"consent taken back", []step{
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed, offer)},
			{in: "IAC DONT ECHO", want: events(wont, refused, changed)},
			{do: "show"},
		}, false},
		{"shown before the answer", []step{
			{do: "hide", want: events(will)},
			{do: "show"},
			{in: "IAC DO ECHO", want: events(wont, offer)},
			{in: "IAC DONT ECHO"},
		}, false},
		{"shown before the refusal", []step{
			{do: "hide", want: events(will)},
			{do: "show"},
			{in: "IAC DONT ECHO"},
		}, false},
		{"hidden again before the answer", []step{
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed, offer)},
			{do: "show", want: events(wont)},
			{do: "hide"},
			{in: "IAC DONT ECHO", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed)},
		}, true},
		{"asked twice", []step{
			{do: "hide", want: events(will)},
			{do: "hide"},
			{in: "IAC DO ECHO IAC DO ECHO", want: events(changed, offer)},
			{do: "hide"},
		}, true},
		{"the client's own wish counts for nothing", []step{
			{in: "IAC DO ECHO IAC DO ECHO", want: events(wont, offer)},
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed)},
		}, true},
		{"shown without having been hidden", []step{
			{do: "show"},
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := check(t, &Options{}, append(slices.Clone(start), tt.steps...))
			if got.hidden != tt.hidden {
				t.Errorf("hidden %v, want %v", got.hidden, tt.hidden)
			}
		})
	}
}

// A peer that may be netcat gets nothing before it has shown that it is not.
func TestHideInputBeforeAnyAnswer(t *testing.T) {
	check(t, &Options{}, []step{
		{do: "open", want: events(reply(burst))},
		{do: "hide"},
		{in: "'secret' LF", want: events(line("secret"))},
		{do: "show"},
		{do: "hide"},
		{in: "IAC WONT TTYPE", want: events(reply("IAC WILL ECHO"))},
		{in: "IAC DO ECHO", want: events(changed, offer)},
	})
	check(t, &Options{}, []step{
		{do: "open", want: events(reply(burst))},
		{do: "hide"},
		{do: "show"},
		{in: "IAC WILL NAWS", want: events(changed, offer)},
	})
}

// The options of character mode and the ones that bring in foreign data are
// refused both ways.
func TestT6T7Refused(t *testing.T) {
	for _, opt := range []string{"BINARY", "SGA", "LINEMODE", "OLDENV", "STARTTLS", "MCCP2", "MCCP3", "TSPEED", "LFLOW", "AUTH"} {
		got := check(t, &Options{}, []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WONT TTYPE IAC WONT NAWS"},
			{in: "IAC WILL " + opt, want: events(reply("IAC DONT "+opt), offer)},
			{in: "IAC DO " + opt, want: events(reply("IAC WONT " + opt))},
			{in: "IAC SB " + opt + " 0 'USER' 1 'root' 3 0 3 98 IAC SE 'x' LF", want: events(line("x"))},
		})
		if got.terminal != (Terminal{}) {
			t.Errorf("%s left %+v", opt, got.terminal)
		}
	}
}

// A client that compresses all the same sends bytes like any others.
func TestT7CompressedAnyway(t *testing.T) {
	zlib := "120 156 1 2 3"
	check(t, &Options{}, []step{
		{in: "IAC WILL MCCP3", want: events(reply("IAC DONT MCCP3"), offer)},
		{in: "IAC SB MCCP3 IAC SE " + zlib + " LF", want: events(signal(Interrupt), line(""))}, // 3 is Ctrl-C
	})
}

func TestT3RepeatedRequests(t *testing.T) {
	tests := map[string]struct {
		in      string
		answers int
	}{
		"refused, him":   {"IAC WILL SGA", 1},
		"refused, us":    {"IAC DO SGA", 1},
		"off already":    {"IAC WONT SGA", 0},
		"agreed, him":    {"IAC WILL NAWS", 1},
		"agreed, us":     {"IAC DO CHARSET", 1},
		"echo":           {"IAC DO ECHO", 1},
		"on and off":     {"IAC WILL NAWS IAC WONT NAWS", maxRequests},
		"refused twice":  {"IAC WILL SGA IAC WONT SGA", maxRequests / 2},
		"timing mark":    {"IAC DO TM", maxRequests},
		"every request":  {"IAC WILL SGA IAC DO SGA IAC WONT SGA IAC DONT SGA", maxRequests / 2},
		"no memory loss": {"IAC WILL 1 IAC WILL 2 IAC WILL 3", 3},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var d Decoder
			var r recorder
			for range 10000 {
				d.Feed(&Options{}, wire(tt.in), &r)
			}
			e := r.take()
			if last := e[len(e)-1]; last != signal(OptionOverflow) || count(e, last) != 1 {
				t.Errorf("ends with %s (%d times), want one %v", last, count(e, last), OptionOverflow)
			}
			answers := 0
			for _, event := range e {
				// All but what we ask for once somebody agrees to something.
				if event != offer && event != rest && event != changed && event != signal(OptionOverflow) && event != reply("IAC SB CHARSET 1 ';UTF-8' IAC SE") {
					answers++
				}
			}
			if answers != tt.answers {
				t.Errorf("%d answers, want %d", answers, tt.answers)
			}
			d.HideInput(&Options{}, true, &r)
			d.Feed(&Options{}, []byte("say hi\n"), &r)
			if got := r.take(); len(got) > 1 {
				t.Errorf("after the cut: %q", got)
			}
		})
	}
}

func TestResetOptionCount(t *testing.T) {
	var d Decoder
	var r recorder
	for range 10 * maxRequests {
		d.Feed(&Options{}, wire("IAC DO TM 'x' LF"), &r)
		d.ResetOptionCount()
	}
	if n := count(r.events, line("x")); n != 10*maxRequests {
		t.Errorf("%d lines", n)
	}
}

// Answers to what we ask are no burden of the peer's.
func TestAnswersAreNotCounted(t *testing.T) {
	var d Decoder
	var r recorder
	o := &Options{}
	d.Open(o, &r)
	d.Feed(o, wire("IAC WILL TTYPE IAC WILL NAWS"), &r)
	for range 10 * maxRequests {
		d.HideInput(o, true, &r)
		d.Feed(o, wire("IAC DO ECHO 'secret' LF"), &r)
		d.HideInput(o, false, &r)
		d.Feed(o, wire("IAC DONT ECHO"), &r)
	}
	if n := count(r.events, line("secret")); n != 10*maxRequests {
		t.Errorf("%d lines", n)
	}
	if d.requests != 0 {
		t.Errorf("%d counted", d.requests)
	}
}

// Peers that answer every answer, in each of the ways there are. The exchange
// ends by itself, unless the peer wants the contrary of whatever we say: then
// the state changes each time, and the peer is cut.
func TestT3PeerThatAnswersEverything(t *testing.T) {
	for i := range 16 {
		p := parrot{toWILL: cmdDO, toWONT: cmdDO, toDO: cmdWILL, toDONT: cmdWILL}
		for bit, verb := range []*byte{&p.toWILL, &p.toWONT, &p.toDO, &p.toDONT} {
			if i>>bit&1 != 0 {
				*verb = contrary(*verb)
			}
		}
		contradicts := p.toWILL == cmdDONT && p.toWONT == cmdDO || p.toDO == cmdWONT && p.toDONT == cmdWILL
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			if cut := p.talk(t, nil); cut != contradicts {
				t.Errorf("cut %v, want %v", cut, contradicts)
			}
			p.wavers = true
			p.talk(t, nil)
		})
	}
}

// A peer that takes the answer to a timing mark for an offer, and accepts it.
func TestT3TimingMarkLoop(t *testing.T) {
	p := parrot{toWILL: cmdDO, toWONT: cmdDONT, toDO: cmdWILL, toDONT: cmdWONT}
	if cut := p.talk(t, wire("IAC DO TM")); !cut {
		t.Error("not cut")
	}
}

// parrot is a peer that answers all that it hears, always with the same verb.
type parrot struct {
	toWILL, toWONT, toDO, toDONT byte

	wavers bool // and with the contrary before that
}

func contrary(verb byte) byte {
	s, on := heard(verb)
	return (1 - s).verb(!on) // the other side's verb, so that it is the same end's
}

// answer answers the option commands in sent.
func (p parrot) answer(sent []byte) (out []byte) {
	verbs := map[byte]byte{cmdWILL: p.toWILL, cmdWONT: p.toWONT, cmdDO: p.toDO, cmdDONT: p.toDONT}
	for i := 0; i+2 < len(sent); i++ {
		verb, ok := verbs[sent[i+1]]
		if sent[i] != cmdIAC || !ok {
			continue
		}
		opt := sent[i+2]
		if p.wavers {
			out = append(out, cmdIAC, contrary(verb), opt)
		}
		out = append(out, cmdIAC, verb, opt)
		i += 2
	}
	return out
}

// talk lets a decoder and the parrot talk until both are silent. It reports
// whether the decoder gave up.
func (p parrot) talk(t *testing.T, opening []byte) (cut bool) {
	t.Helper()
	var d Decoder
	var c collector
	o := &Options{}
	d.Open(o, &c)
	d.HideInput(o, true, &c)
	for _, opt := range []byte{0, optEcho, 3, optTType, optNAWS, 34, optCharset, 86} {
		d.Feed(o, []byte{cmdIAC, cmdWILL, opt, cmdIAC, cmdDO, opt}, &c)
	}
	d.Feed(o, opening, &c)
	total := 0
	for rounds := 0; len(c.replies) > 0; rounds++ {
		sent := c.replies
		c.replies = nil
		total += len(sent)
		d.Feed(o, p.answer(sent), &c)
		if rounds > 2*maxRequests {
			t.Fatal("no end")
		}
	}
	if total > 9*maxRequests {
		t.Errorf("%d bytes sent", total)
	}
	return d.state == dead
}

type collector struct {
	discard
	replies []byte
}

func (c *collector) Reply(p []byte) { c.replies = append(c.replies, p...) }

// A handler may ask to hide the input from inside any call.
func TestHideInputInsideHandler(t *testing.T) {
	var d Decoder
	o := &Options{}
	h := &prompter{d: &d, o: o}
	d.Open(o, h)
	d.Feed(o, wire("IAC WILL NAWS IAC WONT TTYPE 'login' LF IAC DO ECHO 'secret' LF IAC DONT ECHO"), h)
	want := events(reply(burst), changed, offer,
		line("login"), reply("IAC WILL ECHO"), changed,
		line("secret"), reply("IAC WONT ECHO"))
	if !slices.Equal(h.events, want) {
		t.Errorf("got %s\nwant %s", list(h.events), list(want))
	}
}

type prompter struct {
	recorder
	d *Decoder
	o *Options
}

func (p *prompter) Line(text []byte) {
	p.recorder.Line(text)
	p.d.HideInput(p.o, string(text) == "login", p)
}
