package commands

import (
	"bufio"
	"context"
	"errors"
	"io"
	"iter"

	"github.com/chatroom-shell/chatroom/core/command"
)

// filter is the command of a filter with this spec. What run writes to the stream
// goes on at the latest when it returns.
func filter(spec command.Spec, run func(ctx context.Context, c *command.Call, s *stream) error) command.Command {
	spec.Group = groupFilters
	spec.Blocking, spec.ReadsInput, spec.Filter = true, true, true
	return command.New(spec, func(ctx context.Context, c *command.Call) error {
		s := &stream{source: c.In, out: c.Out}
		s.in = bufio.NewReader(s)
		if err := run(ctx, c, s); err != nil {
			return err
		}
		return s.flush()
	})
}

// A stream is the input and the output of a filter, a line at a time. It holds
// one line of the input and at most some 4 KiB and a line of the output. What is
// written goes on before the filter waits for more input, so that a line from a
// command that is slow is not kept until the next one comes.
type stream struct {
	source io.Reader
	in     *bufio.Reader
	out    io.Writer
	long   []byte // a line that is longer than the buffer of in
	buf    []byte // whole lines that are not written yet
}

// flushAt is how many bytes wait in a stream before they go on.
const flushAt = 4 << 10

// Read makes the stream the reader below its own buffer, which is asked only when
// that is empty. It is not for filters: see lines.
func (s *stream) Read(p []byte) (int, error) {
	if err := s.flush(); err != nil {
		return 0, err
	}
	return s.source.Read(p)
}

// lines are the lines of the input without their ends; also the last one, if its
// end is missing. A line is valid until the next one. An error ends the input, as
// does the end of ctx.
func (s *stream) lines(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			l, err := s.line()
			if ended := ctx.Err(); ended != nil {
				err = ended
			}
			switch {
			case err == nil:
				if !yield(l[:len(l)-1], nil) {
					return
				}
			case errors.Is(err, io.EOF):
				if len(l) > 0 {
					yield(l, nil)
				}
				return
			default:
				yield(nil, err)
				return
			}
		}
	}
}

// line is the next line with its end, or what there is before an error.
func (s *stream) line() ([]byte, error) {
	l, err := s.in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return l, err
	}
	s.long = append(s.long[:0], l...)
	for errors.Is(err, bufio.ErrBufferFull) {
		l, err = s.in.ReadSlice('\n')
		s.long = append(s.long, l...)
	}
	return s.long, err
}

// write writes a line, given without its end.
func (s *stream) write(l []byte) error {
	s.buf = append(append(s.buf, l...), '\n')
	if len(s.buf) < flushAt {
		return nil
	}
	return s.flush()
}

func (s *stream) flush() error {
	if len(s.buf) == 0 {
		return nil
	}
	_, err := s.out.Write(s.buf)
	s.buf = s.buf[:0]
	return err
}
