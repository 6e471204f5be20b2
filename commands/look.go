package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (*Deps) look() command.Command {
	return command.New(command.Spec{
		Name: "look", Group: groupRooms, Records: true, Cost: costPage,
		Summary: "show the room you are in",
		Help: `
Shows your current room: what it is about, who is in it, and how much was said
since it was made. Who is away stands in brackets. room info tells who may
enter it and who governs it.
`,
		Examples: []string{"look"},
	}, func(_ context.Context, c *command.Call) error {
		r := c.User.Room()
		if c.JSON {
			o := newRoomObject(c, r)
			for _, u := range listed(r.Members()) {
				o.Members = append(o.Members, u.Name().Display)
			}
			return c.Object(o)
		}
		var t table
		t.row(r.Name())
		topic := "none; topic TEXT sets one"
		if info := r.Topic(); info.Text != "" {
			topic = info.Text + attribution(info, c.Now)
		}
		t.row("  topic", topic)
		label := "  people"
		width := c.View().Width
		if width > 0 {
			width = max(1, width-len(label)-len(gap))
		}
		for _, l := range wrap(inRoom(r.Members()), width) {
			t.row(label, l)
			label = ""
		}
		t.row("  said", plural(int(r.Stats().Posts), "message", "messages"))
		return t.write(c.Out, 0)
	})
}

// attribution follows a topic and says who set it, and when; it is "" for one
// that the config sets.
func attribution(t chat.TopicInfo, now time.Time) string {
	if t.By == "" {
		return ""
	}
	return fmt.Sprintf(" (set by %s %s ago)", t.By, span(now.Sub(t.At)))
}

// inRoom are the names as look shows them.
func inRoom(users []*chat.User) []string {
	rest := len(users) - maxListed
	var names []string
	for _, u := range listed(users) {
		name := u.Name().Display
		if u.Away() != "" {
			name = "(" + name + ")"
		}
		names = append(names, name)
	}
	if rest > 0 {
		names = append(names, fmt.Sprintf("and %d more", rest))
	}
	return names
}

// wrap joins words with spaces into lines of at most width columns, but at least
// one word; into a single line if width is 0.
func wrap(words []string, width int) []string {
	var lines []string
	var b strings.Builder
	used := 0
	for _, w := range words {
		n := text.Width(w)
		if width != 0 && used > 0 && used+1+n > width {
			lines = append(lines, b.String())
			b.Reset()
			used = 0
		}
		if used > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(w)
		used += n
	}
	return append(lines, b.String())
}
