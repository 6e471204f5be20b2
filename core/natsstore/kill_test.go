package natsstore

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/memstore"
	"github.com/chatroom-shell/chatroom/core/natsstore/embedded"
)

var killCycles = flag.Int("kill.cycles", 20, "how often TestKill kills a server that writes")

// dirEnv is the data directory of a part.
const dirEnv = "NATSSTORE_TEST_DIR"

func init() {
	parts["writer"] = writer
	parts["puts"] = puts
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
	return v
}

// play opens a store as a program does, in a process of its own.
func play() (*Store, *Log) {
	ctx := context.Background()
	server := must(embedded.Open(ctx, embedded.Options{Dir: os.Getenv(dirEnv)}))
	store := must(Open(ctx, server.Conn(), Options{Recover: server.Recover}))
	return store, must(store.Log(ctx, memstore.NewLog(big), LogOptions{}))
}

// writer writes records, replaces them and says lines, all at once, and prints what was
// acknowledged, until it is killed.
func writer() {
	ctx := context.Background()
	store, log := play()
	accounts := must(store.Bucket(ctx, "accounts"))
	audit := must(store.Journal(ctx, "audit"))
	run := os.Getpid()
	log.Subscribe(func(*chat.Event) {})
	for w := range 3 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d-%d-%d", run, w, i)
				rev := must(accounts.Put(ctx, key, []byte("new "+key), 0, 0))
				fmt.Println("account", key, "new")
				must(accounts.Put(ctx, key, []byte("banned "+key), rev, 0))
				fmt.Println("account", key, "banned")
			}
		}()
	}
	go func() {
		for {
			fmt.Println("audit", must(audit.Append(ctx, []byte("x"))))
		}
	}()
	for i := 0; ; i++ {
		var last uint64
		for range 1 + i%7 {
			ev := &chat.Event{Kind: chat.Say, Room: "lobby", From: "Ann", Text: fmt.Sprint(run, " ", i), Time: time.Now()}
			must(0, log.Append(ev))
			fmt.Println("said", ev.Seq)
			last = ev.Seq
		}
		must(0, log.Flush(ctx))
		fmt.Println("kept", last)
	}
}

// Of what a server has acknowledged before it is killed, nothing is lost, and no
// number is used again.
func TestKill(t *testing.T) {
	k := &killed{t: t, dir: t.TempDir(), accounts: map[string]string{}}
	for cycle := range *killCycles {
		k.run(time.Duration(20+rand.IntN(400)) * time.Millisecond)
		if len(k.accounts) == 0 || k.audit == 0 {
			t.Fatalf("cycle %d: nothing was acknowledged", cycle)
		}
		k.check()
		if t.Failed() {
			t.Fatalf("in cycle %d", cycle)
		}
	}
	t.Logf("%d accounts, %d audit entries, %d messages kept", len(k.accounts), k.audit, len(k.kept))
}

// killed is what a server that was killed again and again has acknowledged.
type killed struct {
	t        *testing.T
	dir      string
	accounts map[string]string // the last state
	audit    uint64
	said     uint64   // the highest number given
	kept     []uint64 // those that were said to be kept
}

// run has a writer work and kills it some time after its first word.
func (k *killed) run(after time.Duration) {
	k.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), playEnv+"=writer", dirEnv+"="+k.dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	var once sync.Once
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // what was cut off was not printed
		}
		once.Do(func() { time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) })
		k.note(line)
	}
	_ = cmd.Wait()
}

// note takes down a line of the writer.
func (k *killed) note(line string) {
	var n uint64
	what, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if what != "account" {
		if _, err := fmt.Sscan(rest, &n); err != nil {
			k.t.Errorf("the writer says %q", line)
		}
	}
	switch what {
	case "account":
		key, state, _ := strings.Cut(rest, " ")
		k.accounts[key] = state
	case "audit":
		k.audit = max(k.audit, n)
	case "said":
		if n <= k.said {
			k.t.Errorf("the number %d comes after %d", n, k.said)
		}
		k.said = n
	case "kept":
		k.kept = append(k.kept, n)
	}
}

