package telnet

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

func TestW1Segmentation(t *testing.T) {
	var p []byte
	var want []string
	for i := range 1000 {
		text := fmt.Sprintf("line %d: 你好", i)
		p = append(append(p, text...), []string{"\n", "\r\n", "\r\x00"}[i%3]...)
		want = append(want, line(text))
	}
	for _, size := range []int{1, 2, 3, 5, 7, 64, 1000, 1460, len(p)} {
		var d Decoder
		var r recorder
		for chunk := range slices.Chunk(p, size) {
			d.Feed(&Options{}, chunk, &r)
		}
		if !slices.Equal(r.events, want) {
			t.Errorf("segments of %d bytes give other lines", size)
		}
	}
}

// The size of a decoder and what an idle one holds are design figures: there
// is one for each of a million sessions.
func TestIdleMemory(t *testing.T) {
	if size := unsafe.Sizeof(Decoder{}); size > 48 {
		t.Errorf("a Decoder is %d bytes", size)
	}
	if size := unsafe.Sizeof(peer{}); size > 160 {
		t.Errorf("the record of a peer is %d bytes", size)
	}
	var d Decoder
	var r recorder
	d.Open(&Options{}, &r)
	d.Feed(&Options{}, []byte("hello\r\nsplit"), &r)
	d.Feed(&Options{}, []byte(" line\r\n"), &r)
	if d.line != nil || d.peer != nil {
		t.Errorf("a decoder of plain lines holds line %v, peer %v", d.line, d.peer)
	}
	for _, words := range []string{
		"IAC WILL NAWS IAC SB NAWS 0 80 0 24 IAC SE",
		"IAC SB NAWS 0 80 IAC NOP",
	} {
		d.Feed(&Options{}, wire(words), &r)
		if d.peer == nil || d.peer.sub != nil {
			t.Errorf("after %s the body of a subnegotiation is held", words)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	tests := map[string][]byte{
		"lines":    []byte(strings.Repeat("hello, everyone: 你好\r\n", 20)),
		"commands": bytes.Repeat(wire("IAC NOP IAC AYT IAC GA IAC EC IAC EL 'x' LF"), 20),
	}
	for name, p := range tests {
		var d Decoder
		var h Handler = discard{}
		o := &Options{}
		if n := testing.AllocsPerRun(100, func() { d.Feed(o, p, h) }); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

type discard struct{}

func (discard) Line([]byte)   {}
func (discard) Signal(Signal) {}
func (discard) Reply([]byte)  {}

// Lines are passed on as parts of what was fed, and nothing fed is kept.
func TestNoCopyAndNoReference(t *testing.T) {
	p := []byte("first\r\nsecond\nthi")
	var d Decoder
	h := &aliases{base: p}
	d.Feed(&Options{}, p, h)
	if h.inside != 2 {
		t.Errorf("%d of 2 whole lines are parts of the input", h.inside)
	}
	for i := range p {
		p[i] = '#'
	}
	d.Feed(&Options{}, []byte("rd\n"), h)
	if h.last != "third" {
		t.Errorf("got %q, want %q: the input was kept", h.last, "third")
	}
}

type aliases struct {
	discard
	base   []byte
	inside int
	last   string
}

func (a *aliases) Line(p []byte) {
	a.last = string(p)
	start, first := uintptr(unsafe.Pointer(&a.base[0])), uintptr(unsafe.Pointer(&p[0]))
	if first >= start && first < start+uintptr(len(a.base)) {
		a.inside++
	}
}

func TestSignal(t *testing.T) {
	names := map[string]bool{}
	for s := Interrupt; s <= OptionOverflow; s++ {
		name := s.String()
		if name == Signal(0).String() || names[name] {
			t.Errorf("signal %d has no name of its own: %q", s, name)
		}
		names[name] = true
		want := s == LineOverflow || s == SubnegotiationOverflow || s == OptionOverflow
		if s.Fatal() != want {
			t.Errorf("%v: Fatal() = %v", s, s.Fatal())
		}
	}
}

// A doubled 255 is one byte of the line (RFC 854).
func TestDoubledIAC(t *testing.T) {
	for in, want := range map[string]string{
		"\xff\xff\n":           "\xff",
		"a\xff\xff\xff\xffb\n": "a\xff\xffb",
		"\xff\xff\xf4\n":       "\xff\xf4",
	} {
		if got := feed(&Options{}, []byte(in)); !slices.Equal(got, events(line(want))) {
			t.Errorf("%q: got %q", in, got)
		}
	}
}
