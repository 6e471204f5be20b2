package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"

	"github.com/pelletier/go-toml/v2"
)

// Pin sets sha256 in the table [[plugin]] of that name in a config file, and changes
// nothing else of the file. It writes in place, so that owner and mode stay. The error
// says what to write by hand if the file is written in a way that it can't change.
func Pin(path, plugin, sum string) error {
	f, err := open(path)
	if err != nil {
		return err
	}
	if f == nil {
		return &Error{Where: Filename, Err: os.ErrNotExist}
	}
	if err := join(f.check(reflect.TypeFor[Config]())); err != nil {
		return err
	}
	before, err := pins(f.data)
	if err != nil {
		return err
	}
	at := -1
	for i, p := range before {
		if p.Name == plugin {
			at = i
		}
	}
	if at < 0 {
		return &Error{Where: printable(f.name), Err: fmt.Errorf("there is no [[plugin]] with name = %s", show(plugin))}
	}
	data := f.pinned("plugin["+strconv.Itoa(at)+"]", sum)
	after, err := pins(data)
	before[at].SHA256 = sum
	if err != nil || !reflect.DeepEqual(before, after) {
		return &Error{Where: printable(f.name), Err: fmt.Errorf("the table of %s is written in a way that can't be changed; write sha256 = %q into it", plugin, sum)}
	}
	return f.replace(data)
}

// A pin is what a table [[plugin]] says of its program.
type pin struct{ Name, Path, SHA256 string }

func pins(data []byte) ([]pin, error) {
	var document struct{ Plugin []pin }
	err := toml.Unmarshal(data, &document)
	return document.Plugin, err
}

var sumValue = regexp.MustCompile(`(\bsha256\s*=\s*)("[^"]*"|'[^']*')`)

// pinned is the file with the sum in the table, whose line for it is changed, or
// else follows that of its path.
func (f *file) pinned(table, sum string) []byte {
	lines := bytes.SplitAfter(f.data, []byte("\n"))
	if n := f.lines[table+".sha256"]; n > 0 {
		lines[n-1] = sumValue.ReplaceAll(lines[n-1], fmt.Appendf(nil, "${1}%q", sum))
		return bytes.Join(lines, nil)
	}
	n := f.lines[table+".path"]
	if n == 0 {
		return f.data // Pin sees that nothing came of it
	}
	end := "\n"
	if bytes.HasSuffix(lines[n-1], []byte("\r\n")) {
		end = "\r\n"
	}
	line := bytes.TrimRight(lines[n-1], "\r\n")
	lines[n-1] = fmt.Appendf(nil, "%s%ssha256 = %q%s", line, end, sum, end)
	return bytes.Join(lines, nil)
}

// replace writes other content into the file. What both have stays there all the
// time.
func (f *file) replace(data []byte) (err error) {
	w, err := os.OpenFile(f.name, os.O_RDWR, 0)
	if err != nil {
		return &Error{Where: printable(f.name), Err: err}
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	info, err := w.Stat()
	if err != nil {
		return err
	}
	mark := info.Size() - int64(len(f.data)) // of the byte order
	if _, err := w.WriteAt(data, mark); err != nil {
		return err
	}
	if err := w.Truncate(mark + int64(len(data))); err != nil {
		return err
	}
	return w.Sync()
}
