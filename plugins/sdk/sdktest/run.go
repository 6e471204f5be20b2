package sdktest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

const (
	runTime    = 30 * time.Second // the deadline of a command that has none
	cancelTime = 2 * time.Second  // how long a cancelled run may take
	maxLines   = 2000             // that the server shows of a run
	maxBytes   = 256 << 10
)

// A Result is how a run ended and what it wrote.
type Result struct {
	Out     string
	Err     string
	Room    []string // what it said by RunOut.room; Host.Sent has what it said otherwise
	Status  int      // 0 is success
	Code    sdk.Code // of a failure
	Message string   // of a failure: what the caller reads, or the log if Code is Internal
	Usage   bool     // the usage is shown below it

	p    *process
	line string
}

// Want fails the test unless the run succeeded and wrote this.
func (r *Result) Want(out string) *Result {
	r.p.t.Helper()
	if r.Status != 0 {
		r.p.t.Errorf("%s: failed with status %d, %s: %s", r.line, r.Status, r.Code, r.Message)
	} else if r.Out != out {
		r.p.t.Errorf("%s: wrote\n%s\nwant\n%s", r.line, r.Out, out)
	}
	return r
}

// WantError fails the test unless the run failed with this code and a message
// that has part in it.
func (r *Result) WantError(code sdk.Code, part string) *Result {
	r.p.t.Helper()
	switch {
	case r.Status == 0:
		r.p.t.Errorf("%s: succeeded, want an error %s with %q; it wrote\n%s", r.line, code, part, r.Out)
	case r.Code != code || !strings.Contains(r.Message, part):
		r.p.t.Errorf("%s: failed with %s: %s\nwant %s with %q", r.line, r.Code, r.Message, code, part)
	}
	return r
}

// Run types a line and waits until the command is done.
func (p *Plugin) Run(line string) *Result {
	p.t.Helper()
	return p.begin(line, false).Wait()
}

// Pipe types a line behind a | that brings input.
func (p *Plugin) Pipe(input, line string) *Result {
	p.t.Helper()
	r := p.begin(line, true)
	r.Input(input)
	r.CloseInput()
	return r.Wait()
}

// A Running is a run that is not over yet.
type Running struct {
	p      *Plugin
	line   string
	cancel context.CancelFunc
	stream grpc.BidiStreamingClient[pluginpb.RunIn, pluginpb.RunOut] // nil: the line did not fit
	lines  chan string
	done   chan struct{}

	mu        sync.Mutex
	cancelled bool
	result    *Result
}

// Begin types a line and returns while the command runs. Whoever calls it calls
// Wait at the end.
func (p *Plugin) Begin(line string) *Running {
	p.t.Helper()
	return p.begin(line, false)
}

// BeginPipe is Begin behind a | that brings what Input and CloseInput say.
func (p *Plugin) BeginPipe(line string) *Running {
	p.t.Helper()
	return p.begin(line, true)
}

func (p *Plugin) begin(line string, piped bool) *Running {
	p.t.Helper()
	r := &Running{
		p: p, line: line, lines: make(chan string, maxLines), done: make(chan struct{}), cancel: func() {},
		result: &Result{p: p.process, line: line},
	}
	start, command, err := p.bind(line, piped)
	if err != nil {
		r.result.Status, r.result.Code, r.result.Message, r.result.Usage = 1, sdk.Invalid, err.Error(), true
		close(r.done)
		close(r.lines)
		return r
	}
	limit := runTime
	if ms := command.GetTimeoutMs(); ms > 0 {
		limit = time.Duration(ms) * time.Millisecond
	}
	p.mu.Lock()
	p.runs++
	start.InvocationId = fmt.Sprint("run-", p.runs)
	p.mu.Unlock()
	p.Host.began(start.InvocationId, p.caller.Name)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	r.cancel = cancel
	stream, err := p.client.Run(ctx)
	if err == nil {
		err = stream.Send(&pluginpb.RunIn{Msg: &pluginpb.RunIn_Start{Start: start}})
	}
	if err != nil {
		cancel()
		p.t.Fatalf("%s: %v", line, err)
	}
	r.stream = stream
	if !piped {
		r.CloseInput()
	}
	go r.read(start.InvocationId)
	return r
}

