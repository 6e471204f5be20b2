package main_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// TestTranscripts plays the transcripts in testdata/*.txtar against a fresh
// server each. A transcript shows what people type and what their terminals
// show, one line at a time:
//
//	# a comment
//	ann> login ann           ann types this line; who is not connected connects first
//	ann>> "\xff\xf4hi\r\n"   ann's client sends exactly these bytes (Go syntax)
//	ann> (end of input)      ann's client sends no more, but still listens
//	ann> (hang up)           ann's connection ends
//	ann< ann: hello          the next line on ann's terminal
//	ann< ... at ..., hello   "..." stands for any text
//	ann< ...                 any number of lines, up to the next that is listed
//	ann< (nothing)           nothing more was shown to ann up to now
//	ann< (closed)            the server closes ann's connection
//
// The file chatroom.toml of the archive, if any, is the server's config.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var config string
			for _, f := range archive.Files {
				if f.Name != "chatroom.toml" {
					t.Fatalf("%s: there is no use for a file %s", file, f.Name)
				}
				config = string(f.Data)
			}
			p := &player{
				T:       t,
				server:  programtest.Start(t, config),
				file:    file,
				clients: map[string]*chattest.Client{},
				skipped: map[string]bool{},
			}
			for line := range strings.Lines(string(archive.Comment)) {
				p.line++
				p.play(strings.TrimRight(line, "\r\n"))
			}
		})
	}
}

// A player plays one transcript. Its clients report to it, so that what they
// have to say carries the place in the file.
type player struct {
	*testing.T
	server  *programtest.Server
	file    string
	line    int
	clients map[string]*chattest.Client
	skipped map[string]bool // who has "..." pending
}

func (p *player) Errorf(format string, args ...any) {
	p.Helper()
	p.T.Errorf("%s:%d: %s", p.file, p.line, fmt.Sprintf(format, args...))
}

func (p *player) Fatalf(format string, args ...any) {
	p.Helper()
	p.T.Fatalf("%s:%d: %s", p.file, p.line, fmt.Sprintf(format, args...))
}

var scriptLine = regexp.MustCompile(`^([a-z]+)(>>|>|<)(?: (.*))?$`)

func (p *player) play(line string) {
	p.Helper()
	if line == "" || line[0] == '#' {
		return
	}
	m := scriptLine.FindStringSubmatch(line)
	if m == nil {
		p.Fatalf("this is no line of a transcript: %s", line)
	}
	name, direction, text := m[1], m[2], m[3]
	c := p.clients[name]
	if c == nil {
		c = chattest.Dial(p, p.server.Addrs[0])
		c.Name = name
		p.clients[name] = c
	}
	switch direction {
	case ">":
		p.send(c, text)
	case ">>":
		raw, err := strconv.Unquote(text)
		if err != nil {
			p.Fatalf("%s: %v", text, err)
		}
		c.SendRaw([]byte(raw))
	case "<":
		p.expect(c, text)
	}
}

func (p *player) send(c *chattest.Client, text string) {
	p.Helper()
	switch text {
	case "(end of input)":
		c.CloseWrite()
	case "(hang up)":
		c.Close()
		delete(p.clients, c.Name)
	default:
		c.Send(text)
	}
}

func (p *player) expect(c *chattest.Client, text string) {
	p.Helper()
	skip := p.skipped[c.Name]
	p.skipped[c.Name] = text == "..."
	switch text {
	case "...":
	case "(nothing)":
		if skip {
			p.Fatalf("(nothing) after ... says nothing")
		}
		c.Quiet("...")
	case "(closed)":
		if rest := c.ExpectClosed(); len(rest) > 0 && !skip {
			p.Fatalf("%s: before the end came %q", c.Name, rest)
		}
		delete(p.clients, c.Name) // the name's next line is a new connection
	default:
		for {
			line := c.Next()
			if chattest.Match(text, line) {
				return
			}
			if !skip {
				p.Fatalf("%s: got the line %q, want %q", c.Name, line, text)
			}
		}
	}
}

// TestTranscriptSyntax checks that a slip in a transcript is not taken for
// something that passes.
func TestTranscriptSyntax(t *testing.T) {
	for line, ok := range map[string]bool{
		"ann> hi": true, "ann>> \"hi\"": true, "ann< hi": true, "ann<": true, "ann> ": true,
		"ann>hi": false, "ann: hi": false, "> hi": false, "Ann> hi": false, "ann<<hi": false,
	} {
		if got := scriptLine.MatchString(line); got != ok {
			t.Errorf("%q: %v, want %v", line, got, ok)
		}
	}
}
