package account

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// The bounds of what is kept for one account.
const (
	MaxLetters = 100                 // in all
	MailTime   = 30 * 24 * time.Hour // a letter goes after that

	maxLettersFrom = 20       // letters from one account, or from all guests together
	maxMail        = 64 << 10 // bytes of all texts; in JSON they may be six times as long, and a record has 512 KiB
)

// A Letter is a private message to the owner of an account who was not there.
type Letter struct {
	ID      uint64    `json:"id"`                // rises in a mailbox, from 1; set by Keep
	At      time.Time `json:"at"`                // set by Keep
	From    string    `json:"from"`              // display name
	Account string    `json:"account,omitempty"` // key of the account of From, "" for a guest
	Text    string    `json:"text"`              // one clean line
}

// Event is the letter as what it would have been had its reader been there, who is
// called to.
func (l Letter) Event(to string) *chat.Event {
	return &chat.Event{Kind: chat.Private, Time: l.At, From: l.From, Author: l.Account, To: to, Text: l.Text}
}

// Mail keeps private messages for accounts whose owners are not there. Any
// goroutine may call it; all its methods block, until their context ends or the
// store does not answer for 3 seconds.
//
// A letter stays for [MailTime] after it was shown too, so that it can be read
// again, but gives way to new ones then.
type Mail struct {
	accounts *Accounts
	kept     kept
}

// OpenMail returns the mail of those accounts, in the same store.
func OpenMail(ctx context.Context, s Store, a *Accounts) (*Mail, error) {
	k, err := openKept(ctx, s, "mail")
	return &Mail{a, k}, err
}

// A mailbox is what is kept for an account, in the bucket "mail" under its key.
type mailbox struct {
	V       int       `json:"v"`
	Born    time.Time `json:"born"`              // as in seenRecord
	Last    uint64    `json:"last"`              // the highest ID that was given
	Shown   uint64    `json:"shown,omitempty"`   // letters up to this ID were shown
	Letters []Letter  `json:"letters,omitempty"` // by ID
}

func (m *mailbox) check(string) error {
	if err := checkVersion(m.V); err != nil {
		return err
	}
	before := uint64(0)
	for _, l := range m.Letters {
		switch {
		case l.ID <= before || l.ID > m.Last:
			return errors.New("the letters are out of order")
		case text.Clean(l.Text) != l.Text || text.Clean(l.From) != l.From || l.From == "":
			return errors.New("bad letter")
		}
		before = l.ID
	}
	if m.Shown > m.Last || len(m.Letters) > MaxLetters {
		return errors.New("too many letters")
	}
	return nil
}

// Keep keeps letters of one sender for the owner of the account of that key, all or
// none, and returns once they are durable. Those of somebody whom the owner ignores
// are dropped, which the sender does not learn. Errors: NotFound if there is no such
// account; Limited if too much waits for its owner, from all or from one account,
// for which all guests count; Conflict, Unavailable.
func (m *Mail) Keep(ctx context.Context, to string, letters ...Letter) error {
	acc, err := m.accounts.Get(to)
	if err != nil {
		return err
	}
	p, _, err := m.accounts.profile(ctx, acc)
	if err != nil {
		return err
	}
	letters = slices.DeleteFunc(slices.Clone(letters), func(l Letter) bool {
		return l.Account != "" && slices.ContainsFunc(p.Ignores, func(i Ignored) bool { return i.Key == l.Account })
	})
	if len(letters) == 0 {
		return nil
	}
	return m.change(ctx, acc, func(box *mailbox) error { return box.add(acc.Name.Display, letters) })
}

