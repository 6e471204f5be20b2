package account

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/chatroom-shell/chatroom/core/chat"
)

var (
	epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	home  = netip.MustParseAddr("192.0.2.7")
	other = netip.MustParseAddr("198.51.100.1")
)

// try is one wrong password, and reports whether it was admitted.
func try(th *throttle, a netip.Addr, key string, friend bool, now time.Time) bool {
	at, err := th.begin(a, key, friend, now)
	if err != nil {
		return false
	}
	at.end(true, now)
	return true
}

// A4: what one source may guess.
func TestA4Source(t *testing.T) {
	th := newThrottle(DefaultLimits())
	// Tries as fast as they are admitted, at a new name each: an hour of it.
	tries, first := 0, 0
	for now := epoch; now.Before(epoch.Add(time.Hour)); now = now.Add(time.Second) {
		for i := 0; try(th, home, fmt.Sprint("name", tries), false, now); i++ {
			if tries++; now.Equal(epoch) {
				first++
			}
		}
	}
	if first != 3 {
		t.Errorf("%d tries at once, want 3", first)
	}
	if tries < 10 || tries > 20 {
		t.Errorf("%d tries in an hour", tries)
	}
	if w := th.wait(home, epoch.Add(time.Hour)); w <= 0 || w > 10*time.Minute {
		t.Errorf("then it waits %s", w)
	}
	if !try(th, other, "ann", false, epoch.Add(time.Hour)) {
		t.Error("another source waits too")
	}
	// The neighbour in the same /64 is the same source, the other spelling of an
	// IPv4 address too.
	six := netip.MustParseAddr("2001:db8::1")
	for range 3 {
		try(th, six, "ann", true, epoch)
	}
	mapped := netip.AddrFrom16(home.As16())
	for _, a := range []netip.Addr{netip.MustParseAddr("2001:db8::ffff:1"), netip.MustParseAddr("2001:db8::2%eth0")} {
		if th.wait(a, epoch) <= 0 {
			t.Errorf("%s does not wait", a)
		}
	}
	if th.wait(mapped, epoch.Add(time.Hour)) <= 0 {
		t.Errorf("%s does not wait", mapped)
	}
	if th.wait(netip.MustParseAddr("2001:db8:0:1::1"), epoch) != 0 {
		t.Error("another /64 waits")
	}
}

// A4: what many sources may guess at one account, and that its owner does not
// pay for it.
func TestA4Account(t *testing.T) {
	th := newThrottle(DefaultLimits())
	tries, n := 0, 0
	for now := epoch; now.Before(epoch.Add(24 * time.Hour)); now = now.Add(10 * time.Second) {
		n++
		if try(th, netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), "ann", false, now) {
			tries++
		}
		if n%100 == 0 && !try(th, netip.AddrFrom4([4]byte{11, 0, byte(n >> 8), byte(n)}), "ann", true, now) {
			t.Fatalf("the owner is locked out after %s", now.Sub(epoch))
		}
	}
	if tries > 310 {
		t.Errorf("%d tries in a day", tries)
	}
	// After an hour's rest the count is gone.
	if !try(th, other, "ann", false, epoch.Add(26*time.Hour)) {
		t.Error("strangers wait for ever")
	}
}

// A4: tries at the same time are counted before they are answered.
func TestA4AtOnce(t *testing.T) {
	th := newThrottle(DefaultLimits())
	var open []attempt
	for {
		at, err := th.begin(home, fmt.Sprint("name", len(open)), false, epoch)
		if err != nil {
			if chat.ErrorCode(err) != chat.Limited {
				t.Error(err)
			}
			break
		}
		open = append(open, at)
	}
	if len(open) != DefaultLimits().LoginsPerSource {
		t.Errorf("%d at once from one source", len(open))
	}
	for _, at := range open {
		at.end(false, epoch)
	}
	if _, err := th.begin(home, "ann", false, epoch); err != nil {
		t.Errorf("after they were right: %v", err)
	}

	th, open = newThrottle(DefaultLimits()), nil
	for i := range 100 {
		if at, err := th.begin(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), "ann", false, epoch); err == nil {
			open = append(open, at)
		}
	}
	if len(open) != freeTries {
		t.Errorf("%d at once at one account", len(open))
	}
}

