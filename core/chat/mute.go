package chat

import "time"

// A mute keeps a user from speaking.
type mute struct {
	until time.Time // zero: for ever
	why   string
}

// Mute keeps the user from saying anything to anybody until then, or if it is
// zero until Unmute; why is shown to the user, and may be "". It ends with the
// login.
func (u *User) Mute(until time.Time, why string) {
	u.change(func(e *extras) { e.mute = &mute{until, why} })
}

// Unmute ends Mute.
func (u *User) Unmute() { u.change(func(e *extras) { e.mute = nil }) }

// Muted reports whether the user may not speak now, until when and why, as Mute
// was told.
func (u *User) Muted(now time.Time) (until time.Time, why string, on bool) {
	e := u.extras.Load()
	if e == nil || e.mute == nil || !e.mute.until.IsZero() && !now.Before(e.mute.until) {
		return time.Time{}, "", false
	}
	return e.mute.until, e.mute.why, true
}

// maySpeak reports why the session may say nothing: Unauthenticated if it has
// ended, Forbidden if the user is muted.
func (u *User) maySpeak(now time.Time) error {
	if u.gone.Load() {
		return errGone()
	}
	until, why, on := u.Muted(now)
	if !on {
		return nil
	}
	if why != "" {
		why = ": " + why
	}
	if until.IsZero() {
		return Errorf(Forbidden, "You are muted until a moderator ends it%s. You can still read.", why)
	}
	return Errorf(Forbidden, "You are muted until %s, %s from now%s. You can still read.",
		until.UTC().Format("2006-01-02 15:04:05 UTC"), Spell(until.Sub(now)), why)
}
