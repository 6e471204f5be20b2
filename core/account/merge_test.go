package account

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestMerge(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 3, 1, h, 0, 0, 0, time.UTC) }
	base := Profile{
		Settings: map[string]string{"color": "on", "bell": "off", "mode": "chat"},
		Aliases:  map[string]string{"hi": "say hi", "bye": "say bye"},
		Ignores:  []Ignored{{"eve", "Eve"}, {"mal", "Mal"}},
		Rooms:    []JoinedRoom{{"lobby", 10}, {"ops", 5}, {"tea", 1}},
		Current:  "lobby",
		Jobs:     []Job{{1, "say a", at(1), 0}, {2, "say b", at(2), time.Hour}},
	}
	mine := Profile{
		Settings: map[string]string{"color": "off", "mode": "chat", "width": "80"},
		Aliases:  map[string]string{"hi": "say hello", "bye": "say bye"},
		Ignores:  []Ignored{{"eve", "Eve"}, {"joe", "Joe"}},
		Rooms:    []JoinedRoom{{"lobby", 20}, {"ops", 5}, {"dev", 3}},
		Current:  "dev",
		Jobs:     []Job{{2, "say b", at(3), time.Hour}, {3, "say mine", at(4), 0}},
	}
	theirs := Profile{
		Settings: map[string]string{"color": "auto", "bell": "off", "mode": "command"},
		Aliases:  map[string]string{"bye": "say ciao"},
		Ignores:  []Ignored{{"mal", "Mal"}, {"zed", "Zed"}},
		Rooms:    []JoinedRoom{{"lobby", 15}, {"tea", 9}},
		Current:  "lobby",
		Jobs:     []Job{{1, "say a", at(1), 0}, {2, "say b", at(2), time.Hour}, {3, "say theirs", at(5), 0}},
	}
	want := Profile{
		Settings: map[string]string{"color": "off", "mode": "command", "width": "80"},
		Aliases:  map[string]string{"hi": "say hello", "bye": "say ciao"},
		Ignores:  []Ignored{{"zed", "Zed"}, {"joe", "Joe"}},
		Rooms:    []JoinedRoom{{"lobby", 20}, {"tea", 9}, {"dev", 3}},
		Current:  "dev",
		Jobs:     []Job{{2, "say b", at(3), time.Hour}, {3, "say theirs", at(5), 0}, {4, "say mine", at(4), 0}},
	}
	if got := Merge(base, mine, theirs); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// What only one side did is as that side has it, whichever side it is.
func TestMergeOneSide(t *testing.T) {
	profile := rapid.Custom(func(t *rapid.T) Profile {
		var p Profile
		for _, k := range rapid.SliceOfDistinct(rapid.IntRange(1, 6), rapid.ID[int]).Draw(t, "keys") {
			v := rapid.IntRange(0, 2).Draw(t, "value")
			if p.Settings == nil {
				p.Settings, p.Aliases = map[string]string{}, map[string]string{}
			}
			name := fmt.Sprint("n", k)
			p.Settings[name], p.Aliases[name] = fmt.Sprint(v), fmt.Sprint(v)
			p.Ignores = append(p.Ignores, Ignored{name, fmt.Sprint(v)})
			p.Rooms = append(p.Rooms, JoinedRoom{name, uint64(v)})
			p.Jobs = append(p.Jobs, Job{ID: k, Line: fmt.Sprint(v)})
		}
		p.Current = fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "current"))
		return p
	})
	sorted := func(p Profile) string {
		p = p.Clone()
		slices.SortFunc(p.Jobs, func(a, b Job) int { return a.ID - b.ID })
		for _, list := range []any{p.Ignores, p.Rooms} {
			switch l := list.(type) {
			case []Ignored:
				slices.SortFunc(l, func(a, b Ignored) int { return int(a.Key[1]) - int(b.Key[1]) })
			case []JoinedRoom:
				slices.SortFunc(l, func(a, b JoinedRoom) int { return int(a.Name[1]) - int(b.Name[1]) })
			}
		}
		return fmt.Sprint(p)
	}
	rapid.Check(t, func(t *rapid.T) {
		base, changed := profile.Draw(t, "base"), profile.Draw(t, "changed")
		want := changed.Clone()
		for i, r := range want.Rooms { // what was read never becomes unread
			for _, b := range base.Rooms {
				if b.Name == r.Name {
					want.Rooms[i].Read = max(r.Read, b.Read)
				}
			}
		}
		if got := Merge(base, base, changed); sorted(got) != sorted(want) {
			t.Fatalf("theirs: %v, want %v", got, want)
		}
		if got := Merge(base, changed, base); sorted(got) != sorted(want) {
			t.Fatalf("mine: %v, want %v", got, want)
		}
	})
}
