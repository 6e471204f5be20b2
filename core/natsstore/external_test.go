package natsstore

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A process is a NATS server that the tests have started.
type process struct {
	t    testing.TB
	dir  string
	port int
	cmd  *exec.Cmd
	done chan error
}

// startServer starts a NATS server with JetStream on a free port of the loopback.
func startServer(t testing.TB) *process {
	p := &process{t: t, dir: t.TempDir()}
	p.start()
	t.Cleanup(p.stop)
	return p
}

func (p *process) url() string { return fmt.Sprintf("nats://127.0.0.1:%d", p.port) }

func (p *process) start() {
	p.t.Helper()
	path, err := natsServer()
	if err != nil {
		p.t.Fatal(err)
	}
	if p.port == 0 {
		p.port = freePort(p.t)
	}
	conf := filepath.Join(p.dir, "conf")
	text := fmt.Sprintf("listen: 127.0.0.1:%d\njetstream { store_dir: %q, max_mem: 16MB, max_file: 4GB }\n", p.port, p.dir)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(path, "-c", conf)
	out, err := p.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ready := make(chan bool, 1)
	p.done = make(chan error, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), "Server is ready") {
				ready <- true
			}
		}
		p.done <- p.cmd.Wait()
	}()
	select {
	case <-ready:
	case err := <-p.done:
		p.t.Fatalf("the NATS server ended: %v", err)
	case <-time.After(20 * time.Second):
		p.t.Fatal("the NATS server is not ready after 20 s")
	}
}

// stop ends the process, by its pid.
func (p *process) stop() { p.signal(syscall.SIGTERM) }

func (p *process) kill() { p.signal(syscall.SIGKILL) }

func (p *process) signal(s syscall.Signal) {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(s)
	<-p.done
	p.cmd = nil
}

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
