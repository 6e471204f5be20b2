package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// maxCommands is how many commands one plugin may have.
const maxCommands = 64

// A manifest is what a plugin says of itself, checked. It never changes.
type manifest struct {
	version      string
	summary      string
	commands     []described
	capabilities []string
	filters      []selection
	events       []selection
	schema       string
	bytes        []byte // as the plugin sent it
}

// same reports whether two manifests say the same; nil says nothing.
func (m *manifest) same(o *manifest) bool {
	return m != nil && o != nil && bytes.Equal(m.bytes, o.bytes)
}

// A described is one command of a manifest.
type described struct {
	spec     command.Spec             // as the dispatcher wants it, but for Timeout
	asked    map[string]time.Duration // how long a run may take, by sub-command or ""; absent: not said
	dynamic  map[string]bool          // "sub param": Complete knows values
	identity string                   // the same for those that take the same lines
}

// readManifest checks what the plugin of that name has answered. The error, for
// operators, holds every problem.
func readManifest(name string, m *pluginpb.Manifest) (*manifest, error) {
	out := &manifest{
		version: text.Clean(m.GetVersion()), summary: text.Clean(m.GetSummary()),
		capabilities: m.GetCapabilities(), schema: m.GetConfigSchema(),
	}
	var problems []error
	var err error
	if out.bytes, err = (proto.MarshalOptions{Deterministic: true}).Marshal(m); err != nil {
		return nil, err
	}
	if m.GetApiMinor() > pluginpb.Minor {
		problems = append(problems, fmt.Errorf("it was written to version %d.%d of the contract, and this server has %d.%d", pluginpb.Major, m.GetApiMinor(), pluginpb.Major, pluginpb.Minor))
	}
	if n := len(m.GetCommands()); n > maxCommands {
		return nil, fmt.Errorf("it has %d commands; %d is the most", n, maxCommands)
	}
	for _, c := range m.GetCommands() {
		d, err := readCommand(name, c)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if slices.ContainsFunc(out.commands, func(o described) bool { return o.spec.Name == d.spec.Name }) {
			problems = append(problems, fmt.Errorf("command %q: it is there twice", d.spec.Name))
		}
		out.commands = append(out.commands, d)
	}
	judged := []string{pluginpb.KindSay, pluginpb.KindEmote}
	if out.filters, err = readSelections(m.GetFilters(), judged, append(judged, pluginpb.KindPrivate)); err != nil {
		problems = append(problems, fmt.Errorf("its filters: %w", err))
	}
	if out.events, err = readSelections(m.GetEvents(), nil, kinds); err != nil {
		problems = append(problems, fmt.Errorf("its events: %w", err))
	}
	return out, errors.Join(problems...)
}

// kinds are those of the events that plugins may see.
var kinds = []string{
	pluginpb.KindSay, pluginpb.KindEmote, pluginpb.KindJoin, pluginpb.KindLeave, pluginpb.KindRename, pluginpb.KindTopic, pluginpb.KindRedact,
}

// readCommand is a command of the plugin as the dispatcher wants it. Plugin text is
// as clean as a user's.
func readCommand(plugin string, c *pluginpb.Command) (described, error) {
	d := described{asked: map[string]time.Duration{}, dynamic: map[string]bool{}}
	var err error
	if d.spec, err = d.read(c, ""); err != nil {
		return d, fmt.Errorf("command %q: %w", c.GetName(), err)
	}
	s := &d.spec
	s.Aliases = c.GetAliases()
	if s.Group = text.Clean(c.GetGroup()); s.Group == "" {
		s.Group = plugin
	}
	for _, sub := range c.GetSubs() {
		spec, err := d.read(sub, sub.GetName())
		if err != nil {
			return d, fmt.Errorf("command %q: sub-command %q: %w", c.GetName(), sub.GetName(), err)
		}
		if len(sub.GetSubs()) > 0 || len(sub.GetAliases()) > 0 {
			return d, fmt.Errorf("command %q: sub-command %q: it can't have sub-commands or aliases", c.GetName(), sub.GetName())
		}
		s.Subs = append(s.Subs, spec)
	}
	if len(s.Subs) > 0 {
		s.Blocking = false // its sub-commands are
	}
	if err := s.Validate(); err != nil {
		return d, err
	}
	p, err := json.Marshal(s)
	if err != nil {
		return d, fmt.Errorf("command %q: %w", c.GetName(), err)
	}
	d.identity = string(p)
	return d, nil
}

