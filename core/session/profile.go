package session

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A profile is what a user has besides a name: aliases, jobs, and for the owner of
// an account all that follows it. The sessions of one login to an account share
// one, wherever their loops are; that of a guest is lost at the logout. It is safe
// for concurrent use.
type profile struct {
	key string // of the account; "": a guest

	mu       sync.Mutex
	sessions []*Session // that share it
	loaded   bool
	loading  []func() // called once it is loaded
	failed   bool     // it could not be loaded, and begins empty

	settings map[string]string // what set changed; replaced, never changed
	aliases  []alias           // by name; replaced, never changed
	jobs     []job
	lastJob  int32 // the number of the job that was scheduled last

	came  *Carried      // what was loaded, until it is put into force
	mail  []*chat.Event // what came while nobody was here, until it is shown
	upto  uint64        // the number of the last of mail
	seen  time.Time     // when the owner was here last before; zero: never
	reads map[string]uint64

	base   Carried  // what is stored, apart from what others stored
	want   *Carried // what is to be stored; nil: nothing
	saving bool
	noting chan struct{} // closed once it is noted that mail was shown; nil: nothing is being noted
}

// own is the session's profile, nil if it has none.
func (s *Session) own() *profile {
	if s.extra == nil {
		return nil
	}
	return s.extra.profile
}

// profile is the session's, which has one from now on.
func (s *Session) profile() *profile {
	x := s.extras()
	if x.profile == nil {
		x.profile = &profile{loaded: true}
	}
	return x.profile
}

// choose keeps the value of a setting, "" for the default.
func (p *profile) choose(name, value string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	settings := maps.Clone(p.settings)
	if settings == nil {
		settings = map[string]string{}
	}
	if settings[name] = value; value == "" {
		delete(settings, name)
	}
	p.settings = settings
}

func (p *profile) setAliases(all []alias) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aliases = all
}

// How long what changes waits to be saved, so that changes in a row are saved
// together; how long a load or a save may take; and how long the server waits at
// first, and at most, to save again what could not be saved.
const (
	saveDelay   = 100 * time.Millisecond
	storeTime   = 5 * time.Second
	saveRetry   = time.Second
	saveRetries = 30 * time.Second
)

// maxSaves is how many profiles are saved at once.
const maxSaves = 16

// profiles are those of all accounts that somebody is logged in to, or that are not
// saved yet. The zero value is ready.
type profiles struct {
	mu     sync.Mutex
	of     map[string]*profile
	busy   int           // goroutines that load or save
	idle   chan struct{} // closed once busy is 0; nil: nobody waits
	ending chan struct{} // closed: save without delay; see start
	ended  bool
	slots  chan struct{} // one for each save that runs
}

// enter gives s the profile of its account, which is loaded if nobody is logged in
// to it. Then ready is called, at once or later, from any goroutine.
func (e *Env) enter(s *Session, key string, ready func()) *profile {
	ps := &e.profiles
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p := ps.of[key]
	if p == nil {
		if ps.of == nil {
			ps.of = map[string]*profile{}
		}
		p = &profile{key: key}
		ps.of[key] = p
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	first := len(p.sessions) == 0
	p.sessions = append(p.sessions, s)
	switch {
	case p.loading != nil: // also if who began it has left: there is never a second one beside it
		p.loading = append(p.loading, ready)
	case first:
		p.loading = append(p.loading, ready)
		ps.startLocked(func() { e.load(p) })
	default:
		ready()
	}
	return p
}

// adopt makes the profile of the guest s that of an account which nobody is logged in
// to.
func (e *Env) adopt(s *Session, key string) {
	p, ps := s.profile(), &e.profiles
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.of == nil {
		ps.of = map[string]*profile{}
	}
	ps.of[key] = p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.sessions = key, []*Session{s}
	p.settings = map[string]string{}
	for _, name := range settingNames {
		if v := s.chosen(name); v != "" {
			p.settings[name] = v
		}
	}
}

// load fetches what is stored for an account and what came for it, unless the
// profile is still in memory.
func (e *Env) load(p *profile) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	p.mu.Lock()
	loaded, noting := p.loaded, p.noting
	p.mu.Unlock()
	if noting != nil { // or what was shown arrives again
		select {
		case <-noting:
		case <-ctx.Done():
		}
	}
	var c Carried
	var err error
	if !loaded {
		if c, err = e.Accounts.Load(ctx, p.key); err != nil {
			e.Log.Error("profile not loaded", "account", p.key, "err", err)
			c = Carried{}
		}
	}
	mail, upto, mailErr := e.Accounts.Arrived(ctx, p.key)
	if mailErr != nil {
		e.Log.Error("kept messages not loaded", "account", p.key, "err", mailErr)
	}
	ps := &e.profiles
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !loaded {
		p.loaded, p.failed = true, err != nil
		p.seen, c.Seen = c.Seen, time.Time{}
		p.base, p.came = c, &c
	}
	p.mail, p.upto = mail, upto
	p.reads = map[string]uint64{}
	for _, r := range p.came.Rooms {
		p.reads[r.Name] = r.Read
	}
	for _, ready := range p.loading {
		ready()
	}
	p.loading = nil
	p.dropLocked(ps) // who waited for it may have left
}

