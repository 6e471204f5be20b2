package command

import "strings"

// Usage is how the command is written, on one line: "msg USER TEXT",
// "set [NAME [VALUE]]", "grep PATTERN [-i] [-v]", "room info|key|kick ...".
// What is in brackets may be left out; "..." stands for more of the same, or for
// the arguments of a sub-command.
func (s *Spec) Usage() string {
	var b strings.Builder
	b.WriteString(s.Name)
	if len(s.Subs) > 0 {
		b.WriteString(" " + s.subChoices() + " ...")
	}
	optional := 0 // an optional argument is followed by such alone
	for i := range s.Args {
		a := &s.Args[i]
		b.WriteString(" ")
		if a.Optional {
			b.WriteString("[")
			optional++
		}
		b.WriteString(a.placeholder())
		if a.Many {
			b.WriteString("...")
		}
	}
	b.WriteString(strings.Repeat("]", optional))
	for i := range s.Flags {
		b.WriteString(" [" + s.Flags[i].short() + "]")
	}
	if s.hasJSON() {
		b.WriteString(" [--" + jsonFlag + "]")
	}
	return b.String()
}

// subChoices stands for the name of a sub-command.
func (s *Spec) subChoices() string {
	const longest = 60 // longer ones are in the help
	var names []string
	for i := range s.Subs {
		if !s.Subs[i].Hidden {
			names = append(names, s.Subs[i].Name)
		}
	}
	if choices := strings.Join(names, "|"); choices != "" && len(choices) <= longest {
		return choices
	}
	return "COMMAND"
}

// pipedExample is how a filter is used, after a command that feeds it.
func (s *Spec) pipedExample() string {
	for _, e := range s.Examples {
		if strings.Contains(e, "| "+s.Name) {
			return e
		}
	}
	return "COMMAND | " + s.Usage()
}

// placeholder stands for the argument's value in the usage.
func (a *Arg) placeholder() string {
	const longest = 24 // of the choices of an enum; longer ones are in the help
	switch a.Type {
	case Enum:
		if choices := strings.Join(a.Choices, "|"); len(choices) <= longest {
			return choices
		}
	}
	return a.label()
}

// short is the flag as the usage of a command has it: in its short form if it has
// one.
func (f *Flag) short() string {
	switch {
	case f.Short == "":
		return f.usage()
	case f.Type == "":
		return "-" + f.Short
	}
	return "-" + f.Short + " " + f.placeholder()
}

// usage is the flag with a placeholder for its value.
func (f *Flag) usage() string {
	if f.Type == "" {
		return f.label()
	}
	return f.label() + " " + f.placeholder()
}

// placeholder stands for the flag's value, which has no name of its own: it is named
// by its type, or after the flag if that says nothing.
func (f *Flag) placeholder() string {
	a := f.asArg()
	switch f.Type {
	case Int:
		a.Name = "n"
	case Duration, User, Room, CommandName:
		a.Name = string(f.Type)
	}
	return a.placeholder()
}
