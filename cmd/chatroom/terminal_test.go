package main_test

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A terminal is a real client in a terminal of its own, with its screen.
type terminal struct {
	t    *testing.T
	name string
	tty  *os.File

	mu      sync.Mutex
	emu     *vt.Emulator
	changed chan struct{} // closed and replaced with each change
	ended   bool
}

// The size of a terminal, which is not what the server takes for granted.
const (
	screenCols = 100
	screenRows = 30
)

// openTerminal runs the client in a terminal until the end of the test. Home is
// where the client looks for its settings; what it adds to the environment are
// the variables.
func openTerminal(t *testing.T, name, home string, argv []string, variables ...string) *terminal {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = home
	cmd.Env = append(programtest.CleanEnv(), "HOME="+home, "TERM=xterm", "LC_ALL=C.UTF-8")
	cmd.Env = append(cmd.Env, variables...)
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: screenCols, Rows: screenRows})
	if err != nil {
		t.Fatal(err)
	}
	emu := vt.NewEmulator(screenCols, screenRows)
	x := &terminal{t: t, name: name, tty: tty, emu: emu, changed: make(chan struct{})}
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		x.show()
	}()
	// What the terminal answers to queries is input for the client.
	answers := make(chan struct{})
	go func() {
		defer close(answers)
		io.Copy(tty, x.emu)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		tty.Close()
		<-shown
		x.emu.InputPipe().(io.Closer).Close()
		<-answers
		if t.Failed() {
			t.Logf("the screen of %s:\n%s", name, strings.Join(x.screen(), "\n"))
		}
	})
	return x
}

// show puts on the screen what the client prints, until it ends.
func (x *terminal) show() {
	buf := make([]byte, 4096)
	for {
		n, err := x.tty.Read(buf)
		x.mu.Lock()
		x.emu.Write(buf[:n])
		x.ended = err != nil
		close(x.changed)
		x.changed = make(chan struct{})
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// press sends keys as the keyboard does; Enter is \r.
func (x *terminal) press(keys string) {
	x.t.Helper()
	if _, err := x.tty.WriteString(keys); err != nil {
		x.t.Fatalf("%s: %v", x.name, err)
	}
}

// enter types a line.
func (x *terminal) enter(line string) {
	x.t.Helper()
	x.press(line + "\r")
}

// resize changes the window, which tells the client with SIGWINCH.
func (x *terminal) resize(cols, rows int) {
	x.t.Helper()
	x.mu.Lock()
	x.emu.Resize(cols, rows)
	x.mu.Unlock()
	if err := pty.Setsize(x.tty, &pty.Winsize{Cols: uint16(cols), Rows: uint16(rows)}); err != nil {
		x.t.Fatal(err)
	}
}

// screen returns the rows on the screen, without what is empty at the end of
// each and of all.
func (x *terminal) screen() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	rows := strings.Split(x.emu.String(), "\n")
	for i, row := range rows {
		rows[i] = strings.TrimRight(row, " \r")
	}
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// colored reports whether a part of a row that is as the pattern says has a
// colour or another attribute. The row must be on the screen.
func (x *terminal) colored(pattern string) bool {
	x.t.Helper()
	for y, row := range slices.Backward(x.screen()) {
		if !chattest.Match(pattern, row) {
			continue
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		for col := range x.emu.Width() {
			if cell := x.emu.CellAt(col, y); cell != nil && (cell.Style.Fg != nil || cell.Style.Bg != nil || cell.Style.Attrs != 0) {
				return true
			}
		}
		return false
	}
	x.t.Fatalf("%s: no row %s on the screen", x.name, pattern)
	return false
}

// expect waits until the last rows on the screen are as the patterns say, one
// pattern a row; see [chattest.Match].
func (x *terminal) expect(patterns ...string) {
	x.t.Helper()
	x.wait("the last rows "+strings.Join(patterns, " | "), func(rows []string) bool {
		if len(rows) < len(patterns) {
			return false
		}
		return slices.EqualFunc(patterns, rows[len(rows)-len(patterns):], chattest.Match)
	})
}

// wait returns when ok holds for the screen.
func (x *terminal) wait(what string, ok func(rows []string) bool) {
	x.t.Helper()
	timeout := time.After(chattest.Timeout)
	for {
		x.mu.Lock()
		changed, ended := x.changed, x.ended
		x.mu.Unlock()
		if ok(x.screen()) {
			return
		}
		if ended {
			x.t.Fatalf("%s: the client ended, want %s", x.name, what)
		}
		select {
		case <-changed:
		case <-timeout:
			x.t.Fatalf("%s: no %s", x.name, what)
		}
	}
}

// expectEnd waits until the client ends.
func (x *terminal) expectEnd() {
	x.t.Helper()
	timeout := time.After(chattest.Timeout)
	for {
		x.mu.Lock()
		changed, ended := x.changed, x.ended
		x.mu.Unlock()
		if ended {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			x.t.Fatalf("%s: the client did not end", x.name)
		}
	}
}