// add adds letters to those for the account of that name.
func (m *mailbox) add(name string, letters []Letter) error {
	for _, l := range letters {
		m.Last++
		l.ID, l.At = m.Last, time.Now().UTC().Round(0)
		l.From, l.Text = text.Clean(l.From), text.Clean(l.Text)
		m.Letters = append(m.Letters, l)
	}
	// What was shown goes before anybody is turned away.
	for m.full() && m.Letters[0].ID <= m.Shown {
		m.Letters = m.Letters[1:]
	}
	if m.full() {
		return chat.Errorf(chat.Limited, "Too many messages wait for %s already; try again when they have been here.", name)
	}
	mine := 0
	for _, l := range m.Letters {
		if l.ID > m.Shown && l.Account == letters[0].Account {
			mine++
		}
	}
	switch {
	case mine <= maxLettersFrom:
		return nil
	case letters[0].Account == "":
		return chat.Errorf(chat.Limited, "%d messages from guests wait for %s, which is the most; register your name, or try again when they have been here.", maxLettersFrom, name)
	}
	return chat.Errorf(chat.Limited, "%d messages from you wait for %s, which is the most; try again when they have been here.", maxLettersFrom, name)
}

// full reports whether the mailbox holds more than it may.
func (m *mailbox) full() bool {
	size := 0
	for _, l := range m.Letters {
		size += len(l.From) + len(l.Text)
	}
	return len(m.Letters) > MaxLetters || size > maxMail && len(m.Letters) > 0
}

// Waiting are the letters that were not shown yet, oldest first. Errors: NotFound
// if there is no such account, Unavailable, *CorruptError.
func (m *Mail) Waiting(ctx context.Context, key string) ([]Letter, error) {
	box, err := m.open(ctx, key)
	return slices.DeleteFunc(box.Letters, func(l Letter) bool { return l.ID <= box.Shown }), err
}

// Since are the letters from that time on which are still kept, shown or not,
// oldest first. Errors are those of Waiting.
func (m *Mail) Since(ctx context.Context, key string, t time.Time) ([]Letter, error) {
	box, err := m.open(ctx, key)
	return slices.DeleteFunc(box.Letters, func(l Letter) bool { return l.At.Before(t) }), err
}

// Shown notes that the letters up to that ID were shown. Errors are those of
// Waiting, and Conflict.
func (m *Mail) Shown(ctx context.Context, key string, id uint64) error {
	acc, err := m.accounts.Get(key)
	if err != nil {
		return err
	}
	return m.change(ctx, acc, func(box *mailbox) error {
		box.Shown = max(box.Shown, min(id, box.Last))
		return nil
	})
}

// Forget deletes all letters for an account, also for one that is gone.
func (m *Mail) Forget(ctx context.Context, key string) error { return m.kept.remove(ctx, key) }

// open is the mailbox of the account of that key.
func (m *Mail) open(ctx context.Context, key string) (mailbox, error) {
	acc, err := m.accounts.Get(key)
	if err != nil {
		return mailbox{}, err
	}
	box, _, err := m.read(ctx, acc)
	return box, err
}

// read is an account's mailbox without what is too old, and the revision of its
// record, 0 if there is none.
func (m *Mail) read(ctx context.Context, acc Account) (mailbox, uint64, error) {
	var box mailbox
	rev, err := m.kept.get(ctx, acc.Name.Key, &box)
	switch {
	case chat.ErrorCode(err) == chat.NotFound:
		return mailbox{V: version, Born: acc.Created}, 0, nil
	case err != nil:
		return mailbox{}, 0, err
	case !box.Born.Equal(acc.Created): // of a deleted account, whose name this one has
		return mailbox{V: version, Born: acc.Created}, rev, nil
	}
	oldest := time.Now().Add(-MailTime)
	box.Letters = slices.DeleteFunc(box.Letters, func(l Letter) bool { return l.At.Before(oldest) })
	return box, rev, nil
}

// change changes an account's mailbox by compare-and-set; f may be called several
// times.
func (m *Mail) change(ctx context.Context, acc Account, f func(*mailbox) error) error {
	for range attempts {
		box, rev, err := m.read(ctx, acc)
		if err == nil {
			err = f(&box)
		}
		if err != nil {
			return err
		}
		// The letters end with the newest of them at the latest.
		if _, err = m.kept.put(ctx, acc.Name.Key, box, rev, MailTime); chat.ErrorCode(err) != chat.Conflict {
			return err
		}
	}
	return errContended()
}
