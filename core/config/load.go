package config

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// A Source says what to load a config from.
type Source struct {
	// File is the config file. If it is "", Filename is used, provided that it
	// is in the working directory, else the defaults. A file that was asked
	// for must exist.
	File string

	// Env holds the environment as os.Environ gives it. Only what begins with
	// CHATROOM_ is looked at.
	Env []string

	// Flags are the parsed flags, or nil. A flag counts if it was given and its
	// name is that of a setting; see AddFlags.
	Flags *pflag.FlagSet
}

// A Loaded is a valid config, and what is to be said about it. It is not
// changed any more.
type Loaded struct {
	Config Config

	// Origins has every setting, such as "limits.outbox"; the tables [[listen]]
	// are one, "listen".
	Origins map[string]Origin

	// Warnings are sentences for the operator: variables that set nothing, and a
	// file with secrets that others may read.
	Warnings []string

	// Path is the file that was used, "" for none. A reload loads it by this
	// name, so that its absence is an error then.
	Path string
}

// Load makes a config from the defaults, the file, the environment and the
// flags. It reads one file and changes nothing; it may be called at any time
// and from any goroutine.
//
// The error tells all that is wrong, one problem a line; see Error. No secret
// is in it.
func Load(src Source) (*Loaded, error) {
	f, err := open(src.File)
	if err != nil {
		return nil, err
	}
	// Viper's reading of the environment is not used. It would be of the
	// process and not of src, it misses keys that stand in no other layer, and
	// CHATROOM_LOG=1 would hide the whole table [log].
	v := viper.New()
	v.SetConfigType("toml")
	defaults := Default()
	for _, s := range settings {
		v.SetDefault(s.name, s.in(reflect.ValueOf(defaults)).Interface())
	}
	l := &Loaded{Origins: map[string]Origin{}}
	for _, s := range settings {
		l.Origins[s.name] = Origin{}
	}
	if f != nil {
		if err := l.addFile(v, f); err != nil {
			return nil, err
		}
	}
	if err := l.addEnv(v, src.Env); err != nil {
		return nil, &Error{Err: err}
	}
	if err := l.addFlags(v, src.Flags); err != nil {
		return nil, &Error{Err: err}
	}
	if err := v.UnmarshalExact(&l.Config, viper.DecodeHook(decodeValue)); err != nil {
		return nil, join(l.locate(f, decodeErrors(err)))
	}
	if f != nil {
		if err := f.freeTables(&l.Config); err != nil {
			return nil, &Error{Where: printable(f.name), Err: err}
		}
	}
	if problems := l.Config.problems(); problems != nil {
		return nil, join(l.locate(f, problems))
	}
	return l, nil
}

// addFile puts the file into viper, once it is beyond doubt.
func (l *Loaded) addFile(v *viper.Viper, f *file) error {
	if err := join(f.check(reflect.TypeFor[Config]())); err != nil {
		return err
	}
	l.Path = f.name
	for _, s := range settings {
		if line, ok := f.lines[s.name]; ok {
			l.Origins[s.name] = Origin{Layer: FromFile, Name: f.name, Line: line}
		}
	}
	if w := f.modeWarning(); w != "" {
		l.Warnings = append(l.Warnings, w)
	}
	if err := v.ReadConfig(bytes.NewReader(f.data)); err != nil {
		return &Error{Where: printable(f.name), Err: err}
	}
	return nil
}

// addEnv merges variables over the file.
func (l *Loaded) addEnv(v *viper.Viper, environ []string) error {
	byName := map[string]setting{}
	var names []string
	for _, s := range settings {
		if s.file {
			continue
		}
		byName[s.env()] = s
		names = append(names, s.env())
	}
	values := map[string]any{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		s, ok := byName[name]
		if !ok {
			l.Warnings = append(l.Warnings, fmt.Sprintf("the variable %s sets nothing%s", shorten(printable(name)), didYouMean(name, names)))
			continue
		}
		if value == "" || l.Origins[s.name].Layer == FromEnv { // the first of two is what os.Getenv sees
			continue
		}
		l.Origins[s.name] = Origin{Layer: FromEnv, Name: name}
		put(values, s.name, value)
	}
	return v.MergeConfigMap(values)
}

// put sets a dotted key in a tree of maps.
func put(tree map[string]any, key string, value any) {
	table, rest, nested := strings.Cut(key, ".")
	if !nested {
		tree[key] = value
		return
	}
	below, ok := tree[table].(map[string]any)
	if !ok {
		below = map[string]any{}
		tree[table] = below
	}
	put(below, rest, value)
}

// locate completes problems by the place where the value came from.
func (l *Loaded) locate(f *file, problems []*Error) []*Error {
	for _, p := range problems {
		name := withoutIndex(p.Key)
		o, ok := l.Origins[name]
		for !ok && name != "" { // listen.addr is part of listen
			name = parent(name)
			o, ok = l.Origins[name]
		}
		if o.Layer == FromFile {
			o.Line = f.lineOf(p.Key)
		}
		p.Where = o.Where()
	}
	return problems
}

// lineOf is the line of a key, or of the nearest thing around it.
func (f *file) lineOf(key string) int {
	for ; key != ""; key = parent(key) {
		if line, ok := f.lines[key]; ok {
			return line
		}
	}
	return 0
}

// parent is what a key stands in: listen[0] for listen[0].addr, then listen.
func parent(key string) string {
	return key[:max(0, strings.LastIndexAny(key, ".["))]
}

// decodeErrors takes apart what mapstructure found: a tree of joined errors
// with the keys in the nodes that have names.
func decodeErrors(err error) []*Error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Error
		for _, e := range many.Unwrap() {
			all = append(all, decodeErrors(e)...)
		}
		return all
	}
	if named, ok := err.(interface {
		Name() string
		Unwrap() error
	}); ok {
		return []*Error{{Key: named.Name(), Err: named.Unwrap()}}
	}
	if inner := errors.Unwrap(err); inner != nil {
		return decodeErrors(inner)
	}
	return []*Error{{Err: err}}
}
