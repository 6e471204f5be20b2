package session

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/telnet"
)

// prefs are what the user chose for this session. The zero value is the
// default of each.
type prefs struct {
	mode    line.Mode
	modeSet bool // false: the server's mode
	color   switching
	theme   uint8
	clock   Clock
	bell    bellLevel
	bellSet bool // chosen, not the default
	reader  switching
	zone    uint16
	width   uint16 // columns; 0: what the terminal says
	quiet   bool   // joins and leaves are not shown
}

// A switching is a choice that is made by looking at the terminal unless it is
// made by the user.
type switching uint8

const (
	auto switching = iota
	on
	off
)

type bellLevel uint8

const (
	bellMention bellLevel = iota // private messages and mentions
	bellOff
	bellPrivate
	bellAll
)

// The choices stand in the order of the constants above.
var (
	modeChoices   = []string{"auto", "chat", "command", "server"}
	outputChoices = []string{"text", "json"}
	switchChoices = []string{"auto", "on", "off"}
	onOffChoices  = []string{"on", "off"}
	clockChoices  = []string{"off", "time", "datetime"}
	bellChoices   = []string{"mention", "off", "private", "all"}
)

// The bounds of a width that a user may set, in columns.
const (
	minWidth = 20
	maxWidth = 500
)

// Settings implements command.Session.
func (s *Session) Settings() []command.Setting {
	p := &s.prefs
	mode := fmt.Sprintf("server (%s)", s.loop.Env.Settings().Mode)
	if p.modeSet {
		mode = p.mode.String()
	}
	output := "text"
	if m := s.machine(); m != nil && !m.ending {
		output = "json"
	}
	zone := "server"
	if p.zone != 0 {
		zone = s.loop.Env.Zones.Location(p.zone).String()
	}
	width := fmt.Sprintf("auto (%d)", s.View().Width)
	if p.width > 0 {
		width = strconv.Itoa(int(p.width))
	}
	noise := "on"
	if p.quiet {
		noise = "off"
	}
	return []command.Setting{
		{Name: "mode", Value: mode, Choices: modeChoices, Help: "how a line without a slash is taken"},
		{Name: "output", Value: output, Choices: outputChoices, Help: "text for people, json for programs"},
		{Name: "prompt", Value: s.promptValue(), Help: "off, short, or a format with %n %r %t %s"},
		{Name: "color", Value: s.switched(p.color, s.colored()), Choices: switchChoices, Help: "colours; auto: if the terminal has them"},
		{Name: "theme", Value: themes[p.theme].name, Choices: themeChoices(), Help: "which colours; mono does without"},
		{Name: "timestamps", Value: clockChoices[p.clock], Choices: clockChoices, Help: "the time in front of messages"},
		{Name: "timezone", Value: zone, Help: "an IANA zone such as Europe/Berlin, UTC, or server"},
		{Name: "bell", Value: bellChoices[p.bell], Choices: bellChoices, Help: "what rings the terminal's bell"},
		{Name: "noise", Value: noise, Choices: onOffChoices, Help: "whether joins and leaves are shown"},
		{Name: "screenreader", Value: s.switched(p.reader, s.readAloud()), Choices: switchChoices, Help: "words for colours; auto: if the client says so"},
		{Name: "width", Value: width, Help: "columns of lists, 20 to 500; auto: the terminal's"},
	}
}

// switched is a switching as it is shown, with what auto has come to.
func (s *Session) switched(w switching, is bool) string {
	switch {
	case w != auto:
		return switchChoices[w]
	case is:
		return "auto (on)"
	}
	return "auto (off)"
}

// Set implements command.Session.
func (s *Session) Set(name, value string) error {
	if err := s.change(name, value); err != nil {
		return err
	}
	if p := s.own(); p != nil && p.key != "" {
		p.choose(name, s.chosen(name))
	}
	return nil
}

// change is Set for this session alone.
func (s *Session) change(name, value string) error {
	p := s.prefs
	var i int
	var err error
	switch name {
	case "mode":
		if i, err = choice(name, value, modeChoices); err != nil {
			return err
		}
		if p.modeSet = modeChoices[i] != "server"; p.modeSet {
			err = p.mode.UnmarshalText([]byte(modeChoices[i]))
		}
	case "output":
		if i, err = choice(name, value, outputChoices); err == nil {
			s.setOutput(outputChoices[i] == "json")
		}
	case "prompt":
		err = s.setPrompt(value)
	case "color":
		i, err = choice(name, value, switchChoices)
		p.color = switching(i)
	case "theme":
		i, err = choice(name, value, themeChoices())
		p.theme = uint8(i)
	case "timestamps":
		i, err = choice(name, value, clockChoices)
		p.clock = Clock(i)
	case "timezone":
		p.zone = 0
		if !strings.EqualFold(value, "server") {
			p.zone, err = s.loop.Env.Zones.Find(value)
		}
	case "bell":
		i, err = choice(name, value, bellChoices)
		p.bell, p.bellSet = bellLevel(i), true
	case "noise":
		i, err = choice(name, value, onOffChoices)
		p.quiet = onOffChoices[i] == "off"
	case "screenreader":
		i, err = choice(name, value, switchChoices)
		p.reader = switching(i)
	case "width":
		p.width, err = widthOf(value)
	default:
		err = chat.Errorf(chat.Invalid, "There is no setting %q; set alone lists them.", name)
	}
	if err != nil {
		return err
	}
	s.prefs = p
	s.seat.SetClass(s.class())
	return nil
}

// widthOf is a width in columns; 0 for auto.
func widthOf(value string) (uint16, error) {
	if strings.EqualFold(value, "auto") {
		return 0, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < minWidth || n > maxWidth {
		return 0, chat.Errorf(chat.Invalid, "The width is auto or %d to %d columns, not %q.", minWidth, maxWidth, value)
	}
	return uint16(n), nil
}

// choice is the place of value among choices.
func choice(name, value string, choices []string) (int, error) {
	i := slices.Index(choices, strings.ToLower(value))
	if i < 0 {
		last := len(choices) - 1
		return 0, chat.Errorf(chat.Invalid, "%s is %s or %s, not %q.", name, strings.Join(choices[:last], ", "), choices[last], value)
	}
	return i, nil
}

// colored reports whether the session is shown colours.
func (s *Session) colored() bool {
	switch s.prefs.color {
	case on:
		return !s.readAloud() // which has words in their place
	case off:
		return false
	}
	return s.ansi() && !s.telnet.Terminal().NoColor && !s.readAloud()
}

// ansi reports whether the peer's terminal is known to understand ANSI control
// sequences, or the user says that it does.
func (s *Session) ansi() bool {
	t := s.telnet.Terminal()
	return s.prefs.color == on || t.MTTS&(telnet.MTTSANSI|telnet.MTTSVT100) != 0 || ansiTerminal(t.Name)
}

// readAloud reports whether the user reads with a screen reader.
func (s *Session) readAloud() bool {
	if s.prefs.reader == auto {
		return s.telnet.Terminal().MTTS&telnet.MTTSScreenReader != 0
	}
	return s.prefs.reader == on
}

// ansiTerminal reports whether a terminal of that name, in any case, is known
// to show ANSI colours.
func ansiTerminal(name string) bool {
	name = strings.ToLower(name)
	for _, known := range []string{"xterm", "color", "ansi", "tmux", "screen", "linux", "rxvt", "putty", "konsole", "alacritty", "kitty", "foot"} {
		if strings.Contains(name, known) {
			return true
		}
	}
	return false
}
