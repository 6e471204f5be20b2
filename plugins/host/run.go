package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// inputPiece is how many bytes of input are sent at a time.
const inputPiece = 32 << 10

// cutTime is how long a run may go on whose output is cut.
const cutTime = time.Second

// Why a run ends before its time.
var (
	errSilent = errors.New("nothing came of it")
	errLate   = errors.New("it took too long")
	errCut    = errors.New("it wrote more than it may")
	errEnded  = errors.New("the process ended")
	errNoExit = errors.New("the stream ended without an exit")
)

// crashed is what a caller reads whose plugin ended under the run.
const crashed = "%s crashed while running %s; it is being started again."

// A pluginCommand is a command of a plugin as the dispatcher sees it. It goes to
// whichever process serves when it runs.
type pluginCommand struct {
	plugin   *plugin
	spec     command.Spec
	name     string // in the manifest
	identity string // of the command whose lines it reads
}

// Spec implements command.Command.
func (pc *pluginCommand) Spec() *command.Spec { return &pc.spec }

// Run implements command.Command.
func (pc *pluginCommand) Run(ctx context.Context, c *command.Call) error {
	i, release, err := pc.plugin.acquire(ctx, c.Name)
	if err != nil {
		return err
	}
	defer release()
	d := i.manifest.command(pc.name)
	if d == nil || d.identity != pc.identity {
		return unavailable("%s has just changed; send the line again.", c.Name)
	}
	s := pc.plugin.supervisor()
	set := pc.plugin.host.settings()
	limits := s.table.Limits.or()
	_, patient := d.asked[c.Sub]
	r := run{
		pc: pc, instance: i, call: c, lines: limits.Lines, bytes: limits.Output,
		limit: d.limit(c.Sub, s.table, set), silence: set.Silence, patient: patient,
	}
	begun := time.Now()
	err = r.do(ctx)
	told := r.explain(ctx, err)
	pc.plugin.finished(time.Since(begun), told != nil && r.failed)
	return told
}

// A run is one run of a plugin's command.
type run struct {
	pc       *pluginCommand
	instance *instance
	call     *command.Call
	lines    int // that may still be written
	bytes    int
	cut      bool
	limit    time.Duration
	silence  time.Duration
	patient  bool // no silence is too long
	failed   bool // by the plugin's fault

	cancel context.CancelCauseFunc
	alive  alarm
}

var invocations atomic.Uint64

func (r *run) do(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, r.limit, errLate)
	defer cancel()
	ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	defer context.AfterFunc(r.instance.process.life, func() { r.cancel(errEnded) })()
	if !r.patient {
		r.alive.start(r.silence, func() { r.cancel(errSilent) })
		defer r.alive.stop()
	}
	id := strconv.FormatUint(invocations.Add(1), 36)
	defer r.instance.services.enter(id, r.call)()
	err := r.talk(ctx, id)
	if cause := context.Cause(ctx); cause != nil && err != nil {
		if _, coded := errors.AsType[*chat.Error](err); !coded {
			return cause
		}
	}
	return err
}

// talk sends what there is and takes what comes, until the plugin says that this
// was all.
func (r *run) talk(ctx context.Context, id string) error {
	stream, err := r.instance.rpc.Run(ctx)
	if err != nil {
		return err
	}
	if err := stream.Send(&pluginpb.RunIn{Msg: &pluginpb.RunIn_Start{Start: r.start(id)}}); err != nil {
		_, err = stream.Recv() // tells why
		return err
	}
	if r.call.Piped {
		go r.feed(stream, r.call.In)
	} else if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return errNoExit
		}
		if err != nil {
			return err
		}
		if m, ok := msg.GetMsg().(*pluginpb.RunOut_Exit); ok {
			if ctx.Err() != nil { // it ends because it was ended, whatever it says
				return context.Cause(ctx)
			}
			return r.exit(m.Exit)
		}
		r.alive.pause() // who reads slowly is not the plugin's silence
		err = r.pass(ctx, id, msg)
		r.alive.resume()
		if err != nil {
			return err
		}
	}
}

// pass passes on what the plugin says before its exit.
func (r *run) pass(ctx context.Context, id string, msg *pluginpb.RunOut) error {
	switch m := msg.GetMsg().(type) {
	case *pluginpb.RunOut_Out:
		return r.write(r.call.Out, m.Out)
	case *pluginpb.RunOut_Err:
		return r.write(r.call.Err, m.Err)
	case *pluginpb.RunOut_Room:
		return r.say(ctx, id, m.Room)
	case *pluginpb.RunOut_Progress:
		return r.progress(m.Progress)
	}
	return nil
}

