package host

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"
)

// build builds a plugin that is shipped.
func build(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", path, "github.com/chatroom-shell/chatroom/plugins/"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// BenchmarkCall is a command of a plugin beside one of the server's own.
func BenchmarkCall(b *testing.B) {
	w := newWorld(b, Settings{})
	w.ready(Table{Name: "dice", Path: build(b, "dice")})
	ann := w.login("ann")
	for name, line := range map[string]string{"builtin": "repeat 1", "plugin": "roll"} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				r := ann.runCtx(context.Background(), line)
				if r.told != "" {
					b.Fatal(r.told)
				}
				took = append(took, r.took)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkStart is the start of ten plugins: until Apply returns, and until all
// serve. With a cache their commands are there by then.
func BenchmarkStart(b *testing.B) {
	path := build(b, "dice")
	var tables []Table
	for i := range 10 {
		tables = append(tables, Table{Name: fmt.Sprintf("dice-%d", i), Path: path})
	}
	dir := b.TempDir()
	var applied, ready time.Duration
	var heap, goroutines, rss int64
	for b.Loop() {
		w := newWorld(b, Settings{}, func(o *Options) { o.Dir = dir })
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n := runtime.NumGoroutine()
		begun := time.Now()
		w.apply(tables...)
		applied += time.Since(begun)
		for _, t := range tables {
			w.await(t.Name, Ready)
		}
		ready += time.Since(begun)
		runtime.GC()
		runtime.ReadMemStats(&after)
		heap += int64(after.HeapInuse+after.StackInuse) - int64(before.HeapInuse+before.StackInuse)
		goroutines += int64(runtime.NumGoroutine() - n)
		rss += w.host.Status()[0].Memory
		w.host.Close(context.Background())
	}
	n := float64(b.N)
	b.ReportMetric(float64(applied.Milliseconds())/n, "apply-ms")
	b.ReportMetric(float64(ready.Milliseconds())/n, "ready-ms")
	b.ReportMetric(float64(heap)/n/10/1024, "KiB/plugin")
	b.ReportMetric(float64(goroutines)/n/10, "goroutines/plugin")
	b.ReportMetric(float64(rss)/n/1024/1024, "MiB-of-process")
}

// BenchmarkFilter is what the prefilter costs a message that no filter selects.
func BenchmarkFilter(b *testing.B) {
	for name, tables := range map[string][]Table{"none": {fixture("good")}, "one": {fixture("filter")}} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, Settings{})
			w.ready(tables...)
			ann := w.login("ann")
			b.ReportAllocs()
			for b.Loop() {
				ann.say("a message of the usual length, which is about this")
			}
		})
	}
}

// BenchmarkFree measures how long a caller waits whose plugin dies under it.
func BenchmarkFree(b *testing.B) {
	w := newWorld(b, quick)
	set := quick
	set.Crashes = 1 << 30
	w.host.SetSettings(set)
	w.ready(fixture("good"))
	ann := w.login("ann")
	var took []time.Duration
	for b.Loop() {
		took = append(took, ann.runCtx(context.Background(), "die kill").took)
		w.await("good", Ready)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}
