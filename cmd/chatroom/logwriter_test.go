package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/config"
)

// A stuckWriter takes nothing until it is let go.
type stuckWriter struct {
	flow chan struct{}
	text bytes.Buffer
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	<-w.flow
	return w.text.Write(p)
}

// A log that nobody takes stops nobody. It grows to its bound, and once it
// flows again every record is there whole or counted as dropped.
func TestLogStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &stuckWriter{flow: make(chan struct{})}
		out := newLogWriter(to)
		log := slog.New(newLogHandler(out, config.Log{Level: config.LevelError, Format: config.FormatText}))
		const records = 3000
		pad := strings.Repeat("x", 1000)
		for i := range records {
			log.Error("record", "i", i, "pad", pad)
			if i == 0 {
				synctest.Wait() // the first one is stuck in Write
			}
		}
		out.mu.Lock()
		waiting := out.writing + len(out.queue)
		out.mu.Unlock()
		if waiting > maxLogQueue || waiting < maxLogQueue-2000 {
			t.Errorf("%d bytes wait, want about %d", waiting, maxLogQueue)
		}
		close(to.flow)
		synctest.Wait()
		log.Error("after")
		out.close(time.Second)

		kept, dropped, after := 0, 0, false
		for line := range strings.Lines(to.text.String()) {
			switch {
			case strings.Contains(line, "msg=record") && strings.HasPrefix(line, "time=") && strings.HasSuffix(line, fmt.Sprintf(" i=%d pad=%s\n", kept, pad)):
				kept++
			case strings.Contains(line, "dropped"):
				if dropped > 0 {
					t.Error("dropped records are told of twice")
				}
				if _, err := fmt.Sscanf(line[strings.Index(line, "count="):], "count=%d", &dropped); err != nil {
					t.Errorf("%v in %q", err, line)
				}
			case strings.Contains(line, "msg=after"):
				after = true
			default:
				t.Fatalf("line %q after %d records", line, kept)
			}
		}
		if kept == 0 || dropped == 0 || kept+dropped != records || !after {
			t.Errorf("%d records are there, %d dropped, the last one is there: %t", kept, dropped, after)
		}
	})
}

// All that was logged before close is written, and nothing after.
func TestLogFlush(t *testing.T) {
	var to bytes.Buffer
	out := newLogWriter(&to)
	h := newLogHandler(out, config.Log{Level: config.LevelInfo, Format: config.FormatJSON})
	log := slog.New(h).With("conn", 7)
	for range 100 {
		log.Info("hello")
	}
	out.close(time.Minute)
	log.Info("too late")
	out.close(time.Minute)
	if got := to.String(); strings.Count(got, `"msg":"hello","conn":7}`) != 100 || strings.Count(got, "\n") != 100 {
		t.Errorf("the log is\n%s", got)
	}
}

// close does not wait for ever, and leaves no goroutine once the write ends.
func TestLogCloseStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		to := &stuckWriter{flow: make(chan struct{})}
		out := newLogWriter(to)
		slog.New(newLogHandler(out, config.Log{})).Info("hello")
		start := time.Now()
		out.close(time.Second)
		if took := time.Since(start); took != time.Second {
			t.Errorf("close took %v, want 1s", took)
		}
		close(to.flow)
		<-out.done
	})
}
