package embedded

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// format is the version of the layout of a data directory.
const format = 1

// A marker says that a directory holds a store.
type marker struct {
	Format int `json:"format"`
}

// A manifest is what the store held when it was last looked at. After a crash it
// trails what is there; it is never ahead of it. So less than a manifest says is a
// loss, and more is not.
type manifest struct {
	Streams map[string]holding `json:"streams"`
	// Sums are those of the files that hold the records, as a clean stop has left them. A
	// server that runs has none.
	Sums map[string]string `json:"sums,omitempty"`
}

// A holding is what one stream held.
type holding struct {
	Kind  kind   `json:"kind"`
	First uint64 `json:"first"` // number of its oldest message
	Last  uint64 `json:"last"`  // number of its newest message
	Count uint64 `json:"count"` // messages
}

// A kind says how messages can leave a stream.
type kind string

const (
	// In a bucket a message gives way only to another of the same key: the
	// count never falls.
	bucket kind = "bucket"
	// Of a journal the oldest go, if it has a limit.
	journal kind = "journal"
	// Anything may go from the others, the rooms' histories.
	other kind = "other"
)

// missing says what h lacks that old had, "" if nothing.
func (h holding) missing(old holding) string {
	least := uint64(0)
	switch old.Kind {
	case bucket:
		least = old.Count
	case journal:
		least = old.Count - min(old.Count, h.First-min(h.First, old.First))
	}
	switch {
	case h.Last < old.Last:
		return fmt.Sprintf("it ends at entry %d and reached to %d", h.Last, old.Last)
	case h.Count < least:
		return fmt.Sprintf("it has %d entries and must have %d", h.Count, least)
	}
	return ""
}

// diff says what now lacks that m had, "" if nothing.
func (m *manifest) diff(now *manifest) string {
	for _, name := range slices.Sorted(maps.Keys(m.Streams)) {
		h, ok := now.Streams[name]
		if !ok {
			return fmt.Sprintf("%s is not there", name)
		}
		if what := h.missing(m.Streams[name]); what != "" {
			return fmt.Sprintf("of %s, %s", name, what)
		}
	}
	return ""
}

// readJSON reads the file into v. The error is fs.ErrNotExist if there is none.
func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}

// writeJSON replaces the file by v, whole or not at all, and returns when it is on
// the disk.
func writeJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	next := path + ".next"
	if err := writeSync(next, append(data, '\n')); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeSync(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// begin reads the marker and the manifest of dir. In an empty directory it
// writes them. The error is a *DamageError if they don't fit what is there; accept
// passes over files that have changed since they were left.
func begin(dir string, accept bool) (*manifest, error) {
	var (
		mark         marker
		m            = manifest{Streams: map[string]holding{}}
		marked       = readJSON(filepath.Join(dir, "format"), &mark)
		listed       = readJSON(filepath.Join(dir, "manifest"), &m)
		_, noStreams = os.Stat(filepath.Join(dir, "jetstream"))
	)
	damage := func(hint, format string, args ...any) error {
		return &DamageError{Dir: dir, What: fmt.Sprintf(format, args...), Hint: hint}
	}
	none := func(err error) bool { return errors.Is(err, fs.ErrNotExist) }
	switch {
	case none(marked) && none(noStreams):
		// The marker comes last, so that it is never there alone.
		if err := writeJSON(filepath.Join(dir, "manifest"), &m); err != nil {
			return nil, fmt.Errorf("begin a store: %w", err)
		}
		if err := writeJSON(filepath.Join(dir, "format"), marker{Format: format}); err != nil {
			return nil, fmt.Errorf("begin a store: %w", err)
		}
		return &m, nil
	case none(marked):
		return nil, damage(hintMoved, "there is data and no file that says of what format")
	case marked != nil || mark.Format < 1:
		return nil, damage(hintRestore, "the file format can't be read")
	case mark.Format > format:
		return nil, damage(hintNewer, "it has the format %d, and this program knows %d", mark.Format, format)
	case listed != nil:
		return nil, damage(hintRestore, "the file manifest is missing or can't be read")
	case none(noStreams) && len(m.Streams) > 0:
		return nil, damage(hintMoved, "the directory jetstream is not there")
	}
	if m.Sums == nil {
		return &m, nil
	}
	if !accept {
		now, err := sums(dir)
		if err != nil {
			return nil, fmt.Errorf("look at the store: %w", err)
		}
		for _, path := range slices.Sorted(maps.Keys(m.Sums)) {
			if now[path] != m.Sums[path] {
				return nil, damage(hintRestore, "the file %s is not as it was left", path)
			}
		}
	}
	m.Sums = nil // before anything changes
	if err := writeJSON(filepath.Join(dir, "manifest"), &m); err != nil {
		return nil, fmt.Errorf("begin the manifest: %w", err)
	}
	return &m, nil
}

// sums are the SHA-256 of the files in which the buckets have their records, by their
// paths in dir. It is for a store that no server uses.
func sums(dir string) (map[string]string, error) {
	found, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", bucketPrefix+"*", "msgs", "*.blk"))
	if err != nil {
		return nil, err
	}
	all := make(map[string]string, len(found))
	for _, path := range found {
		sum, err := sumOf(path)
		if err != nil {
			return nil, err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return nil, err
		}
		all[filepath.ToSlash(name)] = sum
	}
	return all, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
