package commands

import (
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// The objects that commands write, one a line, where JSON is asked for. They are
// an interface to other people's programs: members are added to them, but none
// is renamed, removed or given another meaning. Type says which of them an object
// is; messages are as in the events of a session whose output is JSON. Times are in
// UTC as in RFC 3339. A member that is not always there is left
// out rather than empty, false or 0.

// userObject is somebody who is here: who, whois.
type userObject struct {
	Type    string    `json:"type"` // user
	Name    string    `json:"name"`
	Account string    `json:"account,omitempty"` // unless a guest
	Role    chat.Role `json:"role"`
	Room    string    `json:"room,omitempty"`  // the current one, if the caller may know of it
	Rooms   []string  `json:"rooms,omitempty"` // whois: all that the caller may know of, the current one first
	Since   time.Time `json:"since"`           // the login
	Active  time.Time `json:"active"`          // the last line
	Away    string    `json:"away,omitempty"`
	From    []string  `json:"from,omitempty"` // whois: where their sessions come from, if the caller may see it
	// Ignored is whois's: the caller ignores them.
	Ignored bool `json:"ignored,omitempty"`
}

// roomObject is a room that the caller may know of: rooms, look, room info.
type roomObject struct {
	Type    string `json:"type"` // room
	Name    string `json:"name"`
	People  int    `json:"people"` // how many are in it
	Topic   string `json:"topic,omitempty"`
	Current bool   `json:"current,omitempty"` // it is the caller's current one
	Joined  bool   `json:"joined,omitempty"`  // the caller is in it
	Private bool   `json:"private,omitempty"` // only who is invited comes in
	Keyed   bool   `json:"keyed,omitempty"`   // only who knows the key comes in

	Members []string `json:"members,omitempty"` // look: their names, of more than 200 those who typed last

	// Those of room info.
	Role       *chat.Role `json:"role,omitempty"` // the least that comes in
	Owner      string     `json:"owner,omitempty"`
	Moderators []string   `json:"moderators,omitempty"`
	Configured bool       `json:"configured,omitempty"`   // it stands in the server's config
	Slow       int        `json:"slow_seconds,omitempty"` // between two messages of one user
	Since      time.Time  `json:"since,omitzero"`         // when it was made
	Messages   uint64     `json:"messages,omitempty"`     // since then
	TopicBy    string     `json:"topic_by,omitempty"`
	TopicAt    time.Time  `json:"topic_at,omitzero"`
}

// messageObject is what was said in a room: history, search, mentions, missed.
type messageObject struct {
	Type    string    `json:"type"` // say or emote; notice: what the server says of messages that are missing
	Room    string    `json:"room"`
	Seq     uint64    `json:"seq"` // rises within a room, but not by one
	Time    time.Time `json:"time"`
	From    string    `json:"from,omitempty"`    // of a notice nobody
	Account string    `json:"account,omitempty"` // that of From, unless a guest
	Text    string    `json:"text"`
	Removed bool      `json:"removed,omitempty"` // the text was removed
}

// visitObject is somebody's stay: last, seen.
type visitObject struct {
	Type string    `json:"type"` // visit
	Name string    `json:"name"`
	In   time.Time `json:"in,omitzero"`  // not there if it was before the server started
	Out  time.Time `json:"out,omitzero"` // not there while they are here
}

// ignoredObject is somebody whom the caller ignores: ignore.
type ignoredObject struct {
	Type string `json:"type"` // ignored
	Name string `json:"name"` // at that time
}

// settingObject is one of the caller's settings: set.
type settingObject struct {
	Type    string   `json:"type"` // setting
	Name    string   `json:"name"`
	Value   string   `json:"value"`
	Choices []string `json:"choices,omitempty"` // what it may be, if that is known
	Help    string   `json:"help"`
}

// aliasObject is a command of the caller's own: alias.
type aliasObject struct {
	Type string `json:"type"` // alias
	Name string `json:"name"`
	Line string `json:"line"`
}

// jobObject is a line that is to run later: jobs, at, every.
type jobObject struct {
	Type  string    `json:"type"` // job
	ID    int       `json:"id"`
	Line  string    `json:"line"`
	Next  time.Time `json:"next"`
	Every int64     `json:"every_seconds,omitempty"`
}

// commandObject is a command or, with the name of both, a sub-command: apropos.
type commandObject struct {
	Type    string `json:"type"` // command
	Name    string `json:"name"`
	Summary string `json:"summary"`
}

// statObject is a figure of the server: stats.
type statObject struct {
	Type  string `json:"type"` // stat
	Name  string `json:"name"`
	Value string `json:"value"`
	Bytes uint64 `json:"bytes,omitempty"` // of a size: the value exactly
}

// accountObject is an account: account info. Some of it is for its owner and for
// operators alone.
type accountObject struct {
	Type       string           `json:"type"` // account
	Name       string           `json:"name"`
	Role       chat.Role        `json:"role"`
	Registered time.Time        `json:"registered"`
	Here       bool             `json:"here,omitempty"`      // its owner is here
	Seen       time.Time        `json:"seen,omitzero"`       // the last login or logout
	Sessions   int              `json:"sessions,omitempty"`  // how many there are
	Password   time.Time        `json:"password,omitzero"`   // when it was changed
	From       []string         `json:"from,omitempty"`      // addresses and networks of the last logins, the latest first
	Sanctions  []sanctionObject `json:"sanctions,omitempty"` // that hold for the account
}

// sessionObject is one of an account's sessions: account sessions.
type sessionObject struct {
	Type    string    `json:"type"` // session
	ID      uint64    `json:"id"`
	Since   time.Time `json:"since"`
	From    string    `json:"from,omitempty"`    // the address, if the caller may see it
	Current bool      `json:"current,omitempty"` // it is the caller's
}

// sanctionObject is a ban, a mute or an entry of the allowlist: bans, allowlist
// list, account info.
type sanctionObject struct {
	Type    string    `json:"type"` // sanction
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`              // ban, mute or allow
	Name    string    `json:"name,omitempty"`    // whom it is for, unless a network
	Account string    `json:"account,omitempty"` // the same as a key: of an account, or of a guest's name
	Network string    `json:"network,omitempty"` // for which it is, if the caller may see it
	Reason  string    `json:"reason,omitempty"`
	By      string    `json:"by,omitempty"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until,omitzero"` // not there: for ever
}

// ending is until when the sanction holds, in words.
func (o sanctionObject) ending() string {
	return account.Sanction{Until: o.Until}.Ends()
}

// lockdownObject is how far the doors are closed: lockdown.
type lockdownObject struct {
	Type   string        `json:"type"`  // lockdown
	Level  account.Level `json:"level"` // off, guests, registrations or all
	Reason string        `json:"reason,omitempty"`
	By     string        `json:"by,omitempty"`
	Since  time.Time     `json:"since,omitzero"`
}

// auditObject is an entry of the audit: audit.
type auditObject struct {
	Type    string            `json:"type"` // audit
	Seq     uint64            `json:"seq"`  // rises by one
	Time    time.Time         `json:"time"`
	What    string            `json:"what"`              // login, register, ban, ...
	By      string            `json:"by,omitempty"`      // who did it
	Account string            `json:"account,omitempty"` // that of By, unless a guest
	Machine bool              `json:"machine,omitempty"` // By is the operator of the server's machine
	From    string            `json:"from,omitempty"`    // the address of By, if the caller may see it
	Target  string            `json:"target,omitempty"`  // whom or what it was done to
	Result  chat.Code         `json:"result"`            // ok, or the code of the error
	Details map[string]string `json:"details,omitempty"`
}

// missedObject is a room in which the caller missed something: missed.
type missedObject struct {
	Type     string    `json:"type"` // missed
	Room     string    `json:"room"`
	Since    time.Time `json:"since"`              // when the caller was here last
	Messages int       `json:"messages"`           // of others since then
	Mentions int       `json:"mentions,omitempty"` // those of them that named the caller
	More     bool      `json:"more,omitempty"`     // there are more than were looked at
}

// letterObject is a private message that was kept: missed.
type letterObject struct {
	Type    string    `json:"type"` // private
	Time    time.Time `json:"time"`
	From    string    `json:"from"`
	Account string    `json:"account,omitempty"` // that of From, unless a guest
	Text    string    `json:"text"`
}

// stamp is a time as it stands in an object; none stays none.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// newMessageObject is a Say or an Emote that was kept. The store may hold what was
// never cleaned; see session.Encoder.
func newMessageObject(ev *chat.Event) messageObject {
	o := messageObject{
		Type: "say", Room: ev.Room, Seq: ev.Seq, Time: stamp(ev.Time),
		From: text.Clean(ev.From), Account: ev.Author, Text: text.Clean(ev.Text), Removed: ev.Removed,
	}
	switch ev.Kind {
	case chat.Emote:
		o.Type = "emote"
	case chat.Notice:
		o.Type = "notice"
	}
	return o
}

func newLetterObject(l account.Letter) letterObject {
	return letterObject{Type: "private", Time: stamp(l.At), From: text.Clean(l.From), Account: l.Account, Text: text.Clean(l.Text)}
}

func newVisitObject(v chat.Visit) visitObject {
	return visitObject{Type: "visit", Name: v.Name, In: stamp(v.In), Out: stamp(v.Out)}
}

func newJobObject(j command.Job) jobObject {
	return jobObject{Type: "job", ID: j.ID, Line: j.Line, Next: stamp(j.Next), Every: int64(j.Every / time.Second)}
}