// feed sends what is piped in. It ends with the run, after which the pipe fails. A
// plugin that waits for input is not silent.
func (r *run) feed(stream grpc.BidiStreamingClient[pluginpb.RunIn, pluginpb.RunOut], in io.Reader) {
	buf := make([]byte, inputPiece)
	for {
		r.alive.pause()
		n, err := in.Read(buf)
		r.alive.resume()
		if n > 0 {
			if stream.Send(&pluginpb.RunIn{Msg: &pluginpb.RunIn_Input{Input: buf[:n]}}) != nil {
				return
			}
		}
		if errors.Is(err, io.EOF) {
			_ = stream.CloseSend()
			return
		}
		if err != nil {
			r.cancel(err) // the plugin must not take a part for the whole
			return
		}
	}
}

// start is the line as the plugin is told of it.
func (r *run) start(id string) *pluginpb.Start {
	c := r.call
	s := &pluginpb.Start{
		InvocationId: id, Caller: callerOf(c), Command: r.pc.name, Sub: c.Sub, Values: map[string]*pluginpb.Value{},
		Line: c.Line, Piped: c.Piped, Json: c.JSON, UnixMs: c.Now.UnixMilli(),
	}
	for i := range c.Spec.Args {
		name := c.Spec.Args[i].Name
		if words := c.Strings(name); c.Has(name) || len(words) > 0 {
			s.Values[name] = &pluginpb.Value{Words: words, Given: c.Has(name)}
		}
	}
	for i := range c.Spec.Flags {
		switch f := &c.Spec.Flags[i]; {
		case f.Type == "" && c.Bool(f.Name):
			s.Values[f.Name] = &pluginpb.Value{Given: true}
		case f.Type != "" && len(c.Strings(f.Name)) > 0:
			s.Values[f.Name] = &pluginpb.Value{Words: c.Strings(f.Name), Given: c.Has(f.Name)}
		}
	}
	return s
}

// callerOf is who runs the command.
func callerOf(c *command.Call) *pluginpb.Caller {
	v := c.View()
	out := userOf(c.User)
	out.Width, out.Height, out.Machine, out.TimeZone = uint32(max(0, v.Width)), uint32(max(0, v.Height)), v.Machine, zoneName(v.Zone)
	return out
}

// userOf is a user as a caller; nil is somebody who is not logged in.
func userOf(u *chat.User) *pluginpb.Caller {
	if u == nil {
		return &pluginpb.Caller{Role: chat.Guest.String(), Width: 80}
	}
	name := u.Name()
	out := &pluginpb.Caller{Name: name.Display, Key: name.Key, Account: u.Account(), Role: u.Role().String(), Width: 80}
	if room := u.Room(); room != nil {
		out.Room = room.Name()
	}
	return out
}

// write passes on whole lines, as many as are allowed.
func (r *run) write(w io.Writer, s string) error {
	if s == "" || r.cut {
		return nil
	}
	s = clean(s)
	if !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	kept := fitting(s, r.lines, r.bytes)
	r.lines -= strings.Count(kept, "\n")
	r.bytes -= len(kept)
	if kept != "" {
		if _, err := io.WriteString(w, kept); err != nil {
			return err
		}
	}
	if len(kept) == len(s) {
		return nil
	}
	r.cut = true
	time.AfterFunc(cutTime, func() { r.cancel(errCut) }) // it may still say how it ended
	_, err := fmt.Fprintf(r.call.Err, "-- %s wrote more than it may; the rest is left out.\n", r.call.Name)
	return err
}

// fitting is the lines of s that fit into both bounds.
func fitting(s string, lines, size int) string {
	end := 0
	for ; lines > 0; lines-- {
		n := strings.IndexByte(s[end:], '\n') + 1
		if n == 0 || end+n > size {
			break
		}
		end += n
	}
	return s[:end]
}

// say has the plugin speak in the caller's room.
func (r *run) say(ctx context.Context, id, text string) error {
	u := r.call.User
	if u == nil || u.Room() == nil {
		return chat.Errorf(chat.Unauthenticated, "Log in first: login NAME.")
	}
	_, err := r.instance.services.send(ctx, &pluginpb.SendRequest{
		To: &pluginpb.SendRequest_Room{Room: u.Room().Name()}, Text: text, InvocationId: id,
	})
	return err
}

