package programtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// natsServer builds the NATS server of this module, once.
var natsServer = sync.OnceValues(func() (string, error) {
	file := filepath.Join(filepath.Dir(Program), "nats-server")
	out, err := exec.Command("go", "build", "-o", file, "github.com/nats-io/nats-server/v2").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	return file, err
})

// StartNATS runs a NATS server with JetStream until the end of the test, and
// returns its process and its URL, which holds a password.
func StartNATS(t *testing.T) (process *os.Process, url string) {
	t.Helper()
	server, err := natsServer()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "nats.conf")
	text := fmt.Sprintf("listen: %q\njetstream { store_dir: %q, max_file: 4GB }\nauthorization { user: chat, password: s3same }\n", addr, dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := NewOutput()
	cmd := exec.Command(server, "-c", config)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT) // a test may have stopped it
		_ = cmd.Process.Signal(syscall.SIGKILL)
		_ = cmd.Wait()
	})
	log.Wait(t, "a NATS server that is ready", func(text string) bool { return strings.Contains(text, "Server is ready") })
	return cmd.Process, "nats://chat:s3same@" + addr
}
