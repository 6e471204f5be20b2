package telnet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Tests write bytes as words: names of commands and options, numbers, and text
// in quotes, as in "'hi' CR LF IAC SB NAWS 0 80 0 24 IAC SE".

var (
	commandNames = map[string]byte{
		"IAC": cmdIAC, "WILL": cmdWILL, "WONT": cmdWONT, "DO": cmdDO, "DONT": cmdDONT,
		"SB": cmdSB, "SE": cmdSE, "NOP": 241, "DM": 242, "BRK": cmdBRK, "IP": cmdIP, "AO": 245,
		"AYT": cmdAYT, "EC": cmdEC, "EL": cmdEL, "GA": cmdGA, "EOF": cmdEOF, "EOR": cmdEOR, "SUSP": 237, "ABORT": 238,
	}
	optionNames = map[string]byte{
		"BINARY": 0, "ECHO": optEcho, "SGA": optSGA, "TM": optTM, "TTYPE": optTType, "EOR": optEOR, "NAWS": optNAWS,
		"TSPEED": 32, "LFLOW": 33, "LINEMODE": 34, "OLDENV": 36, "AUTH": 37, "NEWENV": optEnviron,
		"CHARSET": optCharset, "STARTTLS": 46, "MCCP2": 86, "MCCP3": 87,
	}
	keyNames = map[string]byte{
		"NUL": nul, "LF": lf, "CR": cr, "^C": interrupt, "^D": endOfFile, "^U": killLine, "^W": killWord,
		"BS": backspace, "DEL": del, "ESC": 0x1b, "TAB": '\t', "SP": ' ',
	}
)

// wire returns the bytes that words stand for.
func wire(words string) []byte {
	var p []byte
	for words = strings.TrimLeft(words, " "); words != ""; words = strings.TrimLeft(words, " ") {
		if words[0] == '\'' {
			text, rest, ok := strings.Cut(words[1:], "'")
			if !ok {
				panic("unclosed quote: " + words)
			}
			p, words = append(p, text...), rest
			continue
		}
		word, rest, _ := strings.Cut(words, " ")
		words = rest
		if n, err := strconv.ParseUint(word, 10, 8); err == nil {
			p = append(p, byte(n))
			continue
		}
		names := []map[string]byte{commandNames, optionNames, keyNames}
		if n := len(p); n >= 2 && p[n-2] == cmdIAC && takesOption(p[n-1]) {
			names[0], names[1] = names[1], names[0] // EOR is in both
		}
		p = append(p, lookUp(word, names))
	}
	return p
}

func lookUp(word string, names []map[string]byte) byte {
	for _, m := range names {
		if b, ok := m[word]; ok {
			return b
		}
	}
	panic("unknown word: " + word)
}

func takesOption(command byte) bool { return command >= cmdSB && command < cmdIAC }

// unwire writes what the decoder sends as words.
func unwire(p []byte) string {
	var words []string
	name := func(names map[string]byte, b byte) {
		for name, code := range names {
			if code == b {
				words = append(words, name)
				return
			}
		}
		words = append(words, strconv.Itoa(int(b)))
	}
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == cmdIAC && i+1 < len(p):
			words = append(words, "IAC")
			i++
			name(commandNames, p[i])
			if takesOption(p[i]) && i+1 < len(p) {
				i++
				name(optionNames, p[i])
			}
		case p[i] >= ' ' && p[i] < del:
			end := i
			for end < len(p) && p[end] >= ' ' && p[end] < del {
				end++
			}
			words = append(words, "'"+string(p[i:end])+"'")
			i = end - 1
		default:
			words = append(words, strconv.Itoa(int(p[i])))
		}
	}
	return strings.Join(words, " ")
}

// recorder is a Handler that writes down what it gets.
type recorder struct {
	events []string
	sent   int // bytes of replies
}

func (r *recorder) Line(p []byte)   { r.events = append(r.events, line(string(p))) }
func (r *recorder) Signal(s Signal) { r.events = append(r.events, signal(s)) }
func (r *recorder) Reply(p []byte) {
	r.events = append(r.events, "reply "+unwire(p))
	r.sent += len(p)
}

// take returns the events since the last call.
func (r *recorder) take() []string {
	events := r.events
	r.events = nil
	return events
}

