package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// lock takes the data directory for this process until the lock is closed. The
// operating system frees it when the process ends, however that comes.
func lock(dir string) (*flock.Flock, error) {
	path := filepath.Join(dir, "lock")
	l := flock.New(path, flock.SetPermissions(0o600))
	taken, err := l.TryLock()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the store: %w", err), l.Close())
	}
	if !taken {
		_ = l.Close()
		return nil, &InUseError{Dir: dir, PID: readPID(path)}
	}
	// The pid is for people: a disk with no room for it is no reason not to start.
	_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600)
	return l, nil
}

// readPID is the pid that the owner of the lock has written, or 0.
func readPID(path string) int {
	data, _ := os.ReadFile(path)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(data)))
	return pid
}
