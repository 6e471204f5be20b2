package main

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

func testAdmin(t *testing.T, dir string) *adminSocket {
	t.Helper()
	s, err := listenAdmin(dir, &App{log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

// Only a socket that is not there or that nobody answers means that no server
// runs.
func TestCheckAdminSocket(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	live := t.TempDir()
	testAdmin(t, live)
	for _, tt := range []struct {
		name, dir string
		want      error
	}{
		{"no directory", t.TempDir() + "/none", nil},
		{"empty directory", t.TempDir(), nil},
		{"stale", staleSocket(t), nil},
		{"live", live, errRunning},
		{"silent", silentSocket(t), errRunning},
		{"a file for a directory", file, errStore},
	} {
		if err := checkAdminSocket(tt.dir); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// staleSocket is a directory with what a killed server leaves in it.
func staleSocket(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: adminPath(dir), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	return dir
}

// silentSocket is a directory with the socket of a program that hangs up.
func silentSocket(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("unix", adminPath(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return dir
}

func TestListenAdmin(t *testing.T) {
	stale := staleSocket(t)
	testAdmin(t, stale)
	if err := checkAdminSocket(stale); !errors.Is(err, errRunning) {
		t.Errorf("a stale socket is in the way: %v", err)
	}

	// A live server's socket is left alone, though nobody has looked before.
	if s, err := listenAdmin(stale, nil); !errors.Is(err, errRunning) {
		t.Errorf("a second server: %v, %v", s, err)
	}
	if err := checkAdminSocket(stale); !errors.Is(err, errRunning) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("the first one after that: %v", err)
	}

	// So is what is no socket.
	dir := t.TempDir()
	if err := os.WriteFile(adminPath(dir), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := listenAdmin(dir, nil); !errors.Is(err, errStore) {
		t.Errorf("a file of that name: %v, %v", s, err)
	}
	if text, err := os.ReadFile(adminPath(dir)); string(text) != "mine" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if s, err := listenAdmin(adminPath(dir), nil); !errors.Is(err, errStore) {
		t.Errorf("a file for a directory: %v, %v", s, err)
	}
}

// A client that says nothing does not hold up the end.
func TestAdminIdleClient(t *testing.T) {
	dir := t.TempDir()
	s := testAdmin(t, dir)
	conn, err := dialAdmin(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "{"); err != nil {
		t.Fatal(err)
	}
	for serving := false; !serving; runtime.Gosched() { // it may still wait to be accepted
		s.mu.Lock()
		serving = len(s.conns) > 0
		s.mu.Unlock()
	}
	start := time.Now()
	s.close()
	if took := time.Since(start); took > adminTimeout/2 {
		t.Errorf("close took %v", took)
	}
}