// read is the spec of a command or a sub-command, without its sub-commands.
func (d *described) read(c *pluginpb.Command, sub string) (s command.Spec, err error) {
	role := chat.Guest
	if r := c.GetRole(); r != "" {
		if role, err = chat.ParseRole(r); err != nil {
			return s, fmt.Errorf("there is no role %q", r)
		}
	}
	s = command.Spec{
		Name: c.GetName(), Summary: text.Clean(c.GetSummary()), Help: paragraphs(c.GetHelp()),
		Role: role, BeforeLogin: c.GetBeforeLogin(), Blocking: true,
		ReadsInput: c.GetReadsInput() || c.GetFilter(), Filter: c.GetFilter(), Records: c.GetRecords(), Paged: c.GetPaged(),
		Hidden: c.GetHidden(), Cost: int(c.GetCost()),
	}
	if ms := c.GetTimeoutMs(); ms > 0 {
		d.asked[sub] = time.Duration(ms) * time.Millisecond
	}
	for _, e := range c.GetExamples() {
		s.Examples = append(s.Examples, text.Clean(e))
	}
	for _, a := range c.GetArgs() {
		typ, err := readType(a.GetType(), command.String)
		if err != nil {
			return s, fmt.Errorf("argument %q: %w", a.GetName(), err)
		}
		s.Args = append(s.Args, command.Arg{
			Name: a.GetName(), Help: text.Clean(a.GetHelp()), Type: typ, Choices: a.GetChoices(), Optional: a.GetOptional(),
			Many: a.GetMany(), Secret: a.GetSecret(), Default: a.GetDefaultValue(), Min: a.GetMin(), Max: a.GetMax(),
		})
		if a.GetDynamic() {
			d.dynamic[sub+" "+a.GetName()] = true
		}
	}
	for _, f := range c.GetFlags() {
		typ, err := readType(f.GetType(), "")
		if err != nil {
			return s, fmt.Errorf("flag %q: %w", f.GetName(), err)
		}
		s.Flags = append(s.Flags, command.Flag{
			Name: f.GetName(), Short: f.GetShort(), Help: text.Clean(f.GetHelp()), Type: typ, Choices: f.GetChoices(), Default: f.GetDefaultValue(),
		})
		if f.GetDynamic() {
			d.dynamic[sub+" "+f.GetName()] = true
		}
	}
	return s, nil
}

// readType is the type of an argument or a flag; otherwise is the unspecified one.
func readType(t pluginpb.Type, otherwise command.Type) (command.Type, error) {
	switch t {
	case pluginpb.Type_TYPE_UNSPECIFIED:
		return otherwise, nil
	case pluginpb.Type_TYPE_STRING:
		return command.String, nil
	case pluginpb.Type_TYPE_INT:
		return command.Int, nil
	case pluginpb.Type_TYPE_DURATION:
		return command.Duration, nil
	case pluginpb.Type_TYPE_COUNT:
		return command.Count, nil
	case pluginpb.Type_TYPE_ENUM:
		return command.Enum, nil
	case pluginpb.Type_TYPE_USER:
		return command.User, nil
	case pluginpb.Type_TYPE_ROOM:
		return command.Room, nil
	case pluginpb.Type_TYPE_COMMAND:
		return command.CommandName, nil
	case pluginpb.Type_TYPE_TEXT:
		return command.Text, nil
	}
	return "", fmt.Errorf("this server does not know the type %d", t)
}

// limited is the spec with the deadlines that go for it: those that were asked for
// or else the table's or the setting's, never above the bound. The dispatcher's
// is a little later than that of the run, which has better words.
func (d *described) limited(t *Table, s *Settings) command.Spec {
	spec := d.spec
	if len(spec.Subs) == 0 {
		spec.Timeout = d.limit("", t, s) + time.Second
		return spec
	}
	spec.Subs = slices.Clone(spec.Subs)
	for i := range spec.Subs {
		spec.Subs[i].Timeout = d.limit(spec.Subs[i].Name, t, s) + time.Second
	}
	return spec
}

// limit is how long a run of the sub-command, or of the command if it is "", may
// take.
func (d *described) limit(sub string, t *Table, s *Settings) time.Duration {
	limit := d.asked[sub]
	if limit == 0 {
		limit = t.Timeout
	}
	if limit == 0 {
		limit = s.Run
	}
	return min(limit, s.MaxRun)
}

// command is the command of that name, or nil.
func (m *manifest) command(name string) *described {
	for i := range m.commands {
		if m.commands[i].spec.Name == name {
			return &m.commands[i]
		}
	}
	return nil
}

// A selection picks events, before any plugin is asked.
type selection struct {
	kinds []string
	rooms []string       // nil: all
	match *regexp.Regexp // nil: any text
}

// readSelections checks selections, which may name the kinds in known. One that
// names none has those of all; if that is nil it must name some.
func readSelections(list []*pluginpb.Selection, all, known []string) ([]selection, error) {
	var out []selection
	for _, s := range list {
		sel := selection{kinds: s.GetKinds(), rooms: s.GetRooms()}
		if len(sel.kinds) == 0 {
			if sel.kinds = all; all == nil {
				return nil, errors.New("a selection names no kind of event")
			}
		}
		for _, k := range sel.kinds {
			if !slices.Contains(known, k) {
				return nil, fmt.Errorf("there is no kind %q here; there are %s", k, strings.Join(known, ", "))
			}
		}
		if p := s.GetMatch(); p != "" {
			var err error
			if sel.match, err = regexp.Compile(p); err != nil {
				return nil, err
			}
		}
		out = append(out, sel)
	}
	return out, nil
}

// takes reports whether the selection picks an event.
func (s *selection) takes(kind, room, text string) bool {
	return slices.Contains(s.kinds, kind) &&
		(len(s.rooms) == 0 || slices.Contains(s.rooms, room)) &&
		(s.match == nil || s.match.MatchString(text))
}

// anyTakes reports whether one of them does.
func anyTakes(list []selection, kind, room, text string) bool {
	for i := range list {
		if list[i].takes(kind, room, text) {
			return true
		}
	}
	return false
}
