package config

import "fmt"

// A Layer is a place that values come from. A higher layer beats a lower one.
type Layer int

// The layers, lowest first.
const (
	FromDefault Layer = iota
	FromFile
	FromEnv
	FromFlag
)

// String is the layer's name: default, file, env or flag.
func (l Layer) String() string {
	switch l {
	case FromDefault:
		return "default"
	case FromFile:
		return "file"
	case FromEnv:
		return "env"
	case FromFlag:
		return "flag"
	}
	return fmt.Sprintf("layer(%d)", int(l))
}

// An Origin tells where a value comes from. The zero value is the defaults.
type Origin struct {
	Layer Layer
	Name  string // of the file, the variable or the flag; "" for a default
	Line  int    // in the file, from 1; 0 for another layer
}

// Where is the place to change the value: "chatroom.toml:12",
// "CHATROOM_LOG_LEVEL" or "--log.level"; "" for a default.
func (o Origin) Where() string {
	switch o.Layer {
	case FromFile:
		return fmt.Sprintf("%s:%d", printable(o.Name), o.Line)
	case FromFlag:
		return "--" + o.Name
	}
	return o.Name
}

// String is the layer and the place: "file chatroom.toml:12".
func (o Origin) String() string {
	if o.Layer == FromDefault {
		return o.Layer.String()
	}
	return o.Layer.String() + " " + o.Where()
}
