package host

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A process is one run of a plugin's binary. It is the runner that go-plugin
// works with, in the place of its own, which can panic on what a plugin writes,
// wait for ever for who holds its output open, and leave processes behind.
//
// The goroutine that starts it keeps its thread until the end: on Linux the kernel
// ends the process with that thread.
type process struct {
	name    string
	binary  binary
	args    []string
	env     []string
	dir     string
	socket  string // the folder of its sockets
	as      *credential
	limits  Limits
	tls     bool
	journal *journal

	began     time.Time
	handshake *io.PipeReader // the one line that go-plugin is shown
	stdin     *os.File       // our end; its end tells the plugin that we are gone
	cmd       *exec.Cmd
	life      context.Context // ends with the process
	ended     context.CancelFunc
	gone      chan struct{} // closed when nothing is left of it, nor of what it started

	mu      sync.Mutex
	number  int   // of the process; 0: it was never started
	reaped  bool  // the number may be another's by now
	refused error // why its handshake is no good
}

var _ runner.Runner = (*process)(nil)

// A credential is another user than the server's.
type credential struct{ uid, gid uint32 }

func newProcess() *process {
	p := &process{gone: make(chan struct{})}
	p.life, p.ended = context.WithCancel(context.Background())
	return p
}

// Start implements runner.Runner.
func (p *process) Start(context.Context) error {
	p.began = time.Now()
	err := p.start()
	for end := p.began.Add(time.Second); errors.Is(err, syscall.ETXTBSY) && time.Now().Before(end); {
		// Somebody was forked, and not yet another program, while the copy was
		// being written.
		time.Sleep(10 * time.Millisecond)
		err = p.start()
	}
	if err != nil {
		p.ended()
		close(p.gone)
	}
	return err
}

func (p *process) start() error {
	cmd := exec.Command(p.binary.path, p.args...)
	cmd.Env, cmd.Dir = p.env, p.dir
	isolate(cmd, p.as)
	var pipes [3][2]*os.File // stdin, stdout, stderr: reading end, writing end
	closeAll := func(all ...*os.File) {
		for _, f := range all {
			_ = f.Close()
		}
	}
	for i := range pipes {
		var err error
		if pipes[i][0], pipes[i][1], err = os.Pipe(); err != nil {
			for _, made := range pipes[:i] {
				closeAll(made[:]...)
			}
			return err
		}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pipes[0][0], pipes[1][1], pipes[2][1]
	started := make(chan error, 1)
	handshake, show := io.Pipe()
	p.cmd, p.handshake, p.stdin = cmd, handshake, pipes[0][1]
	go p.live(started, pipes[1][0], pipes[2][0], show)
	err := <-started
	closeAll(pipes[0][0], pipes[1][1], pipes[2][1])
	if err != nil {
		closeAll(pipes[0][1], pipes[1][0], pipes[2][0])
	}
	return err
}

// live starts the process, on a thread that stays with it, and stays until its
// end.
func (p *process) live(started chan<- error, stdout, stderr *os.File, show *io.PipeWriter) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		_ = show.Close()
		started <- err
		return
	}
	pid := p.cmd.Process.Pid
	p.mu.Lock()
	p.number = pid
	p.mu.Unlock()
	if err := restrict(pid, &p.limits); err != nil {
		p.journal.note("its limits could not be set: %v", err)
	}
	var readers sync.WaitGroup
	readers.Go(func() { p.readStdout(stdout, show) })
	readers.Go(func() {
		drain(bufio.NewReaderSize(stderr, maxLogLine), func(l string) { p.journal.add("stderr", l) })
	})
	started <- nil

	awaitEnd(p.cmd)
	p.ended()
	p.reap()
	// Who left the group may hold our pipes open: what is there is read, and nobody
	// is waited for.
	deadline := time.Now().Add(100 * time.Millisecond)
	_ = stdout.SetReadDeadline(deadline)
	_ = stderr.SetReadDeadline(deadline)
	readers.Wait()
	_ = stdout.Close()
	_ = stderr.Close()
	_ = p.stdin.Close()
	killStrays(p.socket)
	close(p.gone)
}

// reap ends whom the process has left behind in its group, and takes its status.
func (p *process) reap() {
	p.mu.Lock()
	defer p.mu.Unlock()
	signalGroup(p.number, syscall.SIGKILL)
	_ = p.cmd.Wait() // how it ended is in its ProcessState
	p.reaped = true
}

// maxNoise is how many lines a plugin may write before the handshake.
const maxNoise = 50

// handshakeLine is the line of the handshake: go-plugin's version, ours, the
// kind of socket, its address, the protocol, and maybe a certificate and more.
var handshakeLine = regexp.MustCompile(`^(\d+)\|(\d+)\|(\w+)\|([^|]*)\|?(\w*)\|?([^|]*)`)

