package host

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// take checks a plugin's program and returns the private copy that is to run.
func (l *launcher) take(t *Table) (binary, error) {
	if unsupported != nil {
		return binary{}, &fault{err: unsupported, hopeless: true}
	}
	b, err := takeCopy(t, l.copies)
	switch {
	case err != nil:
		return binary{}, hopeless("take a copy of it: %w", err)
	case t.SHA256 == "" && l.settings().RequireChecksum:
		return binary{}, hopeless("its table has no sha256, which plugins.require_checksum asks for; the present one is %s", b.sum)
	case t.SHA256 != "" && !strings.EqualFold(t.SHA256, b.sum):
		return binary{}, hopeless("%s is not what was pinned: its sha256 is %s, and the table says %s", t.Path, b.sum, t.SHA256)
	}
	if err := runnable(l.copies); err != nil {
		return binary{}, hopeless("%w", err)
	}
	return b, nil
}

// cached is the file of what a program with a config said of itself. The config
// may hold secrets and is in the name as a part of a hash only.
func (l *launcher) cached(t *Table, b binary) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d.%d\x00%s\x00%s\x00", pluginpb.Major, pluginpb.Minor, t.Name, b.sum)
	h.Write(t.Config)
	return filepath.Join(l.cache, hex.EncodeToString(h.Sum(nil)))
}

// recall is what the program said of itself when it ran last; nil if it never did.
func (l *launcher) recall(t *Table, b binary) *manifest {
	p, err := os.ReadFile(l.cached(t, b))
	if err != nil {
		return nil
	}
	touch(l.cached(t, b))
	m := &pluginpb.Manifest{}
	if proto.Unmarshal(p, m) != nil {
		return nil // it will say so again
	}
	read, err := readManifest(t.Name, m)
	if err != nil {
		return nil
	}
	return read
}

// remember keeps what an instance said of itself for the next start of the server.
func (l *launcher) remember(t *Table, i *instance) error {
	return l.keep(l.cached(t, i.process.binary), i.manifest.bytes)
}

// rememberSchema keeps how a program's config has to be, also if that refuses the
// present one.
func (l *launcher) rememberSchema(b binary, m *manifest) error {
	return l.keep(schemaFile(l.cache, b.sum), []byte(m.schema))
}

// keep puts data into a file of the cache, whole or not at all.
func (l *launcher) keep(path string, data []byte) error {
	tmp, err := os.CreateTemp(l.cache, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // of no use any more, or gone
	_, err = tmp.Write(data)
	if closed := tmp.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// unusedFor is how long copies and manifests are kept that nobody uses.
const unusedFor = 30 * 24 * time.Hour

// touch marks a file or a folder as used.
func touch(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now) // else it goes too early, and comes again
}

// forget removes what is in a folder and was not used for long.
func forget(dir string) {
	all, _ := os.ReadDir(dir) // an error: there is nothing to be removed
	for _, e := range all {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > unusedFor {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}
