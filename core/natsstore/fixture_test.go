package natsstore

import (
	"context"
	"log/slog"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/chat/storetest"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/natsstore/embedded"
)

// A world is a store with its log, as a program would have it.
type world struct {
	t      testing.TB
	dir    string // of the embedded server; "": it is external
	url    string // of the external one
	server *embedded.Server
	nc     *nats.Conn
	store  *Store
	log    *Log
	mem    *memstore.Log
	o      Options
	lo     LogOptions
	limits memstore.Limits
}

var big = memstore.Limits{Lines: 10_000, Bytes: 1 << 30}

// embeddedWorld opens a store in a directory of its own.
func embeddedWorld(t testing.TB) *world {
	w := &world{t: t, dir: t.TempDir(), limits: big}
	w.open()
	t.Cleanup(w.close)
	return w
}

// externalWorld opens a store on the NATS server at url.
func externalWorld(t testing.TB, url string) *world {
	w := &world{t: t, url: url, limits: big, o: Options{Holder: t.Name()}}
	w.open()
	t.Cleanup(w.close)
	return w
}

func (w *world) open() {
	w.t.Helper()
	if err := w.tryOpen(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) tryOpen() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	w.o.Log = slog.New(slog.DiscardHandler)
	if w.url != "" {
		if w.nc, err = Connect(w.url, w.o.Log); err != nil {
			return err
		}
	} else {
		if w.server, err = embedded.Open(ctx, embedded.Options{Dir: w.dir, Log: w.o.Log}); err != nil {
			return err
		}
		w.nc, w.o.Recover = w.server.Conn(), w.server.Recover
	}
	if w.store, err = Open(ctx, w.nc, w.o); err != nil {
		return err
	}
	w.mem = memstore.NewLog(w.limits)
	w.log, err = w.store.Log(ctx, w.mem, w.lo)
	return err
}

// close stops as a server that is told to does.
func (w *world) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if w.log != nil {
		if err := w.log.Close(ctx); err != nil {
			w.t.Error(err)
		}
		w.log = nil
	}
	w.drop()
}

// drop stops without a word, as a crash would, but for the embedded server, which
// keeps nothing back anyway.
func (w *world) drop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if w.log != nil {
		w.log.stop()
		w.log.done.Wait()
		w.log = nil
	}
	if w.store != nil {
		if err := w.store.Close(ctx); err != nil {
			w.t.Error(err)
		}
		w.store = nil
	}
	if w.server != nil {
		if err := w.server.Close(); err != nil {
			w.t.Error(err)
		}
		w.server = nil
	} else if w.nc != nil {
		w.nc.Close()
	}
	w.nc = nil
}

func (w *world) backend() storetest.Backend {
	return storetest.Backend{
		Store: w.store,
		Log:   w.log,
		Flush: func(t *testing.T) { w.flush() },
		Reopen: func(t *testing.T) storetest.Backend {
			w.close()
			w.open()
			return w.backend()
		},
	}
}

func (w *world) flush() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := w.log.Flush(ctx); err != nil {
		w.t.Fatal(err)
	}
}

// say appends a line and returns its number.
func (w *world) say(room, text string) uint64 {
	w.t.Helper()
	ev := &chat.Event{Kind: chat.Say, Room: room, From: "Ann", Text: text, Time: time.Now()}
	if err := w.log.Append(ev); err != nil {
		w.t.Fatal(err)
	}
	return ev.Seq
}

// found is what a query finds, the texts joined.
func (w *world) found(room string, q chat.Query) string {
	w.t.Helper()
	events, err := w.log.Search(context.Background(), room, q)
	if err != nil {
		w.t.Fatal(err)
	}
	return join(events)
}

func join(events []*chat.Event) string {
	var words []string
	for _, ev := range events {
		words = append(words, ev.Text)
	}
	return strings.Join(words, " | ")
}

// natsServer builds the NATS server of the module once, and returns its path.
var natsServer = sync.OnceValues(func() (string, error) {
	dir, err := tempDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "nats-server")
	out, err := exec.Command("go", "build", "-o", path, "github.com/nats-io/nats-server/v2").CombinedOutput()
	if err != nil {
		return "", &buildError{string(out), err}
	}
	return path, nil
})

type buildError struct {
	out string
	err error
}

func (e *buildError) Error() string { return e.err.Error() + ": " + e.out }
