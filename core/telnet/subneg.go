package telnet

import (
	"bytes"
	"strconv"
	"strings"
)

const (
	maxSub      = 256      // bytes of a subnegotiation that are kept
	maxSubTotal = 64 << 10 // bytes on the wire until IAC SE must have come
	maxTypes    = 4        // terminal types asked for, see askType
	maxTypeName = 40       // RFC 1091, "TERMINAL-TYPE IS"
)

const utf8Name = "UTF-8"

// beginSub begins a subnegotiation (RFC 855).
func (p *peer) beginSub() {
	p.sub = p.sub[:0]
	p.subCut = false
	p.subTotal = 0
}

// subnegotiate takes a byte after IAC SB, the option's number included.
func (d *Decoder) subnegotiate(o *Options, b byte, h Handler) {
	p := d.peer
	if p.subTotal++; p.subTotal > maxSubTotal {
		d.fail(SubnegotiationOverflow, h)
		return
	}
	if d.state == inSub {
		if b == cmdIAC {
			d.state = afterSubIAC
		} else {
			p.keepSub(b)
		}
		return
	}
	switch {
	case b == cmdIAC:
		p.keepSub(cmdIAC)
		d.state = inSub
	case b < cmdSE:
		// No command: a 255 that the client forgot to double, such as the
		// width of a window.
		p.keepSub(cmdIAC)
		p.keepSub(b)
		d.state = inSub
	case b == cmdSE:
		body := p.sub
		p.sub = nil
		d.state = inText
		// What did not fit is nothing that a client means seriously.
		if len(body) > 0 && !p.subCut {
			d.endSub(body[0], body[1:], h)
		}
	default:
		// A command where IAC SE is missing. Acting on it, rather than
		// waiting, brings the client back.
		p.sub = nil
		d.state = inText
		d.simpleCommand(o, b, h)
	}
}

func (p *peer) keepSub(b byte) {
	if len(p.sub) == maxSub {
		p.subCut = true
		return
	}
	p.sub = append(p.sub, b)
}

// endSub acts on a whole subnegotiation. One about an option that is not on,
// and was not asked for, is ignored.
func (d *Decoder) endSub(opt byte, body []byte, h Handler) {
	switch opt {
	case optNAWS:
		if d.options[himNAWS] != qNo {
			d.windowSize(body, h)
		}
	case optTType:
		if d.options[himTType] != qNo && len(body) > 0 && body[0] == ttypeIs {
			d.terminalType(body[1:], h)
		}
	case optCharset:
		if len(body) > 0 {
			d.charset(body[0], body[1:], h)
		}
	case optEnviron:
		if d.options[himEnviron] != qNo && len(body) > 0 && (body[0] == environIs || body[0] == environInfo) {
			d.environ(body[1:], h)
		}
	}
}

// windowSize takes a NAWS body: width and height, two bytes each.
func (d *Decoder) windowSize(body []byte, h Handler) {
	if len(body) != 4 {
		return
	}
	width := clamp(uint16(body[0])<<8|uint16(body[1]), minWidth, maxWidth)
	height := clamp(uint16(body[2])<<8|uint16(body[3]), minHeight, maxHeight)
	p := d.peer
	if width == p.width && height == p.height {
		return
	}
	p.width, p.height = width, height
	h.Signal(TerminalChanged)
}

// askType begins to ask for the peer's terminal types. A client answers each
// SEND with its next type and at the end of its list repeats the last one (RFC
// 1091); MUD clients give their own name first, the terminal's second, and
// MTTS with a number third. Older ones do not know MTTS, but list ANSI.
func (d *Decoder) askType(h Handler) {
	p := d.record()
	p.types, p.name, p.lastType, p.mtts = 0, "", "", 0
	d.sendType(h)
}

func (d *Decoder) sendType(h Handler) {
	h.Reply([]byte{cmdIAC, cmdSB, optTType, ttypeSend, cmdIAC, cmdSE})
}

