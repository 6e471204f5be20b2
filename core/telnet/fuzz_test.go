package telnet

import (
	"bytes"
	"testing"
)

func FuzzDecoder(f *testing.F) {
	for _, words := range []string{
		"'hello' CR LF 'two' LF 'three' CR NUL 'four' CR 'five' LF CR",
		"IAC WILL NAWS IAC SB NAWS 0 80 IAC IAC 24 IAC SE",
		"IAC WILL TTYPE IAC SB TTYPE 0 'XTERM' IAC SE IAC SB TTYPE 0 'MTTS 271' IAC SE",
		"IAC DO CHARSET IAC SB CHARSET 2 'UTF-8' IAC SE IAC SB CHARSET 1 '[TTABLE ]' 1 ';UTF-8' IAC SE",
		"'half' IAC IP IAC DO TM IAC DO ECHO IAC DONT ECHO IAC AYT IAC EOF ^D ^C",
		"'erase 你' DEL ^W 'x' ^U IAC EC IAC EL IAC IAC",
		"IAC SB IAC SE IAC SB TTYPE IAC NOP IAC SB IAC 0 IAC",
		"IAC WILL NEWENV IAC SB NEWENV 0 0 'FOO' 1 'bar' 3 'NO_COLOR' 1 '1' IAC SE IAC SB NEWENV 2 3 'NO_' 2 'COLOR' 1 IAC SE",
		"IAC WILL NEWENV IAC SB NEWENV 0 2 2 2 IAC IAC 3 3 1 1 0 'NO_COLOR' 1 2 1 2 IAC SE IAC WONT NEWENV",
		"IAC DO EOR 'x' LF IAC DONT EOR IAC WILL EOR IAC DO SGA IAC EOR IAC GA IAC DONT SGA",
		"IAC WILL SGA IAC DO SGA IAC WONT SGA IAC DONT SGA IAC WILL LINEMODE IAC WILL 86",
	} {
		f.Add(wire(words), uint16(3), false)
		f.Add(wire(words), uint16(10), true)
	}
	f.Add(bytes.Repeat([]byte("a"), 200), uint16(100), false)
	f.Add(append(wire("IAC SB TTYPE 0"), bytes.Repeat(wire("IAC IAC"), 300)...), uint16(100), false)
	f.Add(bytes.Repeat(wire("IAC WILL SGA IAC WONT SGA"), 120), uint16(100), false)

	const maxLine = 100
	f.Fuzz(func(t *testing.T, p []byte, split uint16, raw bool) {
		o := &Options{MaxLine: maxLine, Raw: raw}
		run := func(cuts ...int) outcome {
			d := new(Decoder)
			c := &checker{t: t, raw: raw}
			d.Open(o, c)
			d.HideInput(o, true, c)
			start := 0
			for _, end := range append(cuts, len(p)) {
				d.Feed(o, p[start:end], c)
				start = end
				if d.Partial() > maxLine || cap(d.line) > 4*maxLine {
					t.Fatalf("a line of %d bytes is held in %d", d.Partial(), cap(d.line))
				}
				if d.peer != nil && len(d.peer.sub) > maxSub {
					t.Fatalf("%d bytes of a subnegotiation are held", len(d.peer.sub))
				}
				if size := d.Terminal(); size.Width > 500 || size.Height > 200 || len(size.Name) > 40 {
					t.Fatalf("terminal %+v", size)
				}
			}
			// What is sent is at most in proportion to what came.
			if c.sent > 64+3*len(p) {
				t.Fatalf("%d bytes sent for %d", c.sent, len(p))
			}
			out := outcome{events: c.events}
			out.observe(d)
			return out
		}
		whole := run()
		if k := int(split); k <= len(p) && !cutMatters(p, k, o) {
			if cut := run(k); !cut.equal(whole) {
				t.Fatalf("split at %d:\n  cut %+v\nwhole %+v", k, cut, whole)
			}
		}
		var each []int
		for k := 1; k < len(p); k++ {
			if !cutMatters(p, k, o) {
				each = append(each, k)
			}
		}
		if cut := run(each...); !cut.equal(whole) {
			t.Fatalf("byte by byte:\n  cut %+v\nwhole %+v", cut, whole)
		}
	})
}

// checker is a Handler that checks what it is promised.
type checker struct {
	recorder
	t   *testing.T
	raw bool
	cut bool
}

func (c *checker) Line(p []byte) {
	if c.cut {
		c.t.Fatal("a line after the cut")
	}
	if len(p) > 100 {
		c.t.Fatalf("a line of %d bytes", len(p))
	}
	if i := bytes.IndexAny(p, "\r\n\b\x7f\x03\x04\x15\x17"); i >= 0 {
		c.t.Fatalf("a line with %q in it: %q", p[i], p)
	}
	c.recorder.Line(p)
}

func (c *checker) Signal(s Signal) {
	if c.cut {
		c.t.Fatalf("signal %v after the cut", s)
	}
	c.cut = s.Fatal()
	c.recorder.Signal(s)
}

func (c *checker) Reply(p []byte) {
	if c.cut || c.raw || len(p) == 0 || p[0] != cmdIAC {
		c.t.Fatalf("sends %q, cut %v, raw %v", p, c.cut, c.raw)
	}
	c.recorder.Reply(p)
}
