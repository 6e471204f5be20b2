package config

import (
	"iter"
	"reflect"
)

// All yields the rights by the names that they have in the file, each with the
// least role.
func (r Rights) All() iter.Seq2[string, Role] {
	return func(yield func(string, Role) bool) {
		for field, value := range reflect.ValueOf(r).Fields() {
			if !yield(keyName(field), value.Interface().(Role)) {
				return
			}
		}
	}
}
