package line

import "fmt"

// A Mode says what a line without a leading slash means. The zero value is
// ModeAuto.
type Mode uint8

// The modes.
const (
	ModeAuto    Mode = iota // a command if the first word is one, else chat
	ModeChat                // chat
	ModeCommand             // a command, known or not
)

var modeNames = [...]string{"auto", "chat", "command"}

// String is the mode's name as it stands in the config and in set.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("mode(%d)", uint8(m))
}

// MarshalText implements encoding.TextMarshaler.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. It takes what String gives
// for the three modes and leaves m alone if it fails.
func (m *Mode) UnmarshalText(p []byte) error {
	for i, n := range modeNames {
		if n == string(p) {
			*m = Mode(i)
			return nil
		}
	}
	return fmt.Errorf("mode %q is none of auto, chat and command", p)
}
