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
	clock   Clock
	zone    uint16
	bell    bellLevel
	bellSet bool   // chosen, not the default
	width   uint16 // columns; 0: what the terminal says
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
	modeChoices  = []string{"auto", "chat", "command", "server"}
	colorChoices = []string{"auto", "on", "off"}
	clockChoices = []string{"off", "time", "datetime"}
	bellChoices  = []string{"mention", "off", "private", "all"}
)

// The bounds of a width that a user may set, in columns.
const (
	minWidth = 20
	maxWidth = 500
)

// Settings implements command.Session.
func (s *Session) Settings() []command.Setting {
	mode := fmt.Sprintf("server (%s)", s.loop.Env.Settings().Mode)
	if s.prefs.modeSet {
		mode = s.prefs.mode.String()
	}
	zone := "server"
	if s.prefs.zone != 0 {
		zone = s.loop.Env.Zones.Location(s.prefs.zone).String()
	}
	width := fmt.Sprintf("auto (%d)", s.View().Width)
	if s.prefs.width > 0 {
		width = strconv.Itoa(int(s.prefs.width))
	}
	return []command.Setting{
		{Name: "mode", Value: mode, Choices: modeChoices, Help: "how a line without a slash is taken"},
		{Name: "color", Value: colorChoices[s.prefs.color], Choices: colorChoices, Help: "colours; auto: if the terminal says that it has them"},
		{Name: "timestamps", Value: clockChoices[s.prefs.clock], Choices: clockChoices, Help: "the time in front of messages"},
		{Name: "timezone", Value: zone, Help: "an IANA zone such as Europe/Berlin, UTC, or server"},
		{Name: "bell", Value: bellChoices[s.prefs.bell], Choices: bellChoices, Help: "what rings the terminal's bell"},
		{Name: "width", Value: width, Help: "columns of lists, 20 to 500; auto: the terminal's"},
	}
}

// Set implements command.Session.
func (s *Session) Set(name, value string) error {
	p := s.prefs
	switch name {
	case "mode":
		i, err := choice(name, value, modeChoices)
		if err != nil {
			return err
		}
		if p.modeSet = modeChoices[i] != "server"; p.modeSet {
			if err := p.mode.UnmarshalText([]byte(modeChoices[i])); err != nil {
				return err
			}
		}
	case "color":
		i, err := choice(name, value, colorChoices)
		if err != nil {
			return err
		}
		p.color = switching(i)
	case "timestamps":
		i, err := choice(name, value, clockChoices)
		if err != nil {
			return err
		}
		p.clock = Clock(i)
	case "timezone":
		p.zone = 0
		if !strings.EqualFold(value, "server") {
			var err error
			if p.zone, err = s.loop.Env.Zones.Find(value); err != nil {
				return err
			}
		}
	case "bell":
		i, err := choice(name, value, bellChoices)
		if err != nil {
			return err
		}
		p.bell, p.bellSet = bellLevel(i), true
	case "width":
		p.width = 0
		if !strings.EqualFold(value, "auto") {
			n, err := strconv.Atoi(value)
			if err != nil || n < minWidth || n > maxWidth {
				return chat.Errorf(chat.Invalid, "The width is auto or %d to %d columns, not %q.", minWidth, maxWidth, value)
			}
			p.width = uint16(n)
		}
	default:
		return chat.Errorf(chat.Invalid, "There is no setting %q; set alone lists them.", name)
	}
	s.prefs = p
	s.seat.SetClass(s.class())
	return nil
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
		return true
	case off:
		return false
	}
	t := s.telnet.Terminal()
	return t.MTTS&telnet.MTTSANSI != 0 || ansiTerminal(t.Name)
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
