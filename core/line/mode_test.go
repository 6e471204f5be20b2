package line

import "testing"

func TestMode(t *testing.T) {
	for m, name := range map[Mode]string{ModeAuto: "auto", ModeChat: "chat", ModeCommand: "command"} {
		p, err := m.MarshalText()
		if err != nil || string(p) != name || m.String() != name {
			t.Errorf("mode %d: %q, %q, %v; want %q", m, p, m, err, name)
		}
		got := ModeChat
		if err := got.UnmarshalText(p); err != nil || got != m {
			t.Errorf("UnmarshalText(%q) = %v, %v", p, got, err)
		}
	}
	var zero Mode
	if zero != ModeAuto {
		t.Error("the zero mode is not auto")
	}
	m := ModeCommand
	err := m.UnmarshalText([]byte("Auto"))
	if err == nil || err.Error() != `mode "Auto" is none of auto, chat and command` || m != ModeCommand {
		t.Errorf("UnmarshalText of no mode: %v, %v", m, err)
	}
	if s := Mode(9).String(); s != "mode(9)" {
		t.Errorf("Mode(9) is %q", s)
	}
}
