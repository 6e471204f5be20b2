package telnet

// Signal is something other than a line that the peer did.
type Signal uint8

const (
	// Interrupt: Ctrl-C (0x03), IAC IP or IAC BRK. The unfinished line has
	// been dropped.
	Interrupt Signal = iota + 1

	// AreYouThere: IAC AYT. The peer expects some visible answer; how often it
	// gets one is for the session to limit.
	AreYouThere

	// EOF: Ctrl-D (0x04) or IAC EOF on an empty line. Inside a line both are
	// ignored.
	EOF

	// LineTooLong: a line of more than Options.MaxLine bytes has ended. All of
	// it was discarded; the next line is a new one.
	LineTooLong

	// TerminalChanged: what [Decoder.Terminal] or [Decoder.Hidden] returns may
	// have changed.
	TerminalChanged

	// EchoRefused: the peer declined HideInput(true), at once or by taking its
	// consent back: what its user types is visible on the screen.
	EchoRefused

	// LineOverflow: 16 KiB arrived without a line end. Fatal.
	LineOverflow

	// SubnegotiationOverflow: 64 KiB arrived after IAC SB without IAC SE.
	// Fatal.
	SubnegotiationOverflow

	// OptionOverflow: more than 200 option requests arrived that nobody had
	// asked for, see [Decoder.ResetOptionCount]. Fatal.
	OptionOverflow
)

// Fatal reports whether the peer has broken a limit: the session must be cut.
// The Decoder has let go of its buffers and ignores all further input, so
// that no second fatal signal follows.
func (s Signal) Fatal() bool {
	return s >= LineOverflow
}

// String returns a short description that fits a log line.
func (s Signal) String() string {
	switch s {
	case Interrupt:
		return "interrupt"
	case AreYouThere:
		return "are you there"
	case EOF:
		return "end of file"
	case LineTooLong:
		return "line too long"
	case TerminalChanged:
		return "terminal changed"
	case EchoRefused:
		return "echo refused"
	case LineOverflow:
		return "too many bytes without a line end"
	case SubnegotiationOverflow:
		return "telnet subnegotiation without end"
	case OptionOverflow:
		return "too many telnet option requests"
	}
	return "unknown signal"
}
