package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/sdktest"
)

func TestRemind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sdktest.Start(t, parts()...)
		p.Run("remind 10m don't forget the tea | or so").Want("You will be reminded at 00:10 on Jan 1 (number 1).\n")
		p.Run("remind 1d cake").Want("You will be reminded at 00:00 on Jan 2 (number 2).\n")
		p.Run("reminders").Want("  1  Jan 1 00:10  don't forget the tea | or so\n  2  Jan 2 00:00  cake\n")
		p.Run("reminders --json").Want(`{"id":"1","due":"2000-01-01T00:10:00Z","text":"don't forget the tea | or so"}` + "\n" +
			`{"id":"2","due":"2000-01-02T00:00:00Z","text":"cake"}` + "\n")

		after(9 * time.Minute)
		told(t, p.Host)
		after(2 * time.Minute)
		told(t, p.Host, "ann: Reminder: don't forget the tea | or so")
		p.Run("reminders").Want("  2  Jan 2 00:00  cake\n")

		p.As(sdk.Caller{Name: "bob"}).Run("unremind 2").WantError(sdk.NotFound, "You have no reminder 2")
		p.Run("unremind 2").Want("Reminder 2 is forgotten.\n")
		after(48 * time.Hour)
		told(t, p.Host)
		p.Run("reminders").Want("You have no reminders.\n")
	})
}

// What is due is in the store alone, so a new process tells it.
func TestRemindAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := sdktest.Start(t, parts()...)
		old.Run("remind 10m tea")
		old.Stop()
		after(time.Hour)
		told(t, old.Host)
		sdktest.Setup{Host: old.Host}.Start(t, parts()...)
		after(0)
		told(t, old.Host, "ann: Reminder: tea")
	})
}

// Somebody who is away is told when they come back, under any name of theirs.
func TestRemindWhoIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sdktest.Start(t, parts()...)
		p.Run("remind 10m tea")
		p.As(sdk.Caller{Name: "Bob"}).Run("remind 10m cake")
		p.Host.SetUsers()
		after(time.Hour)
		told(t, p.Host)
		p.Host.SetUsers(sdk.Person{Name: "Anna", Key: "anna", Account: "ann"}, sdk.Person{Name: "bob", Key: "bob", Account: "another bob"})
		p.Event(sdk.Event{Kind: sdk.Join, Room: "lobby", Name: "Anna", Key: "anna", Account: "ann"})
		after(0)
		told(t, p.Host, "Anna: Reminder: tea")
		after(29 * 24 * time.Hour)
		p.Host.SetUsers(sdk.Person{Name: "Bob", Key: "bob"})
		p.Event(sdk.Event{Kind: sdk.Join, Room: "lobby", Name: "Bob", Key: "bob"})
		after(0)
		told(t, p.Host, "Bob: Reminder: cake")
	})
}

// A server that refuses is asked again.
func TestRemindTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sdktest.Start(t, parts()...)
		p.Run("remind 10m tea")
		p.Host.Refuse(&sdk.Error{Code: sdk.Unavailable, Text: "Not now."})
		after(10*time.Minute + time.Second)
		p.Host.Refuse(nil)
		told(t, p.Host)
		after(retry)
		told(t, p.Host, "ann: Reminder: tea")
	})
}

func TestRemindBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := sdktest.Start(t, parts()...)
		p.Run("remind 0s tea").WantError(sdk.Invalid, "from 1s to 365d")
		p.Run("remind 366d tea").WantError(sdk.Invalid, "from 1s to 365d")
		p.Run("remind soon tea").WantError(sdk.Invalid, "IN must be a time")
		p.Run("remind 10m").WantError(sdk.Invalid, "needs TEXT")
		for i := range most {
			p.Run(fmt.Sprint("remind 1h tea ", i))
		}
		p.Run("remind 1h tea").WantError(sdk.Limited, "You have 20 reminders")
		p.As(sdk.Caller{Name: "bob"}).Run("remind 1h tea")
	})
}

// after lets time pass and waits until all is done that is then to do.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func told(t *testing.T, h *sdktest.Host, want ...string) {
	t.Helper()
	var got []string
	for _, s := range h.Sent() {
		got = append(got, s.User+": "+s.Text)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("told %q, want %q", got, want)
	}
}
