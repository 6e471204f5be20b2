package account_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// The stored form of each event, which is documented.
func TestAuditForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{})
		at := time.Now().UTC()
		s := account.Sanction{ID: "abc2345", Kind: account.Ban, Target: network(t, "192.0.2.0/24"), Reason: "spam", At: at, Until: at.Add(time.Hour)}
		by := account.Actor{Name: "Opa", Account: "opa", Addr: home}
		for _, tt := range []struct {
			ev      account.Event
			outcome error
			want    string
		}{
			{account.Login{"ann"}, nil, `"type":"login","target":"ann","result":"ok"`},
			{account.Login{""}, chat.Errorf(chat.Unauthenticated, "No."), `"type":"login","result":"unauthenticated"`},
			{account.Registration{"ann"}, nil, `"type":"register","target":"ann","result":"ok"`},
			{account.PasswordChange{"ann"}, nil, `"type":"password","target":"ann","result":"ok"`},
			{account.Deletion{"ann"}, nil, `"type":"delete","target":"ann","result":"ok"`},
			{account.NameReleased{"ann"}, nil, `"type":"release","target":"ann","result":"ok"`},
			{account.Revocation{"ann", 2}, nil, `"type":"revoke","target":"ann","result":"ok","details":{"sessions":"2"}`},
			{account.RoleChange{"ann", chat.Registered, chat.Admin}, nil, `"type":"role","target":"ann","result":"ok","details":{"new":"admin","old":"user"}`},
			{account.Imposed{s}, nil, `"type":"ban","target":"192.0.2.0/24","result":"ok","details":{"ends":"until 1 January 2000, 01:00:00 UTC","id":"abc2345","kind":"ban","reason":"spam"}`},
			{account.Lifted{s}, nil, `"type":"lift","target":"192.0.2.0/24","result":"ok","details":{"ends":"until 1 January 2000, 01:00:00 UTC","id":"abc2345","kind":"ban","reason":"spam"}`},
			{account.LockdownChange{account.LockOff, account.LockAll, "raid"}, nil, `"type":"lockdown","target":"all","result":"ok","details":{"old":"off","reason":"raid"}`},
			{account.Kick{"Eve", "bye\x1b[2J\nnow"}, nil, `"type":"kick","target":"Eve","result":"ok","details":{"reason":"bye[2J now"}`},
			{account.Report{"Eve", "she shouts"}, nil, `"type":"report","target":"Eve","result":"ok","details":{"text":"she shouts"}`},
			{account.PluginChange{"dice", "loaded", "00ff"}, nil, `"type":"plugin","target":"dice","result":"ok","details":{"action":"loaded","sha256":"00ff"}`},
			{account.ConfigChange{"00ff", []string{"a: 1 -> 2", "b: 3 -> 4"}}, nil, `"type":"config","result":"ok","details":{"changes":"a: 1 -> 2; b: 3 -> 4","sha256":"00ff"}`},
			{account.CommandRun{"wall", []string{"all", "of", "it"}}, nil, `"type":"command","target":"wall","result":"ok","details":{"args":"all of it"}`},
		} {
			w.Audit.Record(t.Context(), by, tt.ev, tt.outcome)
			stored := w.dump()
			want := `{"v":1,"at":"2000-01-01T00:00:00Z",` + strings.Replace(tt.want, `"target"`, `"by":"Opa","account":"opa","addr":"192.0.2.7","target"`, 1)
			if !strings.Contains(tt.want, `"target"`) {
				want = strings.Replace(want, `"result"`, `"by":"Opa","account":"opa","addr":"192.0.2.7","result"`, 1)
			}
			if got := stored[len(stored)-1]; got != want+"}" {
				t.Errorf("%T\ngot  %s\nwant %s", tt.ev, got, want+"}")
			}
			if last, err := w.Audit.Last(t.Context(), 1); err != nil || len(last) != 1 || last[0].Seq == 0 || last[0].By != "Opa" {
				t.Errorf("%v, %v", last, err)
			}
		}
	})
}

