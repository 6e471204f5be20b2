package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"time"
)

// A Table is one [[plugin]] of the config.
type Table struct {
	Name     string            // 1 to 32 of a-z, 0-9 and -, a letter first
	Path     string            // the program, absolute
	Args     []string          // for the program
	Env      []string          // "K=V", besides those that every plugin gets
	Files    []string          // absolute; what the program needs beside it: copied and hashed with it
	SHA256   string            // what Sum must be, in hex; "": anything
	Disabled bool              // listed, but not run
	Lazy     bool              // started by the first call, once its manifest is known
	Timeout  time.Duration     // of a run that asks for no other; 0: Settings.Run
	Grant    []string          // capabilities
	NoMTLS   bool              // plain gRPC on its private socket
	User     string            // who it runs as, which takes root; "": as the server
	Closed   bool              // a filter that fails refuses the message, instead of letting it pass
	Commands map[string]string // other names for commands; "": left out
	Limits   Limits
	Config   json.RawMessage // an object; nil: empty
}

// Limits bound a plugin. A zero field means what its comment says.
type Limits struct {
	Memory  int64 // bytes of data of its process; 0: 512 MiB
	Files   int   // that its process has open; 0: 64
	Running int   // runs at once; 0: 32
	Lines   int   // of output of a run; 0: 2,000
	Output  int   // bytes of output of a run; 0: 256 KiB
	Store   int64 // bytes that it keeps, keys and values; 0: 16 MiB
}

// or is l with the zero fields filled in.
func (l Limits) or() Limits {
	setDefault(&l.Memory, 512<<20)
	setDefault(&l.Files, 64)
	setDefault(&l.Running, 32)
	setDefault(&l.Lines, 2000)
	setDefault(&l.Output, 256<<10)
	setDefault(&l.Store, 16<<20)
	return l
}

func setDefault[T int | int64 | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

// checkTables says what is wrong with tables as they stand.
func checkTables(tables []Table) error {
	var problems []error
	names := map[string]bool{}
	for i := range tables {
		t := &tables[i]
		if !validName(t.Name) {
			problems = append(problems, fmt.Errorf("plugin %q: a name is 1 to %d of a-z, 0-9 and -, a letter first", t.Name, maxName))
		}
		if names[t.Name] {
			problems = append(problems, fmt.Errorf("plugin %q: there are two of that name", t.Name))
		}
		names[t.Name] = true
		for _, path := range append([]string{t.Path}, t.Files...) {
			if !filepath.IsAbs(path) {
				problems = append(problems, fmt.Errorf("plugin %q: the path %q is not absolute", t.Name, path))
			}
		}
		for _, kv := range t.Env {
			if k, _, ok := strings.Cut(kv, "="); !ok || k == "" {
				problems = append(problems, fmt.Errorf("plugin %q: %q in env is not of the form K=V", t.Name, kv))
			}
		}
		if len(t.Config) > 0 && !isObject(t.Config) {
			problems = append(problems, fmt.Errorf("plugin %q: its config is no object", t.Name))
		}
	}
	return errors.Join(problems...)
}

func isObject(p json.RawMessage) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal(p, &m) == nil
}

// maxName is the longest name of a plugin or a command, in bytes.
const maxName = 32

func validName(s string) bool {
	return s != "" && len(s) <= maxName && 'a' <= s[0] && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// sameProcess reports whether both tables make the same of a process, so that
// the one need not end for the other.
func (t *Table) sameProcess(o *Table) bool {
	a, b := *t, *o
	a.Commands, b.Commands = nil, nil
	return reflect.DeepEqual(a, b)
}
