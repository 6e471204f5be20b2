package account

import (
	"context"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// Delete ends an account for its owner or for an operator: its sessions end, and
// its profile, its grants and its password are gone. The name stays taken for
// as long as Options.Retire says, so that nobody answers for what others said
// under it. Errors: Forbidden, NotFound, Conflict, Unavailable; then it is safe
// to repeat.
func (a *Accounts) Delete(ctx context.Context, key string, by Actor) error {
	err := a.delete(ctx, key, by)
	a.Audit.Record(ctx, by, Deletion{key}, err)
	return err
}

func (a *Accounts) delete(ctx context.Context, key string, by Actor) error {
	if by.Account != key || key == "" {
		if err := a.Authorize(by, CanManageAccounts, key); err != nil {
			return err
		}
	}
	if _, err := a.Get(key); err != nil {
		return err
	}
	// The account goes last: while it is there, what was not deleted can be.
	for _, k := range []kept{a.profiles, a.seen} {
		if err := k.remove(ctx, key); err != nil {
			return err
		}
	}
	_, err := a.update(ctx, key, func(r *record) error {
		until := time.Now().Add(a.retire).UTC().Round(0)
		r.Retired, r.Hash, r.Grant = &until, "", nil
		return nil
	})
	if err != nil {
		return err
	}
	a.cut(key, nil, "Your account was deleted.")
	a.changed(Target{Key: key})
	return nil
}

// Release frees the name of a deleted account before its time. Errors: Forbidden,
// NotFound if the name is not of a deleted account, Unavailable.
func (a *Accounts) Release(ctx context.Context, key string, by Actor) error {
	err := a.Authorize(by, CanManageAccounts, "")
	if err == nil {
		err = a.release(ctx, key)
	}
	a.Audit.Record(ctx, by, NameReleased{key}, err)
	return err
}

func (a *Accounts) release(ctx context.Context, key string) error {
	r, rev, err := a.readAny(ctx, key)
	switch {
	case err != nil:
		return err
	case r.Retired == nil:
		return chat.Errorf(chat.NotFound, "The name %s belongs to an account; delete that first.", r.Display)
	}
	if err := a.records.removeRev(ctx, key, rev); err != nil {
		return err
	}
	a.forget(key)
	return nil
}
