package commands

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// maxTargets is how many people one line of msg may go to.
const maxTargets = 10

func (d *Deps) msg() command.Command {
	return command.New(command.Spec{
		Name: "msg", Aliases: []string{"tell", "page"}, Group: groupTalking, ReadsInput: true,
		Summary: "tell somebody something in private",
		Help: `
Sends the rest of the line to one person alone, in whatever room they are; or
to several, at most 10, whose names stand with commas and no spaces between
them. It goes to all of them or to none. If they are away you are told why. They
answer with reply.

To somebody whose name is registered and who is not here it is kept, for 30 days
at most, and shown when they log in; you are told so. Else it is kept nowhere.

At the end of a pipeline it sends what comes out of it, as say does.
`,
		Examples: []string{"msg bob lunch at noon?", "msg bob,cid lunch at noon?", "tell bob psst", "uptime | msg bob"},
		Args: []command.Arg{
			// Not a User: it may be several.
			{Name: "user", Type: command.String, Help: "whom you tell it; several as in ann,ben"},
			{Name: "text", Type: command.Text, Help: "what you tell, to the end of the line"},
		},
	}, func(_ context.Context, c *command.Call) error {
		to, err := d.targets(c, c.String("user"))
		if err != nil {
			return err
		}
		return d.whisper(c, to)
	})
}

// A receiver is somebody who is told something in private: a user, or the owner of
// an account who is not here.
type receiver struct {
	name   string
	user   *chat.User      // nil: not here
	absent account.Account // who is not here
}

func here(u *chat.User) receiver { return receiver{name: u.Name().Display, user: u} }

func (r receiver) is(other receiver) bool {
	if r.user != nil && other.user != nil {
		return r.user.Is(other.user)
	}
	return r.user == nil && other.user == nil && r.absent.Name.Key == other.absent.Name.Key
}

// targets are the people whose names stand in the list, each once. If one of them
// is not here and has no account the error names all that are so.
func (d *Deps) targets(c *command.Call, list string) ([]receiver, error) {
	var to []receiver
	var unknown []string // sentences
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimPrefix(name, "@")
		if name == "" {
			return nil, orSay(c, chat.Errorf(chat.Invalid, "USER is one name, or several with a comma and no space between them, as in ann,ben."))
		}
		r, known := d.receiver(name)
		switch {
		case !known:
			err := missing("There is no user "+strconv.Quote(name), name, d.userNames(), "type who to see who is here")
			unknown = append(unknown, err.Text)
		case !slices.ContainsFunc(to, r.is):
			to = append(to, r)
		}
		if len(to)+len(unknown) > maxTargets {
			return nil, chat.Errorf(chat.Limited, "One line goes to %d people at most; say it in a room instead.", maxTargets)
		}
	}
	if len(unknown) > 0 {
		return nil, orSay(c, chat.Errorf(chat.NotFound, "%s", strings.Join(unknown, "\n")))
	}
	return to, nil
}

// receiver is who has that name, or owns it.
func (d *Deps) receiver(name string) (receiver, bool) {
	key := text.Fold(name)
	if u := d.Hub.User(key); u != nil {
		return here(u), true
	}
	acc, err := d.Accounts.Get(key)
	if err != nil {
		return receiver{}, false
	}
	if u := d.Hub.Account(key); u != nil { // here by another name
		return here(u), true
	}
	return receiver{name: acc.Name.Display, absent: acc}, true
}

// whisper sends the text of the call, or what is piped into it, to those people.
func (d *Deps) whisper(c *command.Call, to []receiver) error {
	var absent []receiver
	for _, r := range to {
		switch {
		case r.user == nil:
			absent = append(absent, r)
		case r.user.Is(c.User):
			return chat.Errorf(chat.Invalid, "That would go to yourself; echo TEXT shows something to you alone.")
		}
	}
	if len(absent) > 1 { // it would be kept for some of them and not for others
		return chat.Errorf(chat.Invalid, "%s and %s are not here; what is kept for somebody goes to one of them at a time.", absent[0].name, absent[1].name)
	}
	messages, err := d.messages(c)
	switch {
	case err != nil:
		return err
	case len(messages) == 0:
		return nothingCame(c)
	}
	charge(c, len(messages)*len(to))
	if len(absent) == 0 {
		return d.send(c, to, messages)
	}
	return c.Block(func(ctx context.Context) error {
		if err := d.keep(ctx, c, absent[0].absent, messages); err != nil {
			return err
		}
		return d.send(c, to, messages)
	})
}

// send tells those who are here the messages, shows them to the caller, and tells
// why no answer may come.
func (d *Deps) send(c *command.Call, to []receiver, messages []string) error {
	names := make([]string, len(to))
	for i, r := range to {
		names[i] = r.name
	}
	for _, m := range messages {
		if err := d.Hub.Told(c.User, strings.Join(names, ","), m, c.Now); err != nil {
			return err
		}
		for _, r := range to {
			if r.user == nil {
				continue
			}
			if err := d.Hub.Tell(c.User, r.user, m, c.Now); err != nil {
				return err
			}
		}
	}
	for _, r := range to {
		if err := reminder(c, r); err != nil {
			return err
		}
	}
	return nil
}

// reminder tells the caller, who has just written to r, why no answer may come.
func reminder(c *command.Call, r receiver) error {
	if r.user == nil {
		return tell(c, "%s is not here; it is kept and shown when they log in.", r.name)
	}
	if reason := r.user.Away(); reason != "" {
		if err := tell(c, "%s is %s", r.name, absence(reason)); err != nil {
			return err
		}
	}
	if c.User.Ignores(r.user) {
		return tell(c, "You ignore %[1]s and will see no answer; unignore %[1]s to see it.", r.name)
	}
	return nil
}
