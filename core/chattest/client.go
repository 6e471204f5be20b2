// Package chattest is a line client for tests: it dials a chat server, sends
// lines and waits for what must come back.
//
// No wait is open-ended: every one ends the test after [Timeout] and says
// what was missing. Telnet commands are taken out of the text and kept aside;
// the client never answers them. Whatever the server sends must be UTF-8
// lines that end in CRLF, else the test fails. The transcript of every client
// is logged when its test failed.
package chattest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// Timeout is how long a single wait of a client lasts before its test fails.
const Timeout = 20 * time.Second

// A Client is one connection to a chat server. It belongs to the test's own
// goroutine: its methods end the test with Fatalf.
type Client struct {
	// Name stands before each line of the transcript. It may be changed at
	// any time; it starts as the client's local address.
	Name string

	t          testing.TB
	conn       net.Conn
	decoder    decoder
	text       []byte   // received text that no CRLF has ended yet
	lines      []string // received lines that no one has asked for yet
	end        error    // why nothing more will come; nil while open
	transcript strings.Builder
	watcher    io.Writer // reads along; may be nil
}

// Watch makes a watcher for each new client, which is given all text that the
// client receives, up to what has arrived when the test ends. The telnet commands
// are not in it. It is for a TestMain to set, before there are clients; nil
// watches none.
var Watch func(testing.TB, *Client) io.Writer

// Dial connects to the TCP address addr and leaves the connection to the
// test's cleanup.
func Dial(t testing.TB, addr string) *Client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, Timeout)
	if err != nil {
		t.Fatalf("chattest: %v", err)
	}
	return New(t, conn)
}

// New makes a client of a connection, which it owns from then on.
func New(t testing.TB, conn net.Conn) *Client {
	c := &Client{Name: conn.LocalAddr().String(), t: t, conn: conn}
	t.Cleanup(func() {
		c.drain()
		conn.Close()
		if t.Failed() {
			t.Logf("transcript of %s:\n%s", c.Name, c.Transcript())
		}
	})
	if Watch != nil {
		c.watcher = Watch(t, c)
	}
	return c
}

// drain has the watcher see what has arrived and nobody has asked for.
func (c *Client) drain() {
	if c.watcher == nil || c.end != nil {
		return
	}
	c.conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	buf := make([]byte, 4096)
	for range maxDrain / len(buf) {
		n, err := c.conn.Read(buf)
		c.take(buf[:n])
		if err != nil {
			return
		}
	}
}

// maxDrain is how much a client reads at the end of its test, in bytes: more
// than the server's outbox and the sockets hold.
const maxDrain = 8 << 20

// Send sends the line and CRLF.
func (c *Client) Send(line string) {
	c.t.Helper()
	c.note('>', line)
	c.write([]byte(line + "\r\n"))
}

// SendRaw sends p as it is, in one write.
func (c *Client) SendRaw(p []byte) {
	c.t.Helper()
	c.note('>', strconv.QuoteToASCII(string(p)))
	c.write(p)
}

func (c *Client) write(p []byte) {
	c.t.Helper()
	c.conn.SetWriteDeadline(time.Now().Add(Timeout))
	// A server that has said goodbye already is met by the next read, which
	// knows better whether the test wanted that.
	if _, err := c.conn.Write(p); err != nil && !isClosed(err) {
		c.t.Fatalf("%s: sending: %v", c.Name, err)
	}
}

// Next returns the next line, without CRLF, and fails the test if there is
// none.
func (c *Client) Next() string {
	c.t.Helper()
	return c.next("another line")
}

// Expect skips lines until one contains want and returns that line. In want,
// "..." stands for any text.
func (c *Client) Expect(want string) string {
	c.t.Helper()
	for {
		if line := c.next("a line with " + strconv.Quote(want)); Match("..."+want+"...", line) {
			return line
		}
	}
}

// ExpectExact checks that the next line is want to the letter.
func (c *Client) ExpectExact(want string) {
	c.t.Helper()
	if line := c.next(strconv.Quote(want)); line != want {
		c.t.Fatalf("%s: got the line %q, want %q", c.Name, line, want)
	}
}

var barriers atomic.Int64

// Sync returns when the server has dealt with all that this client has sent.
// It asks the server to echo a text, so it works for sessions that are logged
// in, and it keeps the lines that arrive before the echo.
func (c *Client) Sync() {
	c.t.Helper()
	mark := fmt.Sprintf("barrier-%d", barriers.Add(1))
	c.write([]byte("/echo " + mark + "\r\n"))
	kept := c.lines
	c.lines = nil
	for {
		line := c.next("the answer to /echo " + mark)
		if strings.Contains(line, mark) {
			break
		}
		kept = append(kept, line)
	}
	c.lines = append(kept, c.lines...)
}

