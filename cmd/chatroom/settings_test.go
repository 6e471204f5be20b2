package main

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/session"
)

// The config knows every right, by its name with underscores for dots, and has the
// same defaults as the package that asks for them.
func TestRights(t *testing.T) {
	c := config.Default()
	var rights account.Rights
	known := map[string]config.Role{}
	for name, role := range c.Rights.All() {
		known[strings.ReplaceAll(name, "_", ".")] = role
	}
	n := 0
	for capability := range account.Capabilities() {
		n++
		if role := known[string(capability)]; string(role) != rights.Least(capability).String() {
			t.Errorf("%s takes %q in the config and %s by default", capability, role, rights.Least(capability))
		}
	}
	if n != len(known) {
		t.Errorf("the config knows %d rights of %d", len(known), n)
	}
	c.Rights.BanAddress = config.RoleAdmin
	if got := rightsOf(c.Rights).Least(account.CanBanAddress); got != chat.Admin {
		t.Errorf("ban_address takes %s", got)
	}
}

// What the config says by default about passwords is what the package does.
func TestAccountDefaults(t *testing.T) {
	c := config.Default()
	o := accountOptions(&c, nil, nil)
	want := account.DefaultLimits()
	o.Limits.Exempt = nil
	if !reflect.DeepEqual(o.Limits, want) {
		t.Errorf("limits %+v, want %+v", o.Limits, want)
	}
	if o.Hashing != account.DefaultHashing() {
		t.Errorf("hashing %+v, want %+v", o.Hashing, account.DefaultHashing())
	}
	if o.Retire != c.History.Age {
		t.Errorf("names retire for %s", o.Retire)
	}
	c.History.Age = 0
	if o := accountOptions(&c, nil, nil); o.Retire != retireForever {
		t.Errorf("names retire for %s where the history never goes", o.Retire)
	}
}

// What follows an account loses nothing on its way to the store and back. Every
// field is set, so that a new one that is forgotten is seen.
func TestCarried(t *testing.T) {
	c := session.Carried{
		Settings: map[string]string{"mode": "chat"}, Aliases: map[string]string{"hi": "say hello"},
		Ignores: []session.Ignored{{Account: "eve", Name: "Eve"}},
		Rooms:   []session.JoinedRoom{{Name: "lobby", Read: 7}}, Current: "lobby",
		Jobs: []session.Job{{ID: 1, Line: "say hi", Next: time.Unix(1, 0), Every: time.Hour}},
		Seen: time.Unix(2, 0), // is of the account, not of its profile
	}
	for field, value := range reflect.ValueOf(c).Fields() {
		if value.IsZero() {
			t.Errorf("the test has no %s", field.Name)
		}
	}
	want := c
	want.Seen = time.Time{}
	if got := carried(profile(c)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
