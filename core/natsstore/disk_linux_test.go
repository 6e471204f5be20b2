package natsstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// smallDisk is a file system of so many bytes, of which all goes with the test.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("a small file system can't be mounted here, which takes root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill leaves no byte free in dir, until the file it returns is removed.
func fill(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "filler")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	chunk := make([]byte, 4096)
	for {
		if _, err := f.Write(chunk); err != nil {
			if errors.Is(err, syscall.ENOSPC) {
				return path
			}
			t.Fatal(err)
		}
	}
}

// failingDisk is what users see while the disk takes no writes and after: break
// has it fail, and mend works again.
func failingDisk(t *testing.T, w *world, health changes, fail, mend func()) {
	ctx := t.Context()
	b, err := w.store.Bucket(ctx, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(ctx, "ann", []byte("x"), 0, 0); err != nil {
		t.Fatal(err)
	}
	before := w.say("lobby", "before")
	w.flush()
	fail()
	began := time.Now()
	n := 0
	for ; ; n++ { // the server may have some room of its own
		_, err = b.Put(ctx, fmt.Sprint("new-", n), make([]byte, 16<<10), 0, 0)
		if err != nil {
			break
		}
		if n > 2000 {
			t.Fatal("the disk does not fail")
		}
		began = time.Now()
	}
	if took := time.Since(began); took > 3500*time.Millisecond || chat.ErrorCode(err) != chat.Unavailable {
		t.Fatalf("a write ends with %v after %v, want unavailable within 3 s", err, took)
	}
	health.next(t, false)
	if ok, reason := w.store.Health(); ok || reason == "" {
		t.Errorf("Health is %v, %q", ok, reason)
	}
	began = time.Now()
	if _, err := b.Put(ctx, "late", nil, 0, 0); chat.ErrorCode(err) != chat.Unavailable || time.Since(began) > 100*time.Millisecond {
		t.Errorf("the next write ends with %v after %v, want unavailable at once", err, time.Since(began))
	}
	// Chat goes on, and what is in memory is found.
	during := w.say("lobby", "during")
	if during <= before {
		t.Errorf("%d comes after %d", during, before)
	}
	if got := w.found("lobby", chat.Query{Last: 2}); got != "before | during" {
		t.Errorf("found %q", got)
	}
	mend()
	health.next(t, true)
	// All without a restart: what was there, what comes, and what was waiting.
	if r, err := b.Get(ctx, "ann"); err != nil || string(r.Value) != "x" {
		t.Errorf("the old record is %+v, %v", r, err)
	}
	for i := range n {
		if _, err := b.Get(ctx, fmt.Sprint("new-", i)); err != nil {
			t.Errorf("record %d was acknowledged and is gone: %v", i, err)
		}
	}
	if _, err := b.Put(ctx, "after", []byte("x"), 0, 0); err != nil {
		t.Errorf("put: %v", err)
	}
	w.say("lobby", "after")
	w.flush()
	w.close()
	w.open()
	if got := w.found("lobby", chat.Query{}); got != "before | during | after" {
		t.Errorf("found %q after a restart", got)
	}
	b, err = w.store.Bucket(ctx, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(ctx, "after"); err != nil {
		t.Errorf("get: %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	w := &world{t: t, dir: smallDisk(t, 32<<20), limits: big}
	health := watchChanges(&w.o)
	w.open()
	t.Cleanup(w.close)
	var filler string
	failingDisk(t, w, health, func() { filler = fill(t, w.dir) }, func() {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	})
}

// A disk that turned read-only refuses writes also to files that are open. So do
// files that are immutable.
func TestReadOnly(t *testing.T) {
	w := &world{t: t, dir: t.TempDir(), limits: big}
	health := watchChanges(&w.o)
	w.open()
	t.Cleanup(w.close)
	failingDisk(t, w, health, func() { freeze(t, w.dir, true) }, func() { freeze(t, w.dir, false) })
}

// freeze makes all below dir immutable, or mutable again.
func freeze(t *testing.T, dir string, on bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		return setImmutable(path, on)
	})
	if err != nil {
		_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { return setImmutable(path, false) })
		t.Skipf("files can't be made immutable here, which takes root and a file system that can: %v", err)
	}
	if on {
		t.Cleanup(func() {
			_ = filepath.WalkDir(dir, func(path string, _ os.DirEntry, _ error) error { _ = setImmutable(path, false); return nil })
		})
	}
}

// The numbers are those of linux/fs.h.
const (
	getFlags  = 0x80086601
	setFlags  = 0x40086602
	immutable = 0x10
)

func setImmutable(path string, on bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var flags int64
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), getFlags, uintptr(unsafe.Pointer(&flags))); e != 0 {
		return e
	}
	flags &^= immutable
	if on {
		flags |= immutable
	}
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), setFlags, uintptr(unsafe.Pointer(&flags))); e != 0 {
		return e
	}
	return nil
}

// What does not fit into the queue while the store is down is dropped, counted, and
// marked where it would be.
func TestQueueIsBounded(t *testing.T) {
	w := &world{t: t, dir: t.TempDir(), limits: big, lo: LogOptions{Queue: 64 << 10}}
	health := watchChanges(&w.o)
	down := make(chan struct{})
	w.open()
	t.Cleanup(w.close)
	w.store.o.Recover = func(context.Context) error {
		select {
		case <-down:
			return nil
		default:
			return errors.New("still down")
		}
	}
	w.say("lobby", "first")
	w.flush()
	w.store.health.fail(errors.New("a test"))
	health.next(t, false)
	const n = 4000
	for i := range n {
		w.say("lobby", fmt.Sprintf("line %04d of many", i))
	}
	w.say("quiet", "I am heard")
	st := w.log.Stats()
	if st.Lost == 0 || st.Waiting > 64<<10 {
		t.Errorf("the queue has %+v", st)
	}
	close(down)
	health.next(t, true)
	w.flush()
	lost := w.log.Stats().Lost
	w.close()
	w.open()
	events, err := w.log.Search(t.Context(), "lobby", chat.Query{})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(events); got != 1+1+n-int(lost) {
		t.Errorf("%d events, want %d lines and a mark", got, 1+n-int(lost))
	}
	if mark := events[1]; mark.Kind != chat.Notice || mark.Text != fmt.Sprintf("%d lines are missing here.", lost) || mark.Seq != events[2].Seq-1 {
		t.Errorf("the gap is marked by %+v", mark)
	}
	if last := events[len(events)-1]; last.Text != fmt.Sprintf("line %04d of many", n-1) {
		t.Errorf("the last line is %q", last.Text)
	}
	if got := w.found("quiet", chat.Query{}); got != "I am heard" {
		t.Errorf("the quiet room has %q", got)
	}
}
