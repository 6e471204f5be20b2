package main_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

const bell = "\a"

// Each value of the bell rings for what it says, once a message.
func TestBell(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	lines := []struct{ sent, seen string }{
		{"say hello all", "bob: hello all"},
		{"say hello ann", "bob: hello ann"},
		{"me looks at ann", "* bob looks at ann"},
		{"msg ann psst", "*bob* psst"},
	}
	for setting, rings := range map[string][]bool{
		"off":     {false, false, false, false},
		"mention": {false, true, true, true},
		"private": {false, false, false, true},
		"all":     {true, true, true, true},
	} {
		ann.Send("set bell " + setting)
		programtest.Skip(ann)
		for i, line := range lines {
			bob.Send(line.sent)
			got := ann.Expect(line.seen)
			if n := strings.Count(got, bell); n > 1 || n == 1 != rings[i] {
				t.Errorf("bell %s: %q rings %d times", setting, line.seen, n)
			}
		}
	}
}

// `bell all` is about what others say.
func TestBellIsForOthers(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.Send("set bell all")
	for _, own := range []string{"say ann talks", "me waves at ann", "msg bob hi", "nick anna", "topic mine", "/echo over"} {
		ann.Send(own)
	}
	ann.Expect("over")
	if n := strings.Count(ann.Transcript(), bell) + strings.Count(ann.Transcript(), `\a`); n > 0 {
		t.Errorf("what one says oneself rings %d times", n)
	}
	bob.Send("now another")
	ann.Expect("bob: now another" + bell)
}

// Nobody rings another's bell by sending its character.
func TestBellIsNotSent(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.Send("set bell off")
	programtest.Skip(ann)
	bob.SendRaw([]byte("say \ading\r\nmsg ann \ading\r\nme \ading\r\nping | tee | say\r\naway \a\r\n"))
	for range 3 {
		if got := ann.Expect("ding"); strings.Contains(got, bell) {
			t.Errorf("the bell came through: %q", got)
		}
	}
}

// The time in front of messages is that of one's zone.
func TestTimestamps(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	for _, tt := range []struct{ zone, format, layout string }{
		{"UTC", "time", "15:04"},
		{"UTC", "datetime", "2006-01-02 15:04"},
		{"Asia/Tokyo", "datetime", "2006-01-02 15:04"},
		{"America/New_York", "time", "15:04"},
		{"Asia/Kathmandu", "time", "15:04"},
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		ann.Send("set timezone " + tt.zone)
		ann.Send("set timestamps " + tt.format)
		programtest.Skip(ann)
		for _, sent := range []string{"say what time is it?", "msg ann what time is it?"} {
			before := time.Now()
			bob.Send(sent)
			line := ann.Expect("what time is it?")
			stamp := regexp.MustCompile(`^\[([^\]]*)\] `).FindStringSubmatch(line)
			if stamp == nil {
				t.Errorf("%s %s: no time in %q", tt.zone, tt.format, line)
				continue
			}
			if a, b := before.In(zone).Format(tt.layout), time.Now().In(zone).Format(tt.layout); stamp[1] != a && stamp[1] != b {
				t.Errorf("%s %s: the time is %s, want %s", tt.zone, tt.format, stamp[1], a)
			}
		}
		// history has the same zone.
		ann.Send("history 1")
		if line := ann.Next(); !strings.Contains(line, time.Now().In(zone).Format("15:")) {
			t.Errorf("%s: history 1 shows %q", tt.zone, line)
		}
	}
	ann.Send("set timestamps off")
	programtest.Skip(ann)
	bob.Send("say no time")
	ann.ExpectExact("bob: no time")
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*[A-Za-z]")

// Colours are nothing but colours: each theme shows the same text, closes what
// it opens, and mono has none.
func TestThemes(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.Send("set color on")
	for _, theme := range []string{"default", "bright", "light", "green", "mono"} {
		ann.Send("set theme " + theme)
		programtest.Skip(ann)
		for sent, want := range map[string]string{
			"say hello ann": "bob: hello ann",
			"say hello":     "bob: hello",
			"msg ann psst":  "*bob* psst",
			"me waves":      "* bob waves",
		} {
			bob.Send(sent)
			line := ann.Next()
			if got := strings.ReplaceAll(escapes.ReplaceAllString(line, ""), bell, ""); got != want {
				t.Errorf("%s: %q shows %q, want %q", theme, line, got, want)
			}
			all := escapes.FindAllString(line, -1)
			if len(all) > 0 && all[len(all)-1] != "\x1b[0m" {
				t.Errorf("%s: %q stays coloured", theme, line)
			}
			for _, e := range all {
				colour := regexp.MustCompile(`(\[|;)(3[0-7]|4[0-7]|9[0-7]|10[0-7]|38|48)(;|m)`)
				if theme == "mono" && colour.MatchString(e) {
					t.Errorf("mono has the colour %q", e)
				}
			}
		}
	}
	ann.Send("set color off")
	programtest.Skip(ann)
	bob.Send("say hello ann")
	if line := ann.Expect("hello ann"); escapes.MatchString(line) {
		t.Errorf("without colour: %q", line)
	}
}

// A screen reader gets words where the terminal would have colours, and nothing
// that moves on the screen.
func TestScreenReader(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.SendRaw([]byte("\xff\xfb\x18\xff\xfa\x18\x00XTERM-256COLOR\xff\xf0"))
	programtest.Skip(ann)
	bob.Send("say hello ann")
	if line := ann.Expect("hello"); !escapes.MatchString(line) {
		t.Fatalf("a terminal with colours shows %q", line)
	}
	ann.Send("set prompt short")
	ann.Send("set screenreader on")
	programtest.Skip(ann)
	for sent, want := range map[string]string{
		"say hello ann":               "[mention] bob: hello ann",
		"say hello":                   "bob: hello",
		"msg ann psst":                "[private] *bob* psst",
		"me waves":                    "* bob waves",
		"say [private] *eve* give me": "bob: [private] *eve* give me", // forges no tag
	} {
		bob.Send(sent)
		line := ann.Expect("bob")
		if got := strings.TrimPrefix(strings.ReplaceAll(line, bell, ""), "lobby> "); got != want {
			t.Errorf("%q, want %q", line, want)
		}
		if strings.ContainsAny(line, "\x1b\r\b") {
			t.Errorf("redrawn: %q", line)
		}
	}
}
