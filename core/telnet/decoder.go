package telnet

// Options are the settings that all decoders of one listener share. The zero
// value is a telnet listener with the default line length.
type Options struct {
	// MaxLine is the greatest length of a line in bytes, excluding its
	// terminator: 1 to 16384, larger values count as 16384. 0 means 1024.
	MaxLine int

	// Raw makes the byte 255 an ordinary one: nothing is negotiated and not
	// one telnet byte is ever sent. Line ends and erase keys work as always.
	Raw bool
}

const defaultMaxLine = 1024

func (o *Options) maxLine() int {
	if o.MaxLine <= 0 {
		return defaultMaxLine
	}
	return min(o.MaxLine, maxUnended)
}

// Handler receives what a Decoder finds, in the order of the bytes, on the
// goroutine that called the Decoder. It may call [Decoder.HideInput] and the
// methods that only look, but not Feed.
type Handler interface {
	// Line is one line without its terminator, possibly empty. p is valid
	// until Line returns.
	Line(p []byte)

	// Signal is called for everything that is no line.
	Signal(s Signal)

	// Reply is bytes for the peer, already escaped, to be sent at once: ahead
	// of output that waits for anything, because a client that has sent DO TM
	// throws away all output until the answer comes. p is valid until Reply
	// returns.
	Reply(p []byte)
}

// Decoder decodes what one peer sends. The zero value is ready for use. It is
// 48 bytes, and holds buffers only for an unfinished line and for what the
// peer negotiated.
//
// A Decoder is not safe for concurrent use. All calls for one Decoder take
// Options that agree in Raw; MaxLine may change from call to call.
//
// Only line mode exists. Character mode (ECHO and SUPPRESS-GO-AHEAD both ours,
// the line edited on this side) belongs beside HideInput: it is two more slots
// in option.go, agreed to only for clients that are plain terminals, and then
// the keys that line.go acts on go to an editor instead. Until then SGA is
// refused both ways, because together with ECHO it takes clients out of line
// mode.
type Decoder struct {
	line []byte // the unfinished line, as edited so far; nil when empty between calls
	peer *peer  // what the peer negotiated; nil until there is something to keep

	unended uint16 // bytes since the last line end, whether kept or not
	tooLong bool   // the unfinished line was over-long: nothing of it is kept
	afterCR bool   // a CR ended the line; an LF or NUL that follows belongs to it

	state state
	verb  byte // WILL, WONT, DO or DONT while state is inOption

	options  [slots]qstate
	requests uint8 // option requests counted against maxRequests
	manners  manners
	hide     bool // the last HideInput
}

// manners says how far a peer has shown that it speaks telnet.
type manners uint8

const (
	mute    manners = iota // no option command has come: it may be netcat
	answers                // all that came were refusals
	willing                // one was WILL or DO
)

// state says what the next byte is.
type state uint8

const (
	inText      state = iota
	afterIAC          // the command
	inOption          // the option that verb is about
	inSub             // a byte of a subnegotiation
	afterSubIAC       // what follows an IAC inside a subnegotiation
	dead              // ignored: a limit was broken
)

// Feed decodes p. It keeps no reference to p.
//
// A line ends at LF, CR LF, CR NUL or CR, decided without waiting: a CR that
// is the last byte of p, or that a telnet command or a control key follows,
// ends the line at once, and an LF or NUL that comes next is taken as part of
// that line end. A CR that text follows in the same p ends no line and becomes
// a space. This is the only place where it matters how the bytes were cut.
//
// In every mode 0x08, 0x7f and IAC EC erase the last character of the
// unfinished line, 0x17 its last word, 0x15 and IAC EL all of it. Lines that
// arrive whole and without such keys are passed on as parts of p, without
// being copied.
func (d *Decoder) Feed(o *Options, p []byte, h Handler) {
	for len(p) > 0 && d.state != dead {
		if d.state == inText && (p[0] != cmdIAC || o.Raw) {
			p = d.text(o, p, h)
			continue
		}
		d.command(o, p[0], h)
		p = p[1:]
	}
	if len(d.line) == 0 {
		d.line = nil // no buffer while idle
	}
}

// command takes one byte of a telnet command.
func (d *Decoder) command(o *Options, b byte, h Handler) {
	switch d.state {
	case inText:
		d.state = afterIAC
	case afterIAC:
		d.state = inText
		d.simpleCommand(o, b, h)
	case inOption:
		d.state = inText
		d.negotiate(d.verb, b, h)
	case inSub, afterSubIAC:
		d.subnegotiate(o, b, h)
	}
}

// simpleCommand acts on the byte after IAC. Commands that are not known here,
// and bytes that are no commands at all (ncat -t sends IAC NUL), are ignored.
func (d *Decoder) simpleCommand(o *Options, b byte, h Handler) {
	switch b {
	case cmdIAC:
		d.afterCR = false
		d.put(o, []byte{cmdIAC}, h)
	case cmdWILL, cmdWONT, cmdDO, cmdDONT:
		d.verb = b
		d.state = inOption
	case cmdSB:
		d.record().beginSub()
		d.state = inSub
	case cmdIP, cmdBRK:
		d.interrupt(h)
	case cmdAYT:
		h.Signal(AreYouThere)
	case cmdEC:
		d.eraseRune()
	case cmdEL:
		d.eraseLine()
	case cmdEOF:
		d.endOfFile(h)
	}
}

// fail reports that the peer broke a limit. It is the last thing a Decoder
// does.
func (d *Decoder) fail(s Signal, h Handler) {
	d.state = dead
	d.line = nil
	if d.peer != nil {
		d.peer.sub = nil
	}
	h.Signal(s)
}

// Partial returns how many bytes of an unfinished line are held: 0 between
// lines, at most Options.MaxLine.
func (d *Decoder) Partial() int {
	return len(d.line)
}
