package session

import "hash/fnv"

// A theme is how colours are used. Each value is an SGR sequence of ECMA-48 as
// every terminal with ANSI colours knows it, or "" for plain text.
type theme struct {
	name    string
	names   []string // one of them is a person's, by spelling; none: names are plain
	server  string   // what the server says
	mention string   // the text of a message that names the reader
	private string   // a private message
}

const sgrReset = "\x1b[0m"

// themes stand in the order of their numbers in a render class; the first is
// the default.
var themes = [...]theme{
	{
		name:   "default",
		names:  []string{"\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[35m", "\x1b[36m"},
		server: "\x1b[2m", mention: "\x1b[1;7m", private: "\x1b[1;35m",
	},
	{ // for a dark background
		name:   "bright",
		names:  []string{"\x1b[91m", "\x1b[92m", "\x1b[93m", "\x1b[94m", "\x1b[95m", "\x1b[96m"},
		server: "\x1b[37m", mention: "\x1b[30;103m", private: "\x1b[1;95m",
	},
	{ // for a light background: nothing yellow, nothing faint
		name:   "light",
		names:  []string{"\x1b[31m", "\x1b[34m", "\x1b[35m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[1;35m"},
		server: "\x1b[30m", mention: "\x1b[37;44m", private: "\x1b[1;35m",
	},
	{
		name:   "green",
		names:  []string{"\x1b[32m", "\x1b[1;32m"},
		server: "\x1b[2;32m", mention: "\x1b[30;42m", private: "\x1b[1;4;32m",
	},
	{ // without colour: by weight alone
		name:   "mono",
		names:  []string{"\x1b[1m"},
		server: "\x1b[2m", mention: "\x1b[1;7m", private: "\x1b[1;4m",
	},
}

// themeChoices are the names of the themes in their order.
func themeChoices() []string {
	names := make([]string, len(themes))
	for i := range themes {
		names[i] = themes[i].name
	}
	return names
}

// person is the sequence for the name of a person.
func (t *theme) person(name string) string {
	if len(t.names) == 0 {
		return ""
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return t.names[h.Sum32()%uint32(len(t.names))]
}
