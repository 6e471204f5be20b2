package wall_test

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/vt"

	"github.com/chatroom-shell/chatroom/core/chattest"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A terminal reads every line that one client receives as a person's terminal
// would, and fails the test when the line makes it do anything else than show
// text. The clients of these tests ask for no colours, rings or prompts, so they
// get none.
type terminal struct {
	t       testing.TB
	client  *chattest.Client // nil: a connection without one
	mu      sync.Mutex
	pending []byte // what no line feed has ended yet
	may     permission
	lines   int
	faults  int
}

// A permission is what the server may send to a client besides text.
type permission uint

const (
	colour  permission = 1 << iota // SGR, switched off again in the same line
	ring                           // BEL at the end of a line
	prompts                        // text that is not ended by CRLF, removed by CR and EL
	cleared                        // a screen is cleared, by the command clear
)

// watch has a terminal read all that a client receives.
func watch(t testing.TB, c *chattest.Client) io.Writer {
	x := &terminal{t: t, client: c}
	t.Cleanup(x.close)
	return x
}

func (x *terminal) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.pending = append(x.pending, p...)
	for {
		line, rest, found := bytes.Cut(x.pending, []byte("\n"))
		if !found {
			return len(p), nil
		}
		x.read(string(line) + "\n")
		x.pending = rest
	}
}

// close checks what has come behind the last line, and the telnet commands.
func (x *terminal) close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	// The test may end in the middle of a line, or of a sequence of the server's.
	if x.may == 0 && bytes.ContainsFunc(bytes.TrimSuffix(x.pending, []byte("\r")), unicode.IsControl) {
		x.fail("%q, which no line end follows, holds a control character", x.pending)
	}
	x.telnet(x.client.Telnet())
}

func (x *terminal) fail(format string, args ...any) {
	x.t.Helper()
	who := "a connection"
	if x.client != nil {
		who = x.client.Name
	}
	if x.faults++; x.faults <= 10 {
		x.t.Errorf("the terminal of %s: "+format, append([]any{who}, args...)...)
	}
}

// read reads one line with its end.
func (x *terminal) read(line string) {
	x.t.Helper()
	text, ok := strings.CutSuffix(line, "\r\n")
	switch {
	case !ok:
		x.fail("%q does not end in CRLF", line)
		return
	case !utf8.ValidString(text):
		x.fail("%q is not UTF-8", line)
		return
	}
	if fault := obeyed(text, x.may); fault != "" {
		x.fail("%q holds %s", line, fault)
		return
	}
	if x.lines++; x.lines > shownLines && plain(text) {
		return
	}
	if fault := onScreen(text); fault != "" {
		x.fail("%q %s", line, fault)
	}
}

// shownLines is how many lines of a client are shown whatever they hold. Behind
// them those of printable ASCII are not, which saves hours of a flood.
const shownLines = 1000

func plain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// The sequences that the server makes itself.
var (
	sgr      = regexp.MustCompile(`\x1b\[[0-9]{0,3}(;[0-9]{1,3})*m`)
	reset    = "\x1b[0m"
	home     = "\x1b[H\x1b[2J"
	unprompt = "\r\x1b[K"
)

// obeyed says what a terminal would obey in a line without its end, but for what
// the client may get. It is "" if there is nothing.
func obeyed(line string, may permission) string {
	if may&ring != 0 {
		line = strings.TrimSuffix(line, "\a")
	}
	if may&cleared != 0 {
		line = strings.ReplaceAll(line, home, "")
	}
	if may&prompts != 0 {
		line = strings.ReplaceAll(line, unprompt, "")
	}
	if may&colour != 0 {
		if all := sgr.FindAllString(line, -1); len(all) > 0 && all[len(all)-1] != reset {
			return "a colour that stays"
		}
		line = sgr.ReplaceAllString(line, "")
	}
	for _, r := range line {
		switch {
		case unicode.IsControl(r):
			return "a control character"
		case unicode.Is(unicode.Bidi_Control, r):
			return "a direction control"
		case r == '\u2028' || r == '\u2029':
			return "a line separator"
		}
	}
	return ""
}

