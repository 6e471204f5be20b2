package sdk

import (
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Command is one command: all that is known of it without running it, and what
// it does. The server reads the line, checks rights and arguments, shows help
// and usage, and only then asks the plugin to run it.
//
// [Cmd] makes one from a usage line; a literal can say more. A Command is a
// [Part].
type Command struct {
	Name     string    // a-z, then a-z, 0-9 and -; at most 32 bytes
	Aliases  []string  // other names; also of digits, : and ?
	Group    string    // the section of the help index; "" is the plugin's name
	Summary  string    // one line for the index, required: "roll a die"
	Help     string    // paragraphs for those who want more; lines end in \n
	Examples []string  // lines to type
	Args     []Arg     // in the order in which they are written, required ones first
	Flags    []Flag    // besides --help and -h; none if the last argument is a Text
	Subs     []Command // sub-commands: the first word names one, which says all but Aliases and Group for itself; then, here, Role, BeforeLogin and Hidden hold for all of them

	Role        string        // the least role that may use it: "guest" (or ""), "user", "moderator", "operator", "admin"; the operator's rules override it
	BeforeLogin bool          // may be used before login, when the caller has no name
	ReadsInput  bool          // reads what is piped into it, in place of its Text argument if it has one
	Filter      bool          // is of use only behind a |; ReadsInput too
	Records     bool          // can write JSON, as it must if Call.JSON; the flag --json comes with it, unless it ends in a Text
	Paged       bool          // a terminal is shown the output a page at a time
	Hidden      bool          // works, but is not listed or suggested
	Timeout     time.Duration // the longest run; 0 is 30 s, and then silence for 5 s ends it too
	Cost        int           // tokens of the caller's rate limit; 0 is 1

	// Run does what the command is for. Its error is nil, an *Error for the
	// caller, or any other for the log. It should return soon after Call.Context
	// ends. A panic is a failure of this run alone: the caller is told, the
	// stack is in the server's log.
	Run func(c *Call) error

	err error // of Cmd, told when the plugin starts
}

// An Arg is one positional argument.
type Arg struct {
	Name     string   // as in Call.String; shown in capitals
	Help     string   // one line
	Type     Type     // "" is String
	Choices  []string // of an Enum, at least one
	Optional bool     // may be left out
	Many     bool     // one or more words, none or more if Optional; for the last, not for a Text
	Secret   bool     // a String or Text that is never shown, logged or kept
	Default  string   // of an Optional one that is not Many; "" is none
	Min, Max int64    // of an Int or the number of a Count; Max 0 is no upper bound, both 0 no bound

	// Complete proposes values that begin with prefix, the likeliest first. It
	// has 100 ms and no effect. Nil: the server completes what it can by itself,
	// choices and names.
	Complete func(c *Call, prefix string) []Choice
}

// A Flag is one option: --name, or -s if it has a short form.
type Flag struct {
	Name    string   // without dashes; differs from the arguments' names
	Short   string   // one ASCII letter but h, or ""
	Help    string   // one line
	Type    Type     // of its value; "" is a switch, which has none; not Text
	Choices []string // of an Enum, at least one
	Default string   // "" is none

	Complete func(c *Call, prefix string) []Choice // as Arg.Complete
}

// A Choice is a value that completion proposes.
type Choice struct {
	Value string
	Help  string // a few words, or ""
}

// A Type says what a word may be. The server checks it; a Call has the value.
type Type string

// The types.
const (
	String      Type = "string"   // any word, also an empty one
	Int         Type = "int"      // a whole number in decimal
	Duration    Type = "duration" // 30s, 1h30m, 2d, 1w; not negative
	Count       Type = "count"    // an Int or a Duration, above zero: how many, or how far back
	Enum        Type = "enum"     // one of Choices; case does not count
	User        Type = "user"     // the name of a user who is there
	Room        Type = "room"     // the name of a room, which need not exist
	CommandName Type = "command"  // the name of a command that the caller may use
	Text        Type = "text"     // the rest of the line as it was typed; only as the last argument
)

var types = map[Type]pluginpb.Type{
	"":          pluginpb.Type_TYPE_UNSPECIFIED,
	String:      pluginpb.Type_TYPE_STRING,
	Int:         pluginpb.Type_TYPE_INT,
	Duration:    pluginpb.Type_TYPE_DURATION,
	Count:       pluginpb.Type_TYPE_COUNT,
	Enum:        pluginpb.Type_TYPE_ENUM,
	User:        pluginpb.Type_TYPE_USER,
	Room:        pluginpb.Type_TYPE_ROOM,
	CommandName: pluginpb.Type_TYPE_COMMAND,
	Text:        pluginpb.Type_TYPE_TEXT,
}

func (c Command) join(p *parts) { p.commands = append(p.commands, c) }

// proto is the command as the server reads it.
func (c *Command) proto() *pluginpb.Command {
	p := &pluginpb.Command{
		Name: c.Name, Aliases: c.Aliases, Group: c.Group, Summary: c.Summary, Help: c.Help, Examples: c.Examples,
		Role: c.Role, BeforeLogin: c.BeforeLogin, ReadsInput: c.ReadsInput || c.Filter, Filter: c.Filter, Records: c.Records,
		Paged: c.Paged, Hidden: c.Hidden, TimeoutMs: uint32(c.Timeout.Milliseconds()), Cost: uint32(c.Cost),
	}
	for i := range c.Args {
		a := &c.Args[i]
		p.Args = append(p.Args, &pluginpb.Arg{
			Name: a.Name, Help: a.Help, Type: types[a.typ()], Choices: a.Choices, Optional: a.Optional, Many: a.Many, Secret: a.Secret,
			DefaultValue: a.Default, Min: a.Min, Max: a.Max, Dynamic: a.Complete != nil,
		})
	}
	for i := range c.Flags {
		f := &c.Flags[i]
		p.Flags = append(p.Flags, &pluginpb.Flag{
			Name: f.Name, Short: f.Short, Help: f.Help, Type: types[f.Type], Choices: f.Choices, DefaultValue: f.Default, Dynamic: f.Complete != nil,
		})
	}
	for i := range c.Subs {
		p.Subs = append(p.Subs, c.Subs[i].proto())
	}
	return p
}

func (a *Arg) typ() Type {
	if a.Type == "" {
		return String
	}
	return a.Type
}

// sub is the sub-command of that name, the command itself for "", or nil.
func (c *Command) sub(name string) *Command {
	if name == "" && len(c.Subs) == 0 {
		return c
	}
	for i := range c.Subs {
		if c.Subs[i].Name == name {
			return &c.Subs[i]
		}
	}
	return nil
}

// complete is the function that completes the argument or flag, or nil.
func (c *Command) complete(param string) func(*Call, string) []Choice {
	for i := range c.Args {
		if c.Args[i].Name == param {
			return c.Args[i].Complete
		}
	}
	for i := range c.Flags {
		if c.Flags[i].Name == param {
			return c.Flags[i].Complete
		}
	}
	return nil
}