// Quiet checks that no line matching pattern has been sent to this client up
// to now, as [Match] has it. It waits for an answer from the server, never for
// time to pass; see [Client.Sync]. The lines that do not match stay to be
// read.
func (c *Client) Quiet(pattern string) {
	c.t.Helper()
	c.Sync()
	for _, line := range c.lines {
		if Match(pattern, line) {
			c.t.Fatalf("%s: got the line %q, want none that is %q", c.Name, line, pattern)
		}
	}
}

// ExpectClosed waits until the server closes the connection and returns the
// lines that came before.
func (c *Client) ExpectClosed() []string {
	c.t.Helper()
	deadline := time.Now().Add(Timeout)
	for c.end == nil {
		c.read(deadline, "the end of the connection")
	}
	lines := c.lines
	c.lines = nil
	return lines
}

// CloseWrite ends what the client sends and leaves it reading, as a client
// does that was fed from a file.
func (c *Client) CloseWrite() {
	c.t.Helper()
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok {
		c.t.Fatalf("%s: a %T cannot be closed by half", c.Name, c.conn)
	}
	c.note('>', "(end of input)")
	if err := half.CloseWrite(); err != nil {
		c.t.Fatalf("%s: %v", c.Name, err)
	}
}

// Close hangs up.
func (c *Client) Close() {
	c.note('>', "(hang up)")
	c.conn.Close()
}

// Telnet returns the telnet commands that have arrived, each with its IAC, one
// after the other.
func (c *Client) Telnet() []byte { return c.decoder.commands }

// Transcript returns what was sent and received, a line each, in the order in
// which this client did it.
func (c *Client) Transcript() string { return c.transcript.String() }

func (c *Client) note(direction byte, line string) {
	fmt.Fprintf(&c.transcript, "%s%c %s\n", c.Name, direction, line)
}

// next waits for the next line; what says in a failure what it was for.
func (c *Client) next(what string) string {
	c.t.Helper()
	deadline := time.Now().Add(Timeout)
	for len(c.lines) == 0 {
		if c.end != nil {
			c.t.Fatalf("%s: the connection ended (%v), want %s", c.Name, c.end, what)
		}
		c.read(deadline, what)
	}
	line := c.lines[0]
	c.lines = c.lines[1:]
	return line
}

// read takes in what one read gives: perhaps lines, perhaps the end.
func (c *Client) read(deadline time.Time, what string) {
	c.t.Helper()
	buf := make([]byte, 4096)
	c.conn.SetReadDeadline(deadline)
	n, err := c.conn.Read(buf)
	c.take(buf[:n])
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.t.Fatalf("%s: nothing more for %v (pending text %q), want %s", c.Name, Timeout, c.text, what)
	case !isClosed(err):
		c.t.Fatalf("%s: receiving: %v", c.Name, err)
	default:
		c.end = err
		c.note('<', "(closed)")
		if len(c.text) > 0 {
			c.t.Errorf("%s: the connection ended inside the line %q", c.Name, c.text)
		}
	}
}

// take takes in what has arrived.
func (c *Client) take(p []byte) {
	c.t.Helper()
	before := len(c.text)
	c.text = c.decoder.decode(c.text, p)
	if c.watcher != nil {
		c.watcher.Write(c.text[before:])
	}
	c.split()
}

// split moves the whole lines of c.text to c.lines.
func (c *Client) split() {
	c.t.Helper()
	for {
		before, after, found := strings.Cut(string(c.text), "\n")
		if !found {
			return
		}
		c.text = []byte(after)
		line, crlf := strings.CutSuffix(before, "\r")
		if !crlf || strings.Contains(line, "\r") {
			c.t.Errorf("%s: the line %q does not end in CRLF alone", c.Name, before+"\n")
		}
		if !utf8.ValidString(line) {
			c.t.Errorf("%s: the line %q is not UTF-8", c.Name, line)
		}
		c.note('<', printable(line))
		c.lines = append(c.lines, line)
	}
}

// isClosed reports whether err is the way in which a peer ends a connection.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// printable shows control characters as escapes, so that a failure's log is
// safe to look at.
func printable(line string) string {
	var b strings.Builder
	for _, r := range line {
		if strconv.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}