// telnet checks the commands: the server negotiates, ends prompts, and that is all.
func (x *terminal) telnet(commands []byte) {
	for rest := commands; len(rest) > 0; {
		if len(rest) < 2 || rest[0] != 255 {
			x.fail("no telnet commands: %q", commands)
			return
		}
		switch verb := rest[1]; {
		case verb == 239 || verb == 249: // EOR, GA
			rest = rest[2:]
		case 251 <= verb && verb <= 254 && len(rest) >= 3: // WILL, WONT, DO, DONT
			rest = rest[3:]
		case verb == 250 && bytes.Contains(rest, []byte("\xff\xf0")): // SB up to SE
			rest = rest[bytes.Index(rest, []byte("\xff\xf0"))+2:]
		case verb >= 250 && x.client != nil: // the test ended inside it
			return
		default:
			x.fail("the telnet command %q among %q", rest[:2], commands)
			return
		}
	}
}

// A model is a terminal emulator that shows line after line of all clients. Each
// line must leave it as it was, with the text on the screen and nothing else
// done, so it does not matter whose lines come in between.
type model struct {
	mu   sync.Mutex
	cols int
	emu  *vt.Emulator
	did  []string // what the line made the terminal do besides showing it
}

// The widest model holds the longest line of chat with what the server adds. Of
// lines that are longer the text is not compared.
var models = [...]*model{newModel(200), newModel(1200)}

func newModel(cols int) *model {
	m := &model{cols: cols}
	m.restart()
	return m
}

// restart puts a new emulator in the place of one that has obeyed something.
func (m *model) restart() {
	m.emu = vt.NewEmulator(m.cols, 3)
	m.emu.SetScrollbackSize(0)
	m.emu.SetLogger(m)
	m.emu.InputPipe().(io.Closer).Close() // nobody reads what it answers
	m.emu.SetCallbacks(vt.Callbacks{
		Title:            func(string) { m.obeys("a title") },
		IconName:         func(string) { m.obeys("an icon's name") },
		AltScreen:        func(bool) { m.obeys("another screen") },
		CursorVisibility: func(bool) { m.obeys("a hidden cursor") },
		CursorStyle:      func(vt.CursorStyle, bool) { m.obeys("a cursor") },
		CursorColor:      func(color.Color) { m.obeys("a cursor's colour") },
		BackgroundColor:  func(color.Color) { m.obeys("a background") },
		ForegroundColor:  func(color.Color) { m.obeys("a foreground") },
		WorkingDirectory: func(string) { m.obeys("a directory") },
	})
	for final := byte('0'); final <= '~'; final++ {
		m.emu.RegisterEscHandler(int(final), func() bool { return m.obeys("an ESC " + string(final)) })
	}
	for number := range 2000 {
		m.emu.RegisterOscHandler(number, func([]byte) bool { return m.obeys("an OSC") })
	}
	m.emu.RegisterApcHandler(func([]byte) bool { return m.obeys("an APC") })
	m.emu.RegisterPmHandler(func([]byte) bool { return m.obeys("a PM") })
	m.emu.RegisterSosHandler(func([]byte) bool { return m.obeys("a SOS") })
}

func (m *model) obeys(what string) bool {
	m.did = append(m.did, what)
	return true
}

// Printf is how the emulator tells of what it does not know.
func (m *model) Printf(format string, v ...any) { m.obeys(fmt.Sprintf(format, v...)) }

// onScreen shows a line, given without its end, and says what is wrong with the
// screen then, "" if nothing is.
func onScreen(line string) string {
	if len(line) < models[0].cols {
		return models[0].show(line)
	}
	return models[1].show(line)
}

