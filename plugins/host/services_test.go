package host

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestGrants(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good", func(t *Table) { t.Grant = []string{"users.list"} }))
	ann := w.login("ann")
	ann.wants("people", "ann lobby")
	for line, capability := range map[string]string{
		"speak lobby hello": "say.room", "tell ann hello": "say.user", "places": "rooms.list", "past lobby": "history.read", "loud hello": "say.room",
	} {
		r := ann.fails(line, fmt.Sprintf(`It takes a manifest that asks for %s, and grant = [%q] in its [[plugin]] table in chatroom.toml.`, capability, capability))
		if len(r.errs) == 1 && chat.ErrorCode(r.errs[0]) != chat.Forbidden {
			t.Errorf("%s: %v", line, r.errs)
		}
	}
}

// TestActing: in the name of a caller a plugin may do what the caller may, and no
// more.
func TestActing(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	ann, ben := w.login("ann"), w.login("ben")
	ann.join("den")
	den := w.hub.Room("den")
	if err := w.hub.SetPrivate(ann.user, den, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	ann.say("a secret")
	ann.wants("speak den hello", "")
	ann.sees("[den] good: hello")
	ann.wants("past den", "ann: a secret\ngood: hello\n")
	ann.wants("places", "den 1")
	ann.wants("people den", "ann den,lobby")
	ben.fails("speak den hello", "There is no room den")
	ben.fails("past den", "There is no room den")
	ben.fails("people den", "There is no room den")
	if r := ben.run("places"); strings.Contains(r.out, "den") {
		t.Errorf("ben is shown %q", r.out)
	}
	if r := ben.run("people"); !strings.Contains(r.out, "ann lobby\n") {
		t.Errorf("ben is shown %q", r.out)
	}
	ann.join("open")
	ben.fails("speak open hello", "You are not in open; join it first.")
	ann.fails("speak lobby", "speak needs")
	ann.fails("tell ann", "tell needs")

	// What a plugin does of its own accord is what any guest may see.
	p := must(w.host.plugin("good"))
	s := p.supervisor().instance().services
	if _, err := s.speakable(nil, "den"); chat.ErrorCode(err) != chat.NotFound {
		t.Errorf("it may speak in a private room: %v", err)
	}
	if _, err := s.acting("nobody"); err == nil {
		t.Error("it may act for a run that is over")
	}
	if err := ben.user.Ignore(ann.user); err != nil {
		t.Fatal(err)
	}
	ann.wants("tell ben psst", "")
	ann.wants("tell ann psst", "")
	ann.sees("*good* psst")
	if shown := ben.seenSoFar(); strings.Contains(shown, "psst") {
		t.Errorf("ben is shown %q", shown)
	}
}

func (p *person) seenSoFar() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shown.String()
}

func TestRate(t *testing.T) {
	w := newWorld(t, quick)
	w.ready(fixture("good"))
	ann := w.login("ann")
	refused := 0
	for range sendBurst + 10 {
		if r := ann.run("speak lobby hello"); strings.Contains(r.told, "The plugin good says too much at once") {
			refused++
		}
	}
	if refused == 0 {
		t.Error("nothing is refused")
	}
	if ann.charged != sendBurst+10-refused {
		t.Errorf("the caller is charged %d for %d messages", ann.charged, sendBurst+10-refused)
	}
}

// A mapKV is a KV in memory.
type mapKV struct {
	mu      sync.Mutex
	entries map[string]Entry
	last    uint64
}

func (m *mapKV) Get(_ context.Context, key string) ([]byte, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok {
		return nil, 0, chat.Errorf(chat.NotFound, "There is no entry %s.", key)
	}
	return e.Value, e.Version, nil
}

func (m *mapKV) Put(_ context.Context, key string, value []byte, version uint64, _ time.Duration) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[key].Version != version {
		return 0, chat.Errorf(chat.Conflict, "The entry %s has changed.", key)
	}
	m.last++
	m.entries[key] = Entry{key, value, m.last}
	return m.last, nil
}

func (m *mapKV) Delete(_ context.Context, key string, version uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[key].Version != version {
		return chat.Errorf(chat.Conflict, "The entry %s has changed.", key)
	}
	delete(m.entries, key)
	return nil
}

func (m *mapKV) List(_ context.Context, prefix string) iter.Seq2[Entry, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Entry
	for k, e := range m.entries {
		if strings.HasPrefix(k, prefix) {
			all = append(all, e)
		}
	}
	return func(yield func(Entry, error) bool) {
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestKV(t *testing.T) {
	stores := map[string]*mapKV{}
	var mu sync.Mutex
	w := newWorld(t, quick, func(o *Options) {
		o.KV = func(_ context.Context, plugin string) (KV, error) {
			mu.Lock()
			defer mu.Unlock()
			if stores[plugin] == nil {
				stores[plugin] = &mapKV{entries: map[string]Entry{}}
			}
			return stores[plugin], nil
		}
	})
	w.ready(fixture("keeper", func(t *Table) { t.Limits.Store = 1000 }), fixture("keeper-2"))
	ann := w.login("ann")
	ann.wants("put b one", "1")
	ann.wants("put a two", "2")
	ann.fails("put b again", "changed")
	ann.wants("put b again 1", "3")
	ann.wants("get b", "again 3")
	ann.wants("list", "a=two\nb=again\n")
	ann.wants("list b", "b=again\n")
	ann.fails("del b 1", "changed")
	ann.wants("del b", "")
	ann.fails("get b", "There is no entry b")
	ann.fails("keeper-2:get a", "There is no entry a") // another plugin's
	ann.wants("big x 900", "")
	ann.fails("big y 200", "keeper keeps as much as it may: 1000 bytes")
	ann.wants("del x", "")
	ann.wants("big y 200", "")
	ann.fails("big z 300000", "A value has at most 262144 bytes")
	ann.fails("put "+strings.Repeat("k", 201)+" v", "A key has 1 to 200 bytes")
}
