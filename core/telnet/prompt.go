package telnet

import "slices"

var (
	endOfRecord = []byte{cmdIAC, cmdEOR}
	goAhead     = []byte{cmdIAC, cmdGA}
)

// PromptEnd returns the bytes to send behind a prompt, by which a client knows
// that it is one, since no line end follows: IAC EOR if the client agreed to
// END-OF-RECORD (RFC 885); else IAC GA (RFC 854, "The NVT go ahead"), if the
// client negotiates and has not asked us to suppress that (RFC 858); else nil.
// To be asked for each prompt, since the client may change its mind; it costs
// nothing. The bytes must not be changed.
func (d *Decoder) PromptEnd() []byte {
	switch {
	case d.options[usEOR] == qYes:
		return endOfRecord
	case !d.negotiated(), d.peer != nil && d.peer.refused[us].has(optSGA):
		return nil
	}
	return goAhead
}

// negotiated reports whether an option is on.
func (d *Decoder) negotiated() bool {
	return slices.Contains(d.options[:], qYes)
}
