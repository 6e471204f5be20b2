package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Filename is the file that is used when none was asked for, if it is in the
// working directory.
const Filename = "chatroom.toml"

// maxFile is the size of the largest file that is read, in bytes.
const maxFile = 1 << 20

// A file is a config file that was read and is valid TOML.
type file struct {
	name  string
	mode  fs.FileMode
	data  []byte
	lines map[string]int // where each setting stands; of [[listen]] also "listen[0]" and "listen[0].addr"

	secrets []string // the settings that hold one, such as "room.key"
}

// open reads the named file, or Filename if name is empty. The file is nil if
// none was asked for and none is there.
func open(name string) (*file, error) {
	if name == "" {
		// Lstat, because a link that leads nowhere is there.
		if _, err := os.Lstat(Filename); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		name = Filename
	}
	f := &file{name: name}
	if err := f.read(); err != nil {
		if p, ok := errors.AsType[*fs.PathError](err); ok {
			err = p.Err // the name is said once
		}
		return nil, &Error{Where: printable(name), Err: err}
	}
	return f, nil
}

// read fills in data, without a byte order mark, and mode.
func (f *file) read() error {
	// A pipe would block the open, and a reload could not read it again.
	info, err := os.Stat(f.name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("is a directory, not a config file")
	case !info.Mode().IsRegular():
		return errors.New("is not a regular file")
	}
	f.mode = info.Mode().Perm()
	r, err := os.Open(f.name)
	if err != nil {
		return err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return err
	case len(data) > maxFile:
		return errors.New("is larger than 1 MiB and so hardly a config file")
	}
	f.data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if len(bytes.TrimSpace(f.data)) == 0 {
		// Rather a write that failed half-way than the wish for defaults.
		return errors.New("is empty; for the defaults alone remove it, or leave a # comment in it")
	}
	return nil
}

// check holds the file against the struct type that it is to fill, and finds
// its lines.
func (f *file) check(t reflect.Type) []*Error {
	s := newScanner(f, t)
	if wellFormed := s.scan(); wellFormed && s.problems != nil {
		return s.problems
	}
	// This pass places wrong syntax, and finds duplicate keys and numbers that do
	// not fit. It takes long over a great many keys, so it is not the first.
	var ignored map[string]any
	if err := toml.Unmarshal(f.data, &ignored); err != nil {
		return []*Error{f.syntaxError(err, settingsOf(t))}
	}
	f.lines, f.secrets = s.lines, s.secrets
	return nil
}

// syntaxError words an error of the TOML decoder in one line, which shows the
// line of the file.
func (f *file) syntaxError(err error, all []setting) *Error {
	e := &Error{Where: printable(f.name)}
	text := strings.TrimPrefix(err.Error(), "toml: ")
	d, ok := errors.AsType[*toml.DecodeError](err)
	if !ok {
		e.Err = errors.New(printable(text))
		return e
	}
	row, column := d.Position()
	e.Where = fmt.Sprintf("%s:%d:%d", e.Where, row, column)
	lines := strings.Split(string(f.data), "\n")
	line := lines[row-1]
	if mayHoldSecret(tableOf(lines[:row-1]), all) && !beginsHeader.MatchString(line) {
		// The line may be one of many that a secret has.
		if key, _, found := strings.Cut(line, "="); found && bareKey.MatchString(strings.TrimSpace(key)) {
			line = key + "= ..."
		} else {
			line = "..."
		}
	}
	e.Err = fmt.Errorf("%s, in: %s", printable(text), excerpt(line, all))
	return e
}

var (
	tableHeader  = regexp.MustCompile(`^\s*\[{1,2}\s*([A-Za-z0-9_. -]+?)\s*\]{1,2}\s*(?:#.*)?$`)
	beginsHeader = regexp.MustCompile(`^\s*\[{1,2}\s*[A-Za-z_]`)
)

// tableOf is the name of the table that follows the lines, "" if there was no
// header.
func tableOf(lines []string) string {
	for _, line := range slices.Backward(lines) {
		if m := tableHeader.FindStringSubmatch(line); m != nil {
			return m[1]
		}
	}
	return ""
}

// mayHoldSecret reports whether a table has a key for a secret, or is in one.
func mayHoldSecret(table string, all []setting) bool {
	for _, s := range all {
		for _, key := range s.secrets() {
			if strings.HasPrefix(key, table+".") || strings.HasPrefix(table+".", key+".") {
				return true
			}
		}
	}
	return false
}

// maxExcerpt is the length of the longest piece of a file in an error, in
// bytes.
const maxExcerpt = 80

// excerpt is a line of the file for an error. The value of a secret is left
// out.
func excerpt(line string, all []setting) string {
	line = strings.TrimSpace(line)
	for _, s := range all {
		for _, key := range s.secrets() {
			name := key[strings.LastIndexByte(key, '.')+1:]
			if at := strings.Index(line, name); at >= 0 {
				line = line[:at+len(name)] + " = " + redacted
			}
		}
	}
	return shorten(printable(line))
}

// shorten cuts s to maxExcerpt bytes.
func shorten(s string) string {
	if len(s) <= maxExcerpt {
		return s
	}
	return strings.ToValidUTF8(s[:maxExcerpt-3], "") + "..."
}

// modeWarning tells of a file with secrets in it that more people may read than
// its owner and group, or write than its owner; "" if all is well.
func (f *file) modeWarning() string {
	const widest = 0o640
	if f.mode&^widest == 0 || len(f.secrets) == 0 {
		return ""
	}
	return fmt.Sprintf("%s holds secrets (%s) and has the mode %04o; run chmod %o on it", printable(f.name), f.secrets[0], f.mode, widest)
}