// Who logs in is audited; what may be a password in the wrong place is not.
func TestAuditLogins(t *testing.T) {
	w := newWorld(t, account.Options{})
	_, err := w.Register(t.Context(), name(t, "Ann"), secret, home)
	code(t, "register", err, "")
	code(t, "login", w.login("ann", home), "")
	_, err = w.Verify(t.Context(), "ann", account.Password("wrong password"), home)
	code(t, "wrong", err, chat.Unauthenticated)
	code(t, "unknown", w.login("hunter2", home), chat.Unauthenticated)
	w.restart() // what is queued is written
	want := []string{"register Ann ann ok", "login ann ann ok", "login ann ann unauthenticated", "login   unauthenticated"}
	if got := w.audited(10); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for _, part := range w.dump() {
		if strings.Contains(part, "hunter2") || strings.Contains(part, "wrong password") {
			t.Error(part)
		}
	}
}

// Who is refused commands is audited, and does not fill the audit.
func TestAuditDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{})
		for range 100 {
			w.Audit.Denied(as("Eve"), "ban", time.Now())
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		w.Audit.Denied(as("Eve"), "kick", time.Now())
		w.restart()
		got := w.audited(1000)
		kept := map[string]int{}
		for _, line := range got {
			kept[line]++
		}
		if len(kept) != 3 || kept["command Eve ban forbidden"] != 60 || kept["command Eve kick forbidden"] != 1 || kept["lost   ok"] == 0 {
			t.Errorf("kept %v", kept)
		}
		entries, err := w.Audit.Last(t.Context(), 1)
		if err != nil || entries[0].Target != "kick" || entries[0].Addr != home.String() {
			t.Errorf("%v, %v", entries, err)
		}
	})
}

// A store that takes nothing holds nobody up for long; what could not be kept is
// counted.
func TestAuditFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, account.Options{})
		var down atomic.Bool
		down.Store(true)
		w.store.fail(func(op, part, key string) (error, bool) {
			if down.Load() && op == "append" {
				time.Sleep(3 * time.Second)
				return errDown(), false
			}
			return nil, false
		})
		start := time.Now()
		for i := range 2000 {
			w.Audit.Note(machine, account.Login{fmt.Sprint("user", i)}, nil)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("Note took %s", d)
		}
		w.Audit.Record(t.Context(), machine, account.Kick{"Eve", ""}, nil)
		w.Audit.Record(t.Context(), machine, account.Kick{"Eve", ""}, errDown())
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("Record took %s", d)
		}
		synctest.Wait()
		down.Store(false)
		time.Sleep(10 * time.Second) // the next try is made
		synctest.Wait()
		w.Audit.Note(machine, account.Login{"last"}, nil)
		w.restart()
		entries, err := w.Audit.Last(t.Context(), 3000)
		// One was being written and 1,024 waited; the Records came too late.
		if err != nil || len(entries) != 1027 || entries[0].Type != "lost" || entries[0].Details["entries"] != "977" ||
			entries[1].Target != "user0" || entries[1026].Target != "last" {
			t.Errorf("%d: %v, %v", len(entries), entries[:2], err)
		}

		// A server that ends does not wait for each of those that remain.
		down.Store(true)
		for range 100 {
			w.Audit.Note(machine, account.Login{"ann"}, nil)
		}
		start = time.Now()
		w.close()
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("close took %s", d)
		}
		w.open()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w.Audit.Note(machine, account.Login{"ann"}, nil)
		synctest.Wait()
		if err := w.Close(ctx); err == nil {
			t.Error("close waits for ever")
		}
		time.Sleep(time.Minute)
		w.Accounts = nil
	})
}

// FuzzAudit reads what a damaged journal may hold.
func FuzzAudit(f *testing.F) {
	for _, s := range []string{"", "{}", `{"v":1,"at":"2000-01-01T00:00:00Z","type":"login","result":"ok"}`, `{"v":1,"type":"\u001b[2J","details":{"\u001b":"\u009b"}}`, `[`, "null", `{"v":2,"type":"x"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := newWorld(t, account.Options{})
		j, err := w.store.Journal(t.Context(), "audit")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := j.Append(t.Context(), data); err != nil {
			t.Skip()
		}
		entries, err := w.Audit.Last(t.Context(), 1)
		if err != nil || len(entries) != 1 || entries[0].Seq != 1 || entries[0].Type == "" {
			t.Fatalf("%v, %v", entries, err)
		}
		shown, err := json.Marshal(entries[0])
		if err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(string(shown), "\x1b\u009b\n") || strings.Contains(string(shown), `\u001b`) {
			t.Errorf("%q", shown)
		}
	})
}
