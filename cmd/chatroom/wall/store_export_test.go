package wall_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// A keptStore is what a store holds, as the program exports it.
type keptStore struct {
	records  map[string]map[string]keptRecord // by bucket and key
	messages map[string][]keptMessage         // by room, in their order
	entries  int                              // of the audit
}

type keptRecord struct {
	Display string
	Private bool
	Aliases map[string]string
	Grant   *struct{ Role string }
}

type keptMessage struct {
	Room, Kind, From, Text string
	Seq                    uint64
}

// export reads the store through the program: through the server if one runs, else
// by itself.
func export(s *programtest.Server, args ...string) *keptStore {
	s.T.Helper()
	return parseExport(s.T, s.Must(append([]string{"store", "export"}, args...)...))
}

func parseExport(t testing.TB, text string) *keptStore {
	t.Helper()
	k := &keptStore{records: map[string]map[string]keptRecord{}, messages: map[string][]keptMessage{}}
	for line := range strings.Lines(text) {
		var l struct {
			Type, Bucket, Key string
			Value             json.RawMessage
			Message           keptMessage
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v in the export: %s", err, line)
		}
		switch l.Type {
		case "record":
			var r keptRecord
			_ = json.Unmarshal(l.Value, &r) // those of some buckets have other fields
			if k.records[l.Bucket] == nil {
				k.records[l.Bucket] = map[string]keptRecord{}
			}
			if _, twice := k.records[l.Bucket][l.Key]; twice {
				t.Errorf("%s is exported twice in %s", l.Key, l.Bucket)
			}
			k.records[l.Bucket][l.Key] = r
		case "message":
			k.messages[l.Message.Room] = append(k.messages[l.Message.Room], l.Message)
		case "entry":
			k.entries++
		}
	}
	for room, all := range k.messages {
		last := uint64(0)
		for _, m := range all {
			if m.Seq <= last {
				t.Errorf("%s: message %d comes after message %d", room, m.Seq, last)
			}
			last = m.Seq
		}
	}
	return k
}

func (k *keptStore) has(bucket, key string) bool {
	_, ok := k.records[bucket][key]
	return ok
}

// said are the texts of a room, in their order, without the marks of gaps.
func (k *keptStore) said(room string) (texts []string) {
	for _, m := range k.messages[room] {
		if m.Kind != "gap" {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// saidOnce checks that the texts are in the room in this order, each once.
func (k *keptStore) saidOnce(t *testing.T, room string, want ...string) {
	t.Helper()
	at := map[string][]int{}
	for i, text := range k.said(room) {
		at[text] = append(at[text], i)
	}
	last := -1
	for _, text := range want {
		switch places := at[text]; {
		case len(places) != 1:
			t.Errorf("%s has %q %d times, want it once", room, text, len(places))
		case places[0] < last:
			t.Errorf("%s has %q before what was said earlier", room, text)
		default:
			last = places[0]
		}
	}
}
