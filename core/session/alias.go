package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// An alias is a command of the user's own.
type alias struct {
	command.Alias
	parsed *line.Alias // nil: it can't be read, since the commands have changed
}

// maxAliasName is how long the name of an alias may be, in bytes.
const maxAliasName = 32

// aliases are those of the user, by name. They must not be changed.
func (s *Session) aliases() []alias {
	p := s.own()
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.aliases
}

// Aliases implements command.Session.
func (s *Session) Aliases() []command.Alias {
	own := s.aliases()
	if own == nil {
		return nil
	}
	all := make([]command.Alias, len(own))
	for i := range own {
		all[i] = own[i].Alias
	}
	return all
}

// SetAlias implements command.Session.
func (s *Session) SetAlias(name, typed string) error {
	env := s.loop.Env
	if !aliasName(name) {
		return chat.Errorf(chat.Invalid, "The name of an alias is a letter and up to %d more of a-z, 0-9 and -.", maxAliasName-1)
	}
	if _, taken := env.Commands.Registry().Lookup(name); taken {
		return chat.Errorf(chat.Conflict, "%s is a command; choose another name for the alias.", name)
	}
	typed = strings.TrimSpace(typed)
	parsed, err := line.ParseAlias(typed, s.grammar())
	if err != nil {
		return invalid(err)
	}
	p := s.profile()
	p.mu.Lock()
	defer p.mu.Unlock()
	i, found := find(p.aliases, name)
	if n := env.Settings().Aliases; !found && n > 0 && len(p.aliases) >= n {
		return chat.Errorf(chat.Limited, "You have %s, which is the most; unalias one first.", plural(n, "alias", "aliases"))
	}
	after := i
	if found {
		after++
	}
	p.aliases = slices.Concat(p.aliases[:i], []alias{{command.Alias{Name: name, Line: typed}, parsed}}, p.aliases[after:])
	return nil
}

// DropAlias implements command.Session.
func (s *Session) DropAlias(name string) error {
	if p := s.own(); p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		if i, found := find(p.aliases, name); found {
			p.aliases = slices.Concat(p.aliases[:i], p.aliases[i+1:])
			return nil
		}
	}
	return chat.Errorf(chat.NotFound, "You have no alias %s; alias alone lists them.", name)
}

// find is the place of an alias among all, which are sorted by name.
func find(all []alias, name string) (i int, found bool) {
	return slices.BinarySearchFunc(all, name, func(a alias, name string) int { return strings.Compare(a.Name, name) })
}

func aliasName(name string) bool {
	return name != "" && len(name) <= maxAliasName && 'a' <= name[0] && name[0] <= 'z' &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// invalid gives the error of a line that can't be read its code.
func invalid(err error) error {
	if e, ok := errors.AsType[*line.Error](err); ok {
		return &chat.Error{Code: chat.Invalid, Text: e.Text, Err: err}
	}
	return err
}

// parse reads a line in the caller's language, with what aliases stand for in
// their place. The error is nil or a *line.Error.
func (s *Session) parse(typed string, m line.Mode) (line.Line, error) {
	if len(s.aliases()) == 0 {
		return line.Parse(typed, m, s.loop.Env.Commands.Grammar(s))
	}
	g := s.grammar()
	l, err := line.Parse(typed, m, g)
	if err == nil {
		err = s.lost(l, m)
	}
	if err != nil {
		return line.Line{}, err
	}
	return line.Expand(l, g, s.maxLine())
}

// lost is the error of a line that names an alias which can't be read any more: it
// must not be posted, since it may hold what was meant for few.
func (s *Session) lost(l line.Line, m line.Mode) error {
	own := s.aliases()
	is := func(name string) *line.Error {
		i, found := find(own, name)
		if !found || own[i].parsed != nil {
			return nil
		}
		return &line.Error{Column: 1, Text: fmt.Sprintf("The alias %[1]s stands for commands that are not there any more: %[2]s. alias %[1]s LINE makes it anew, unalias %[1]s removes it.", name, text.Clean(own[i].Line))}
	}
	if l.Kind == line.Chat && m == line.ModeAuto {
		words := strings.FieldsFunc(l.Text, func(r rune) bool { return r == '|' || unicode.IsSpace(r) })
		if len(words) > 0 && !strings.HasPrefix(l.Text, "/") {
			if err := is(words[0]); err != nil {
				err.Said = strings.TrimSpace(l.Text)
				return err
			}
		}
	}
	known := s.loop.Env.Commands.Grammar(s)
	for i := range l.Stages {
		name := l.Stages[i].Name
		if _, ok := known.Command(name); ok {
			continue
		}
		if err := is(name); err != nil {
			return err
		}
	}
	return nil
}

// grammar is how commands and the caller's aliases are written.
func (s *Session) grammar() *line.Aliases {
	return &line.Aliases{Grammar: names{s.loop.Env.Commands.Grammar(s), s}, Lookup: s.lookupAlias}
}

func (s *Session) lookupAlias(name string) (*line.Alias, bool) {
	own := s.aliases()
	i, found := find(own, name)
	if !found || own[i].parsed == nil {
		return nil, false
	}
	return own[i].parsed, true
}

// names is a Grammar of commands that counts aliases too when a name is completed.
type names struct {
	line.Grammar
	session *Session
}

// Completions implements line.Grammar.
func (n names) Completions(prefix string) []string {
	all := n.Grammar.Completions(prefix)
	own := n.session.aliases()
	for i := range own {
		a := &own[i]
		if a.parsed == nil || !strings.HasPrefix(a.Name, prefix) {
			continue
		}
		if _, command := n.Grammar.Command(a.Name); !command {
			all = append(all, a.Name)
		}
	}
	return all
}
