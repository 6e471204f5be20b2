package telnet

// Commands (RFC 854, "TELNET command structure"; EOF is RFC 1184's). The ones
// that are missing here are ignored when a client sends them.
const (
	cmdEOF  = 236
	cmdEOR  = 239 // RFC 885
	cmdSE   = 240
	cmdBRK  = 243
	cmdIP   = 244
	cmdAYT  = 246
	cmdEC   = 247
	cmdEL   = 248
	cmdGA   = 249
	cmdSB   = 250
	cmdWILL = 251
	cmdWONT = 252
	cmdDO   = 253
	cmdDONT = 254
	cmdIAC  = 255
)

// Options that are treated differently from "refused", and SGA, whose refusal
// means something.
const (
	optEcho    = 1  // RFC 857
	optSGA     = 3  // RFC 858
	optTM      = 6  // RFC 860
	optTType   = 24 // RFC 1091
	optEOR     = 25 // RFC 885
	optNAWS    = 31 // RFC 1073
	optEnviron = 39 // RFC 1572
	optCharset = 42 // RFC 2066
)

// First bytes of subnegotiations.
const (
	ttypeIs         = 0
	ttypeSend       = 1
	environIs       = 0
	environSend     = 1
	environInfo     = 2
	charsetRequest  = 1
	charsetAccepted = 2
	charsetRejected = 3
)

// Marks inside a subnegotiation of NEW-ENVIRON (RFC 1572).
const (
	environVar     = 0 // the name of a variable that everybody knows
	environValue   = 1
	environEsc     = 2 // the next byte is no mark
	environUserVar = 3 // the name of any other variable
)

// Bytes of the line itself that do not stand for themselves.
const (
	nul       = 0x00
	interrupt = 0x03 // Ctrl-C
	endOfFile = 0x04 // Ctrl-D
	backspace = 0x08
	lf        = '\n'
	cr        = '\r'
	killLine  = 0x15 // Ctrl-U
	killWord  = 0x17 // Ctrl-W
	del       = 0x7f
)
