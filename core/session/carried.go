package session

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
)

// Carried is what follows an account from session to session: plain data, of which
// the zero value is that of a new account.
type Carried struct {
	Settings map[string]string `json:"settings,omitempty"` // what set changed, by name
	Aliases  map[string]string `json:"aliases,omitempty"`  // lines by names
	Ignores  []Ignored         `json:"ignores,omitempty"`
	Rooms    []JoinedRoom      `json:"rooms,omitempty"` // in the order in which they were joined
	Current  string            `json:"current,omitempty"`
	Jobs     []Job             `json:"jobs,omitempty"`
	Seen     time.Time         `json:"seen,omitzero"` // when the owner was here last, before this login; Load alone sets it
}

// An Ignored is the owner of an account whom somebody does not want to hear.
type Ignored struct {
	Account string `json:"account"`
	Name    string `json:"name"` // when the ignoring began
}

// A JoinedRoom is a room that somebody is in.
type JoinedRoom struct {
	Name string `json:"name"`
	Read uint64 `json:"read,omitempty"` // the last message while they were here; 0: none
}

// A Job is a line that is to run later.
type Job struct {
	ID    int           `json:"id"` // from 1, unique among those of one account
	Line  string        `json:"line"`
	Next  time.Time     `json:"next"`
	Every time.Duration `json:"every,omitempty"` // 0: once
}

// carried is what is to follow the user's account at the moment.
func (s *Session) carried() Carried {
	p, u := s.own(), s.user
	p.mu.Lock()
	c := Carried{Settings: maps.Clone(p.settings), Current: p.base.Current}
	for i := range p.aliases {
		if c.Aliases == nil {
			c.Aliases = map[string]string{}
		}
		c.Aliases[p.aliases[i].Name] = p.aliases[i].Line
	}
	for i := range p.jobs {
		j := &p.jobs[i]
		c.Jobs = append(c.Jobs, Job{int(j.id), j.line, j.next.Round(0).UTC(), j.every})
	}
	p.mu.Unlock()
	for _, i := range u.Ignored() {
		if i.Account != "" { // any other ends with the login
			c.Ignores = append(c.Ignores, Ignored{i.Account, i.Name})
		}
	}
	slices.SortFunc(c.Ignores, func(a, b Ignored) int { return strings.Compare(a.Account, b.Account) })
	for _, r := range u.Rooms() {
		c.Rooms = append(c.Rooms, JoinedRoom{r.Name(), s.lastIn(r)})
	}
	if r := u.Room(); r != nil {
		c.Current = r.Name()
	}
	return c
}

// lastIn is the number of the last message of a room.
func (s *Session) lastIn(r *chat.Room) uint64 {
	last, err := s.loop.Env.Hub.History(r, chat.Query{Last: 1})
	if err != nil || len(last) == 0 {
		return 0
	}
	return last[0].Seq
}

// same reports whether saving d in the place of c would make no difference that
// matters before a logout: what was read, and when a job runs that runs again and
// again, changes all the time.
func (c *Carried) same(d *Carried) bool {
	return maps.Equal(c.Settings, d.Settings) && maps.Equal(c.Aliases, d.Aliases) && slices.Equal(c.Ignores, d.Ignores) &&
		c.Current == d.Current &&
		slices.EqualFunc(c.Rooms, d.Rooms, func(a, b JoinedRoom) bool { return a.Name == b.Name }) &&
		slices.EqualFunc(c.Jobs, d.Jobs, func(a, b Job) bool {
			return a.ID == b.ID && a.Line == b.Line && a.Every == b.Every && (a.Every > 0 || a.Next.Equal(b.Next))
		})
}

// sameRead reports whether the same messages were read.
func (c *Carried) sameRead(d *Carried) bool { return slices.Equal(c.Rooms, d.Rooms) }

// settingNames are the settings that follow an account.
var settingNames = [...]string{
	"mode", "prompt", "color", "theme", "timestamps", "timezone", "bell", "noise", "screenreader", "width",
}

// chosen is the value of a setting, as Set takes it, or "" if it is the default or
// does not follow an account.
func (s *Session) chosen(name string) string {
	p := &s.prefs
	switch {
	case name == "mode" && p.modeSet:
		return p.mode.String()
	case name == "prompt" && s.extra != nil && s.extra.prompt != nil:
		return s.extra.prompt.format
	case name == "color" && p.color != auto:
		return switchChoices[p.color]
	case name == "theme" && p.theme != 0:
		return themes[p.theme].name
	case name == "timestamps" && p.clock != ClockOff:
		return clockChoices[p.clock]
	case name == "timezone" && p.zone != 0:
		return s.loop.Env.Zones.Location(p.zone).String()
	case name == "bell" && p.bellSet:
		return bellChoices[p.bell]
	case name == "noise" && p.quiet:
		return "off"
	case name == "screenreader" && p.reader != auto:
		return switchChoices[p.reader]
	case name == "width" && p.width != 0:
		return strconv.Itoa(int(p.width))
	}
	return ""
}

// choose puts the settings into force that the user did not change since the
// connection began.
func (s *Session) choose(settings map[string]string) {
	for _, name := range settingNames {
		if v, ok := settings[name]; ok && s.chosen(name) == "" {
			_ = s.change(name, v) // of an older server, perhaps: then the default is as good
		}
	}
}

// unchoose makes the settings those of a new connection, but for the output.
func (s *Session) unchoose() {
	s.prefs = prefs{}
	if s.extra != nil {
		s.extra.prompt = nil
	}
	s.seat.SetClass(s.class())
}

// restoreAliases reads the lines of aliases and makes them the profile's: those that
// use others after these. One that can't be read, since a command is gone perhaps,
// is kept for better times.
func (s *Session) restoreAliases(p *profile, lines map[string]string) {
	all := make([]alias, 0, len(lines))
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		all = append(all, alias{Alias: command.Alias{Name: name, Line: lines[name]}})
	}
	for more := true; more; {
		p.setAliases(all)
		all, more = slices.Clone(all), false
		g := s.grammar()
		for i := range all {
			if all[i].parsed != nil {
				continue
			}
			if parsed, err := line.ParseAlias(all[i].Line, g); err == nil {
				all[i].parsed, more = parsed, true
			}
		}
	}
}
