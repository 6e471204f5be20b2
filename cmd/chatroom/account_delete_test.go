package main_test

import (
	"os"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// An account that is deleted while no server runs holds nothing in rooms any more, and
// the rights of others stay.
func TestAccountDeletedOffline(t *testing.T) {
	t.Parallel()
	s := programtest.Start(t, "")
	ann, bob := s.Register("ann"), s.Register("bob")
	for _, line := range []string{"join den", "topic tea", "room private on", "invite bob", "room moderator bob"} {
		ann.Send(line)
		programtest.Skip(ann)
	}
	bob.Send("join den")
	bob.Expect("You are in den")
	bob.Send("join attic")
	programtest.Skip(bob)
	s.Signal(os.Interrupt)
	s.Wait()
	before := roomRecords(s)
	if !strings.Contains(before["den"], `"owner":{"account":"ann"`) || !strings.Contains(before["attic"], `"account":"bob"`) {
		t.Fatalf("the rooms are %v", before)
	}
	s.Must("account", "delete", "ann", "--yes")
	after := roomRecords(s)
	if den := after["den"]; strings.Contains(den, `"account":"ann"`) || !strings.Contains(den, "tea") || !strings.Contains(den, `"private":true`) ||
		strings.Contains(before["den"], `"account":"bob"`) != strings.Contains(den, `"account":"bob"`) {
		t.Errorf("den is %s, was %s", den, before["den"])
	}
	if after["attic"] != before["attic"] {
		t.Errorf("attic is %s, was %s", after["attic"], before["attic"])
	}
}

// roomRecords are the lines of an export that tell of rooms, by name.
func roomRecords(s *programtest.Server) map[string]string {
	s.T.Helper()
	found := map[string]string{}
	for line := range strings.Lines(s.Must("store", "export")) {
		if _, rest, ok := strings.Cut(line, `"bucket":"rooms","key":"`); ok {
			name, _, _ := strings.Cut(rest, `"`)
			found[name] = line
		}
	}
	return found
}
