package telnet

// noColorName is the one variable of the client's environment that is asked
// for and looked at.
const noColorName = "NO_COLOR"

// askEnviron asks for NO_COLOR, once. Clients send what their user has told
// them to export and no more (RFC 1572, section 4); what plink sends unasked is
// thrown away.
func (d *Decoder) askEnviron(h Handler) {
	p := d.record()
	if p.environAsked {
		return
	}
	p.environAsked = true
	m := append([]byte{cmdIAC, cmdSB, optEnviron, environSend, environUserVar}, noColorName...)
	h.Reply(append(m, cmdIAC, cmdSE))
}

// environ takes the variables of an IS, or of an INFO that tells what has
// changed: the name of each, and its value if it is defined (RFC 1572, section
// 2). Clients differ in whether NO_COLOR is a VAR or a USERVAR. What follows a
// byte that is not where it belongs is ignored.
func (d *Decoder) environ(body []byte, h Handler) {
	noColor, named := d.peer.noColor, false
	for len(body) > 0 {
		mark := body[0]
		var text []byte
		text, body = environText(body[1:])
		switch {
		case mark == environVar || mark == environUserVar:
			if named = string(text) == noColorName; named {
				noColor = false // until its value comes
			}
		case mark != environValue:
			body = nil
		case named:
			noColor = len(text) > 0
		}
	}
	if noColor != d.peer.noColor {
		d.peer.noColor = noColor
		h.Signal(TerminalChanged)
	}
}

// environText returns the name or value at the start of body, unescaped in
// place, and what is left.
func environText(body []byte) (text, rest []byte) {
	text = body[:0]
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case environVar, environValue, environUserVar:
			return text, body[i:]
		case environEsc:
			if i++; i == len(body) {
				return text, nil
			}
		}
		text = append(text, body[i])
	}
	return text, nil
}
