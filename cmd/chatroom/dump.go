package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A dump is a store as lines of JSON. Its first line is a head, its last one an
// end with the number of lines between; what lacks it was cut short. Between are
// records, entries of journals, and messages: of each room in their order.

// dumpVersion is of the form of a dump. One of a higher version is refused.
const dumpVersion = 1

// A dumpLine is one line: the fields of its type are set.
type dumpLine struct {
	Type string `json:"type"` // head, record, entry, message or end

	Version int    `json:"version,omitempty"` // head
	Program string `json:"program,omitempty"` // head
	Secrets *bool  `json:"secrets,omitempty"` // head: hashes, keys and letters are in it

	Bucket  string          `json:"bucket,omitempty"`  // record: accounts, profiles, sanctions, rooms, ...
	Key     string          `json:"key,omitempty"`     // record
	Journal string          `json:"journal,omitempty"` // entry: audit
	Value   json.RawMessage `json:"value,omitempty"`   // record, entry: what is stored, if that is JSON
	Data    []byte          `json:"data,omitempty"`    // record, entry: else

	Until *time.Time `json:"until,omitempty"` // record: when it ends by itself

	Message *dumpMessage `json:"message,omitempty"`
	At      *time.Time   `json:"at,omitempty"`    // head, entry, message
	Lines   *int         `json:"lines,omitempty"` // end
}

// A dumpMessage is a message of a room, or of the kind "gap" the mark of missing
// ones before the next.
type dumpMessage struct {
	Room     string   `json:"room"`
	Seq      uint64   `json:"seq"`
	Kind     string   `json:"kind"` // say, emote or gap
	From     string   `json:"from,omitempty"`
	Author   string   `json:"author,omitempty"` // key of the account
	Text     string   `json:"text,omitempty"`
	Mentions []string `json:"mentions,omitempty"`
	Removed  bool     `json:"removed,omitempty"`
}

var dumpKinds = map[chat.Kind]string{chat.Say: "say", chat.Emote: "emote", chat.Notice: "gap"}

func newMessage(ev *chat.Event) *dumpMessage {
	return &dumpMessage{
		Room: ev.Room, Seq: ev.Seq, Kind: dumpKinds[ev.Kind], From: ev.From, Author: ev.Author, Text: ev.Text, Mentions: ev.Mentions, Removed: ev.Removed,
	}
}

func (l *dumpLine) event() *chat.Event {
	m := l.Message
	ev := &chat.Event{Room: m.Room, Seq: m.Seq, From: m.From, Author: m.Author, Text: m.Text, Mentions: m.Mentions, Removed: m.Removed}
	for kind, name := range dumpKinds {
		if name == m.Kind {
			ev.Kind = kind
		}
	}
	if l.At != nil {
		ev.Time = *l.At
	}
	return ev
}

// setStored puts what is stored into the line.
func (l *dumpLine) setStored(data []byte) {
	if json.Valid(data) {
		l.Value = data
	} else {
		l.Data = data
	}
}

// stored is the reverse of setStored.
func (l *dumpLine) stored() []byte {
	if l.Value != nil {
		return l.Value
	}
	return l.Data
}

// check refuses a line between head and end that no dump has.
func (l *dumpLine) check() error {
	switch {
	case l.Type == "record" && l.Bucket != "" && l.Key != "",
		l.Type == "entry" && l.Journal != "",
		l.Type == "message" && l.Message != nil && chat.CheckRoomName(l.Message.Room) == nil && l.event().Kind != 0 && l.Message.Seq > 0 && l.At != nil:
		return nil
	}
	return fmt.Errorf("it is no line of an export of this version: %q", l.Type)
}

// A dumpWriter writes a dump. The first error is kept for close.
type dumpWriter struct {
	w     *bufio.Writer
	json  *json.Encoder
	lines int
	err   error
}

func newDumpWriter(w io.Writer, secrets bool) *dumpWriter {
	b := bufio.NewWriterSize(w, 64<<10)
	d := &dumpWriter{w: b, json: json.NewEncoder(b)}
	d.json.SetEscapeHTML(false)
	now := time.Now().UTC().Round(time.Second)
	d.write(&dumpLine{Type: "head", Version: dumpVersion, Program: version(), Secrets: &secrets, At: &now})
	d.lines = 0
	return d
}

// write writes a line, and returns false once that has failed.
func (d *dumpWriter) write(l *dumpLine) bool {
	if d.err == nil {
		d.err = d.json.Encode(l)
		d.lines++
	}
	return d.err == nil
}

// close writes the end.
func (d *dumpWriter) close() error {
	n := d.lines
	d.write(&dumpLine{Type: "end", Lines: &n})
	if d.err == nil {
		d.err = d.w.Flush()
	}
	return d.err
}

// maxDumpLine is the length of the longest line, in bytes: a record in base64.
const maxDumpLine = 1 << 20

var errCutShort = errors.New("the export is cut short: its last line is missing")

// readDump calls f for the lines of a dump that are neither its head nor its end,
// with their numbers from 1, and returns the head. The dump is whole only if
// there was no error.
func readDump(r io.Reader, f func(n int, l *dumpLine) error) (head *dumpLine, err error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxDumpLine)
	n := 0
	for lines.Scan() {
		n++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			return nil, fmt.Errorf("line %d is empty", n)
		}
		l := &dumpLine{}
		if err := json.Unmarshal(lines.Bytes(), l); err != nil {
			if head == nil {
				return nil, errors.New("this is no export of a store")
			}
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		switch {
		case head == nil && (l.Type != "head" || l.Version < 1 || l.Secrets == nil):
			return nil, errors.New("this is no export of a store")
		case head == nil && l.Version > dumpVersion:
			return nil, fmt.Errorf("the export is of version %d, and this program knows %d: use the one that wrote it (%s)", l.Version, dumpVersion, l.Program)
		case head == nil:
			head = l
		case l.Type == "end" && l.Lines != nil:
			if *l.Lines != n-2 {
				return nil, fmt.Errorf("the export has %d lines and should have %d", n-2, *l.Lines)
			}
			if lines.Scan() {
				return nil, errors.New("something follows the end of the export")
			}
			return head, lines.Err()
		default:
			if err := l.check(); err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			if err := f(n, l); err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	return nil, errCutShort
}

// secretBuckets have records that are left out without secrets.
var secretBuckets = map[string]bool{"mail": true}

// secretFields are the fields of records that are left out without secrets.
var secretFields = map[string]string{"accounts": "hash", "rooms": "key"}

// withoutSecrets is a record as it may be shown; false: it may not.
func withoutSecrets(bucket string, value []byte) ([]byte, bool, error) {
	if secretBuckets[bucket] {
		return nil, false, nil
	}
	field, some := secretFields[bucket]
	if !some {
		return value, true, nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(value, &object); err != nil {
		return nil, false, err
	}
	if _, there := object[field]; !there {
		return value, true, nil
	}
	delete(object, field)
	value, err := json.Marshal(object)
	return value, true, err
}

// lifetime is how long a record may still be kept, 0: for ever, and whether it is
// over.
func (l *dumpLine) lifetime(now time.Time) (ttl time.Duration, over bool) {
	if l.Until == nil {
		return 0, false
	}
	ttl = l.Until.Sub(now)
	return ttl, ttl <= 0
}
