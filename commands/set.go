package commands

import (
	"context"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

func (*Deps) set() command.Command {
	return command.New(command.Spec{
		Name: "set", Group: groupSettings,
		Summary: "show or change your settings",
		Help: `
Alone it lists your settings, with a name it shows one and what it may be, with
a name and a value it changes it. They hold until you close the connection.

  mode        how a line without a slash is taken: auto (as a command if its
              first word is one), chat, command, or server (as the server says)
  color       colours: auto, on or off
  timestamps  the time in front of messages: off, time or datetime
  timezone    of those times: an IANA zone such as Europe/Berlin, or server
  bell        what rings the bell: mention, off, private or all
  width       columns of lists: 20 to 500, or auto
`,
		Examples: []string{"set", "set mode", "set mode chat", "set timezone Europe/Berlin"},
		Args: []command.Arg{
			// Not an Enum: the session alone knows its settings.
			{Name: "name", Type: command.String, Optional: true, Help: "which setting"},
			{Name: "value", Type: command.String, Optional: true, Help: "what it shall be"},
		},
	}, func(_ context.Context, c *command.Call) error {
		if !c.Has("name") {
			var t table
			for _, s := range c.Session.Settings() {
				t.row(s.Name, s.Value, s.Help)
			}
			return t.write(c.Out, c.View().Width)
		}
		s, err := setting(c.Session, c.String("name"))
		if err != nil {
			return err
		}
		if !c.Has("value") {
			if err := c.Printf("%s is %s: %s", s.Name, s.Value, s.Help); err != nil || len(s.Choices) == 0 {
				return err
			}
			return tell(c, "%s may be %s.", s.Name, strings.Join(s.Choices, ", "))
		}
		if err := c.Session.Set(s.Name, c.String("value")); err != nil {
			return err
		}
		if s, err = setting(c.Session, s.Name); err != nil {
			return err
		}
		return tell(c, "%s is %s now.", s.Name, s.Value)
	})
}

// setting is the setting of that name, in whatever case.
func setting(s command.Session, name string) (command.Setting, error) {
	settings := s.Settings()
	i := slices.IndexFunc(settings, func(s command.Setting) bool { return strings.EqualFold(s.Name, name) })
	if i >= 0 {
		return settings[i], nil
	}
	near := text.Nearest(name, func(yield func(string) bool) {
		for _, s := range settings {
			if !yield(s.Name) {
				return
			}
		}
	}, 1)
	if len(near) > 0 {
		return command.Setting{}, chat.Errorf(chat.Invalid, "There is no setting %s; did you mean %s?", name, near[0])
	}
	return command.Setting{}, chat.Errorf(chat.Invalid, "There is no setting %s; set alone lists them.", name)
}
