package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// What ends by itself ends when it would have, in the store that it was imported into
// too.
func TestImportedRecordsEnd(t *testing.T) {
	t.Parallel()
	s := programtest.Start(t, "")
	ann := s.Register("ann")
	s.Must("admin", "grant", "ann")
	ann.Expect("-- Your role is admin now")
	for _, sanction := range []string{"eve 2h spam", "bob 3s spam", "cid forever spam"} {
		name, _, _ := strings.Cut(sanction, " ")
		s.Login(name)
		ann.Send("ban " + sanction)
		ann.Expect("is banned")
	}
	bans := func(dir string) map[string]time.Time {
		t.Helper()
		ends := map[string]time.Time{}
		for line := range strings.Lines(s.Must("store", "export", "--store.dir", dir)) {
			var l struct {
				Bucket string
				Until  time.Time
			}
			if json.Unmarshal([]byte(line), &l) != nil || l.Bucket != "sanctions" {
				continue
			}
			for _, name := range []string{"eve", "bob", "cid"} {
				if strings.Contains(line, `"`+name+`"`) {
					ends[name] = l.Until
				}
			}
		}
		return ends
	}
	s.Must("store", "backup", "backup.json")
	before := bans("data")
	s.Signal(os.Interrupt)
	s.Wait()
	if left := time.Until(before["eve"]); left < time.Hour || left > 2*time.Hour+time.Minute || !before["cid"].IsZero() || before["bob"].IsZero() {
		t.Fatalf("the bans end at %v", before)
	}
	// It is over by then.
	for time.Now().Before(before["bob"]) {
		time.Sleep(50 * time.Millisecond)
	}
	s.Must("store", "import", "backup.json", "--store.dir", "copy")
	after := bans(filepath.Join(filepath.Dir(s.Config), "copy"))
	if _, there := after["bob"]; there {
		t.Errorf("a ban that is over was imported: %v", after)
	}
	if cid, there := after["cid"]; !there || !cid.IsZero() {
		t.Errorf("a ban for ever ends at %v, %v", cid, there)
	}
	if late := after["eve"].Sub(before["eve"]); late < -time.Second || late > 30*time.Second {
		t.Errorf("a ban ends at %v, and at %v once it is imported", before["eve"], after["eve"])
	}
}
