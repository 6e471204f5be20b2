package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A hall is a server that does for a load what the real one does: it answers
// /echo, takes any other command, and says what else comes to everybody.
type hall struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
	every int // of so many messages one is not said; 0: all are
	said  int
}

// open returns the address of h, which ends with the test.
func (h *hall) open(t *testing.T) string {
	t.Helper()
	var err error
	if h.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := h.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { h.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = h.Close()
		serving.Wait()
	})
	return h.Addr().String()
}

func (h *hall) serve(c net.Conn) {
	defer c.Close()
	h.mu.Lock()
	h.conns = append(h.conns, c)
	h.mu.Unlock()
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "/echo "); ok {
			fmt.Fprintf(c, "%s\r\n", rest)
		} else if !strings.HasPrefix(lines.Text(), "/") {
			h.say(lines.Text())
		}
	}
}

func (h *hall) say(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.said++; h.every > 0 && h.said%h.every == 0 {
		return
	}
	for _, c := range h.conns {
		fmt.Fprintf(c, "somebody: %s\r\n", line)
	}
}

func TestRun(t *testing.T) {
	o := options{sessions: 4, rooms: 1, senders: 2, size: 64, window: 1, duration: 200 * time.Millisecond}
	o.addr = (&hall{}).open(t)
	r, err := run(o)
	if err != nil {
		t.Fatal(err)
	}
	if r.sent == 0 || r.deliveries == 0 || r.lost != 0 || r.wrong != 0 || r.closed != 0 {
		t.Errorf("%d sent, %d delivered, %d lost, %d wrong, %d closed", r.sent, r.deliveries, r.lost, r.wrong, r.closed)
	}
}

// What a server loses is found.
func TestRunFindsLosses(t *testing.T) {
	o := options{sessions: 2, rooms: 1, senders: 1, size: 64, rate: 500, duration: 200 * time.Millisecond}
	o.addr = (&hall{every: 10}).open(t)
	r, err := run(o)
	if err != nil {
		t.Fatal(err)
	}
	if r.lost == 0 || r.wrong == 0 {
		t.Errorf("of %d sent %d lost and %d wrong", r.sent, r.lost, r.wrong)
	}
}