// terminalType takes one answer, which a client may also give unasked (plink
// does), and asks for the next one unless there is nothing new to come.
func (d *Decoder) terminalType(body []byte, h Handler) {
	p := d.peer
	if p.types == maxTypes {
		return
	}
	p.types++
	name := typeName(body)
	if bits, ok := strings.CutPrefix(name, "MTTS "); ok {
		if n, err := strconv.ParseUint(bits, 10, 32); err == nil {
			p.mtts = MTTS(n)
			h.Signal(TerminalChanged)
		}
		name = ""
	} else if strings.HasPrefix(strings.ToUpper(name), "ANSI") && p.mtts&MTTSANSI == 0 {
		p.mtts |= MTTSANSI
		h.Signal(TerminalChanged)
	}
	if name == "" || name == p.lastType {
		p.types = maxTypes
	}
	if p.types == maxTypes {
		p.lastType = ""
	} else {
		p.lastType = name
		d.sendType(h)
	}
	if p.name == "" && name != "" {
		p.name = name
		h.Signal(TerminalChanged)
	}
}

// typeName keeps what can be shown and logged of a terminal's name.
func typeName(body []byte) string {
	name := make([]byte, 0, maxTypeName)
	for _, b := range body {
		if b >= ' ' && b < del && len(name) < maxTypeName {
			name = append(name, b)
		}
	}
	return string(name)
}

// offerCharset asks for UTF-8, once. The peer has said DO CHARSET, so we are
// the side that may (RFC 2066, section 2).
func (d *Decoder) offerCharset(h Handler) {
	p := d.record()
	if p.charset != charsetUnasked {
		return
	}
	p.charset = charsetAsked
	h.Reply(charsetMessage(charsetRequest, ";"+utf8Name))
}

// charset takes a CHARSET message.
func (d *Decoder) charset(verb byte, body []byte, h Handler) {
	p := d.peer
	switch {
	case verb == charsetAccepted && p.charset == charsetAsked:
		p.charset = charsetSettled
		if bytes.EqualFold(body, []byte(utf8Name)) {
			p.utf8 = true
			h.Signal(TerminalChanged)
		}
	case verb == charsetRejected && p.charset == charsetAsked:
		p.charset = charsetSettled
	case verb == charsetRequest && (d.options[himCharset] == qYes || d.options[usCharset] == qYes):
		d.answerCharset(body, h)
	}
}

// answerCharset answers the peer's own request. If the two have crossed it is
// the server's that stands (RFC 2066, section 5).
func (d *Decoder) answerCharset(body []byte, h Handler) {
	if !d.countRequest(h) {
		return
	}
	p := d.peer
	if p.charset == charsetAsked || !offersUTF8(body) {
		h.Reply(charsetMessage(charsetRejected, ""))
		return
	}
	h.Reply(charsetMessage(charsetAccepted, utf8Name))
	if !p.utf8 {
		p.utf8 = true
		h.Signal(TerminalChanged)
	}
}

// offersUTF8 looks for UTF-8 in the list of a CHARSET REQUEST: each name comes
// after a separator, which is the list's first byte. The offer of a
// translation table may stand before the list; it is not taken up.
func offersUTF8(list []byte) bool {
	if bytes.HasPrefix(list, []byte("[TTABLE")) {
		_, list, _ = bytes.Cut(list, []byte("]"))
		list = list[min(1, len(list)):] // the version
	}
	if len(list) == 0 {
		return false
	}
	for name := range bytes.SplitSeq(list[1:], list[:1]) {
		if bytes.EqualFold(name, []byte(utf8Name)) {
			return true
		}
	}
	return false
}

func charsetMessage(verb byte, body string) []byte {
	m := append([]byte{cmdIAC, cmdSB, optCharset, verb}, body...)
	return append(m, cmdIAC, cmdSE)
}
