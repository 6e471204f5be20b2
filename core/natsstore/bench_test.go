package natsstore

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/natsstore/embedded"
)

// text is as long as a line of chat is.
const text = "does anybody know where the build of yesterday went?"

// BenchmarkAppend is what a message costs its room, with a history and without.
func BenchmarkAppend(b *testing.B) {
	for _, rooms := range []int{1, 100} {
		names := make([]string, rooms)
		for i := range names {
			names[i] = fmt.Sprint("room-", i)
		}
		run := func(b *testing.B, l chat.Log) {
			l.Subscribe(func(*chat.Event) {})
			now := time.Now()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				_ = l.Append(&chat.Event{Kind: chat.Say, Room: names[i%rooms], From: "Ann", Author: "ann", Text: text, Time: now})
			}
		}
		limits := memstore.Limits{Lines: 1000, Bytes: 64 << 20}
		b.Run(fmt.Sprintf("memory, %d rooms", rooms), func(b *testing.B) { run(b, memstore.NewLog(limits)) })
		b.Run(fmt.Sprintf("durable, %d rooms", rooms), func(b *testing.B) {
			w := &world{t: b, dir: b.TempDir(), limits: limits}
			w.open()
			defer w.close()
			run(b, w.log)
			b.ReportMetric(float64(w.log.Stats().Lost)/float64(b.N), "lost/op")
		})
	}
}

// BenchmarkAppendPaced is the same at some 20,000 lines a second in 200 rooms, which
// the writer keeps up with.
func BenchmarkAppendPaced(b *testing.B) {
	run := func(b *testing.B, l chat.Log) {
		l.Subscribe(func(*chat.Event) {})
		var took time.Duration
		n := 0
		for b.Loop() {
			began := time.Now()
			for range 20 {
				if err := l.Append(&chat.Event{Kind: chat.Say, Room: fmt.Sprint("room-", n%200), From: "Ann", Text: text, Time: began}); err != nil {
					b.Fatal(err)
				}
				n++
			}
			took += time.Since(began)
			time.Sleep(time.Millisecond - time.Since(began))
		}
		b.ReportMetric(float64(took.Nanoseconds())/float64(n), "ns/append")
	}
	b.Run("memory", func(b *testing.B) { run(b, memstore.NewLog(big)) })
	b.Run("durable", func(b *testing.B) {
		w := embeddedWorld(b)
		run(b, w.log)
		b.ReportMetric(float64(w.log.Stats().Lost), "lost")
		b.ReportMetric(float64(w.log.Stats().Blocks)/b.Elapsed().Seconds(), "blocks/s")
	})
}

