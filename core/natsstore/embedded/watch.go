package embedded

import (
	"errors"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// noteEvery is how far the manifest trails at most while the server runs, and
// sweepEvery how often markers are swept.
const (
	noteEvery  = time.Second
	sweepEvery = 24 * time.Hour
)

// watch keeps the manifest up to date.
func (s *Server) watch() {
	tick := time.NewTicker(noteEvery)
	defer tick.Stop()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	s.sweep(keepMarks)
	failed := false
	for {
		select {
		case <-s.stop:
			return
		case <-sweep.C:
			s.sweep(keepMarks)
		case <-tick.C:
			err := s.note()
			if err != nil && !failed {
				s.log.Warn("the manifest of the store could not be written", "err", err)
			}
			failed = err != nil
		}
	}
}

// note writes what the store holds into the manifest, if it has changed.
func (s *Server) note() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil {
		return errors.New("the embedded server is down")
	}
	now, err := holdings(s.current)
	if err != nil {
		return err
	}
	seen := s.seen
	s.seen = now
	next, changed := s.known.update(now.least(seen))
	if !changed {
		return nil
	}
	return s.write(next)
}

// least is m with no more messages in a bucket than before had: for a moment a
// bucket holds both a record and the one that gives way to it.
func (m *manifest) least(before *manifest) *manifest {
	l := &manifest{Streams: maps.Clone(m.Streams)}
	for name, h := range m.Streams {
		if old, ok := before.Streams[name]; ok && h.Kind == bucket {
			h.Count = min(h.Count, old.Count)
			l.Streams[name] = h
		}
	}
	return l
}

// write makes m the manifest. s.mu is held.
func (s *Server) write(m *manifest) error {
	if err := writeJSON(filepath.Join(s.o.Dir, "manifest"), m); err != nil {
		return err
	}
	s.known = m
	return nil
}

// update is the manifest that follows m. A stream that seems to have lost
// something keeps what it had: that is for the next start to find.
func (m *manifest) update(now *manifest) (next *manifest, changed bool) {
	next = &manifest{Streams: make(map[string]holding, len(m.Streams))}
	for name, h := range now.Streams {
		old, known := m.Streams[name]
		if known && h.missing(old) != "" {
			h = old
		}
		next.Streams[name] = h
		changed = changed || !known || h != old
	}
	for name, h := range m.Streams {
		if _, ok := next.Streams[name]; !ok {
			next.Streams[name] = h
		}
	}
	return next, changed
}

// holdings are what the streams of ns hold.
func holdings(ns *server.Server) (*manifest, error) {
	info, err := ns.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Config: true})
	if err != nil {
		return nil, err
	}
	if info.Disabled {
		return nil, errors.New("the embedded server has no storage")
	}
	m := &manifest{Streams: map[string]holding{}}
	for _, account := range info.AccountDetails {
		for _, st := range account.Streams {
			h := holding{Kind: other, First: st.State.FirstSeq, Last: st.State.LastSeq, Count: st.State.Msgs}
			switch {
			case strings.HasPrefix(st.Name, bucketPrefix):
				h.Kind = bucket
			case st.Config != nil && st.Config.DenyPurge:
				h.Kind = journal
			}
			m.Streams[st.Name] = h
		}
	}
	return m, nil
}

// bucketPrefix begins the name of a stream that holds a key-value bucket.
const bucketPrefix = "KV_"
