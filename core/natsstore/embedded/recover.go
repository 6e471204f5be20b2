package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// spare is how much room a disk must have before the server is started again:
// enough for some blocks, so that it does not fail at once once more.
const spare = 256 << 10

// Recover brings the server back to work after a write has failed, which the server
// itself never gets over. If it is well, Recover does nothing; if records are missing
// once it is back, Recover returns the *DamageError from then on. If the disk takes no
// writes yet it returns an error and leaves the server as it is, which may still answer
// reads. It blocks until the new server serves; the connection follows by itself.
func (s *Server) Recover(ctx context.Context) error {
	s.recovering.Lock()
	defer s.recovering.Unlock()
	s.mu.Lock()
	ns, closed, damaged := s.current, s.closed, s.damaged
	s.mu.Unlock()
	if closed {
		return errors.New("the store is closed")
	}
	if damaged != nil {
		return damaged
	}
	if ns != nil && healthy(ns) {
		return nil
	}
	if err := tryWrite(s.o.Dir); err != nil {
		return err
	}
	if ns := s.take(); ns != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
	}
	ns, err := start(s.o)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.current = ns
	s.mu.Unlock()
	if err = s.reconnected(ctx); err == nil {
		err = s.check(ctx)
	}
	if err != nil {
		s.reject(err)
		return err
	}
	s.log.Info("the embedded server was started again")
	return nil
}

// reject gives up a server that was started again and must not serve: for good if it
// lacks what was there, else until the next try.
func (s *Server) reject(err error) {
	if _, ok := errors.AsType[*DamageError](err); ok {
		s.mu.Lock()
		s.damaged = err
		s.mu.Unlock()
		return
	}
	if ns := s.take(); ns != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
	}
}

// reconnected waits until the connection has found the present server.
func (s *Server) reconnected(ctx context.Context) error {
	for {
		try, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		err := s.nc.FlushWithContext(try)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("connect to the embedded server: %w", err)
		}
		<-try.Done()
	}
}

// healthy reports whether ns has its storage and no stream with a failed write.
func healthy(ns *server.Server) bool {
	return ns.JetStreamEnabled() && ns.Healthz(&server.HealthzOptions{}).Status == "ok"
}

// tryWrite reports whether the disk takes what a server writes. Rights may come back
// file by file: a server that was started before all are there would lack streams.
func tryWrite(dir string) error {
	err := tryFile(filepath.Join(dir, "try"), spare)
	if err == nil {
		err = filepath.WalkDir(filepath.Join(dir, "jetstream"), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir():
				return tryFile(filepath.Join(path, ".try"), 0) // which the server would pass over
			case !d.Type().IsRegular():
				return nil
			}
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			return f.Close()
		})
	}
	if err != nil {
		return fmt.Errorf("the disk takes no writes: %w", err)
	}
	return nil
}

// tryFile makes a file of so many bytes and removes it.
func tryFile(path string, size int) error {
	err := writeSync(path, make([]byte, size))
	if removed := os.Remove(path); err == nil {
		err = removed
	}
	return err
}
