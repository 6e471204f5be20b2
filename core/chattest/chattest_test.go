package chattest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, line string
		want          bool
	}{
		{"", "", true},
		{"", "x", false},
		{"hello", "hello", true},
		{"hello", "hello!", false},
		{"...", "", true},
		{"...", "anything", true},
		{"he...", "hello", true},
		{"...lo", "hello", true},
		{"...el...", "hello", true},
		{"h...l...o", "hello", true},
		{"h...o...", "hello", true},
		{"h...x...o", "hello", false},
		{"hel...llo", "hello", false}, // no letter counts twice
		{"a...aa", "aaa", true},
		{"...ab...ab", "ab", false},
		{"* fish ...", "* fish waves", true},
		{"[ops] fish: h(i", "[ops] fish: h(i", true},
		{"wait...", "wait...", true},
	} {
		if got := Match(tt.pattern, tt.line); got != tt.want {
			t.Errorf("Match(%q, %q) = %v", tt.pattern, tt.line, got)
		}
	}
}

func TestDecoder(t *testing.T) {
	const (
		in       = "a\xff\xfd\x18b\xff\xfa\x18\x01\xff\xff\xff\xf0c\xff\xffd\xff\xf9e"
		text     = "abc\xffde"
		commands = "\xff\xfd\x18\xff\xfa\x18\x01\xff\xff\xff\xf0\xff\xf9"
	)
	for cut := range len(in) + 1 {
		var d decoder
		got := d.decode(nil, []byte(in[:cut]))
		got = d.decode(got, []byte(in[cut:]))
		if string(got) != text || string(d.commands) != commands {
			t.Errorf("cut at %d: text %q, commands %q", cut, got, d.commands)
		}
	}
}

// A fakeT is a test that the checks below may fail. Its Fatalf leaves the test
// with a panic where the real one ends the goroutine.
type fakeT struct {
	testing.TB
	errors   []string
	logs     []string
	cleanups []func()
}

func (f *fakeT) Helper()           {}
func (f *fakeT) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }
func (f *fakeT) Failed() bool      { return len(f.errors) > 0 }

func (f *fakeT) Logf(format string, args ...any) {
	f.logs = append(f.logs, fmt.Sprintf(format, args...))
}

func (f *fakeT) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

func (f *fakeT) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	panic(f)
}

// run calls test with a client whose server has sent the bytes and hung up,
// and returns what the test said about it.
func run(sent string, test func(*Client)) (f *fakeT) {
	f = &fakeT{}
	client, server := net.Pipe()
	go func() {
		io.WriteString(server, sent)
		server.Close()
	}()
	defer client.Close()
	defer func() {
		for _, fn := range f.cleanups {
			fn()
		}
		if r := recover(); r != nil && r != any(f) {
			panic(r)
		}
	}()
	test(New(f, client))
	return f
}

func TestClientReads(t *testing.T) {
	f := run("one\r\n\xff\xfd\x18two\r\nthree\r\n\r\n", func(c *Client) {
		c.ExpectExact("one")
		if got := c.Expect("r...e"); got != "three" {
			t.Errorf("Expect gave %q", got)
		}
		if got := c.Next(); got != "" {
			t.Errorf("Next gave %q", got)
		}
		if got := c.ExpectClosed(); len(got) != 0 {
			t.Errorf("ExpectClosed gave %q", got)
		}
		if got := string(c.Telnet()); got != "\xff\xfd\x18" {
			t.Errorf("Telnet gave %q", got)
		}
	})
	if f.Failed() || len(f.logs) > 0 {
		t.Errorf("errors %q, logs %q", f.errors, f.logs)
	}
}

func TestClosedGivesTheRest(t *testing.T) {
	f := run("one\r\ntwo\r\n", func(c *Client) {
		if got := c.ExpectClosed(); !slices.Equal(got, []string{"one", "two"}) {
			t.Errorf("ExpectClosed gave %q", got)
		}
	})
	if f.Failed() {
		t.Errorf("errors %q", f.errors)
	}
}

func TestClientFails(t *testing.T) {
	for name, tt := range map[string]struct {
		sent  string
		test  func(*Client)
		error string
	}{
		"other line":       {"one\r\n", func(c *Client) { c.ExpectExact("two") }, `got the line "one", want "two"`},
		"no such line":     {"one\r\n", func(c *Client) { c.Expect("two") }, `want a line with "two"`},
		"no line":          {"", func(c *Client) { c.Next() }, "want another line"},
		"bare line feed":   {"one\n", func(c *Client) { c.Next() }, "does not end in CRLF"},
		"stray return":     {"o\rne\r\n", func(c *Client) { c.Next() }, "does not end in CRLF"},
		"two returns":      {"one\r\r\n", func(c *Client) { c.Next() }, "does not end in CRLF"},
		"not UTF-8":        {"one\xc3\r\n", func(c *Client) { c.Next() }, "is not UTF-8"},
		"unfinished line":  {"one", func(c *Client) { c.ExpectClosed() }, "ended inside the line"},
		"closed by halves": {"", func(c *Client) { c.CloseWrite() }, "cannot be closed by half"},
	} {
		t.Run(name, func(t *testing.T) {
			f := run(tt.sent, tt.test)
			if !f.Failed() || !strings.Contains(f.errors[0], tt.error) {
				t.Errorf("errors %q, want %q", f.errors, tt.error)
			}
			if len(f.logs) != 1 || !strings.Contains(f.logs[0], "transcript of") {
				t.Errorf("logs %q, want the transcript", f.logs)
			}
		})
	}
}

// talk serves one connection that knows /echo, prefixed by what is in noise.
func talk(t *testing.T, noise string) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		for lines := bufio.NewScanner(server); lines.Scan(); {
			text, _ := strings.CutPrefix(strings.TrimSuffix(lines.Text(), "\r"), "/echo ")
			fmt.Fprintf(server, "%s%s\r\n", noise, text)
		}
	}()
	return client
}

func TestQuiet(t *testing.T) {
	c := New(t, talk(t, "noise\r\n"))
	c.Quiet("secret")
	c.ExpectExact("noise") // what did not match is still there
	c.Send("/echo hello")
	c.ExpectExact("noise")
	c.ExpectExact("hello")
	c.Quiet("hello...")
	c.Close()
	if want := c.Name + "> /echo hello\n"; !strings.Contains(c.Transcript(), want) {
		t.Errorf("no %q in the transcript\n%s", want, c.Transcript())
	}
}

func TestQuietFails(t *testing.T) {
	f := &fakeT{}
	c := New(f, talk(t, "secret plan\r\n"))
	func() {
		defer func() { recover() }()
		c.Quiet("secret...")
	}()
	c.Close()
	if !f.Failed() || !strings.Contains(f.errors[0], `"secret plan"`) {
		t.Errorf("errors %q", f.errors)
	}
}

func TestDial(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in, _ := io.ReadAll(conn)
		fmt.Fprintf(conn, "%q\r\n", in)
	}()
	c := Dial(t, l.Addr().String())
	c.SendRaw([]byte("\xff\xf6"))
	c.Send("hi")
	c.CloseWrite()
	c.ExpectExact(`"\xff\xf6hi\r\n"`)
	c.ExpectClosed()
}