func (k *killed) check() {
	k.t.Helper()
	w := &world{t: k.t, dir: k.dir, limits: big, o: Options{Log: slog.New(slog.DiscardHandler)}}
	began := time.Now()
	w.open()
	defer w.drop()
	if took := time.Since(began); took > 2*time.Second {
		k.t.Errorf("the start took %v", took)
	}
	ctx := k.t.Context()
	b, err := w.store.Bucket(ctx, "accounts")
	if err != nil {
		k.t.Fatal(err)
	}
	there := map[string]string{}
	for r, err := range b.List(ctx, "") {
		if err != nil {
			k.t.Fatal(err)
		}
		state, key, _ := strings.Cut(string(r.Value), " ")
		if key != r.Key {
			k.t.Errorf("%s has the value %q", r.Key, r.Value)
		}
		there[key] = state
	}
	for key, state := range k.accounts {
		if got := there[key]; got != state && !(state == "new" && got == "banned") {
			k.t.Errorf("%s was acknowledged as %q and is %q", key, state, got)
		}
		k.accounts[key] = there[key]
	}
	j, err := w.store.Journal(ctx, "audit")
	if err != nil {
		k.t.Fatal(err)
	}
	last, err := j.Last(ctx, 1)
	if err != nil || len(last) == 0 || last[0].Seq < k.audit {
		k.t.Errorf("the journal ends with %v, %v; %d was acknowledged", last, err, k.audit)
	}
	k.audit = max(k.audit, entrySeq(last))
	events, err := w.log.Search(ctx, "lobby", chat.Query{})
	if err != nil {
		k.t.Fatal(err)
	}
	found, seq := map[uint64]bool{}, uint64(0)
	for _, ev := range events {
		if ev.Seq <= seq {
			k.t.Errorf("%d comes after %d", ev.Seq, seq)
		}
		seq = ev.Seq
		found[ev.Seq] = ev.Kind == chat.Say
	}
	for _, seq := range k.kept {
		if !found[seq] {
			k.t.Errorf("message %d was kept and is gone", seq)
		}
	}
}

func entrySeq(entries []account.Entry) uint64 {
	if len(entries) == 0 {
		return 0
	}
	return entries[0].Seq
}

// puts makes records, one after the other, and says when each was acknowledged.
func puts() {
	ctx := context.Background()
	store, log := play()
	b := must(store.Bucket(ctx, "accounts"))
	log.Subscribe(func(*chat.Event) {})
	for i := range 20 {
		must(b.Put(ctx, fmt.Sprint(i), []byte("x"), 0, 0))
		_, _ = os.Stdout.WriteString(fmt.Sprintf("ack %d\n", i)) // one write call
	}
	os.Exit(0)
}

// Before a record is acknowledged, the file it is in was synced: by what the
// process asks of the system.
func TestSyncBeforeAck(t *testing.T) {
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("strace is not installed")
	}
	trace := t.TempDir() + "/trace"
	cmd := exec.Command(path, "-f", "-y", "-s", "64", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", trace, os.Args[0])
	cmd.Env = append(os.Environ(), playEnv+"=puts", dirEnv+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	var written, synced bool              // since the last acknowledgement, a block of the bucket
	acks, syncing := 0, map[string]bool{} // threads in a call that is not done
	for line := range strings.Lines(string(data)) {
		thread, _, _ := strings.Cut(line, " ")
		block := strings.Contains(line, "KV_chatroom-b-accounts/msgs/") && strings.Contains(line, ".blk>")
		switch {
		case strings.Contains(line, `"ack `):
			if !written || !synced {
				t.Errorf("acknowledged with written=%v synced=%v: %s", written, synced, line)
			}
			acks++
			written, synced = false, false
		case block && strings.Contains(line, "write"):
			written, synced = true, false
		case block && strings.Contains(line, "sync(") && strings.Contains(line, "<unfinished"):
			syncing[thread] = true
		case block && strings.Contains(line, "sync("), strings.Contains(line, "sync resumed>") && syncing[thread]:
			synced = written
			delete(syncing, thread)
		}
	}
	if acks != 20 {
		t.Errorf("%d acknowledgements in the trace, want 20", acks)
	}
}
