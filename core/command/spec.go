package command

import (
	"slices"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
)

// A Spec is all that is known of a command without running it: the dispatcher,
// help, completion and the documents read it. It is plain data; its JSON form
// is stable and holds every field. A spec in a Registry is never changed.
type Spec struct {
	Name     string   `json:"name"`               // a-z, then a-z, 0-9 and -; at most 32 bytes
	Aliases  []string `json:"aliases,omitempty"`  // other names; also of digits, : and ?
	Group    string   `json:"group,omitempty"`    // the section of the help index; "" is the last one
	Summary  string   `json:"summary"`            // one line for the index: "show who is here"
	Help     string   `json:"help,omitempty"`     // paragraphs for those who want more; lines end in \n
	Examples []string `json:"examples,omitempty"` // lines to type, each on its own
	Args     []Arg    `json:"args,omitempty"`     // in the order in which they are written
	Flags    []Flag   `json:"flags,omitempty"`    // besides --help and -h, which every command has
	Subs     []Spec   `json:"subs,omitempty"`     // sub-commands: the first word names one, which says all but Aliases and Group for itself; see Sub

	Role        chat.Role     `json:"role,omitempty"`         // the least role that may use it
	BeforeLogin bool          `json:"before_login,omitempty"` // may be used without being logged in
	Blocking    bool          `json:"blocking,omitempty"`     // may wait: for a hash, a store, a plugin
	ReadsInput  bool          `json:"reads_input,omitempty"`  // reads what is piped into it, in place of its Text argument if it has one
	Filter      bool          `json:"filter,omitempty"`       // is of use only where something is piped into it; ReadsInput too
	Records     bool          `json:"records,omitempty"`      // can write JSON objects, as it must if Call.JSON; thereby it has the flag --json, unless it ends in text
	Paged       bool          `json:"paged,omitempty"`        // a terminal is shown it a page at a time
	Hidden      bool          `json:"hidden,omitempty"`       // works, but is not listed or suggested
	Timeout     time.Duration `json:"timeout_ns,omitempty"`   // of a Blocking one, which alone has a deadline; 0 is DefaultTimeout
	Cost        int           `json:"cost,omitempty"`         // tokens of the rate limit; 0 is 1
}

// DefaultTimeout is the deadline of a Blocking command whose spec has none.
const DefaultTimeout = 5 * time.Second

// An Arg is one positional argument. Required ones come first; Many and Text
// are for the last.
type Arg struct {
	Name     string   `json:"name"`               // as in Call.String; shown in capitals
	Help     string   `json:"help,omitempty"`     // one line
	Type     Type     `json:"type"`               // never ""
	Choices  []string `json:"choices,omitempty"`  // of an Enum, at least one
	Optional bool     `json:"optional,omitempty"` // may be left out
	Many     bool     `json:"many,omitempty"`     // one or more words; none or more if Optional
	Secret   bool     `json:"secret,omitempty"`   // a String or Text that is never shown, logged or kept
	Default  string   `json:"default,omitempty"`  // of an Optional one that is not Many; "" is none
	Min      int64    `json:"min,omitempty"`      // of an Int or the number of a Count
	Max      int64    `json:"max,omitempty"`      // 0 is no upper bound; both 0 is any whole number for an Int, 1 or more for a Count
}

// A Flag is one option: --name, or -s if it has a short form.
type Flag struct {
	Name    string   `json:"name"`              // without dashes
	Short   string   `json:"short,omitempty"`   // one ASCII letter, or ""
	Help    string   `json:"help,omitempty"`    // one line
	Type    Type     `json:"type,omitempty"`    // of its value; "" is a switch, which has none
	Choices []string `json:"choices,omitempty"` // of an Enum, at least one
	Default string   `json:"default,omitempty"` // "" is none
}

// A Type says what a word may be and what its normal form is. Call's methods
// return the normal form.
type Type string

// The types.
const (
	String      Type = "string"   // any word, also an empty one
	Int         Type = "int"      // a whole number in decimal
	Duration    Type = "duration" // 30s, 1h30m, 2d, 1w: Go's units, d of 24 hours, w of 7 days; not negative
	Count       Type = "count"    // an Int or a Duration: how many, or how far back
	Enum        Type = "enum"     // one of Choices; case does not count
	User        Type = "user"     // a name that Names knows; a leading @ is dropped
	Room        Type = "room"     // [a-z0-9_-]{1,32}; a leading # is dropped, capitals are folded
	CommandName Type = "command"  // a command that the caller can see; an alias gives the name, a leading / is dropped; or one of the caller's own
	Text        Type = "text"     // the rest of the line as it was typed; only as the last argument
)

// Shape says how the command's arguments are written. It is made anew with every
// call.
func (s *Spec) Shape() line.Shape {
	shape := line.Shape{Filter: s.Filter, Input: s.readsInput()}
	if s.endsInText() {
		shape.Words, shape.Raw = len(s.Args)-1, true
	}
	if len(s.Subs) > 0 {
		shape.Subs = make(map[string]line.Shape, len(s.Subs))
		for i := range s.Subs {
			shape.Subs[s.Subs[i].Name] = s.Subs[i].Shape()
		}
	}
	return shape
}

// readsInput reports whether the command or a sub-command reads what is piped into
// it.
func (s *Spec) readsInput() bool {
	return s.ReadsInput || slices.ContainsFunc(s.Subs, func(sub Spec) bool { return sub.ReadsInput })
}

// endsInText reports whether the last argument is raw text.
func (s *Spec) endsInText() bool {
	n := len(s.Args)
	return n > 0 && s.Args[n-1].Type == Text
}

// hasJSON reports whether the command has the flag --json.
func (s *Spec) hasJSON() bool { return s.Records && !s.endsInText() }

// Sub is a sub-command as a command of its own, as help shows it and a Call has
// it: its name is both names, as in "room kick", and it is for those who may use
// both and hidden if one of them is. It is false if there is none of that name.
func (s *Spec) Sub(name string) (*Spec, bool) {
	for i := range s.Subs {
		if sub := s.Subs[i]; sub.Name == name {
			sub.Name = s.Name + " " + name
			sub.Group = s.Group
			sub.Role = max(sub.Role, s.Role)
			sub.BeforeLogin = sub.BeforeLogin && s.BeforeLogin
			sub.Hidden = sub.Hidden || s.Hidden
			return &sub, true
		}
	}
	return nil, false
}

// asArg is a flag's value seen as an argument, so that both are checked alike.
func (f *Flag) asArg() Arg {
	return Arg{Name: f.Name, Help: f.Help, Type: f.Type, Choices: f.Choices, Default: f.Default, Optional: true}
}

// permits reports whether somebody with this role may use the command.
func (s *Spec) permits(role chat.Role, loggedIn bool) bool {
	return role >= s.Role && (loggedIn || s.BeforeLogin)
}

// hasSecret reports whether a line with this command may hold a secret.
func (s *Spec) hasSecret() bool {
	return slices.ContainsFunc(s.Args, func(a Arg) bool { return a.Secret }) ||
		slices.ContainsFunc(s.Subs, func(sub Spec) bool { return sub.hasSecret() })
}
