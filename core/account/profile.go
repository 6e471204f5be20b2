package account

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Profile is what follows an account from session to session. Its JSON form is
// what is stored, besides a version and the account's creation. The zero value
// is that of a new account.
type Profile struct {
	Settings map[string]string `json:"settings,omitempty"` // what set changed, by name
	Aliases  map[string]string `json:"aliases,omitempty"`  // lines by names
	Ignores  []Ignored         `json:"ignores,omitempty"`
	Rooms    []JoinedRoom      `json:"rooms,omitempty"` // in the order in which they were joined
	Current  string            `json:"current,omitempty"`
	Jobs     []Job             `json:"jobs,omitempty"`
}

// An Ignored is somebody whom the owner does not want to hear.
type Ignored struct {
	Key     string `json:"key"`
	Display string `json:"display"`
}

// A JoinedRoom is a room that the owner is in.
type JoinedRoom struct {
	Name string `json:"name"`
	Read uint64 `json:"read,omitempty"` // the last message that was shown; 0: none
}

// A Job is a line that is to run later.
type Job struct {
	ID    int           `json:"id"` // from 1, unique among the owner's jobs
	Line  string        `json:"line"`
	Next  time.Time     `json:"next"`
	Every time.Duration `json:"every,omitempty"` // nanoseconds; 0: once
}

// The bounds of a profile.
const (
	MaxSettings = 64
	MaxAliases  = 64
	MaxIgnores  = 256
	MaxJoined   = 256
	MaxJobs     = 32

	maxWord = 256  // bytes of a name or a setting
	maxLine = 8192 // bytes of an alias's or a job's line

	maxProfile = 64 << 10 // bytes of all texts; in JSON they may be six times as long, and a record has 512 KiB
)

// Check returns nil if p is within the bounds; else the error has the code Limited
// and says which.
func (p *Profile) Check() error {
	for _, l := range []struct {
		what   string
		n, max int
	}{
		{"settings", len(p.Settings), MaxSettings}, {"aliases", len(p.Aliases), MaxAliases},
		{"ignored users", len(p.Ignores), MaxIgnores}, {"rooms", len(p.Rooms), MaxJoined}, {"jobs", len(p.Jobs), MaxJobs},
	} {
		if l.n > l.max {
			return chat.Errorf(chat.Limited, "An account keeps at most %d %s; remove one first.", l.max, l.what)
		}
	}
	size := 0
	for s, most := range p.strings {
		if size += len(s); size > maxProfile {
			return chat.Errorf(chat.Limited, "An account keeps at most %d KiB of settings, aliases, rooms and jobs; remove some first.", maxProfile>>10)
		}
		if len(s) > most || !utf8.ValidString(s) {
			return chat.Errorf(chat.Limited, "An account keeps names of at most %d bytes and lines of at most %d; use a shorter one.", maxWord, maxLine)
		}
	}
	return nil
}

// strings yields every text of p with the most bytes that it may have.
func (p *Profile) strings(yield func(string, int) bool) {
	for k, v := range p.Settings {
		if !yield(k, maxWord) || !yield(v, maxWord) {
			return
		}
	}
	for k, v := range p.Aliases {
		if !yield(k, maxWord) || !yield(v, maxLine) {
			return
		}
	}
	for _, i := range p.Ignores {
		if !yield(i.Key, maxWord) || !yield(i.Display, maxWord) {
			return
		}
	}
	for _, r := range p.Rooms {
		if !yield(r.Name, maxWord) {
			return
		}
	}
	for _, j := range p.Jobs {
		if !yield(j.Line, maxLine) {
			return
		}
	}
	yield(p.Current, maxWord)
}

// Clone is a copy that shares nothing with p.
func (p *Profile) Clone() Profile {
	return Profile{
		Settings: maps.Clone(p.Settings), Aliases: maps.Clone(p.Aliases),
		Ignores: slices.Clone(p.Ignores), Rooms: slices.Clone(p.Rooms), Current: p.Current, Jobs: slices.Clone(p.Jobs),
	}
}

// A profileRecord is a Profile in the bucket "profiles" under the account's key.
type profileRecord struct {
	V    int       `json:"v"`
	Born time.Time `json:"born"` // as in seenRecord
	Profile
}

func (p *profileRecord) check(string) error {
	if err := checkVersion(p.V); err != nil {
		return err
	}
	ids := map[int]bool{}
	for _, j := range p.Jobs {
		if j.ID < 1 || ids[j.ID] || j.Every < 0 {
			return fmt.Errorf("bad job %d", j.ID)
		}
		ids[j.ID] = true
	}
	return p.Check()
}

// LoadProfile reads the profile of an account; one that was never saved is the
// zero value. Errors: NotFound if there is no such account, Unavailable,
// *CorruptError.
func (a *Accounts) LoadProfile(ctx context.Context, key string) (Profile, error) {
	acc, err := a.Get(key)
	if err != nil {
		return Profile{}, err
	}
	p, _, err := a.profile(ctx, acc)
	return p, err
}

func (a *Accounts) profile(ctx context.Context, acc Account) (Profile, uint64, error) {
	var rec profileRecord
	rev, err := a.profiles.get(ctx, acc.Name.Key, &rec)
	switch {
	case chat.ErrorCode(err) == chat.NotFound:
		return Profile{}, 0, nil
	case err != nil:
		return Profile{}, 0, err
	case !rec.Born.Equal(acc.Created):
		return Profile{}, rev, nil // of a deleted account, whose name this one has
	}
	return rec.Profile, rev, nil
}

// UpdateProfile changes the profile of an account by compare-and-set, and returns
// what is stored then. Change gets what is stored and may be called several
// times; an error of it ends the update. Errors: that, those of LoadProfile and
// of Profile.Check, and Conflict.
func (a *Accounts) UpdateProfile(ctx context.Context, key string, change func(*Profile) error) (Profile, error) {
	for range attempts {
		acc, err := a.Get(key)
		if err != nil {
			return Profile{}, err
		}
		p, rev, err := a.profile(ctx, acc)
		if err == nil {
			err = change(&p)
		}
		if err != nil {
			return Profile{}, err
		}
		p = p.Clone() // change may have put its own slices in
		for i, j := range p.Jobs {
			p.Jobs[i].Next = j.Next.UTC().Round(0) // as it is read again, so that Merge can compare
		}
		rec := profileRecord{V: version, Born: acc.Created, Profile: p}
		if err := rec.check(key); err != nil {
			return Profile{}, err
		}
		_, err = a.profiles.put(ctx, key, rec, rev, 0)
		if chat.ErrorCode(err) != chat.Conflict {
			return p, err
		}
	}
	return Profile{}, errContended()
}

// SaveProfile stores the profile of an account that was loaded as base and is now
// mine, merged with what others of its sessions stored meanwhile, and returns
// what is stored then: the next base. Errors are those of UpdateProfile.
func (a *Accounts) SaveProfile(ctx context.Context, key string, base, mine Profile) (Profile, error) {
	return a.UpdateProfile(ctx, key, func(p *Profile) error {
		*p = Merge(base, mine, *p)
		return nil
	})
}
