package server

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// streams is the driver for any net.Conn: a goroutine a connection that reads,
// and one that writes while something is to be sent.
type streams struct {
	loop *loop
	bell chan struct{} // one slot

	writers int // goroutines that send

	listeners []*net.TCPListener
	closing   chan struct{} // closed: no more is accepted
	accepts   sync.WaitGroup
}

// A stream is the part of a connection that is a net.Conn.
type stream struct {
	conn   net.Conn
	credit chan int // how many bytes the reader may read; closed: no more
}

func newStreams(l *loop) (driver, error) {
	return &streams{loop: l, bell: make(chan struct{}, 1), closing: make(chan struct{})}, nil
}

func (d *streams) start() error { return nil }

func (d *streams) wake() {
	select {
	case d.bell <- struct{}{}:
	default:
	}
}

func (d *streams) wait(timeout time.Duration) error {
	if timeout == 0 {
		if d.loop.more && d.writers > 0 {
			time.Sleep(time.Millisecond) // for the writers of the last batch, who have their work before the next
		}
		return nil
	}
	var over <-chan time.Time
	if timeout > 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-d.bell:
	case <-over:
	}
	return nil
}

// input does nothing: the readers put what they have read into the mailbox.
func (d *streams) input() {}

// add takes over a connection that the gate has admitted. Any goroutine may
// call it.
func (d *streams) add(nc net.Conn, id uint64, telnet bool) {
	c := &conn{stream: &stream{conn: nc, credit: make(chan int, 1)}}
	d.loop.box.Call(func() {
		d.loop.add(c, id, addrPort(nc.RemoteAddr()), telnet)
		go d.read(c, c.stream)
	})
}

// read is the goroutine that reads, as much as it is allowed to at a time.
func (d *streams) read(c *conn, s *stream) {
	var buf []byte
	for n := range s.credit {
		if len(buf) < n {
			buf = make([]byte, min(n, 16<<10))
		}
		k, err := s.conn.Read(buf[:min(n, len(buf))])
		handled := make(chan struct{})
		d.loop.box.Call(func() {
			defer close(handled)
			d.took(c, buf[:k], err)
		})
		select {
		case <-handled:
		case <-d.loop.done:
			return
		}
		if err != nil {
			return
		}
	}
}

// took hands the session what its reader has read.
func (d *streams) took(c *conn, p []byte, err error) {
	if c.closed {
		return
	}
	c.reading = false
	if len(p) > 0 {
		c.Feed(p)
	}
	switch {
	case errors.Is(err, io.EOF):
		c.ended = true
		c.EOF()
	case err != nil:
		d.loop.end(c, "")
		return
	}
	c.Wake()
}

func (d *streams) flush(conns []*conn) (kept bool) {
	stall := d.loop.server.env.Settings().Stall
	for _, c := range conns {
		if c.closed || c.Owed() == 0 {
			continue
		}
		kept = true
		if c.sending {
			c.Sent(0)
			continue
		}
		c.sending = true
		d.writers++
		d.loop.stats.Sends++
		d.loop.stats.Bytes += uint64(c.Owed())
		frames := net.Buffers(c.Buffers(nil))
		c.Sent(c.Owed())
		go d.write(c, c.stream.conn, frames, stall)
	}
	if kept {
		d.loop.stats.Flushes++
	}
	return kept
}

// write is the goroutine that sends frames, all within the stall time.
func (d *streams) write(c *conn, nc net.Conn, frames net.Buffers, stall time.Duration) {
	var deadline time.Time
	if stall > 0 {
		deadline = time.Now().Add(stall)
	}
	err := nc.SetWriteDeadline(deadline)
	if err == nil {
		_, err = frames.WriteTo(nc)
	}
	d.loop.box.Call(func() {
		d.writers--
		if c.closed {
			return
		}
		c.sending = false
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				d.loop.server.log.Info("session cut", "conn", c.Info().ID, "reason", "stalled")
			}
			d.loop.end(c, "")
			return
		}
		c.Wake()
	})
}

func (d *streams) watch(c *conn) {
	if n := c.Window(); n > 0 && !c.reading && !c.ended {
		c.reading = true
		c.stream.credit <- n
	}
}

func (d *streams) hangUp(c *conn) {
	close(c.stream.credit)
	_ = c.stream.conn.Close() // nothing can be done about an error
}

func (d *streams) listen(l *net.TCPListener, telnet bool) error {
	d.listeners = append(d.listeners, l)
	d.accepts.Go(func() { d.accept(l, telnet) })
	return nil
}

func (d *streams) unlisten() (wait func()) {
	close(d.closing)
	for _, l := range d.listeners {
		_ = l.Close()
	}
	return d.accepts.Wait
}

// accept is the goroutine that accepts from one listener.
func (d *streams) accept(l *net.TCPListener, telnet bool) {
	srv := d.loop.server
	backoff := time.Duration(0)
	for {
		nc, err := l.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			backoff = min(max(2*backoff, acceptBackoffMin), acceptBackoffMax)
			srv.log.Error("accept", "err", err, "retry_in", backoff)
			select {
			case <-time.After(backoff):
			case <-d.closing:
			}
			continue
		}
		backoff = 0
		id, refusal := srv.admit(addrPort(nc.RemoteAddr()))
		if refusal != "" {
			_ = nc.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = nc.Write([]byte(refusal))
			_ = nc.Close()
			continue
		}
		tuneStream(nc)
		srv.nextLoop().driver.(*streams).add(nc, id, telnet)
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}

func (d *streams) close() {}
