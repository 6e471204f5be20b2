package commands

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
)

// A slowSource gives a line with each Read, and calls before it does so.
type slowSource struct {
	lines  []string
	before func(nth int)
	reads  int
}

func (s *slowSource) Read(p []byte) (int, error) {
	s.before(s.reads)
	s.reads++
	if s.reads > len(s.lines) {
		return 0, io.EOF
	}
	return copy(p, s.lines[s.reads-1]), nil
}

// TestStreamDoesNotKeep: what was written has gone on before more is waited for.
func TestStreamDoesNotKeep(t *testing.T) {
	var out bytes.Buffer
	wants := []string{"", "a\n", "a\nb\n"}
	source := &slowSource{lines: []string{"a\n", "b\n"}, before: func(nth int) {
		if out.String() != wants[nth] {
			t.Errorf("before read %d %q has gone on, want %q", nth, out.String(), wants[nth])
		}
	}}
	s := &stream{source: source, out: &out}
	s.in = bufio.NewReader(s)
	for l, err := range s.lines(t.Context()) {
		if err == nil {
			err = s.write(l)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if source.reads != 3 {
		t.Errorf("there are %d reads, want 3", source.reads)
	}
}

// TestStreamErrors: an error of the source, of the output and of the context ends
// the input.
func TestStreamErrors(t *testing.T) {
	broken := errors.New("broken")
	r, w := io.Pipe()
	w.CloseWithError(broken)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx    context.Context
		source io.Reader
		out    io.Writer
		want   error
	}{
		"source":  {t.Context(), r, io.Discard, broken},
		"output":  {t.Context(), &slowSource{lines: []string{"a\n", "b\n"}, before: func(int) {}}, brokenWriter{broken}, broken},
		"context": {ended, bytes.NewReader([]byte("a\n")), io.Discard, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stream{source: tt.source, out: tt.out}
			s.in = bufio.NewReader(s)
			var got error
			for l, err := range s.lines(tt.ctx) {
				if got = err; got == nil {
					_ = s.write(l)
				}
			}
			if !errors.Is(got, tt.want) {
				t.Errorf("the error is %v, want %v", got, tt.want)
			}
		})
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }
