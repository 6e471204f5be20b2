package account

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A record is an account on disk, in the bucket "accounts" under its key. A
// deleted account leaves a record without a hash that holds its name until
// Retired.
type record struct {
	V        int        `json:"v"`
	Display  string     `json:"display"`
	Key      string     `json:"key"`
	Skeleton string     `json:"skeleton"`
	Hash     string     `json:"hash,omitempty"` // as argon2id writes it
	Created  time.Time  `json:"created"`
	Changed  time.Time  `json:"changed"` // the password
	Grant    *grant     `json:"grant,omitempty"`
	Retired  *time.Time `json:"retired,omitempty"`
}

// A grant is a role given at run time.
type grant struct {
	Role chat.Role `json:"role"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

const maxKey = 256 // bytes of a key in a Bucket

func (r *record) check(key string) error {
	if err := checkVersion(r.V); err != nil {
		return err
	}
	switch {
	case r.Key != key || key == "":
		return fmt.Errorf("it is of %q", r.Key)
	case r.Display == "" || text.Clean(r.Display) != r.Display || utf8.RuneCountInString(r.Display) > text.MaxName:
		return fmt.Errorf("bad name %q", r.Display)
	case r.Skeleton == "":
		return errors.New("no skeleton")
	case r.Created.IsZero() || r.Changed.IsZero():
		return errors.New("no time")
	case r.Grant != nil && (r.Grant.Role <= chat.Registered || r.Grant.Role > chat.Admin):
		return fmt.Errorf("bad grant of role %s", r.Grant.Role)
	}
	if r.Retired != nil {
		if r.Hash != "" || r.Grant != nil {
			return errors.New("a deleted account with rights")
		}
		return nil
	}
	_, err := parseHash(r.Hash)
	return err
}

func (r *record) name() chat.Name {
	return chat.Name{Display: r.Display, Key: r.Key, Skeleton: r.Skeleton}
}

// granted is the role that was granted, Registered if none was.
func (r *record) granted() chat.Role {
	if r.Grant == nil {
		return chat.Registered
	}
	return r.Grant.Role
}

// ttl is how long the record is to be kept: 0, for ever, unless its account is
// deleted.
func (r *record) ttl(now time.Time) time.Duration {
	if r.Retired == nil {
		return 0
	}
	return max(time.Second, r.Retired.Sub(now))
}
