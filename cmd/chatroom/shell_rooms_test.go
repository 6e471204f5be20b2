package main_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

const staffRoom = `
[[room]]
name = "staff"
topic = "behind the scenes"
private = true
key = "sesame"
`

// A reload makes the rooms of the config, changes them and lets them go, and
// those who are in one stay.
func TestRoomsOfConfigReload(t *testing.T) {
	s := programtest.Start(t, "")
	ann, bob := s.Login("ann"), s.Login("bob")
	reload := func(config string) {
		t.Helper()
		from := len(s.Log.String())
		s.Configure(config)
		s.Signal(syscall.SIGHUP)
		s.Log.Expect(t, from, "setting changed", "room")
	}
	reload(staffRoom)
	ann.Send("join staff sesame")
	ann.Expect("-- You are in staff with 0 others.")
	ann.Expect("-- The topic is: behind the scenes")
	bob.Send("join staff")
	bob.Expect("-- You can't enter staff")

	reload(strings.ReplaceAll(staffRoom, "sesame", "other"))
	bob.Send("join staff sesame")
	bob.Expect("-- You can't enter staff")
	bob.Send("join staff other")
	bob.Expect("-- You are in staff with 1 other.")
	bob.Send("say hello")
	ann.Expect("bob: hello")

	reload("") // the room goes on while somebody is in it
	bob.Send("say still here")
	ann.Expect("bob: still here")
}

// A config with a room that can't be is refused by name, and nothing changes.
func TestBadRoomsOfConfig(t *testing.T) {
	for name, config := range map[string]string{
		"a name that is none":  "[[room]]\nname = \"two words\"\n",
		"no name":              "[[room]]\ntopic = \"x\"\n",
		"twice":                "[[room]]\nname = \"ops\"\n[[room]]\nname = \"ops\"\n",
		"an unknown role":      "[[room]]\nname = \"ops\"\nrole = \"king\"\n",
		"a key of two words":   "[[room]]\nname = \"ops\"\nkey = \"a b\"\n",
		"an unknown setting":   "[[room]]\nname = \"ops\"\ndoor = \"open\"\n",
		"a locked start room":  "[[room]]\nname = \"lobby\"\nprivate = true\n",
		"a locked start room2": "[[room]]\nname = \"lobby\"\nkey = \"x\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := programtest.Start(t, "")
			ann := s.Login("ann")
			from := len(s.Log.String())
			s.Configure(config)
			s.Signal(syscall.SIGHUP)
			s.Log.Expect(t, from, "ERROR", "room")
			ann.Send("rooms | wc -l")
			ann.Expect("2")
		})
	}
}

// Programs see the doors of rooms as objects, and none of a room that they may
// not know of.
func TestMachineDoors(t *testing.T) {
	s := programtest.Start(t, "")
	ann := s.Login("ann")
	m := newMachine(s, "bot")
	ann.Send("join club")
	ann.Send("room private on")
	ann.Send("say secret, bot")
	programtest.Skip(ann)
	for _, line := range []string{"/rooms", "/who", "/whois ann", "/look", "/history", "/mentions", "/seen ann", "/last"} {
		objects, _ := m.do(line)
		for _, o := range objects {
			if text := jsonText(t, o); strings.Contains(text, "club") || strings.Contains(text, "secret") {
				t.Errorf("%s tells %s", line, text)
			}
		}
	}
	if _, result := m.do("/room info club"); result["code"] != "not_found" {
		t.Errorf("%v", result)
	}
	if _, result := m.do("/join club"); result["code"] != "forbidden" {
		t.Errorf("%v", result)
	}
	ann.Send("invite bot")
	if got := m.until("invited"); got["room"] != "club" || got["from"] != "ann" || got["to"] != "bot" {
		t.Errorf("%v", got)
	}
	m.do("/join club")
	objects, _ := m.do("/room info")
	if len(objects) != 1 {
		t.Fatalf("room info tells %v", objects)
	}
	if info := objects[0]["data"].(map[string]any); info["private"] != true || info["owner"] != "ann" {
		t.Errorf("%v", info)
	}
	ann.Send(`room kick bot "no bots" | please`)
	if got := m.until("expelled"); got["room"] != "club" || got["from"] != "ann" || got["to"] != "bot" || got["text"] != `"no bots" | please` {
		t.Errorf("%v", got)
	}
	if objects, _ := m.do("/look"); len(objects) != 1 || objects[0]["data"].(map[string]any)["name"] != "lobby" {
		t.Errorf("after that it is in %v", objects)
	}
}
