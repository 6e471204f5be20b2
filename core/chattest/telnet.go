package chattest

// The telnet bytes that matter to a reader of text, from RFC 854.
const (
	iac  = 255
	dont = 254
	will = 251
	sb   = 250
	se   = 240
)

// A decoder takes telnet commands out of what a server sends, however the
// bytes are cut. It is the tests' own, so that a fault in the server's decoder
// cannot hide behind the same fault here. The zero value starts in text.
type decoder struct {
	state    func(*decoder, []byte, byte) []byte // nil in text
	commands []byte
}

// Text returns what a server sent as the text in it and the telnet commands in
// it, each with its IAC.
func Text(received []byte) (text, telnet []byte) {
	var d decoder
	text = d.decode(nil, received)
	return text, d.commands
}

// decode appends the text in p to text and keeps the commands in d.
func (d *decoder) decode(text, p []byte) []byte {
	for _, b := range p {
		switch {
		case d.state != nil:
			text = d.state(d, text, b)
		case b == iac:
			d.state = (*decoder).command
		default:
			text = append(text, b)
		}
	}
	return text
}

func (d *decoder) command(text []byte, b byte) []byte {
	switch {
	case b == iac:
		d.state = nil
		return append(text, iac)
	case b == sb:
		d.state = (*decoder).subnegotiation
	case will <= b && b <= dont:
		d.state = (*decoder).option
	default:
		d.state = nil
	}
	d.commands = append(d.commands, iac, b)
	return text
}

func (d *decoder) option(text []byte, b byte) []byte {
	d.commands = append(d.commands, b)
	d.state = nil
	return text
}

func (d *decoder) subnegotiation(text []byte, b byte) []byte {
	d.commands = append(d.commands, b)
	if b == iac {
		d.state = (*decoder).subnegotiationIAC
	}
	return text
}

func (d *decoder) subnegotiationIAC(text []byte, b byte) []byte {
	d.commands = append(d.commands, b)
	d.state = (*decoder).subnegotiation
	if b == se {
		d.state = nil
	}
	return text
}
