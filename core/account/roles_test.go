package account

import (
	"slices"
	"sync"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// holds checks that these names have roles, and no others.
func holds(t *testing.T, r *Roles, want ...Holder) {
	t.Helper()
	if got := r.Holders(); !slices.Equal(got, want) {
		t.Errorf("holders %v, want %v", got, want)
	}
	for _, h := range want {
		if got := r.Of(h.Key); got != h.Role {
			t.Errorf("%s is %v, want %v", h.Key, got, h.Role)
		}
	}
	if got := r.Of("nobody"); got != chat.Guest {
		t.Errorf("nobody is %v", got)
	}
}

func TestRoles(t *testing.T) {
	var r Roles
	holds(t, &r)

	config := map[string]chat.Role{"cyd": chat.Moderator, "ann": chat.Operator, "bob": chat.Admin}
	r.Configure(config)
	config["eve"] = chat.Admin // the caller's map is the caller's
	holds(t, &r, Holder{"ann", chat.Operator, false}, Holder{"bob", chat.Admin, false}, Holder{"cyd", chat.Moderator, false})

	// The higher one counts, and of grants the last.
	r.grant("ann", chat.Moderator)
	r.grant("ann", chat.Admin)
	r.grant("bob", chat.Moderator)
	r.grant("dee", chat.Operator)
	all := []Holder{{"ann", chat.Admin, true}, {"bob", chat.Admin, false}, {"cyd", chat.Moderator, false}, {"dee", chat.Operator, true}}
	holds(t, &r, all...)

	// A new config leaves the grants, also those that it stood above.
	r.Configure(nil)
	holds(t, &r, all[0], Holder{"bob", chat.Moderator, true}, all[3])

	// What is taken back leaves what the config says.
	r.Configure(config)
	for _, key := range []string{"ann", "bob", "dee", "nobody"} {
		r.grant(key, chat.Registered)
	}
	holds(t, &r, Holder{"ann", chat.Operator, false}, all[1], all[2], Holder{"eve", chat.Admin, false})
}

// For the race detector: every method may be called from any goroutine.
func TestRolesConcurrent(t *testing.T) {
	var r Roles
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				r.Configure(map[string]chat.Role{"bob": chat.Operator})
				r.grant("ann", chat.Admin)
				if got := r.Of("bob"); got != chat.Operator {
					t.Errorf("bob is %v", got)
				}
				r.Holders()
				r.grant("ann", chat.Guest)
			}
		})
	}
	wg.Wait()
	holds(t, &r, Holder{"bob", chat.Operator, false})
}