// noteShown has it noted that the messages up to that number were shown.
func (e *Env) noteShown(p *profile, upto uint64) {
	ps := &e.profiles
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	noted := make(chan struct{})
	p.noting = noted
	ps.startLocked(func() {
		defer close(noted)
		ctx, cancel := context.WithTimeout(context.Background(), storeTime)
		defer cancel()
		if err := e.Accounts.Shown(ctx, p.key, upto); err != nil {
			e.Log.Error("kept messages not noted as shown, they will be shown again", "account", p.key, "err", err)
		}
		ps.mu.Lock()
		defer ps.mu.Unlock()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.noting = nil
		p.dropLocked(ps)
	})
}

// leave takes s off the profile. What it scheduled runs in another session, or
// when the owner is back.
func (e *Env) leave(s *Session, p *profile) {
	ps := &e.profiles
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.sessions {
		if other == s {
			p.sessions = append(p.sessions[:i:i], p.sessions[i+1:]...)
			break
		}
	}
	if len(p.sessions) == 0 {
		p.seen = s.loop.Now
		if p.came == nil { // else what was loaded has not been put into force, and stays so
			came := p.base
			if p.want != nil {
				came = *p.want
			}
			p.came = &came
		}
		p.dropLocked(ps)
		return
	}
	heir := p.sessions[0]
	for i := range p.jobs {
		if p.jobs[i].owner == s {
			p.jobs[i].owner = heir
		}
	}
	heir.call(heir.Wake)
}

// dropLocked forgets a profile that nobody needs. Both locks are held.
func (p *profile) dropLocked(ps *profiles) {
	if len(p.sessions) == 0 && !p.saving && p.noting == nil && p.loading == nil && ps.of[p.key] == p {
		delete(ps.of, p.key)
	}
}

// keepProfile has what the user changed saved, if anything. It does not wait.
// Leaving is true for the last time before a logout.
func (s *Session) keepProfile(leaving bool) {
	p := s.own()
	if p == nil || p.key == "" {
		return
	}
	c := s.carried()
	ps := &s.loop.Env.profiles
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	last := &p.base
	if p.want != nil {
		last = p.want
	}
	if !p.loaded || p.came != nil || last.same(&c) && !(leaving && !last.sameRead(&c)) {
		return
	}
	p.want = &c
	if !p.saving {
		p.saving = true
		ps.startLocked(func() { s.loop.Env.save(p) })
	}
}

// save stores what is to be stored, until that is done or the server has ended and
// it did not work.
func (e *Env) save(p *profile) {
	ps := &e.profiles
	for wait := saveRetry; ; wait = min(2*wait, saveRetries) {
		err := e.saveOnce(p)
		if err == nil {
			return
		}
		if wait == saveRetry {
			e.Log.Error("profile not saved, the server tries again", "account", p.key, "err", err)
		}
		if chat.ErrorCode(err) != chat.Unavailable && chat.ErrorCode(err) != chat.Internal && chat.ErrorCode(err) != chat.Conflict {
			e.abandon(p) // the account is gone, or keeps no more: it will never work
			return
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
			continue
		case <-ps.ending:
			t.Stop()
		}
		if err := e.saveOnce(p); err != nil {
			e.Log.Error("profile not saved, the server ends", "account", p.key, "err", err)
			e.abandon(p)
		}
		return
	}
}

// saveOnce stores what is to be stored until nothing is.
func (e *Env) saveOnce(p *profile) error {
	ps := &e.profiles
	ps.slots <- struct{}{}
	defer func() { <-ps.slots }()
	for {
		ps.mu.Lock()
		p.mu.Lock()
		base, mine := p.base, p.want
		if mine == nil {
			p.saving = false
			p.dropLocked(ps)
		}
		p.mu.Unlock()
		ps.mu.Unlock()
		if mine == nil {
			return nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), storeTime)
		err := e.Accounts.Save(ctx, p.key, base, *mine)
		cancel()
		if err != nil {
			return err
		}
		p.mu.Lock()
		p.base = *mine
		if p.want == mine {
			p.want = nil
		}
		p.mu.Unlock()
	}
}

// abandon gives up what is to be stored.
func (e *Env) abandon(p *profile) {
	ps := &e.profiles
	ps.mu.Lock()
	defer ps.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.want, p.saving = nil, false
	p.dropLocked(ps)
}

// startLocked runs f on a goroutine of its own, for which Flush waits.
func (ps *profiles) startLocked(f func()) {
	if ps.ending == nil {
		ps.ending, ps.slots = make(chan struct{}), make(chan struct{}, maxSaves)
	}
	ps.busy++
	go func() {
		defer ps.done()
		f()
	}()
}

func (ps *profiles) done() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.busy--; ps.busy == 0 && ps.idle != nil {
		close(ps.idle)
		ps.idle = nil
	}
}

// Flush waits until all that follows accounts is saved, or ctx ends. It is for the
// end of the server, when no session is left: what can't be saved is tried once
// more and then lost.
func (e *Env) Flush(ctx context.Context) error {
	ps := &e.profiles
	ps.mu.Lock()
	if ps.ending != nil && !ps.ended {
		close(ps.ending)
		ps.ended = true
	}
	if ps.busy == 0 {
		ps.mu.Unlock()
		return nil
	}
	if ps.idle == nil {
		ps.idle = make(chan struct{})
	}
	idle := ps.idle
	ps.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
