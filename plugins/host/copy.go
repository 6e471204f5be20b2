package host

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// maxBinary is the largest plugin file that is taken, in bytes.
const maxBinary = 512 << 20

// A binary is a private copy of a plugin's files, which nobody but the server can
// change: what was hashed is what runs, whatever happens to the files it came
// from.
type binary struct {
	path string // of the program's copy; "": not copied
	sum  string // see Sum
}

// Sum is what sha256 pins of a plugin, in hex: the SHA-256 of the program; with
// files, that of what sha256sum prints for the program and each of them, without
// folders: the hash, two spaces, the name, a newline. It checks the files as a
// start does.
func Sum(t *Table) (string, error) {
	sources, err := openSources(t)
	if err != nil {
		return "", err
	}
	defer sources.close()
	return sources.sum(func(*source) io.Writer { return io.Discard })
}

// takeCopy copies the files of a plugin into dir, in a folder named by their sum,
// unless they are there already.
func takeCopy(t *Table, dir string) (b binary, err error) {
	sources, err := openSources(t)
	if err != nil {
		return b, err
	}
	defer sources.close()
	if b.sum, err = sources.sum(func(*source) io.Writer { return io.Discard }); err != nil {
		return b, err
	}
	folder := filepath.Join(dir, b.sum)
	b.path = filepath.Join(folder, sources[0].name)
	if sources.copied(folder) {
		touch(folder)
		return b, nil
	}
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return b, err
	}
	tmp, err := os.MkdirTemp(dir, ".copy-*")
	if err != nil {
		return b, err
	}
	defer os.RemoveAll(tmp) // of no use any more, or empty
	for _, s := range sources {
		if s.to, err = os.OpenFile(filepath.Join(tmp, s.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, s.mode); err != nil {
			return b, err
		}
		defer s.to.Close()
	}
	// The files may have changed since they were hashed: what is copied counts.
	if b.sum, err = sources.sum(func(s *source) io.Writer { return s.to }); err != nil {
		return b, err
	}
	for _, s := range sources {
		if err := s.to.Close(); err != nil {
			return b, err
		}
	}
	folder = filepath.Join(dir, b.sum)
	b.path = filepath.Join(folder, sources[0].name)
	if err := os.Mkdir(folder, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return b, err
	}
	for _, s := range sources {
		if err := os.Rename(filepath.Join(tmp, s.name), filepath.Join(folder, s.name)); err != nil {
			return b, err
		}
	}
	return b, nil
}

// A source is one file of a plugin.
type source struct {
	name string
	mode fs.FileMode // of its copy
	from *os.File
	to   *os.File
}

type sources []*source

// openSources opens the files of a plugin. Each must be a regular file that belongs
// to root or to the user who runs the server, and that nobody else may write.
func openSources(t *Table) (all sources, err error) {
	defer func() {
		if err != nil {
			all.close()
		}
	}()
	for i, path := range append([]string{t.Path}, t.Files...) {
		s := &source{name: filepath.Base(path), mode: 0o444}
		if i == 0 {
			s.mode = 0o555
		}
		if s.from, err = openTrusted(path, i == 0); err != nil {
			return all, fmt.Errorf("%s: %w", path, withoutPath(err))
		}
		all = append(all, s)
		for _, other := range all[:i] {
			if other.name == s.name {
				return all, fmt.Errorf("%s: two files of the plugin have that name", path)
			}
		}
	}
	return all, nil
}

// openTrusted opens a file without leaving its folder by a symbolic link, and
// checks that it is to be trusted.
func openTrusted(path string, program bool) (*os.File, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	f, err := root.OpenFile(filepath.Base(path), os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not hold us up
	if err != nil {
		return nil, err
	}
	if err := checkFile(f, program); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// withoutPath is err without the path, which is told already.
func withoutPath(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// checkFile reports why a plugin's file is not to be trusted.
func checkFile(f *os.File, program bool) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	switch mode, owner := info.Mode(), ownerOf(info); {
	case !mode.IsRegular():
		return errors.New("it is no regular file")
	case mode&0o022 != 0:
		return fmt.Errorf("its group or everybody may write it (%v); chmod go-w ends that", mode.Perm())
	case owner != 0 && owner != os.Geteuid():
		return fmt.Errorf("it belongs to user %d, who is neither root nor the user that runs the server", owner)
	case program && mode&0o111 == 0:
		return fmt.Errorf("it is not executable (%v); chmod +x makes it so", mode.Perm())
	}
	return nil
}

// sum reads all files from their start, into what the function returns too.
func (all sources) sum(to func(*source) io.Writer) (string, error) {
	var list strings.Builder
	var first string
	for _, s := range all {
		if _, err := s.from.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
		hash := sha256.New()
		n, err := io.Copy(io.MultiWriter(to(s), hash), io.LimitReader(s.from, maxBinary+1))
		if err != nil {
			return "", err
		}
		if n > maxBinary {
			return "", fmt.Errorf("%s is larger than %d MiB", s.name, maxBinary>>20)
		}
		first = hex.EncodeToString(hash.Sum(nil))
		list.WriteString(first + "  " + s.name + "\n")
	}
	if len(all) == 1 {
		return first, nil
	}
	sum := sha256.Sum256([]byte(list.String()))
	return hex.EncodeToString(sum[:]), nil
}

// copied reports whether the folder has them. A copy gets there whole or not at
// all.
func (all sources) copied(folder string) bool {
	for _, s := range all {
		if info, err := os.Lstat(filepath.Join(folder, s.name)); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

func (all sources) close() {
	for _, s := range all {
		_ = s.from.Close()
	}
}
