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
		Name: "set", Group: groupSettings, BeforeLogin: true, Records: true,
		Summary: "show or change your settings",
		Help: `
Alone it lists your settings, with a name it shows one and what it may be, with
a name and a value it changes it. They hold until you close the connection;
those of a registered person, but for output, also after that.

  mode          how a line without a slash is taken: auto (as a command if its
                first word is one), chat, command, or server (as that says)
  output        text for people; or json for a program, to which every event and
                every result is a JSON object in a line of its own
  prompt        what stands where you type: off, short, or a format in which %n
                is your name, %r the room, %t the time and %s the server
  color         colours: auto (if your terminal has them), on or off
  theme         which colours
  timestamps    the time in front of messages: off, time or datetime
  timezone      of those times: an IANA zone such as Europe/Berlin, or server
  bell          what rings the bell: mention, off, private or all
  noise         whether you see people come and go: on or off
  screenreader  for a terminal that is read aloud: words in place of colours,
                nothing drawn over; auto (as your client says), on or off
  width         columns of lists: 20 to 500, or auto
`,
		Examples: []string{"set", "set mode", "set mode chat", "set timezone Europe/Berlin", "set output json"},
		Args: []command.Arg{
			// Not an Enum: the session alone knows its settings.
			{Name: "name", Type: command.String, Optional: true, Help: "which setting"},
			{Name: "value", Type: command.String, Optional: true, Help: "what it shall be"},
		},
	}, func(_ context.Context, c *command.Call) error {
		if !c.Has("name") {
			return listSettings(c, c.Session.Settings())
		}
		s, err := setting(c.Session, c.String("name"))
		switch {
		case err != nil:
			return orSayIfWrong(c, err)
		case !c.Has("value") && c.JSON:
			return listSettings(c, []command.Setting{s})
		case !c.Has("value"):
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

func listSettings(c *command.Call, settings []command.Setting) error {
	if c.JSON {
		for _, s := range settings {
			if err := c.Object(settingObject{"setting", s.Name, s.Value, s.Choices, s.Help}); err != nil {
				return err
			}
		}
		return nil
	}
	var t table
	for _, s := range settings {
		t.row(s.Name, s.Value, s.Help)
	}
	return t.write(c.Out, c.View().Width)
}

// setting is the setting of that name, in whatever case.
func setting(s command.Session, name string) (command.Setting, error) {
	settings := s.Settings()
	i := slices.IndexFunc(settings, func(s command.Setting) bool { return strings.EqualFold(s.Name, name) })
	if i >= 0 {
		return settings[i], nil
	}
	among := each(settings, func(s command.Setting) string { return s.Name })
	if near := text.Nearest(name, among, 1); len(near) > 0 {
		return command.Setting{}, chat.Errorf(chat.Invalid, "There is no setting %s; did you mean %s?", name, near[0])
	}
	return command.Setting{}, chat.Errorf(chat.Invalid, "There is no setting %s; set alone lists them.", name)
}
