package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chattest"
	"github.com/chatroom-shell/chatroom/core/config"
)

// openForFuzzing starts a server of its own in this process: in memory, with one door
// for telnet and one without, and no limits of rate. It ends with the fuzzing.
func openForFuzzing(f *testing.F) *App {
	file := filepath.Join(f.TempDir(), "chatroom.toml")
	const settings = `
[[listen]]
addr = "127.0.0.1:0"
[[listen]]
addr = "127.0.0.1:0"
telnet = false
[login]
guest_idle = "0s"
[limits]
sessions_per_source = 0
connects_per_minute = 0
lines_burst = 0
machine_burst = 0
[history]
replay = 0
[store]
dir = ""
`
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		f.Fatal(err)
	}
	a := &App{Source: config.Source{File: file}, Log: io.Discard}
	if err := a.Open(); err != nil {
		f.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	f.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			f.Error(err)
		}
	})
	return a
}

// door is the address of a listener of the App.
func (a *App) door(i int) string { return strings.Fields(a.Listeners()[i])[3] }

var (
	// shown is how every line begins that somebody is shown who asks for nothing.
	shown = regexp.MustCompile(`^(\[[a-z0-9_-]+\] )?(-- |\* [\pL\pM\pN._'-]+ |\*[\pL\pM\pN._'-]+\* |[\pL\pM\pN._'-]+: )`)
	// own are the control sequences that the server sends to a terminal.
	own = regexp.MustCompile("\x1b\\[[0-9;]*m|\r\x1b\\[K|\x1b\\[H\x1b\\[2J|\r\n|\a")
)

// checkShown checks that text is whole lines of UTF-8 with nothing in them that a
// terminal obeys.
func checkShown(t *testing.T, who string, text []byte) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Fatalf("%s is sent what is no UTF-8: %q", who, text)
	}
	for _, r := range string(own.ReplaceAllLiteral(text, nil)) {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0x2028 || r == 0x2029 {
			t.Fatalf("%U reaches %s in %q", r, who, text)
		}
	}
}

// Whatever a peer sends to the whole server, it is answered with clean lines and the
// connection ends; who is in the same room is shown lines of the forms that there
// are, and goes on; and nobody is sent without bound.
func FuzzServer(f *testing.F) {
	for _, s := range []string{
		"hello\r\nwho\r\nwho | grep -c f | say\r\n", "history 5 | tail 2 | cut -d : -f 2\r\n/hist | t | w\r\n", "msg bob hi\r\nm bob,bob x\r\n/reply y\r\n",
		"set output json\r\nwho\r\nrooms\r\nhelp | head 3\r\nset output text\r\nhi\r\n", "join ops\r\nroom private on\r\nroom key k\r\ninvite bob\r\nroom kick bob x\r\nleave\r\n",
		"alias a who | grep $1\r\na bob\r\n!!\r\n!a\r\nunalias a\r\n", "at 1s say x\r\nevery 10s who\r\njobs\r\ncancel 1\r\n", "help\r\nman set\r\n\r\n\r\nq\r\napropos room\r\n",
		"nick \xe2\x80\xaefish\r\nnick fish2\r\nme \x1b[2Jwaves\r\n", "topic \x07a\r\nlook\r\naway x\r\nback\r\nseen bob\r\nlast\r\nmentions\r\n", "ignore bob\r\nignore --list\r\nunignore bob\r\nwhois bob\r\n",
		"set color on\r\nset theme light\r\nset prompt %n>\r\nset screenreader on\r\nset bell all\r\nhi bob\r\n", "logout\r\nlogin x\r\nGET / HTTP/1.1\r\n\r\n", "register x\r\nlong secret\r\nlong secret\r\npasswd\r\n",
		"\xff\xfb\x18\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x06\xff\xf0\xff\xfa\x18\x00xterm\xff\xf0help\r\n", "\xff\xf4\xff\xfd\x06\xff\xf6/cancel\r\n\x03\x04", "//x\r\n/\r\n/x y\r\nwho 'x\r\nsay -- a | b\r\n",
		"history 100 | tee | sort -r | uniq -c | wc\r\n", "kick bob\r\nban bob\r\nreload\r\nwall x\r\nlockdown all\r\nplugin list\r\nstats\r\n", "/report bob is loud\r\nping\r\nuptime\r\nversion\r\nmotd\r\nclear\r\nquit\r\nmore\r\n",
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	a := openForFuzzing(f)
	bob, err := net.Dial("tcp", a.door(1))
	if err != nil {
		f.Fatal(err)
	}
	defer bob.Close()
	lines := bufio.NewReader(bob)
	// until has bob see all up to a mark of his own.
	until := func(mark string, see func(l string)) error {
		_ = bob.SetDeadline(time.Now().Add(time.Minute))
		if _, err := fmt.Fprintf(bob, "/echo %s\r\n", mark); err != nil {
			return err
		}
		for {
			l, err := lines.ReadString('\n')
			if err != nil || l == mark+"\r\n" {
				return err
			}
			see(l)
		}
	}
	if _, err := io.WriteString(bob, "login bob\r\nset bell off\r\n"); err != nil {
		f.Fatal(err)
	}
	if err := until("ready", func(string) {}); err != nil {
		f.Fatal(err)
	}
	n := 0
	f.Fuzz(func(t *testing.T, p []byte, telnet bool) {
		if len(p) > 4096 {
			return
		}
		n++
		door := a.door(1)
		if telnet {
			door = a.door(0)
		}
		conn, err := net.Dial("tcp", door)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		_, _ = fmt.Fprintf(conn, "login f%d\r\n%s\r\n", n, p) // it may be over before the end
		_ = conn.(*net.TCPConn).CloseWrite()
		const most = 8 << 20
		got, err := io.ReadAll(io.LimitReader(conn, most+1))
		if ne, ok := err.(net.Error); ok && ne.Timeout() || len(got) > most {
			t.Fatalf("after %d bytes the connection goes on", len(got))
		}
		said, _ := chattest.Text(got)
		checkShown(t, "who sent it", said)

		if err := until(fmt.Sprintf("mark %d", n), func(l string) {
			checkShown(t, "bob", []byte(l))
			if !shown.MatchString(l) || !strings.HasSuffix(l, "\r\n") {
				t.Fatalf("bob is shown %q", l)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if panics := a.server.Stats().Panics; panics != 0 {
			t.Fatalf("%d sessions panicked", panics)
		}
	})
}
