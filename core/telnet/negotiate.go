package telnet

// maxRequests is how many option requests of its own a peer may send between
// two calls of ResetOptionCount. The greatest number a real client sends on
// its own account is about ten.
const maxRequests = 200

// Open asks the peer for its terminal type and window size, in one Reply.
// Nothing more is sent until the peer has answered something: what does not
// speak telnet gets six bytes, none of which is printable. The session calls
// it once, after its first line of output. With Options.Raw it does nothing.
func (d *Decoder) Open(o *Options, h Handler) {
	if o.Raw {
		return
	}
	burst := d.ask(nil, him, optTType)
	burst = d.ask(burst, him, optNAWS)
	if len(burst) > 0 {
		h.Reply(burst)
	}
}

// offer asks for the rest of what we want, in one Reply.
func (d *Decoder) offer(h Handler) {
	burst := d.ask(nil, us, optEOR)
	if d.options[himCharset] == qNo {
		burst = d.ask(burst, us, optCharset)
	}
	burst = d.ask(burst, him, optEnviron)
	if len(burst) > 0 {
		h.Reply(burst)
	}
}

// ask appends the request for an option to burst, unless the option is on or
// asked for already.
func (d *Decoder) ask(burst []byte, s side, opt byte) []byte {
	if d.options[slot(s, opt)].request(true) {
		burst = append(burst, cmdIAC, s.verb(true), opt)
	}
	return burst
}

// HideInput asks the peer to stop showing what its user types, for a password
// (RFC 857: WILL ECHO, and then nothing is echoed), or to show it again. SGA
// is left alone, so that the client stays in line mode.
//
// The peer confirms, and Hidden becomes true with a TerminalChanged signal; or
// it refuses, or later takes its word back, and EchoRefused follows; or it
// never answers, as everything does that does not speak telnet. A peer that
// has not answered any option yet is asked as soon as it does.
func (d *Decoder) HideInput(o *Options, on bool, h Handler) {
	if o.Raw {
		return
	}
	d.hide = on
	if d.manners != mute {
		d.request(us, optEcho, on, h)
	}
}

// Hidden reports whether the peer has confirmed that it does not show what its
// user types.
func (d *Decoder) Hidden() bool {
	return d.options[usEcho] == qYes
}

// ResetOptionCount lets the peer send another 200 option requests before
// OptionOverflow. The session calls it when it has reason to trust the peer:
// on login, and then for each line, so that only a peer that does nothing but
// negotiate is cut. Answers to our own requests are never counted.
func (d *Decoder) ResetOptionCount() {
	d.requests = 0
}

// negotiate takes IAC verb opt.
func (d *Decoder) negotiate(verb, opt byte, h Handler) {
	s, on := heard(verb)
	i := slot(s, opt)
	if !(i != noSlot && d.options[i].asking()) && !d.countRequest(h) {
		return
	}
	switch {
	case s == us && opt == optTM && on:
		// Not an option with a state but a question (RFC 860). After Ctrl-C
		// clients throw our output away until this answer.
		d.say(us, optTM, true, h)
	case i == noSlot:
		d.refuse(s, opt, on, h)
	default:
		d.change(s, opt, i, on, h)
	}
	d.speaksTelnet(on, h)
}

// speaksTelnet sends what had to wait. ECHO waits for any answer: before that
// nobody may be there who understands it. What offer asks for waits for a peer
// that agrees to something, since two of these options have numbers that are
// printable, and one that refuses all it hears shows it too, as nc -t does.
func (d *Decoder) speaksTelnet(on bool, h Handler) {
	if d.manners == mute {
		d.manners = answers
		if d.hide {
			d.request(us, optEcho, true, h)
		}
	}
	if on && d.manners != willing {
		d.manners = willing
		d.offer(h)
	}
}

// change lets the peer switch an option that has a slot.
func (d *Decoder) change(s side, opt byte, i int, on bool, h Handler) {
	q := &d.options[i]
	before := *q
	// WILL ECHO means "hide the input" here, and nothing is echoed: a client
	// that asks for echo by itself (plink does, at once) would show nothing of
	// what its user types.
	agree := i != usEcho
	if before == qNo && !agree {
		d.refuse(s, opt, on, h)
		return
	}
	send, value := q.receive(on, agree)
	after := *q
	if send {
		d.say(s, opt, value, h)
	}
	if after == before {
		return
	}
	switch {
	case i == himTType && after == qYes:
		d.askType(h)
	case i == himNAWS && after == qNo && d.peer != nil:
		d.peer.width, d.peer.height = 0, 0
	case i == himEnviron && after == qYes:
		d.askEnviron(h)
	case i == usCharset && after == qYes:
		d.offerCharset(h)
	case i == usEcho && after == qNo && d.hide:
		h.Signal(EchoRefused)
	}
	if before == qYes || after == qYes {
		h.Signal(TerminalChanged)
	}
}

// refuse answers a request for an option that we do not want. A peer that asks
// again without having taken the first request back knows our answer, and gets
// none: that ends the loop with a peer that answers every answer.
func (d *Decoder) refuse(s side, opt byte, on bool, h Handler) {
	if !on {
		if d.peer != nil {
			d.peer.refused[s].remove(opt)
		}
		return
	}
	if d.record().refused[s].add(opt) {
		d.say(s, opt, false, h)
	}
}

// request switches an option on or off on our own account.
func (d *Decoder) request(s side, opt byte, on bool, h Handler) {
	if d.options[slot(s, opt)].request(on) {
		d.say(s, opt, on, h)
	}
}

func (d *Decoder) say(s side, opt byte, on bool, h Handler) {
	h.Reply([]byte{cmdIAC, s.verb(on), opt})
}

// countRequest counts something that the peer began and that may be answered.
func (d *Decoder) countRequest(h Handler) bool {
	if d.requests == maxRequests {
		d.fail(OptionOverflow, h)
		return false
	}
	d.requests++
	return true
}

// optionSet is a set of option numbers.
type optionSet [4]uint64

func (s *optionSet) has(opt byte) bool {
	return s[opt/64]>>(opt%64)&1 != 0
}

// add reports whether opt was not in the set.
func (s *optionSet) add(opt byte) bool {
	added := !s.has(opt)
	s[opt/64] |= 1 << (opt % 64)
	return added
}

func (s *optionSet) remove(opt byte) {
	s[opt/64] &^= 1 << (opt % 64)
}
