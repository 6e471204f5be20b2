// Remind tells people later what they asked to be told: `remind 10m tea`. What
// is due outlives a restart of the plugin and of the server, and waits for
// somebody who is not there. It shows work in the background, the plugin's
// store, events and messages to one person.
package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

func main() { sdk.Serve("remind", "1.0.0", parts()...) }

const (
	longest = 365 * 24 * time.Hour
	most    = 20 // reminders a person
)

func parts() []sdk.Part {
	r := &reminders{changed: make(chan struct{}, 1)}
	remind := sdk.Cmd("remind in:duration text:text", "be told something later", r.add)
	remind.Examples = []string{"remind 10m tea", "remind 2d ask fish about the release"}
	remind.Help = "You are told when the time has come, or as soon as you are here after that. It works\n" +
		"over restarts of the server. What a guest asked for goes to whoever has the name then."
	list := sdk.Cmd("reminders", "show what you will be reminded of", r.list)
	list.Records = true
	drop := sdk.Cmd("unremind id:int(1..)", "forget a reminder", r.drop)
	drop.Args[0].Help = "its number in reminders"
	return []sdk.Part{
		sdk.Summary("tell people later what they asked to be told"),
		sdk.Needs(sdk.UseKV, sdk.SayUser, sdk.ListUsers),
		remind, list, drop,
		sdk.Background(r.deliver),
		sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Join}}, func(context.Context, *sdk.Host, sdk.Event) error {
			r.wake()
			return nil
		}),
	}
}

// A reminder is what is to be told to whom.
type reminder struct {
	Key     string    `json:"key"`               // who
	Account string    `json:"account,omitempty"` // who, if they have one
	Due     time.Time `json:"due"`
	Text    string    `json:"text"`
}

// of reports whether the reminder is that person's.
func (r *reminder) of(account, key string) bool {
	if r.Account != "" || account != "" {
		return r.Account == account
	}
	return r.Key == key
}

// A row is one reminder in `reminders --json`.
type row struct {
	ID   string    `json:"id"`
	Due  time.Time `json:"due"`
	Text string    `json:"text"`
}

func (r *reminders) add(c *sdk.Call) error {
	in := c.Duration("in")
	if in < time.Second || in > longest {
		return sdk.Usagef("IN must be from 1s to 365d.")
	}
	mine, err := r.mine(c)
	if err != nil {
		return err
	}
	if len(mine) >= most {
		return sdk.Errorf(sdk.Limited, "You have %d reminders, which is the most; unremind forgets one.", most)
	}
	id, err := r.nextID(c)
	if err != nil {
		return err
	}
	due := c.Now.Add(in)
	one := reminder{Key: c.Caller.Key, Account: c.Caller.Account, Due: due.UTC(), Text: c.String("text")}
	if err := store(c.Host, in).Create(c.Context(), id, one); err != nil {
		return err
	}
	r.wake()
	return c.Printf("You will be reminded at %s (number %s).", due.Format("15:04 on Jan 2"), id)
}

func (r *reminders) list(c *sdk.Call) error {
	mine, err := r.mine(c)
	if err != nil {
		return err
	}
	if len(mine) == 0 && !c.JSON {
		return c.Printf("You have no reminders.")
	}
	byDue := slices.SortedFunc(maps.Keys(mine), func(a, b string) int { return mine[a].Due.Compare(mine[b].Due) })
	for _, id := range byDue {
		one := mine[id]
		if c.JSON {
			err = c.Object(row{ID: id, Due: one.Due, Text: one.Text})
		} else {
			err = c.Printf("%3s  %s  %s", id, one.Due.In(c.Caller.Location).Format("Jan 2 15:04"), one.Text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reminders) drop(c *sdk.Call) error {
	mine, err := r.mine(c)
	if err != nil {
		return err
	}
	id := fmt.Sprint(c.Int("id"))
	if _, ok := mine[id]; !ok {
		return sdk.Errorf(sdk.NotFound, "You have no reminder %s; reminders shows yours.", id)
	}
	if err := store(c.Host, 0).Delete(c.Context(), id); err != nil {
		return err
	}
	return c.Printf("Reminder %s is forgotten.", id)
}

// mine is the caller's reminders, by their numbers.
func (r *reminders) mine(c *sdk.Call) (map[string]reminder, error) {
	all, err := store(c.Host, 0).All(c.Context())
	maps.DeleteFunc(all, func(_ string, one reminder) bool { return !one.of(c.Caller.Account, c.Caller.Key) })
	return all, err
}

// nextID is a number that no reminder has had.
func (r *reminders) nextID(c *sdk.Call) (string, error) {
	var id int
	err := sdk.Map[int]{Host: c.Host}.Update(c.Context(), "last", func(n *int) error {
		*n++
		id = *n
		return nil
	})
	return fmt.Sprint(id), err
}
