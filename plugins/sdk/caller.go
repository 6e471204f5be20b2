package sdk

import (
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Caller is who runs a command or says a message, as the server knows it: it
// can be trusted. To remember somebody, use Account if there is one, else Key.
type Caller struct {
	Name     string         // as shown; it may change, and another may have it later; "" before login
	Key      string         // the name folded: equal for names that count as one
	Account  string         // stays when the name changes; "" for a guest
	Role     string         // "guest", "user", "moderator", "operator" or "admin"
	Room     string         // the current room, "" if in none
	Width    int            // columns, 80 if unknown
	Height   int            // lines of the terminal; 0: unknown, or none
	Machine  bool           // a program reads: no tables, no decoration
	Location *time.Location // the time zone; never nil
}

func caller(p *pluginpb.Caller) Caller {
	c := Caller{
		Name: p.GetName(), Key: p.GetKey(), Account: p.GetAccount(), Role: p.GetRole(), Room: p.GetRoom(),
		Width: int(p.GetWidth()), Height: int(p.GetHeight()), Machine: p.GetMachine(), Location: time.UTC,
	}
	if c.Width == 0 {
		c.Width = 80
	}
	if zone, err := time.LoadLocation(p.GetTimeZone()); err == nil {
		c.Location = zone
	}
	return c
}
