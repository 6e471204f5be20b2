package session_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/session"
)

// beside is a bench for another loop of the same server.
func (b *bench) beside() *bench {
	o := &bench{t: b.t, env: b.env, accounts: b.accounts, bell: make(chan struct{}, 1), release: b.release}
	o.box = chat.NewMailbox(func() {
		select {
		case o.bell <- struct{}{}:
		default:
		}
	})
	o.loop = session.NewLoop(b.env, o.box, b.loop.Now)
	return o
}

// until turns the loop until done is true, and reports whether it was within ten
// seconds.
func (b *bench) until(done func() bool) bool {
	deadline := time.After(10 * time.Second)
	for !done() {
		if b.box.Sleep() {
			select {
			case <-b.bell:
			case <-deadline:
				return false
			}
		}
		b.box.Awake()
		b.turn()
	}
	return true
}

// The sessions of one account, on several loops, come and go while sanctions and
// roles change; nothing of it is lost or left over.
func TestOneAccountOnSeveralLoops(t *testing.T) {
	const rounds = 60
	b, a := newIdentities(t, func(s *session.Settings) { s.Aliases, s.Jobs = 5, 5 })
	a.add("fish", "secret12")
	var loops sync.WaitGroup
	for _, l := range []*bench{b, b.beside(), b.beside()} {
		loops.Go(func() {
			for range rounds {
				p := l.dial("p", false)
				p.feed("login fish secret12\nalias hi echo hi\nhi\njoin ops\nset theme mono\nevery 1h hi\n/echo done\nlogout\nquit\n")
				if !l.until(func() bool { return p.closed }) {
					t.Errorf("the session does not end: %q", p.take())
					return
				}
				if got := p.take(); !strings.Contains(got, "hi\r\n") && !strings.Contains(got, "-- Kicked.") {
					t.Errorf("it was shown %q", got)
				}
			}
		})
	}
	over, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for i := 0; ; i++ {
			select {
			case <-over:
				return
			default:
			}
			a.change(func() { a.muted["fish"], a.roles["fish"] = i%2 == 0, chat.Registered+chat.Role(i%2) })
			b.env.Recheck(nil)
			if u := b.env.Hub.Account("fish"); u != nil && i%50 == 0 {
				b.env.CutUser(u, "Kicked.")
			}
			time.Sleep(time.Millisecond)
		}
	}()
	loops.Wait()
	close(over)
	<-watched
	if c := b.kept("fish"); c.Settings["theme"] != "mono" || c.Aliases["hi"] != "echo hi" || len(c.Jobs) == 0 {
		t.Errorf("kept %+v", c)
	}
	if users, _ := b.env.Hub.Count(); users != 0 || a.sessions("fish") != 0 {
		t.Errorf("%d users and %d sessions are left", users, a.sessions("fish"))
	}
}
