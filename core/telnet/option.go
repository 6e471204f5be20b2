package telnet

// qstate is the state of one option on one side of the connection, by the Q
// method (RFC 1143, section 7). The two "opposite" states are the queue bit:
// we changed our mind while the peer's answer was still under way.
type qstate uint8

const (
	qNo qstate = iota
	qYes
	qWantNo
	qWantNoOpposite
	qWantYes
	qWantYesOpposite
)

// asking reports whether an answer of the peer is outstanding.
func (q qstate) asking() bool {
	return q >= qWantNo
}

// request wishes the option on or off. It reports whether that has to be sent
// now.
func (q *qstate) request(on bool) (send bool) {
	switch {
	case on && *q == qNo:
		*q = qWantYes
		return true
	case on && *q == qWantNo:
		*q = qWantNoOpposite
	case on && *q == qWantYesOpposite:
		*q = qWantYes
	case !on && *q == qYes:
		*q = qWantNo
		return true
	case !on && *q == qWantNoOpposite:
		*q = qWantNo
	case !on && *q == qWantYes:
		*q = qWantYesOpposite
	}
	return false
}

// receive takes the peer's word that the option is on or shall be (WILL, DO),
// or the contrary (WONT, DONT). agree says whether we accept it being switched
// on by the peer. If send is true, value must be sent back. Nothing is ever
// sent back if the state stays what it was, except a refusal.
func (q *qstate) receive(on, agree bool) (send, value bool) {
	switch *q {
	case qNo:
		if on && agree {
			*q = qYes
		}
		return on, agree
	case qYes:
		if !on {
			*q = qNo
		}
		return !on, false
	case qWantNo:
		// Our refusal answered by WILL or DO is the peer's error; the option
		// is off all the same.
		*q = qNo
	case qWantNoOpposite:
		if on {
			*q = qYes // the same error, but it is what we want by now
			return false, false
		}
		*q = qWantYes
		return true, true
	case qWantYes:
		*q = qNo
		if on {
			*q = qYes
		}
	case qWantYesOpposite:
		*q = qNo
		if on {
			*q = qWantNo
			return true, false
		}
	}
	return false, false
}

// side is the end of the connection that performs an option.
type side uint8

const (
	him side = iota // the peer: it says WILL and WONT, we say DO and DONT
	us              // this end: the peer says DO and DONT, we say WILL and WONT
)

// verb is what we say to have an option of side s on or off.
func (s side) verb(on bool) byte {
	switch {
	case s == him && on:
		return cmdDO
	case s == him:
		return cmdDONT
	case on:
		return cmdWILL
	default:
		return cmdWONT
	}
}

// heard is what the peer means by a verb: the side it speaks of, and on or
// off.
func heard(verb byte) (s side, on bool) {
	switch verb {
	case cmdWILL:
		return him, true
	case cmdWONT:
		return him, false
	case cmdDO:
		return us, true
	default:
		return us, false
	}
}

// The options that can be on have a slot each; every other one is refused.
const (
	himTType = iota
	himNAWS
	himCharset
	himEnviron
	usCharset
	usEcho
	usEOR
	slots

	noSlot = -1
)

func slot(s side, opt byte) int {
	switch {
	case s == him && opt == optTType:
		return himTType
	case s == him && opt == optNAWS:
		return himNAWS
	case s == him && opt == optCharset:
		return himCharset
	case s == him && opt == optEnviron:
		return himEnviron
	case s == us && opt == optCharset:
		return usCharset
	case s == us && opt == optEcho:
		return usEcho
	case s == us && opt == optEOR:
		return usEOR
	}
	return noSlot
}
