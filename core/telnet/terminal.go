package telnet

// Terminal is what the peer has told of itself. The zero value stands for a
// peer that has told nothing.
type Terminal struct {
	// Width and Height are the size of the window in character cells. 0 is
	// unknown; other sizes are brought into 20 to 500 and 5 to 200.
	Width, Height int

	// Name is the first terminal type the client gave, as it wrote it: the
	// name of the terminal, or of the client itself if that is made for MUDs
	// ("TINTIN++", "MUDLET"). At most 40 bytes of printable ASCII, "" if
	// unknown. It is a claim: of use for display, never for trust.
	Name string

	// MTTS are the abilities the client claims, 0 if it claims none. One that
	// does not know MTTS has MTTSANSI if ANSI is among its terminal types.
	MTTS MTTS

	// UTF8 is true if the client has said that it uses UTF-8, by CHARSET or
	// MTTS. False does not mean that it does not: most clients pass UTF-8 and
	// know neither.
	UTF8 bool

	// NoColor is true if the client's user has set the environment variable
	// NO_COLOR to anything (https://no-color.org): colours are unwanted, unless
	// the user asks for them here. Nothing else of the environment is kept.
	NoColor bool

	// Negotiated is true while at least one option is on, which tells a
	// telnet client from netcat and from a script.
	Negotiated bool
}

// MTTS is the bit set of the Mud Terminal Type Standard.
type MTTS uint32

const (
	MTTSANSI         MTTS = 1 << iota // ANSI colour
	MTTSVT100                         // VT100 cursor control
	MTTSUTF8                          // UTF-8
	MTTS256Colors                     // 256 colours
	MTTSMouse                         // xterm mouse tracking
	MTTSPalette                       // the palette can be changed (OSC)
	MTTSScreenReader                  // the user reads with a screen reader
	MTTSProxy                         // the client is a proxy for many users
	MTTSTrueColor                     // 24 bit colour
	MTTSMNES                          // Mud New Environment Standard
	MTTSMSLP                          // Mud Server Link Protocol
	MTTSTLS                           // the connection is encrypted
)

const (
	minWidth, maxWidth   = 20, 500
	minHeight, maxHeight = 5, 200
)

// clamp brings a size of a window into its range. 0 is "unknown" (RFC 1073).
func clamp(n, low, high uint16) uint16 {
	if n == 0 {
		return 0
	}
	return min(max(n, low), high)
}

// peer is what has to be kept of a peer that negotiates.
type peer struct {
	sub      []byte // the subnegotiation under way; nil outside of one
	subTotal uint32 // its bytes on the wire
	subCut   bool   // it was longer than maxSub

	types    uint8  // terminal types received; maxTypes when done
	name     string // the first of them
	lastType string // the latest, "" when done
	mtts     MTTS

	width, height uint16
	charset       charsetState
	utf8          bool
	noColor       bool
	environAsked  bool // for NO_COLOR

	refused [2]optionSet // by side: refused, and not taken back since
}

// charsetState is how far our own CHARSET REQUEST has come.
type charsetState uint8

const (
	charsetUnasked charsetState = iota
	charsetAsked
	charsetSettled
)

// record returns the record of the peer, which exists from now on.
func (d *Decoder) record() *peer {
	if d.peer == nil {
		d.peer = new(peer)
	}
	return d.peer
}

// Terminal returns what is known of the peer's terminal by now: all of it a few
// round trips after Open, or nothing ever.
func (d *Decoder) Terminal() Terminal {
	var t Terminal
	t.Negotiated = d.negotiated()
	if p := d.peer; p != nil {
		t.Width, t.Height = int(p.width), int(p.height)
		t.Name = p.name
		t.MTTS = p.mtts
		t.UTF8 = p.utf8 || p.mtts&MTTSUTF8 != 0
		t.NoColor = p.noColor
	}
	return t
}