func (m *model) show(line string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.did = nil
	m.emu.WriteString(line + "\r\n")
	if len(m.did) > 0 {
		did := m.did[0]
		m.restart()
		return "has the terminal obey " + did
	}
	cursor := m.emu.CursorPosition()
	if cursor.X != 0 || cursor.Y == 0 {
		m.restart()
		return "leaves the cursor elsewhere"
	}
	for _, sequence := range []string{unprompt, home} {
		if i := strings.LastIndex(line, sequence); i >= 0 {
			line = line[i+len(sequence):]
		}
	}
	line = strings.TrimSuffix(sgr.ReplaceAllString(line, ""), "\a")
	if text.Width(line) > m.cols {
		return ""
	}
	var row strings.Builder
	for x := range m.cols {
		if cell := m.emu.CellAt(x, cursor.Y-1); cell != nil {
			row.WriteString(cell.Content)
		}
	}
	if got, want := letters(row.String()), letters(line); got != want {
		m.restart()
		return fmt.Sprintf("is shown as %q", strings.TrimRight(row.String(), " "))
	}
	return ""
}

// letters is a text without spaces and without what has no place of its own on a
// screen, such as marks, which emulators keep or not.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.M, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)
}

// A model that sees nothing would pass everything.
func TestTerminal(t *testing.T) {
	for _, tt := range []struct {
		received string
		may      permission
		ok       bool
	}{
		{"ann: hello\r\n", 0, true},
		{"ann: 你好 👋🏽 e\u0301 שלום\r\n", 0, true},
		{strings.Repeat("你", 5000) + "\r\n", 0, true},
		{"\r\n", 0, true},
		{"\xff\xfd\x18\xff\xfd\x1f> \xff\xf9\r\n", 0, true},
		{"\xff\xfa\x18\x01\xff\xf0\r\n", 0, true},
		{"\x1b[31mann\x1b[0m: hello\r\n", colour, true},
		{"\x1b[31mann\x1b[0m: hello\r\n", 0, false},
		{"\x1b[31mann: hello\r\n", colour, false},
		{"\x1b[8mann: hello\x1b[0m\x1b[1m\r\n", colour, false},
		{"hello\a\r\n", ring, true},
		{"hello\a\r\n", 0, false},
		{"hel\alo\r\n", ring, false},
		{"lobby> \r\x1b[Kann: hello\r\n", prompts, true},
		{"lobby> \r\x1b[Kann: hello\r\n", 0, false},
		{"\x1b[H\x1b[2Jhello\r\n", cleared, true},
		{"\x1b[H\x1b[2Jhello\r\n", prompts | colour | ring, false},
		{"hello\n", 0, false},
		{"hel\rlo\r\n", 0, false},
		{"caf\xe9\r\n", 0, false},
		{"\x9b31m\r\n", 0, false},
		{"\u009b31m\r\n", 0, false},
		{"\u202eolleh\r\n", 0, false},
		{"one\u2028two\r\n", 0, false},
		{"\x05\r\n", 0, false},
		{"\x7f\r\n", 0, false},
		{"\xff\xf1\r\n", 0, false}, // the server sends no NOP
	} {
		if ok := !faulty(tt.received, tt.may); ok != tt.ok {
			t.Errorf("%q with permission %b: ok %v, want %v", tt.received, tt.may, ok, tt.ok)
		}
	}
	for _, line := range []string{"\x1b]0;title\a", "\x1b[5Ahello", "\x1b]8;;x\x1b\\y", "\x1bP+q\x1b\\", "\x1b_x\x1b\\", "\x1b[?1049h", "one\x1b[2Dtwo", "\x1b[2", "\x1b]0;", "a\bb"} {
		if onScreen(line) == "" {
			t.Errorf("the emulator alone finds nothing in %q", line)
		}
	}
	if fault := onScreen("hello"); fault != "" {
		t.Errorf("after all that, hello %s", fault)
	}
}

// faulty reports whether a terminal takes offence at what it receives.
func faulty(received string, may permission) bool {
	text, telnet := chattest.Text([]byte(received))
	x := &terminal{t: silent{}, may: may}
	x.Write(text)
	x.telnet(telnet)
	return x.faults > 0
}

// A silent test tells nobody that it fails.
type silent struct{ testing.TB }

func (silent) Helper()               {}
func (silent) Errorf(string, ...any) {}
