package commands

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// target is whom a word names for a sanction: a network, or somebody as named has
// it.
func (d *Deps) target(c *command.Call, word string) (account.Target, error) {
	if t, network, err := account.ParseTarget(word); network || err != nil {
		return t, err
	}
	return d.named(c, word)
}

// named is who a word names: somebody who is here, by whatever name, the owner of
// an account, or a guest who was here lately.
func (d *Deps) named(c *command.Call, word string) (account.Target, error) {
	word = strings.TrimPrefix(word, "@")
	key := text.Fold(word)
	if u := d.Hub.User(key); u != nil {
		if u.Account() == "" {
			return account.Target{Key: key, Name: u.Name().Display}, nil
		}
		key = u.Account()
	}
	if acc, err := d.Accounts.Get(key); err == nil {
		return account.Target{Key: key, Name: acc.Name.Display}, nil
	}
	if visits := d.Hub.Visits(key, 1); len(visits) > 0 {
		return account.Target{Key: key, Name: visits[0].Name}, nil
	}
	among := slices.Values(appendNames(d.Hub.UserNames(), d.Hub.Visits("", maxListed)))
	return account.Target{}, orSay(c, missing("Nobody called "+word+" is here, was here lately or has an account", word, among, "check the spelling"))
}

// sanctioned is the sanction of that kind that a word names: its id, or whom it is
// for.
func (d *Deps) sanctioned(c *command.Call, k account.Kind, word string) (account.Sanction, error) {
	s := d.Accounts.Sanctions
	if found, err := s.Get(word, c.Now); err == nil && found.Kind == k {
		return found, nil
	}
	t, network, err := account.ParseTarget(word)
	if err != nil {
		return account.Sanction{}, err
	}
	if !network {
		// Not as named has it: who it is for may be long gone.
		key := text.Fold(strings.TrimPrefix(word, "@"))
		if u := d.Hub.User(key); u != nil && u.Account() != "" {
			key = u.Account()
		}
		t = account.Target{Key: key}
	}
	if found, ok := s.Find(k, t, c.Now); ok {
		return found, nil
	}
	return account.Sanction{}, orSay(c, chat.Errorf(chat.NotFound, "There is no %s of %s; bans %s lists what there is.", k, word, k))
}

// present is who is here of those whom the target names; nil for a network.
func (d *Deps) present(t account.Target) *chat.User {
	if t.Key == "" {
		return nil
	}
	if u := d.Hub.Account(t.Key); u != nil {
		return u
	}
	if u := d.Hub.User(t.Key); u != nil && u.Account() == "" {
		return u
	}
	return nil
}

// forever is how long a sanction holds that has no end.
const forever = "forever"

// term splits the text behind whom a sanction is for into how long, if its first
// word tells that, and why. 0 is for ever.
func term(s string, usual time.Duration) (d time.Duration, why string, err error) {
	first, rest := firstWord(s)
	if strings.EqualFold(first, forever) {
		return 0, rest, nil
	}
	switch d, err := command.ParseDuration(first); {
	case err == nil && d > 0:
		return d, rest, nil
	case err == nil, first != "" && strings.Trim(first, "0123456789") == "":
		return 0, "", chat.Errorf(chat.Invalid, "%s is no time; give one such as 30m, 2h or 7d, or %s.", first, forever)
	}
	return usual, strings.TrimSpace(s), nil
}

// firstWord splits a text into its first word and what follows that, without white
// space around them.
func firstWord(s string) (first, rest string) {
	s = strings.TrimSpace(s)
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i], strings.TrimSpace(s[i:])
	}
	return s, ""
}

// because is a reason as it follows a sentence, "" for none.
func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
