package session_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

func TestEncodeEvents(t *testing.T) {
	const machine, quiet chat.Class = 1 << 5, 1 << 6
	at := time.Date(2026, 1, 2, 15, 4, 5, 678_900_000, time.FixedZone("", 3600))
	enc := session.NewLoop(&session.Env{Zones: session.NewZones(time.UTC)}, chat.NewMailbox(func() {}), at).Encoder()
	for _, tt := range []struct {
		ev      chat.Event
		text    string
		objects string // without the time, between type and the rest
	}{
		{chat.Event{Kind: chat.Say, Room: "ops", Seq: 7, From: "ann", Text: "hi"}, "ann: hi", `"say","room":"ops","seq":7,@,"from":"ann","text":"hi"`},
		{chat.Event{Kind: chat.Say, Room: "ops", Seq: 7, From: "ann", Removed: true}, "ann: (removed)", `"say","room":"ops","seq":7,@,"from":"ann","text":""`},
		{chat.Event{Kind: chat.Emote, Room: "ops", Seq: 8, From: "ann", Text: "waves"}, "* ann waves", `"emote","room":"ops","seq":8,@,"from":"ann","text":"waves"`},
		{chat.Event{Kind: chat.Private, From: "ann", To: "bob", Text: "psst"}, "*ann* psst", `"private",@,"from":"ann","to":"bob","text":"psst"`},
		{chat.Event{Kind: chat.Joined, Room: "ops", From: "ann"}, "-- ann has joined", `"joined","room":"ops",@,"from":"ann"`},
		{chat.Event{Kind: chat.Left, Room: "ops", From: "ann"}, "-- ann has left", `"left","room":"ops",@,"from":"ann"`},
		{chat.Event{Kind: chat.Left, Room: "ops", From: "ann", Text: "gone"}, "-- ann has left (gone)", `"left","room":"ops",@,"from":"ann","text":"gone"`},
		{chat.Event{Kind: chat.Renamed, Room: "ops", From: "ann", Text: "anna"}, "-- ann is now anna", `"renamed","room":"ops",@,"from":"ann","to":"anna"`},
		{chat.Event{Kind: chat.Topic, Room: "ops", From: "ann", Text: "x"}, "-- ann set the topic: x", `"topic","room":"ops",@,"from":"ann","text":"x"`},
		{chat.Event{Kind: chat.Topic, Room: "ops", From: "ann"}, "-- ann cleared the topic", `"topic","room":"ops",@,"from":"ann","text":""`},
		{chat.Event{Kind: chat.Notice, Room: "ops", Text: "closing soon"}, "-- closing soon", `"notice","room":"ops",@,"text":"closing soon"`},
		{chat.Event{Kind: chat.Invited, Room: "ops", From: "ann", To: "bob"}, "-- ann invites bob to the room ops", `"invited","room":"ops",@,"from":"ann","to":"bob"`},
		{chat.Event{Kind: chat.Expelled, Room: "ops", From: "ann", To: "bob", Text: "spam"}, "-- ann put bob out (spam)", `"expelled","room":"ops",@,"from":"ann","to":"bob","text":"spam"`},
		{chat.Event{Kind: chat.Redacted, Room: "ops", Seq: 7, From: "ann", To: "bob"}, "-- ann removed a message of bob", `"redacted","room":"ops","seq":7,@,"from":"ann","to":"bob"`},
		{chat.Event{Kind: chat.Redacted, Room: "ops", Seq: 7, From: "ann", To: "ann"}, "-- ann removed a message", `"redacted","room":"ops","seq":7,@,"from":"ann","to":"ann"`},
	} {
		tt.ev.Time = at
		if got := string(enc.Encode(nil, 0, &tt.ev)); got != tt.text+"\r\n" {
			t.Errorf("got %q, want %q", got, tt.text)
		}
		want := `{"type":` + strings.Replace(tt.objects, "@", `"time":"2026-01-02T14:04:05.678900Z"`, 1) + "}\r\n"
		if got := string(enc.Encode(nil, machine, &tt.ev)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		noise := tt.ev.Kind == chat.Joined || tt.ev.Kind == chat.Left
		for _, c := range []chat.Class{quiet, quiet | machine} {
			if got := enc.Encode(nil, c, &tt.ev); (len(got) == 0) != noise {
				t.Errorf("without noise: %q", got)
			}
		}
	}
}

func TestThemes(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.login("ann"), b.login("bob")
	ann.set("color", "on")
	ann.set("bell", "off")
	seen := map[string]bool{}
	for _, s := range ann.Settings() {
		if s.Name != "theme" {
			continue
		}
		for _, name := range s.Choices {
			ann.set("theme", name)
			bob.feed("hi\n")
			got := ann.take()
			if seen[got] {
				t.Errorf("theme %s is like another: %q", name, got)
			}
			seen[got] = true
			if name == "mono" && (strings.Contains(got, "\x1b[3") || strings.Contains(got, "\x1b[9") || got != "\x1b[1mbob\x1b[0m: hi\r\n") {
				t.Errorf("theme mono: %q", got)
			}
		}
	}
	if len(seen) < 4 {
		t.Errorf("%d themes", len(seen))
	}
}

// NO_COLOR in the client's environment (RFC 1572) counts until the user chooses.
func TestNoColor(t *testing.T) {
	b := newBench(t, nil)
	ann := b.terminal("ann", isXterm+"\xff\xfb\x27\xff\xfa\x27\x00\x03NO_COLOR\x011\xff\xf0")
	ann.feed("hi\r\n")
	ann.expect("ann: hi")
	ann.set("color", "on")
	ann.feed("hi\r\n")
	if got := ann.take(); !strings.Contains(got, "\x1b[") {
		t.Errorf("with colours on: %q", got)
	}
}

func TestReadAloud(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.terminal("ann", isXterm), b.login("bob")
	ann.set("bell", "off")
	bob.feed("hi ann\n")
	ann.shown("\x1b[33mbob\x1b[0m: \x1b[1;7mhi ann\x1b[0m\r\n")
	ann.set("screenreader", "on")
	bob.feed("hi ann\n/join ops\n")
	ann.expect("[mention] bob: hi ann")
	b.env.Hub.Tell(bob.User(), ann.User(), "psst", b.loop.Now)
	b.turn()
	ann.expect("[private] *bob* psst")
	ann.Clear()
	b.turn()
	ann.expect()
	ann.feed("/join ops\r\n/join lobby\r\n")
	ann.take()
	bob.feed("over here, ann!\n")
	ann.expect("[mention] [ops] bob: over here, ann!")
	// MTTS bit 64 says that a screen reader is there.
	mtts := b.terminal("mtts", "\xff\xfb\x18\xff\xfa\x18\x00X\xff\xf0\xff\xfa\x18\x00XTERM\xff\xf0\xff\xfa\x18\x00MTTS 65\xff\xf0")
	mtts.set("bell", "off")
	bob.feed("/join lobby\nhi mtts\n")
	mtts.expect("[mention] bob: hi mtts")
}

// With a screen reader there are words in the place of colours, whichever of the
// two was chosen first, and no control sequence at all.
func TestColorsReadAloud(t *testing.T) {
	b := newBench(t, nil)
	ann, bob := b.terminal("ann", isXterm), b.login("bob")
	for _, order := range [][2]string{{"color", "screenreader"}, {"screenreader", "color"}} {
		for _, name := range order {
			ann.set(name, "on")
		}
		ann.set("bell", "off")
		ann.take()
		bob.feed("hi ann\n")
		ann.expect("[mention] bob: hi ann")
		ann.set("prompt", "%n>")
		ann.Clear()
		bob.feed("hi all\n")
		if got := ann.take(); strings.Contains(got, "\x1b") || !strings.Contains(got, "bob: hi all\r\n") {
			t.Errorf("%v: %q", order, got)
		}
		ann.set("prompt", "off")
		ann.set("screenreader", "off")
		ann.take()
		bob.feed("hi ann\n")
		if got := ann.take(); !strings.Contains(got, "\x1b[1;7mhi ann") {
			t.Errorf("with the colours alone: %q", got)
		}
		ann.set("color", "auto")
	}
}

// What the store holds may be of an import or of another program: it makes no line
// of its own and reaches no terminal.
func TestEncodeWhatWasNeverClean(t *testing.T) {
	const machine chat.Class = 1 << 5
	enc := session.NewLoop(&session.Env{Zones: session.NewZones(time.UTC)}, chat.NewMailbox(func() {}), time.Now()).Encoder()
	ev := &chat.Event{Kind: chat.Say, Room: "lobby", Seq: 1, From: "ann\x1b[2J", Text: "hi\r\nbob: gotcha\x1b[31m\u202e"}
	if got := string(enc.Encode(nil, 0, ev)); got != "ann[2J: hi bob: gotcha[31m\r\n" {
		t.Errorf("a message is shown as %q", got)
	}
	if got := string(enc.Encode(nil, machine, ev)); !strings.Contains(got, `"from":"ann[2J","text":"hi bob: gotcha[31m"`) {
		t.Errorf("a program gets %q", got)
	}
	if ev.From != "ann\x1b[2J" {
		t.Error("the event itself is changed")
	}
}
