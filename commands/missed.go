package commands

import (
	"context"
	"strconv"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// What missed looks at and shows at most.
const (
	maxMissed   = 1000 // messages of a room
	maxMentions = 50
)

func (d *Deps) missed() command.Command {
	return command.New(command.Spec{
		Name: "missed", Group: groupRooms, Role: chat.Registered, Blocking: true, Records: true, Cost: costSearch,
		Summary: "show what you missed since you were here last",
		Help: `
Counts what others said in your rooms since you were here last, then shows the
last 50 messages that named you and the private messages that were kept for
you. Of more than 1000 messages in a room those are counted. What people say
whom you ignore is left out.
`,
		Examples: []string{"missed", "missed | grep deploy"},
	}, func(ctx context.Context, c *command.Call) error {
		acc, err := d.own(c)
		if err != nil {
			return err
		}
		var since time.Time
		var read map[string]uint64
		err = c.Do(ctx, func(s command.Session) error { since, read = s.LastHere(); return nil })
		if err != nil {
			return err
		}
		if since.IsZero() {
			since = acc.Created
		}
		rooms, named, err := d.missedIn(ctx, c, since, read)
		if err != nil {
			return err
		}
		letters, err := d.Mail.Since(ctx, acc.Name.Key, since)
		if err != nil {
			return err
		}
		if c.JSON {
			return missedObjects(c, rooms, named, letters)
		}
		if len(rooms) == 0 && len(letters) == 0 {
			return tell(c, "You missed nothing since you were here last, %s ago.", span(c.Now.Sub(since)))
		}
		if err := tell(c, "Since you were here last, %s ago:", span(c.Now.Sub(since))); err != nil {
			return err
		}
		return showMissed(c, rooms, named, letters)
	})
}

// missedIn counts what was said since then, and behind the message that was read last,
// in each of the caller's rooms by others, and returns the messages that named the
// caller. Rooms where nothing was said are left out.
func (d *Deps) missedIn(ctx context.Context, c *command.Call, since time.Time, read map[string]uint64) (rooms []missedObject, named []*chat.Event, err error) {
	key, self := c.User.Name().Key, c.User.Account()
	for _, r := range c.User.Rooms() {
		events, err := d.find(ctx, c, []*chat.Room{r}, chat.Query{Since: since, Last: maxMissed})
		if err != nil {
			return nil, nil, err
		}
		o := missedObject{Type: "missed", Room: r.Name(), Since: stamp(since), More: len(events) == maxMissed}
		for _, ev := range events {
			if ev.Kind == chat.Notice || ev.Seq <= read[r.Name()] || ev.Author == self || text.Fold(ev.From) == key {
				continue
			}
			o.Messages++
			if names(ev.Text, key) {
				o.Mentions++
				named = append(named, ev)
			}
		}
		if o.Messages > 0 {
			rooms = append(rooms, o)
		}
	}
	return rooms, byTime(named, maxMentions), nil
}

func missedObjects(c *command.Call, rooms []missedObject, named []*chat.Event, letters []account.Letter) error {
	for _, o := range rooms {
		if err := c.Object(o); err != nil {
			return err
		}
	}
	if err := showMessages(c, named); err != nil {
		return err
	}
	for _, l := range letters {
		if err := c.Object(newLetterObject(l)); err != nil {
			return err
		}
	}
	return nil
}

func showMissed(c *command.Call, rooms []missedObject, named []*chat.Event, letters []account.Letter) error {
	if len(rooms) > 0 {
		var t table
		t.row("ROOM", "MESSAGES", "NAMING YOU")
		for _, o := range rooms {
			count := strconv.Itoa(o.Messages)
			if o.More {
				count += "+"
			}
			t.row(o.Room, count, strconv.Itoa(o.Mentions))
		}
		if err := t.write(c.Out, 0); err != nil {
			return err
		}
	}
	if err := showMessages(c, named); err != nil {
		return err
	}
	render, name := c.View().Render, c.User.Name().Display
	for _, l := range letters {
		if err := c.Printf("%s", render(l.Event(name), true)); err != nil {
			return err
		}
	}
	return nil
}