// readStdout shows go-plugin the line of the handshake and nothing else. All other
// output goes to the journal, for ever, so that no plugin waits for a reader.
func (p *process) readStdout(stdout io.Reader, show *io.PipeWriter) {
	br := bufio.NewReaderSize(stdout, 16<<10) // a handshake with a certificate has about 1 KiB
	for noise := 0; ; noise++ {
		if noise == maxNoise {
			p.refuse(fmt.Errorf("it wrote %d lines to its standard output, and none of them says in the way of a plugin that it is ready", noise))
			break
		}
		line, err := br.ReadSlice('\n')
		if m := handshakeLine.FindSubmatch(bytes.TrimRight(line, "\r\n")); m != nil {
			if refused := p.check(string(m[1]), string(m[2]), string(m[3]), string(m[4]), string(m[5]), len(m[6]) > 0); refused != nil {
				p.refuse(refused)
			} else {
				_, _ = show.Write(line)
			}
			break
		}
		if len(line) > 0 {
			p.journal.add("stdout", strings.TrimRight(string(line[:min(len(line), maxLogLine)]), "\r\n"))
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = br.ReadSlice('\n')
		}
		if err != nil {
			break
		}
	}
	_ = show.Close()
	drain(br, func(l string) { p.journal.add("stdout", l) })
}

// check says what is wrong with a handshake.
func (p *process) check(core, version, network, addr, protocol string, cert bool) error {
	switch {
	case core != strconv.Itoa(goPluginCore):
		return fmt.Errorf("it speaks version %s of go-plugin's protocol, and this server %d; build it anew", core, goPluginCore)
	case version != strconv.Itoa(pluginpb.Major):
		return fmt.Errorf("it speaks version %s of the plugin contract, and this server %d; build it against that", version, pluginpb.Major)
	case network != "unix":
		return fmt.Errorf("it listens on %s, not on a unix socket", network)
	case filepath.Dir(filepath.Clean(addr)) != filepath.Clean(p.socket):
		return errors.New("its socket is not in the folder that PLUGIN_UNIX_SOCKET_DIR names")
	case protocol != "grpc":
		return fmt.Errorf("it speaks %q, not grpc", protocol)
	case p.tls && !cert:
		return errors.New("it has no certificate, so it does not serve TLS; mtls = false in its table lets it go without")
	}
	return nil
}

// goPluginCore is the core protocol version of go-plugin.
const goPluginCore = 1

// refuse ends the process because its handshake is no good.
func (p *process) refuse(why error) {
	p.mu.Lock()
	p.refused = why
	p.mu.Unlock()
	p.signal(syscall.SIGKILL)
}

// Kill implements runner.Runner: it ends the process and its group at once.
func (p *process) Kill(context.Context) error {
	p.signal(syscall.SIGKILL)
	return nil
}

// signal signals the whole group, if it is there.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.number != 0 && !p.reaped {
		signalGroup(p.number, s)
	}
}

// pid is the number of the process; 0: it was never started.
func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.number
}

// Wait implements runner.Runner.
func (p *process) Wait(ctx context.Context) error {
	select {
	case <-p.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Diagnose implements runner.Runner.
func (p *process) Diagnose(context.Context) string { return "" }

// Stdout implements runner.Runner.
func (p *process) Stdout() io.ReadCloser { return p.handshake }

// Stderr implements runner.Runner: it is for us alone.
func (p *process) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name implements runner.Runner.
func (p *process) Name() string { return p.name }

// ID implements runner.Runner.
func (p *process) ID() string {
	if pid := p.pid(); pid != 0 {
		return strconv.Itoa(pid)
	}
	return ""
}

// PluginToHost implements runner.Runner: both live in one file system.
func (p *process) PluginToHost(network, addr string) (string, string, error) {
	return network, addr, nil
}

// HostToPlugin implements runner.Runner.
func (p *process) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}

// within waits for the end of the process, for so long at most.
func (p *process) within(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.gone:
		return true
	case <-timer.C:
		return false
	}
}

// explain says why there was no handshake; err is what go-plugin makes of it.
func (p *process) explain(err error, limit time.Duration) error {
	if p.pid() == 0 {
		return hopeless("it can't be started: %w", err)
	}
	p.mu.Lock()
	refused := p.refused
	p.mu.Unlock()
	switch {
	case refused != nil:
		return hopeless("%w%s", refused, p.lastWords())
	case time.Since(p.began) >= limit:
		return fmt.Errorf("it did not say within %v, in the way of a plugin, that it is ready%s", limit, p.lastWords())
	}
	return fmt.Errorf("it ended before it was ready (%s)%s", p.status(), p.lastWords())
}

// status is how the process ended; it waits a moment for that.
func (p *process) status() string {
	if !p.within(termTime) {
		return "and something of it is left"
	}
	return p.cmd.ProcessState.String()
}

// lastWords is what the process wrote last, as the end of a sentence.
func (p *process) lastWords() string {
	if s := p.journal.lastWords(p.began); s != "" {
		return "; it last wrote: " + s
	}
	return ""
}
