package chat

import "maps"

// maxIgnores bounds how many others one user may ignore.
const maxIgnores = 200

// An Ignored is somebody whom a user does not want to hear: the owner of an
// account whenever they are here, a guest until they log out.
type Ignored struct {
	Name    string // the display name when the ignoring began
	Account string // "": a guest
	login   UserID
}

// Is reports whether u is ignored by it.
func (i Ignored) Is(u *User) bool {
	return i.login == u.id || i.Account != "" && i.Account == u.Account()
}

// whom is what an Ignored is found by: an account, or else a login.
type whom struct {
	account string
	login   UserID
}

func whomOf(u *User) whom {
	if account := u.Account(); account != "" {
		return whom{account: account}
	}
	return whom{login: u.id}
}

// ignoring reports whether the user ignores anybody.
func (l *login) ignoring() bool {
	e := l.extras.Load()
	return e != nil && e.ignored != nil
}

// hides reports whether the user ignores that login or that account.
func (l *login) hides(id UserID, account string) bool {
	e := l.extras.Load()
	if e == nil || e.ignored == nil {
		return false
	}
	_, ok := e.ignored[whom{login: id}]
	if !ok && account != "" {
		_, ok = e.ignored[whom{account: account}]
	}
	return ok
}

// Hides reports whether the user ignores who caused ev.
func (u *User) Hides(ev *Event) bool { return u.hides(ev.FromID, ev.Author) }

// Ignores reports whether the user wants to see nothing of other.
func (u *User) Ignores(other *User) bool {
	return u.ignoring() && u.hides(other.id, other.Account())
}

// Ignored are those whom the user ignores, in no order.
func (u *User) Ignored() []Ignored {
	var all []Ignored
	for w, name := range u.extra().ignored {
		all = append(all, Ignored{Name: name, Account: w.account, login: w.login})
	}
	return all
}

// Ignore hides all that other says from now on. It is a Limited error to
// ignore more than 200 users, and an Invalid one to ignore oneself.
func (u *User) Ignore(other *User) error {
	if u.Is(other) {
		return Errorf(Invalid, "You can't ignore yourself.")
	}
	return u.ignore(whomOf(other), other.Name().Display)
}

// IgnoreAccount hides all that the owner of an account says, who may be absent,
// and is called name. Errors are those of Ignore.
func (u *User) IgnoreAccount(account, name string) error {
	if account == u.Account() {
		return Errorf(Invalid, "You can't ignore yourself.")
	}
	return u.ignore(whom{account: account}, name)
}

func (u *User) ignore(w whom, name string) (err error) {
	u.change(func(e *extras) {
		if _, already := e.ignored[w]; !already && len(e.ignored) >= maxIgnores {
			err = Errorf(Limited, "You ignore %d people already; unignore somebody first.", maxIgnores)
			return
		}
		ignored := map[whom]string{w: name}
		maps.Copy(ignored, e.ignored)
		e.ignored = ignored
	})
	if err == nil {
		u.refresh()
	}
	return err
}

// Unignore ends the ignoring of everyone who satisfies match, which must not use
// u, and reports how many that were.
func (u *User) Unignore(match func(Ignored) bool) (n int) {
	u.change(func(e *extras) {
		ignored := maps.Clone(e.ignored)
		maps.DeleteFunc(ignored, func(w whom, name string) bool {
			return match(Ignored{Name: name, Account: w.account, login: w.login})
		})
		if n = len(e.ignored) - len(ignored); len(ignored) == 0 {
			ignored = nil
		}
		e.ignored = ignored
	})
	if n > 0 {
		u.refresh()
	}
	return n
}

// refresh has the fan-out look at whom the user ignores.
func (l *login) refresh() {
	l.each(func(u *User) { u.member.Seat().box().put(item{op: opRefresh, user: u}) })
}