func line(text string) string     { return fmt.Sprintf("line %q", text) }
func signal(s Signal) string      { return "signal " + s.String() }
func reply(words string) string   { return "reply " + unwire(wire(words)) }
func events(e ...string) []string { return e }

// count returns how many events are equal to want.
func count(events []string, want string) int {
	n := 0
	for _, e := range events {
		if e == want {
			n++
		}
	}
	return n
}

// cutMatters reports whether cutting p at k may change what is decoded: in
// front of text that follows a CR. It may say so wrongly inside of a
// subnegotiation.
func cutMatters(p []byte, k int, o *Options) bool {
	if k == 0 || k == len(p) || p[k-1] != cr || p[k] == nul {
		return false
	}
	return plain(p[k]) || p[k] == cmdIAC && o.Raw
}

// outcome is all that can be seen of a Decoder from outside.
type outcome struct {
	events    []string
	partial   int
	terminal  Terminal
	hidden    bool
	promptEnd string
}

func (a *outcome) observe(d *Decoder) {
	a.partial, a.terminal, a.hidden, a.promptEnd = d.Partial(), d.Terminal(), d.Hidden(), string(d.PromptEnd())
}

func (a outcome) equal(b outcome) bool {
	return slices.Equal(a.events, b.events) && a.partial == b.partial && a.terminal == b.terminal &&
		a.hidden == b.hidden && a.promptEnd == b.promptEnd
}

// step is a part of a dialogue.
type step struct {
	do   string // "open", "hide", "show", or "" to feed in
	in   string // words
	want []string
}

// play plays a dialogue and returns what came of it, by step. feed feeds one
// step's bytes.
func play(o *Options, steps []step, feed func(d *Decoder, i int, p []byte, h Handler)) (byStep [][]string, out outcome) {
	var d Decoder
	var r recorder
	for i, s := range steps {
		switch s.do {
		case "open":
			d.Open(o, &r)
		case "hide":
			d.HideInput(o, true, &r)
		case "show":
			d.HideInput(o, false, &r)
		case "":
			feed(&d, i, wire(s.in), &r)
		default:
			panic("unknown step: " + s.do)
		}
		e := r.take()
		byStep = append(byStep, e)
		out.events = append(out.events, e...)
	}
	out.observe(&d)
	return byStep, out
}

// check plays a dialogue whole, byte by byte, and split once at every offset
// of every step. All have to give the events that the steps want.
func check(t *testing.T, o *Options, steps []step) outcome {
	t.Helper()
	byStep, whole := play(o, steps, func(d *Decoder, _ int, p []byte, h Handler) { d.Feed(o, p, h) })
	for i, s := range steps {
		if !slices.Equal(byStep[i], s.want) {
			t.Errorf("step %d %s%s\n got %s\nwant %s", i, s.do, s.in, list(byStep[i]), list(s.want))
		}
	}
	same := func(how string, feed func(d *Decoder, i int, p []byte, h Handler)) {
		t.Helper()
		if _, cut := play(o, steps, feed); !cut.equal(whole) {
			t.Errorf("%s:\n  got %+v\nwhole %+v", how, cut, whole)
		}
	}
	same("byte by byte", func(d *Decoder, _ int, p []byte, h Handler) {
		for k := 0; k < len(p); {
			n := 1
			for cutMatters(p, k+n, o) {
				n++
			}
			d.Feed(o, p[k:k+n], h)
			k += n
		}
	})
	for i, s := range steps {
		p := wire(s.in)
		for k := 1; k < len(p); k++ {
			if cutMatters(p, k, o) {
				continue
			}
			same(fmt.Sprintf("step %d split at %d", i, k), func(d *Decoder, j int, p []byte, h Handler) {
				if j == i {
					d.Feed(o, p[:k], h)
					p = p[k:]
				}
				d.Feed(o, p, h)
			})
		}
	}
	return whole
}

func list(events []string) string {
	if len(events) == 0 {
		return "nothing"
	}
	return strings.Join(events, "\n     ")
}

// feed decodes p with a new Decoder and returns the events.
func feed(o *Options, p []byte) []string {
	var d Decoder
	var r recorder
	d.Feed(o, p, &r)
	return r.events
}
