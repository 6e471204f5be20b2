package host

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/core/text"
)

// What is taken of a plugin's output that is meant for the log.
const (
	maxLogLine   = 8 << 10 // bytes; the rest of a longer line is dropped
	keptLines    = 200     // for `plugin logs`
	linesAMinute = 600     // that go on to the server's log; the last ones are kept in any case
)

// A journal is what a plugin wrote lately to its standard output and error, with
// what happened to it. It is safe for concurrent use.
type journal struct {
	log *slog.Logger // of the server; says which plugin

	mu      sync.Mutex
	lines   []entry // a ring once it is full
	next    int
	minute  time.Time
	passed  int // to the server's log in this minute
	dropped int
}

// An entry is one line of a journal.
type entry struct {
	at     time.Time
	stream string // "stdout", "stderr" or "server"
	text   string
}

func (e *entry) String() string { return e.at.Format(time.TimeOnly) + " " + e.stream + ": " + e.text }

// note keeps what the server has to say; who calls it logs it.
func (j *journal) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.keepLocked(entry{time.Now(), "server", text.Clean(fmt.Sprintf(format, args...))})
}

// add keeps a line of the plugin and passes it on, unless there are too many.
func (j *journal) add(stream, line string) {
	now := time.Now()
	j.mu.Lock()
	j.keepLocked(entry{now, stream, text.Clean(line)})
	dropped := 0
	if now.Sub(j.minute) >= time.Minute {
		dropped, j.dropped = j.dropped, 0
		j.minute, j.passed = now, 0
	}
	pass := j.passed < linesAMinute
	if pass {
		j.passed++
	} else {
		j.dropped++
	}
	j.mu.Unlock()
	if dropped > 0 {
		j.log.Warn("plugin wrote too much to its log", "lines_dropped", dropped)
	}
	if pass {
		j.pass(stream, line)
	}
}

func (j *journal) keepLocked(e entry) {
	if len(j.lines) < keptLines {
		j.lines = append(j.lines, e)
		return
	}
	j.lines[j.next] = e
	j.next = (j.next + 1) % keptLines
}

// pass writes a line of the plugin into the server's log, with the server's time
// and under the plugin's name; a record also with its level and its attributes.
func (j *journal) pass(stream, line string) {
	var record map[string]any
	if strings.HasPrefix(line, "{") && json.Unmarshal([]byte(line), &record) == nil {
		if msg, ok := record["msg"].(string); ok {
			level := slog.LevelInfo
			if l, ok := record["level"].(string); ok {
				_ = level.UnmarshalText([]byte(l)) // else it stays info
			}
			delete(record, "msg")
			delete(record, "level")
			delete(record, "time")
			attrs := []slog.Attr{slog.String("said", text.Clean(msg))}
			if len(record) > 0 {
				attrs = append(attrs, slog.GroupAttrs("with", attributes(record)...))
			}
			j.log.LogAttrs(context.Background(), min(max(level, slog.LevelDebug), slog.LevelError), "plugin log", attrs...)
			return
		}
	}
	j.log.Info("plugin wrote", "stream", stream, "line", text.Clean(line))
}

// attributes are the rest of a record, by name.
func attributes(record map[string]any) []slog.Attr {
	var attrs []slog.Attr
	for k, v := range record {
		s, ok := v.(string)
		if !ok {
			p, _ := json.Marshal(v) // it came from JSON
			s = string(p)
		}
		attrs = append(attrs, slog.String(text.Clean(k), text.Clean(s)))
	}
	slices.SortFunc(attrs, func(a, b slog.Attr) int { return strings.Compare(a.Key, b.Key) })
	return attrs
}

// last are the last n lines, oldest first; n <= 0: all that are kept.
func (j *journal) last(n int) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := slices.Concat(j.lines[j.next:], j.lines[:j.next])
	if n > 0 {
		all = all[max(0, len(all)-n):]
	}
	out := make([]string, len(all))
	for i := range all {
		out[i] = all[i].String()
	}
	return out
}

// lastWords is what the plugin itself wrote last since a moment; "" is nothing.
func (j *journal) lastWords(since time.Time) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := slices.Concat(j.lines[j.next:], j.lines[:j.next])
	for _, e := range slices.Backward(all) {
		if e.at.Before(since) {
			break
		}
		if e.stream != "server" && e.text != "" {
			return e.text
		}
	}
	return ""
}

// drain reads lines until r ends, and gives each, cut to maxLogLine, to take. It
// never stops before the end: who writes must not wait.
func drain(br *bufio.Reader, take func(line string)) {
	for {
		p, err := br.ReadSlice('\n')
		if p = bytes.TrimRight(p, "\r\n"); len(p) > 0 {
			take(string(p[:min(len(p), maxLogLine)]))
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = br.ReadSlice('\n')
		}
		if err != nil {
			return
		}
	}
}

// lineLog gives a plugin's redirected output to its journal.
type lineLog struct {
	journal *journal
	stream  string
}

// Write implements io.Writer.
func (l lineLog) Write(p []byte) (int, error) {
	drain(bufio.NewReaderSize(bytes.NewReader(p), maxLogLine), func(line string) { l.journal.add(l.stream, line) })
	return len(p), nil
}

var _ io.Writer = lineLog{}

// clean cleans output of a plugin: newlines and tabs stay.
func clean(s string) string {
	if i := strings.IndexAny(s, "\n\t"); i >= 0 {
		var b strings.Builder
		b.Grow(len(s))
		for ; i >= 0; i = strings.IndexAny(s, "\n\t") {
			b.WriteString(text.Clean(strings.TrimSuffix(s[:i], "\r")))
			b.WriteByte(s[i])
			s = s[i+1:]
		}
		b.WriteString(text.Clean(s))
		return b.String()
	}
	return text.Clean(s)
}

// paragraphs cleans a text of several lines, each of which ends in \n.
func paragraphs(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return ""
	}
	var b strings.Builder
	for l := range strings.SplitSeq(s, "\n") {
		b.WriteString(text.Clean(strings.TrimRight(l, " \t\r")))
		b.WriteByte('\n')
	}
	return b.String()
}