// BenchmarkPut is a registration: a record that is new.
func BenchmarkPut(b *testing.B) {
	w := embeddedWorld(b)
	accounts, err := w.store.Bucket(context.Background(), "accounts")
	if err != nil {
		b.Fatal(err)
	}
	value := make([]byte, 300)
	var n atomic.Int64
	put := func() {
		if _, err := accounts.Put(context.Background(), fmt.Sprint(n.Add(1)), value, 0, 0); err != nil {
			b.Error(err)
		}
	}
	b.Run("one writer", func(b *testing.B) {
		for b.Loop() {
			put()
		}
	})
	b.Run("8 writers", func(b *testing.B) {
		b.SetParallelism(4)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				put()
			}
		})
	})
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			if _, err := accounts.Get(context.Background(), "1"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkHistory reads 1,000 lines of a room.
func BenchmarkHistory(b *testing.B) {
	for _, bb := range []struct {
		name   string
		limits memstore.Limits
		block  int
	}{
		{"from memory", big, 0},
		{"from the store, busy room", memstore.Limits{}, 0},
		{"from the store, a block a line", memstore.Limits{}, 1},
	} {
		b.Run(bb.name, func(b *testing.B) {
			w := &world{t: b, dir: b.TempDir(), limits: bb.limits, lo: LogOptions{Block: bb.block}}
			w.open()
			defer w.close()
			for range 1000 {
				w.say("lobby", text)
			}
			w.flush()
			for b.Loop() {
				found, err := w.log.Search(context.Background(), "lobby", chat.Query{Last: 1000})
				if err != nil || len(found) != 1000 {
					b.Fatal(len(found), err)
				}
			}
		})
	}
}

// BenchmarkOpen is a start on a store with 10,000 accounts and 100,000 messages in
// 200 rooms.
func BenchmarkOpen(b *testing.B) {
	w := embeddedWorld(b)
	accounts, err := w.store.Bucket(context.Background(), "accounts")
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10_000 {
		if _, err := accounts.Put(context.Background(), fmt.Sprint(i), make([]byte, 300), 0, 0); err != nil {
			b.Fatal(err)
		}
	}
	for i := range 100_000 {
		w.say(fmt.Sprint("room-", i%200), text)
		if i%10_000 == 0 {
			w.flush()
		}
	}
	w.flush()
	var took, closing time.Duration
	for b.Loop() {
		began := time.Now()
		w.close()
		closed := time.Now()
		w.open()
		closing += closed.Sub(began)
		took += time.Since(closed)
	}
	b.ReportMetric(float64(took.Milliseconds())/float64(b.N), "ms/open")
	b.ReportMetric(float64(closing.Milliseconds())/float64(b.N), "ms/close")
}

// BenchmarkDisk is what 1,000 messages take on the disk: in a busy room, and in one
// where each is written alone.
func BenchmarkDisk(b *testing.B) {
	for _, bb := range []struct {
		name  string
		block int
	}{{"busy room", 0}, {"a block a line", 1}} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				w := &world{t: b, dir: b.TempDir(), limits: big, lo: LogOptions{Block: bb.block}}
				w.open()
				const lines = 20_000
				for i := range lines {
					w.say("lobby", fmt.Sprint(i, " ", text))
					if i%200 == 0 {
						w.flush()
					}
				}
				w.flush()
				info, err := w.log.stream.Info(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				w.close()
				b.ReportMetric(float64(diskUse(b, w.dir, "chatroom-history"))/lines*1000, "B/1000-lines")
				b.ReportMetric(float64(info.State.Bytes)/lines*1000, "stream-B/1000-lines")
			}
		})
	}
}

// diskUse is the size of a stream's files, in bytes.
func diskUse(b *testing.B, dir, stream string) (n int64) {
	root := filepath.Join(dir, "jetstream", "$G", "streams", stream)
	err := filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		n += st.Size()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func init() { parts["idle"] = idle }

// idle prints the resident memory of a process before and after it has opened an
// empty store.
func idle() {
	before := rss()
	began := time.Now()
	server := must(embedded.Open(context.Background(), embedded.Options{Dir: os.Getenv(dirEnv)}))
	opened := time.Since(began)
	store := must(Open(context.Background(), server.Conn(), Options{}))
	must(store.Log(context.Background(), memstore.NewLog(big), LogOptions{}))
	all := time.Since(began)
	time.Sleep(time.Second)
	fmt.Println(before, rss(), opened.Microseconds(), all.Microseconds())
	os.Exit(0)
}

// rss is the resident memory of this process, in KiB.
func rss() (kib int) {
	data := must(os.ReadFile("/proc/self/status"))
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			must(fmt.Sscan(rest, &kib))
		}
	}
	return kib
}

// BenchmarkIdle is what an empty store adds to a process.
func BenchmarkIdle(b *testing.B) {
	for b.Loop() {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), playEnv+"=idle", dirEnv+"="+b.TempDir())
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(err)
		}
		var before, after, opened, all float64
		if _, err := fmt.Sscan(string(out), &before, &after, &opened, &all); err != nil {
			b.Fatalf("%s: %v", out, err)
		}
		b.ReportMetric(before, "KiB-before")
		b.ReportMetric(after, "KiB-after")
		b.ReportMetric(opened/1000, "ms-server")
		b.ReportMetric(all/1000, "ms-all")
	}
}
