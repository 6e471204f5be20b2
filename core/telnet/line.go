package telnet

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// maxUnended is how many bytes may arrive without a line end, erased ones
// included. It bounds what a peer can make us look at for one line, as
// Options.MaxLine bounds what is kept.
const maxUnended = 16 << 10

// keys has a bit for each byte below 0x20 that ends or edits a line. The other
// control characters are text here.
const keys uint32 = 1<<interrupt | 1<<endOfFile | 1<<backspace | 1<<lf | 1<<cr | 1<<killLine | 1<<killWord

// plain reports whether b is a byte of the line whatever the mode. 255 is not:
// it depends on Options.Raw.
func plain(b byte) bool {
	if b < 0x20 {
		return keys>>b&1 == 0
	}
	return b != del && b != cmdIAC
}

// text takes the text at the start of p with the key that ends it, and returns
// what is left of p. p is not empty and does not begin with a command.
func (d *Decoder) text(o *Options, p []byte, h Handler) []byte {
	if d.afterCR {
		d.afterCR = false
		if p[0] == lf || p[0] == nul {
			return p[1:]
		}
	}
	n := 0
	for n < len(p) && plain(p[n]) {
		n++
	}
	if n == len(p) || p[n] == cmdIAC && !o.Raw {
		d.put(o, p[:n], h)
		return p[n:]
	}

	text, key, rest := p[:n], p[n], p[n+1:]
	switch key {
	case lf:
		d.endLine(o, text, h)
		return rest
	case cr:
		switch {
		case len(rest) > 0 && (rest[0] == lf || rest[0] == nul):
			rest = rest[1:]
		case len(rest) > 0 && (plain(rest[0]) || rest[0] == cmdIAC && o.Raw):
			if d.put(o, text, h) {
				d.put(o, []byte{' '}, h)
			}
			return rest
		default:
			d.afterCR = true
		}
		d.endLine(o, text, h)
		return rest
	}

	// The other keys act on the line, so that the text before them has to be
	// in it; and they count as bytes that ended no line.
	if !d.put(o, text, h) || !d.count(1, h) {
		return nil
	}
	switch key {
	case interrupt:
		d.interrupt(h)
	case endOfFile:
		d.endOfFile(h)
	case backspace, del:
		d.eraseRune()
	case killWord:
		d.eraseWord()
	case killLine:
		d.eraseLine()
	case cmdIAC: // in raw mode; it has been counted
		d.keep(o, p[n:n+1])
	}
	return rest
}

// put appends text to the unfinished line. It reports whether the peer is
// still within its limits.
func (d *Decoder) put(o *Options, text []byte, h Handler) bool {
	if !d.count(len(text), h) {
		return false
	}
	d.keep(o, text)
	return true
}

// count notes n bytes that did not end a line.
func (d *Decoder) count(n int, h Handler) bool {
	if n > maxUnended-int(d.unended) {
		d.fail(LineOverflow, h)
		return false
	}
	d.unended += uint16(n)
	return true
}

// keep appends text to the unfinished line, or gives up the whole line if it
// gets too long: a truncated line must not be taken for what the user wrote.
func (d *Decoder) keep(o *Options, text []byte) {
	switch {
	case d.tooLong:
	case len(d.line)+len(text) > o.maxLine():
		d.tooLong = true
		d.line = nil
	default:
		d.line = append(d.line, text...)
	}
}

// endLine ends the unfinished line, of which text is the last part and has not
// been put yet.
func (d *Decoder) endLine(o *Options, text []byte, h Handler) {
	if len(d.line) == 0 && !d.tooLong && len(text) <= o.maxLine() {
		if d.count(len(text), h) {
			d.resetLine()
			h.Line(text)
		}
		return
	}
	if !d.put(o, text, h) {
		return
	}
	line, tooLong := d.line, d.tooLong
	d.resetLine()
	if tooLong {
		h.Signal(LineTooLong)
		return
	}
	h.Line(line)
}

// resetLine begins a new line. The buffer stays for the rest of this Feed.
func (d *Decoder) resetLine() {
	d.line = d.line[:0]
	d.tooLong = false
	d.unended = 0
}

func (d *Decoder) interrupt(h Handler) {
	d.resetLine()
	h.Signal(Interrupt)
}

func (d *Decoder) endOfFile(h Handler) {
	if len(d.line) == 0 && !d.tooLong {
		h.Signal(EOF)
	}
}

// eraseRune removes the last character. Bytes that are no UTF-8 go singly.
func (d *Decoder) eraseRune() {
	_, n := utf8.DecodeLastRune(d.line)
	d.line = d.line[:len(d.line)-n]
}

// eraseWord removes the last word and the space after it.
func (d *Decoder) eraseWord() {
	d.line = bytes.TrimRightFunc(d.line, unicode.IsSpace)
	d.line = bytes.TrimRightFunc(d.line, func(r rune) bool { return !unicode.IsSpace(r) })
}

// eraseLine removes the line, also one that had become too long. What the peer
// has sent since the last line end stays counted.
func (d *Decoder) eraseLine() {
	d.line = d.line[:0]
	d.tooLong = false
}
