package config

import (
	"reflect"
	"strings"
)

// A setting is one leaf of Config: what a key of the file, a variable or a flag
// sets. The tables [[listen]] are one setting as a whole.
type setting struct {
	name  string       // its key, "limits.outbox"; also the name of its flag
	index []int        // its place in Config
	typ   reflect.Type // of its value
	live  bool         // a reload applies it
	file  bool         // only the file sets it
}

// settings lists the leaves of Config in their order there.
var settings = settingsOf(reflect.TypeFor[Config]())

// settingsOf lists the leaves of a struct, which may hold structs but no
// pointers, and maps only in tables [[...]]: viper folds the keys of maps.
func settingsOf(t reflect.Type) []setting {
	var all []setting
	for f := range t.Fields() {
		if f.Type.Kind() != reflect.Struct {
			all = append(all, setting{
				name:  keyName(f),
				index: f.Index,
				typ:   f.Type,
				live:  f.Tag.Get("reload") != "restart",
				file:  f.Tag.Get("from") == "file",
			})
			continue
		}
		for _, s := range settingsOf(f.Type) {
			s.name = keyName(f) + "." + s.name
			s.index = append(append([]int{}, f.Index...), s.index...)
			all = append(all, s)
		}
	}
	return all
}

// keyName is the name of a struct's field in the file.
func keyName(f reflect.StructField) string { return f.Tag.Get("mapstructure") }

// in returns the setting's value in a struct of the type it was made from.
func (s setting) in(config reflect.Value) reflect.Value { return config.FieldByIndex(s.index) }

const envPrefix = "CHATROOM_"

// env is the name of the variable that sets it.
func (s setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.name, ".", "_"))
}

// secrets are the keys under it whose values may be shown to nobody: itself, or
// some of a table [[...]].
func (s setting) secrets() []string {
	switch {
	case holdsSecret(s.typ):
		return []string{s.name}
	case !isList(s.typ):
		return nil
	}
	var keys []string
	for f := range s.typ.Elem().Fields() {
		if holdsSecret(f.Type) {
			keys = append(keys, s.name+"."+keyName(f))
		}
	}
	return keys
}

// holdsSecret reports whether values of the type are shown to nobody.
func holdsSecret(t reflect.Type) bool {
	return t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[[]Secret]() || t == reflect.TypeFor[Free]()
}
