package account_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A wrong password with the default hash, alone and with another in flight, for a
// known and an unknown name by turns. Their medians must not be told apart (A5).
func BenchmarkLogin(b *testing.B) {
	for _, flight := range []int{1, 2} {
		b.Run(fmt.Sprintf("flight=%d", flight), func(b *testing.B) {
			w := newWorld(b, account.Options{Hashing: account.DefaultHashing()})
			w.register("known")
			var others sync.WaitGroup
			defer others.Wait()
			var stop atomic.Bool
			defer stop.Store(true)
			for range flight - 1 {
				others.Go(func() {
					for !stop.Load() {
						_ = w.login("known", home)
					}
				})
			}
			names := [2]string{"known", "unknown"}
			var took [2][]time.Duration
			for b.Loop() {
				for i, name := range names {
					start := time.Now()
					_, err := w.Verify(b.Context(), name, account.Password("wrong password"), home)
					took[i] = append(took[i], time.Since(start))
					if chat.ErrorCode(err) != chat.Unauthenticated {
						b.Fatal(err)
					}
				}
			}
			for i, name := range names {
				slices.Sort(took[i])
				b.ReportMetric(float64(took[i][len(took[i])/2].Microseconds())/1000, "ms-"+name)
			}
			b.ReportMetric(0, "ns/op") // of two
		})
	}
}

// Registrations with as many in flight as there are slots, on a store in memory.
func BenchmarkRegister(b *testing.B) {
	w := newWorld(b, account.Options{Hashing: account.DefaultHashing()})
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			name, err := text.ParseName(fmt.Sprintf("x%d", n.Add(1)))
			if err != nil {
				b.Fatal(err)
			}
			if _, err := w.Register(b.Context(), name, secret, home); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(n.Load())/b.Elapsed().Seconds(), "registrations/s")
}

// What is asked on every chat line and every connection, with many sanctions.
func BenchmarkQuestions(b *testing.B) {
	w := newWorld(b, account.Options{})
	w.register("ann")
	for i := range 10_000 {
		target := account.Target{Key: fmt.Sprint("u", i), Name: fmt.Sprint("u", i)}
		if i%2 == 0 {
			target = network(b, fmt.Sprintf("10.%d.%d.0/%d", i/200%200, i%200, 16+i%9))
		}
		if _, err := w.Sanctions.Impose(b.Context(), account.Ban, target, time.Hour, "", machine); err != nil {
			b.Fatal(err)
		}
	}
	now := time.Now()
	b.Run("banned", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, is := w.Sanctions.Banned(home, "ann", now); is {
				b.Fatal("banned")
			}
		}
	})
	b.Run("muted", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, is := w.Sanctions.Muted(home, "ann", now); is {
				b.Fatal("muted")
			}
		}
	})
	b.Run("registered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !w.Registered("ann") {
				b.Fatal("not registered")
			}
		}
	})
	b.Run("accept", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := w.Accept(home, now); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The start with many accounts, from memory.
func BenchmarkOpen(b *testing.B) {
	w := newWorld(b, account.Options{})
	for i := range 10_000 {
		w.register(fmt.Sprint("u", i))
	}
	for b.Loop() {
		w.restart()
	}
}
