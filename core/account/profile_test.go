package account_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

func TestProfile(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann")
	ctx := t.Context()
	base, err := w.LoadProfile(ctx, "ann")
	if err != nil || !reflect.DeepEqual(base, account.Profile{}) {
		t.Fatalf("%v, %v", base, err)
	}
	want := account.Profile{
		Settings: map[string]string{"color": "on"}, Aliases: map[string]string{"hi": "say hi $*"},
		Ignores: []account.Ignored{{Key: "eve", Display: "Eve"}}, Rooms: []account.JoinedRoom{{Name: "lobby", Read: 7}, {Name: "ops"}},
		Current: "ops", Jobs: []account.Job{{ID: 1, Line: "say tea", Next: time.Now(), Every: time.Hour}},
	}
	stored, err := w.SaveProfile(ctx, "ann", base, want)
	want.Jobs = []account.Job{{ID: 1, Line: "say tea", Next: want.Jobs[0].Next.UTC().Round(0), Every: time.Hour}}
	if err != nil || !reflect.DeepEqual(stored, want) {
		t.Fatalf("%v, %v", stored, err)
	}
	w.restart()
	if got, err := w.LoadProfile(ctx, "ann"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}

	// Two sessions that save what they changed.
	one, two := stored.Clone(), stored.Clone()
	one.Settings["bell"] = "off"
	two.Rooms = two.Rooms[:1]
	for _, mine := range []account.Profile{one, two} {
		if _, err := w.SaveProfile(ctx, "ann", stored, mine); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := w.LoadProfile(ctx, "ann"); got.Settings["bell"] != "off" || len(got.Rooms) != 1 {
		t.Errorf("%v", got)
	}

	// Many at once.
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for {
				_, err := w.UpdateProfile(ctx, "ann", func(p *account.Profile) error {
					p.Settings[fmt.Sprint("s", i)] = "x"
					return nil
				})
				if chat.ErrorCode(err) == chat.Conflict {
					continue
				}
				code(t, "update", err, "")
				return
			}
		})
	}
	wg.Wait()
	if got, _ := w.LoadProfile(ctx, "ann"); len(got.Settings) != 10 {
		t.Errorf("%v", got.Settings)
	}

	for what, change := range map[string]func(*account.Profile){
		"settings": func(p *account.Profile) {
			for i := range account.MaxSettings {
				p.Settings[fmt.Sprint("t", i)] = ""
			}
		},
		"line":    func(p *account.Profile) { p.Aliases["long"] = strings.Repeat("x", 8193) },
		"utf-8":   func(p *account.Profile) { p.Aliases["bad"] = "\xff" },
		"rooms":   func(p *account.Profile) { p.Rooms = make([]account.JoinedRoom, account.MaxJoined+1) },
		"ignores": func(p *account.Profile) { p.Ignores = make([]account.Ignored, account.MaxIgnores+1) },
	} {
		_, err := w.UpdateProfile(ctx, "ann", func(p *account.Profile) error { change(p); return nil })
		code(t, what, err, chat.Limited)
	}
	own := errors.New("no")
	if _, err := w.UpdateProfile(ctx, "ann", func(*account.Profile) error { return own }); !errors.Is(err, own) {
		t.Error(err)
	}
	if _, err := w.UpdateProfile(ctx, "ann", func(p *account.Profile) error { p.Jobs = make([]account.Job, 2); return nil }); err == nil {
		t.Error("jobs without numbers are stored")
	}
	_, err = w.UpdateProfile(ctx, "eve", func(*account.Profile) error { return nil })
	code(t, "of nobody", err, chat.NotFound)
	w.store.fail(func(op, part, key string) (error, bool) { return errDown(), false })
	_, err = w.LoadProfile(ctx, "ann")
	code(t, "while down", err, chat.Unavailable)
}

// Whatever passes Check fits in a record.
func TestProfileSize(t *testing.T) {
	w := newWorld(t, account.Options{})
	w.register("Ann")
	p := account.Profile{Aliases: map[string]string{}}
	for i := range account.MaxJoined {
		p.Ignores = append(p.Ignores, account.Ignored{Key: "k", Display: "d"})
		p.Rooms = append(p.Rooms, account.JoinedRoom{Name: fmt.Sprintf("%04d", i), Read: 1<<64 - 1})
	}
	for i := range account.MaxJobs {
		p.Jobs = append(p.Jobs, account.Job{ID: 1<<62 + i, Next: time.Now(), Every: 1<<63 - 1})
	}
	for i := 0; p.Check() == nil; i++ {
		p.Aliases[fmt.Sprint(i)] = strings.Repeat("\x01", 8192) // six bytes each in JSON
	}
	code(t, "too much", p.Check(), chat.Limited)
	for name, line := range p.Aliases {
		p.Aliases[name] = line[:(64<<10-2500)/len(p.Aliases)]
	}
	code(t, "just enough", p.Check(), "")
	if _, err := w.SaveProfile(t.Context(), "ann", account.Profile{}, p); err != nil {
		t.Error(err)
	}
}
