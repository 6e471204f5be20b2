package wall_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A caller runs a command of a plugin again and again, on a connection of
// its own and on any goroutine.
type caller struct {
	name    string
	conn    net.Conn
	lines   *bufio.Reader
	took    []time.Duration // of the calls that were answered
	refused int             // because the plugin was just ending
}

// dialCaller logs a caller in.
func dialCaller(addr, name string) (*caller, error) {
	conn, err := net.DialTimeout("tcp", addr, chattest.Timeout)
	if err != nil {
		return nil, err
	}
	c := &caller{name: name, conn: conn, lines: bufio.NewReader(conn)}
	if err := c.send("login " + name + "\r\n/echo ready"); err != nil {
		return c, err
	}
	for {
		if line, err := c.read(); err != nil || line == "ready" {
			return c, err
		}
	}
}

func (c *caller) send(line string) error {
	c.conn.SetDeadline(time.Now().Add(chattest.Timeout))
	_, err := c.conn.Write([]byte(line + "\r\n"))
	return err
}

// read is the next line, but for comings and goings and what ben says.
func (c *caller) read() (string, error) {
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			return "", err
		}
		line = strings.TrimRight(line, "\r\n")
		if !strings.HasSuffix(line, " has joined") && !strings.HasSuffix(line, " has left") && !strings.HasPrefix(line, "ben: ") {
			return line, nil
		}
	}
}

// call runs the command until stop, or until something is not as it must be.
func (c *caller) call(command string, stop <-chan struct{}) error {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return nil
		default:
		}
		text := fmt.Sprintf("%s says %d", c.name, n)
		began := time.Now()
		if err := c.send(command + " " + text); err != nil {
			return err
		}
		switch got, err := c.read(); {
		case err != nil:
			return fmt.Errorf("%s: call %d is lost: %w", c.name, n, err)
		case got == text:
			c.took = append(c.took, time.Since(began))
		case strings.HasPrefix(got, "-- good is being switched off"):
			c.refused++
		default:
			return fmt.Errorf("%s: call %d is answered by %q", c.name, n, got)
		}
	}
}