func TestThrottleOff(t *testing.T) {
	for _, l := range []Limits{{}, {Penalty: time.Hour, LoginsPerSource: 1, Registrations: 1, RegistrationsPerSource: 1, Exempt: []netip.Prefix{netip.MustParsePrefix("192.0.0.0/8")}}} {
		th := newThrottle(l)
		for range 100 {
			if !try(th, home, "ann", false, epoch) {
				t.Fatalf("%v: a try is refused", l)
			}
			if _, err := th.arrive(home, epoch); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestRegistrationLimits(t *testing.T) {
	th := newThrottle(DefaultLimits())
	arrive := func(a netip.Addr, now time.Time, want chat.Code) (back func()) {
		t.Helper()
		back, err := th.arrive(a, now)
		if chat.ErrorCode(err) != want {
			t.Errorf("%s: %v", a, err)
		}
		return back
	}
	back := arrive(home, epoch, "")
	arrive(home, epoch, "")
	arrive(home, epoch, "")
	arrive(home, epoch, chat.Limited)
	back() // a failed one does not count
	arrive(home, epoch, "")
	arrive(home, epoch.Add(199*time.Second), chat.Limited)
	arrive(home, epoch.Add(200*time.Second), "")
	arrive(home, epoch.Add(201*time.Second), chat.Limited)
	// The server's: 30, of which four are gone, and one has come back every 20 s.
	n := 0
	for i := range 100 {
		if _, err := th.arrive(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), epoch.Add(201*time.Second)); err == nil {
			n++
		}
	}
	if n != 30-1 {
		t.Errorf("%d registrations from many sources", n)
	}
	arrive(other, epoch.Add(20*time.Minute), "")

	th = newThrottle(DefaultLimits())
	for i := range 4 { // neighbours in one /64
		want := chat.Code("")
		if i == 3 {
			want = chat.Limited
		}
		arrive(netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i)), epoch, want)
	}
}

// F6: no table grows without a bound.
func TestF6Tables(t *testing.T) {
	th := newThrottle(DefaultLimits())
	for i := range maxSources + 1000 {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		try(th, a, fmt.Sprint(i), false, epoch.Add(time.Duration(i)))
	}
	if len(th.sources.rows) > maxSources || len(th.names.rows) > maxNames {
		t.Errorf("%d sources, %d names", len(th.sources.rows), len(th.names.rows))
	}
	th.sources.sweep(epoch.Add(24 * time.Hour))
	if len(th.sources.rows) != 0 || len(th.sources.ends) != 0 {
		t.Errorf("%d sources a day later", len(th.sources.rows))
	}
}

// A table is a map that forgets, the row that ends first first.
func TestTableModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const bound = 4
		type value struct {
			v   int
			end time.Time
		}
		tab, model, now := newTable[int, int](bound), map[int]value{}, epoch
		steps := rapid.IntRange(1, 60).Draw(t, "steps")
		for range steps {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "pass")) * time.Second)
			for k, v := range model {
				if !now.Before(v.end) {
					delete(model, k)
				}
			}
			k := rapid.IntRange(0, 6).Draw(t, "key")
			if rapid.Bool().Draw(t, "put") {
				v := rapid.IntRange(1, 9).Draw(t, "value")
				// Ends are distinct, so that the first is one.
				end := now.Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "end"))*time.Second + time.Duration(k))
				if _, there := model[k]; !there && len(model) == bound {
					first := -1
					for k, v := range model {
						if first < 0 || v.end.Before(model[first].end) {
							first = k
						}
					}
					delete(model, first)
				}
				model[k] = value{v, end}
				tab.put(k, v, end, now)
			}
			if got := tab.get(k, now); got != model[k].v || len(tab.rows) != len(model) || len(tab.ends) != len(model) {
				t.Fatalf("get(%d) = %d of %d, want %d of %d", k, got, len(tab.rows), model[k].v, len(model))
			}
		}
	})
}
