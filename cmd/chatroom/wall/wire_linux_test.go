package wall_test

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// flood has n peers send block after block, each until it has sent total bytes,
// on a new connection where the server has cut the one before. A connection
// begins with hello. Wait returns how much they have sent when all are done.
func flood(t *testing.T, s *programtest.Server, n, total int, hello func(i int) string, block []byte) (wait func() int) {
	t.Helper()
	var all sync.WaitGroup
	sent := make([]int, n)
	for i := range n {
		all.Go(func() {
			for sent[i] < total {
				conn, err := net.Dial("tcp", s.Addrs[0])
				if err != nil {
					t.Error(err)
					return
				}
				conn.SetDeadline(time.Now().Add(chattest.Timeout))
				_, err = conn.Write([]byte(hello(i)))
				for took := 0; err == nil && sent[i] < total; took++ {
					if took*len(block) > 64<<20 {
						t.Errorf("the server has taken 64 MiB from one connection")
						break
					}
					_, err = conn.Write(block)
					sent[i] += len(block)
				}
				conn.Close()
			}
		})
	}
	return func() (sum int) {
		all.Wait()
		for _, n := range sent {
			sum += n
		}
		return sum
	}
}

// undisturbed has two people chat while a flood is under way. The server must not
// grow by more than grow bytes, and no word takes longer than it may.
func undisturbed(t *testing.T, s *programtest.Server, grow int64, begin func() (wait func() int)) {
	t.Helper()
	ann, bob := s.Login("ann"), s.Login("bob")
	ann.Send("join quiet") // where those who come and go are not told
	bob.Send("join quiet")
	programtest.Skip(bob)
	programtest.Skip(ann)
	before := processOf(s).resident(t)
	ended, sent := make(chan struct{}), 0
	wait := begin()
	go func() {
		defer close(ended)
		sent = wait()
	}()
	var slowest time.Duration
	words := 0
	for under := true; under || words < 20; words++ {
		word := fmt.Sprintf("word %d", words)
		began := time.Now()
		ann.Send("say " + word)
		bob.Expect("ann: " + word)
		ann.Expect("ann: " + word)
		slowest = max(slowest, time.Since(began))
		select {
		case <-ended:
			under = false
		case <-time.After(10 * time.Millisecond):
		}
	}
	grown := processOf(s).peak(t) - before
	t.Logf("%d MB sent; %d words, the slowest took %v; the server grew by %d KiB at most", sent/1e6, words, slowest, grown>>10)
	if slowest > 5*time.Second {
		t.Errorf("a word took %v", slowest)
	}
	if grown > grow && !programtest.UnderRace() {
		t.Errorf("the server grew by %d KiB, want at most %d", grown>>10, grow>>10)
	}
}

// length is the bytes of each peer of a flood.
func length() int {
	if *full {
		return 100e6
	}
	return 4e6
}

// However much comes without a line end, memory does not grow with it, and the
// others don't notice.
func TestW4WithoutLineEnd(t *testing.T) {
	for name, hello := range map[string]func(int) string{
		"before login": func(int) string { return "" },
		"after login":  func(i int) string { return fmt.Sprintf("login peer%d\r\n", i) },
	} {
		t.Run(name, func(t *testing.T) {
			s := programtest.Start(t, "")
			undisturbed(t, s, 48<<20, func() func() int {
				return flood(t, s, 20, length(), hello, bytes.Repeat([]byte("x"), 64<<10))
			})
		})
	}
}

// The same for a subnegotiation that does not end, of anything and of IAC IAC only.
func TestT1WithoutEnd(t *testing.T) { unended(t, "x") }

func TestT2DoubledIAC(t *testing.T) { unended(t, "\xff\xff") }

func unended(t *testing.T, body string) {
	s := programtest.Start(t, "")
	undisturbed(t, s, 48<<20, func() func() int {
		return flood(t, s, 20, length(), func(int) string { return "\xff\xfb\x18\xff\xfa\x18" }, bytes.Repeat([]byte(body), 64<<10/len(body)))
	})
	// The peer is cut, told nothing that it would take for an answer, and not before.
	for _, n := range []int{60 << 10, 66 << 10} {
		c := s.Dial("peer")
		c.SendRaw([]byte("\xff\xfb\x18\xff\xfa\x18"))
		c.SendRaw(bytes.Repeat([]byte(body), n/len(body)))
		if n > 64<<10 {
			c.ExpectClosed()
			continue
		}
		c.SendRaw([]byte("\xff\xf0login peer\r\n"))
		c.Expect("Welcome, peer")
		c.Close()
	}
}