// Input pipes text in. It does nothing if nobody reads any more.
func (r *Running) Input(text string) {
	if r.stream == nil {
		return
	}
	const piece = 32 << 10
	for len(text) > 0 {
		n := min(len(text), piece)
		if r.stream.Send(&pluginpb.RunIn{Msg: &pluginpb.RunIn_Input{Input: []byte(text[:n])}}) != nil {
			return
		}
		text = text[n:]
	}
}

// CloseInput ends the input.
func (r *Running) CloseInput() {
	if r.stream != nil {
		r.stream.CloseSend()
	}
}

// Cancel is Ctrl-C. Wait fails the test if the run does not end soon.
func (r *Running) Cancel() {
	r.mu.Lock()
	r.cancelled = true
	r.mu.Unlock()
	r.cancel()
}

// Next waits for the next line of output, and returns it without its end; ok is
// false if the run is over.
func (r *Running) Next() (line string, ok bool) {
	line, ok = <-r.lines
	return line, ok
}

// Wait waits until the run is over and returns how it ended. The result of a
// cancelled run has what it wrote before.
func (r *Running) Wait() *Result {
	r.p.t.Helper()
	defer r.cancel()
	<-r.done
	return r.result
}

// read collects what the plugin sends, and checks the contract.
func (r *Running) read(invocation string) {
	t := r.p.t
	defer close(r.done)
	defer close(r.lines)
	defer r.p.Host.ended(invocation)
	var exit *pluginpb.Exit
	for {
		m, err := r.stream.Recv()
		if err != nil {
			r.end(err, exit)
			return
		}
		if exit != nil {
			t.Errorf("%s: a message comes after Exit: %v", r.line, m)
		}
		switch m := m.GetMsg().(type) {
		case *pluginpb.RunOut_Out:
			r.result.Out += ended(m.Out)
			for line := range strings.Lines(m.Out) {
				select {
				case r.lines <- strings.TrimSuffix(line, "\n"):
				default: // more than the server shows, and nobody reads
				}
			}
		case *pluginpb.RunOut_Err:
			r.result.Err += ended(m.Err)
		case *pluginpb.RunOut_Room:
			r.result.Room = append(r.result.Room, m.Room)
		case *pluginpb.RunOut_Exit:
			exit = m.Exit
		}
	}
}

// end judges how the stream ended.
func (r *Running) end(err error, exit *pluginpb.Exit) {
	t := r.p.t
	r.mu.Lock()
	cancelled := r.cancelled
	r.mu.Unlock()
	switch {
	case cancelled:
		r.result.Status, r.result.Code, r.result.Message = 130, sdk.Unavailable, "cancelled"
	case status.Code(err) == codes.DeadlineExceeded:
		r.result.Status, r.result.Code, r.result.Message = 124, sdk.Unavailable, "took too long"
	case !errors.Is(err, io.EOF):
		t.Errorf("%s: the run failed: %v", r.line, err)
		r.result.Status, r.result.Code, r.result.Message = 1, sdk.Internal, err.Error()
	case exit == nil:
		t.Errorf("%s: the run ended without Exit, which counts as a crash", r.line)
		r.result.Status, r.result.Code = 1, sdk.Internal
	default:
		r.result.Status, r.result.Message, r.result.Usage = int(exit.GetStatus()), exit.GetMessage(), exit.GetUsage()
		r.result.Code = sdk.Code(exit.GetCode())
	}
	if n := strings.Count(r.result.Out, "\n"); n > maxLines || len(r.result.Out) > maxBytes {
		t.Errorf("%s: it wrote %d lines, %d bytes; the server shows %d lines, %d bytes, and cuts the rest", r.line, n, len(r.result.Out), maxLines, maxBytes)
	}
}

// ended is text with its last line ended, as the server ends it.
func ended(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}