// progress shows that something happens.
func (r *run) progress(p *pluginpb.Progress) error {
	switch note, f := p.GetNote(), p.GetFraction(); {
	case note != "" && f > 0:
		return r.write(r.call.Err, fmt.Sprintf("-- %s (%.0f%%)", note, min(f, 1)*100))
	case note != "":
		return r.write(r.call.Err, "-- "+note)
	}
	return nil
}

// exit is what the plugin says of its own end.
func (r *run) exit(e *pluginpb.Exit) error {
	if e.GetStatus() == 0 {
		return nil
	}
	code := chat.Code(e.GetCode())
	switch code {
	case chat.Invalid, chat.Unauthenticated, chat.Forbidden, chat.NotFound, chat.Conflict, chat.Limited, chat.Unavailable:
	default:
		r.failed = true
		return fmt.Errorf("plugin %s: %s failed with status %d: %s", r.pc.plugin.name, r.pc.name, e.GetStatus(), clean(e.GetMessage()))
	}
	text := strings.TrimSpace(clean(e.GetMessage()))
	if text == "" {
		text = fmt.Sprintf("%s failed with status %d.", r.call.Name, e.GetStatus())
	}
	if e.GetUsage() {
		text += "\nUsage: " + r.call.Spec.Usage()
	}
	return &chat.Error{Code: code, Text: text}
}

// explain is what the caller reads of the end of a run.
func (r *run) explain(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, errCut) {
		return nil
	}
	if _, coded := errors.AsType[*chat.Error](err); coded {
		return err
	}
	if ctx.Err() != nil {
		return err // it was ended from outside, where it is known why
	}
	if r.instance.services.drainedFor() != "" {
		return unavailable("%s is being switched off, so %s was stopped.", r.pc.plugin.name, r.call.Name)
	}
	r.failed = true
	name, plugin := r.call.Name, r.pc.plugin.name
	told := func(format string, args ...any) error {
		return &chat.Error{Code: chat.Unavailable, Text: fmt.Sprintf(format, args...), Err: fmt.Errorf("plugin %s: %w", plugin, err)}
	}
	st, isStatus := status.FromError(err)
	switch {
	case errors.Is(err, errSilent):
		r.tooLate()
		return told("%s did nothing for %v and was stopped; try again later.", name, r.silence)
	case errors.Is(err, errLate), isStatus && st.Code() == codes.DeadlineExceeded:
		r.tooLate()
		return told("%s took longer than %v and was stopped; try again later.", name, r.limit)
	case errors.Is(err, errNoExit):
		if !r.instance.hasEnded() {
			return told("%s ended without an answer; the operators have been told.", name)
		}
		return told(crashed, plugin, name)
	case errors.Is(err, errEnded), isStatus && st.Code() == codes.Unavailable && r.instance.hasEnded():
		return told(crashed, plugin, name)
	case isStatus && st.Code() == codes.Unimplemented:
		return told("%s is not there in its plugin, though it says so; the operators have been told.", name)
	case isStatus && st.Code() == codes.ResourceExhausted && strings.Contains(st.Message(), "larger than max"): // gRPC's words
		return told("%s sent more at once than it may and was stopped.", name)
	case isStatus:
		return r.status(st, told)
	}
	return err
}

// status is what the caller reads of an error that the plugin returned.
func (r *run) status(st *status.Status, told func(string, ...any) error) error {
	switch code := chat.Code(pluginpb.ExitCode(st.Code())); code {
	case chat.Internal, chat.Unavailable:
		return told("%s failed; the operators have been told.", r.call.Name)
	default:
		r.failed = false
		return &chat.Error{Code: code, Text: strings.TrimSpace(clean(st.Message()))}
	}
}

func (r *run) tooLate() { r.pc.plugin.supervisor().tooLate() }

// An alarm goes off after a time without a sign of life. The zero value never
// does.
type alarm struct {
	mu     sync.Mutex
	timer  *time.Timer
	after  time.Duration
	pauses int // that have no resume yet
}

func (a *alarm) start(after time.Duration, f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.after, a.timer = after, time.AfterFunc(after, f)
}

// pause takes away the need for signs of life, until as many calls of resume.
func (a *alarm) pause() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pauses++
	if a.timer != nil {
		a.timer.Stop()
	}
}

// resume ends a pause, and is a sign of life.
func (a *alarm) resume() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pauses--
	if a.timer != nil && a.pauses == 0 {
		a.timer.Reset(a.after)
	}
}

func (a *alarm) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
}
