package command

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// What goes in comes out, however it is cut, and never more than fits waits.
func TestPipe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p pipe
		p.init(math.MaxInt64)
		want := bytes.Repeat([]byte("0123456789"), rapid.IntRange(0, 10_000).Draw(t, "length"))
		sizes := rapid.SliceOfN(rapid.IntRange(1, 50_000), 1, 10).Draw(t, "writes")
		reads := rapid.SliceOfN(rapid.IntRange(1, 50_000), 1, 10).Draw(t, "reads")
		go func() {
			defer p.finish()
			for i, rest := 0, want; len(rest) > 0; i++ {
				n := min(sizes[i%len(sizes)], len(rest))
				if k, err := p.Write(rest[:n]); k != n || err != nil {
					panic(err)
				}
				rest = rest[n:]
			}
		}()
		var got []byte
		for i := 0; ; i++ {
			buf := make([]byte, reads[i%len(reads)])
			n, err := p.Read(buf)
			if got = append(got, buf[:n]...); errors.Is(err, io.EOF) {
				break
			}
			if err != nil || n == 0 {
				t.Fatalf("%d, %v", n, err)
			}
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("got %d bytes, want %d", len(got), len(want))
		}
	})
}

func TestPipeBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pipe
		p.init(pipeSize + 2)
		written := make(chan error)
		write := func(n int) { go func() { _, err := p.Write(make([]byte, n)); written <- err }() }
		write(pipeSize + 3)
		synctest.Wait()
		select {
		case err := <-written:
			t.Fatalf("more than the pipe holds was written: %v", err)
		default:
		}
		if n, err := io.ReadFull(&p, make([]byte, pipeSize+2)); err != nil {
			t.Fatal(n, err)
		}
		if err := <-written; err != nil {
			t.Fatal(err)
		}
		if n, err := p.Read(make([]byte, 1)); n != 0 || !errors.Is(err, errLimit) {
			t.Errorf("past the limit: %d, %v", n, err)
		}
		write(pipeSize)
		synctest.Wait()
		reason := errors.New("reason")
		p.fail(reason)
		p.fail(errUnread)
		if err := <-written; !errors.Is(err, reason) {
			t.Errorf("write: %v", err)
		}
		if _, err := p.Read(nil); !errors.Is(err, reason) {
			t.Errorf("read: %v", err)
		}
	})
}
