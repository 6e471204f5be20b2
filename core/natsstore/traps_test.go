package natsstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// What is known to go wrong with JetStream, each as a test. The traps of the folder,
// its defaults and its limits are in package embedded; that keys must be ASCII is in
// the suite of every store (BucketKeys), and that of a synced write in
// TestSyncBeforeAck.

// A window of publishes that are not acknowledged yet can fill up. Thousands of
// rooms that speak at once must not make it.
func TestManyRoomsAtOnce(t *testing.T) {
	w := embeddedWorld(t)
	const rooms = 5000
	for i := range rooms {
		w.say(fmt.Sprint("room-", i), "hello")
	}
	w.flush()
	if st := w.log.Stats(); st.Lines != rooms || st.Blocks != rooms || st.Lost != 0 || st.Waiting != 0 {
		t.Errorf("written: %+v", st)
	}
	if ok, reason := w.store.Health(); !ok {
		t.Errorf("the store is not well: %s", reason)
	}
	w.close()
	began := time.Now()
	w.open()
	t.Logf("%d rooms are open after %v", rooms, time.Since(began))
	if got := w.found("room-4321", chat.Query{}); got != "hello" {
		t.Errorf("found %q", got)
	}
}

// Replicas may trail. What was acknowledged is read all the same.
func TestReadsOfACluster(t *testing.T) {
	url := cluster(t)
	w := &world{t: t, url: url, limits: big, o: Options{Replicas: 3, Holder: "a test", Timeout: 10 * time.Second}}
	w.open()
	t.Cleanup(w.close)
	ctx := t.Context()
	b, err := w.store.Bucket(ctx, "accounts")
	if err != nil {
		t.Fatal(err)
	}
	stream, err := w.store.js.Stream(ctx, "KV_chatroom-b-accounts")
	if err != nil {
		t.Fatal(err)
	}
	if c := stream.CachedInfo().Config; c.Replicas != 3 || c.AllowDirect {
		t.Errorf("the bucket has %d replicas, direct reads are %v", c.Replicas, c.AllowDirect)
	}
	rev := uint64(0)
	for i := range 100 {
		if rev, err = b.Put(ctx, "ann", fmt.Append(nil, i), rev, 0); err != nil {
			t.Fatal(err)
		}
		r, err := b.Get(ctx, "ann")
		if err != nil || string(r.Value) != fmt.Sprint(i) {
			t.Fatalf("read %s, %v after %d was acknowledged", r.Value, err, i)
		}
	}
	w.say("lobby", "hello")
	w.flush()
	w.close()
	w.open()
	if got := w.found("lobby", chat.Query{}); got != "hello" {
		t.Errorf("found %q", got)
	}
}

// cluster starts three servers in this process, on the loopback.
func cluster(t *testing.T) string {
	var servers []*server.Server
	routes := freePort(t)
	for i := range 3 {
		o := &server.Options{
			ServerName: fmt.Sprint("s", i), Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
			JetStreamMaxStore: 1 << 30, JetStreamMaxMemory: 1 << 20,
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: -1},
			Routes:  server.RoutesFromStr(fmt.Sprintf("nats://127.0.0.1:%d", routes)),
		}
		if i == 0 {
			o.Cluster.Port = routes
		}
		ns, err := server.NewServer(o)
		if err != nil {
			t.Fatal(err)
		}
		ns.Start()
		t.Cleanup(func() {
			ns.Shutdown()
			ns.WaitForShutdown()
		})
		servers = append(servers, ns)
	}
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		ready := 0
		for _, ns := range servers {
			if ns.ReadyForConnections(time.Second) && ns.JetStreamIsCurrent() {
				ready++
			}
		}
		if ready == 3 {
			return servers[0].ClientURL()
		}
		if time.Since(began) > 30*time.Second {
			t.Fatal("the cluster is not ready after 30 s")
		}
	}
}

// plainServer starts a server in this process as o says.
func plainServer(t *testing.T, o server.Options) string {
	o.Host, o.Port, o.NoSigs, o.NoLog, o.StoreDir = "127.0.0.1", -1, true, true, t.TempDir()
	ns, err := server.NewServer(&o)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	})
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return ns.ClientURL()
}

// A server that can't do what is needed is refused, with a line that says what.
func TestUnsuitableServers(t *testing.T) {
	old := plainServer(t, server.Options{}) // a test answers as a server of 2.10 does
	nc, err := nats.Connect(old)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := nc.Subscribe("$JS.API.INFO", func(m *nats.Msg) {
		_ = m.Respond([]byte(`{"type":"io.nats.jetstream.api.v1.account_info_response","api":{"level":0,"total":1,"errors":0}}`))
	}); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		old:                              "2.11 or newer",
		plainServer(t, server.Options{}): "no JetStream",
		plainServer(t, server.Options{JetStream: true, JetStreamMaxStore: 1 << 30, MaxPayload: 64 << 10}): "max_payload",
	} {
		nc, err := Connect(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), nc, Options{Timeout: time.Second}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
		nc.Close()
	}
}

// A reader that is slower than the server sends gets all all the same.
func TestSlowLister(t *testing.T) {
	w := embeddedWorld(t)
	b, err := w.store.Bucket(t.Context(), "large")
	if err != nil {
		t.Fatal(err)
	}
	const n = 600
	value := make([]byte, 16<<10)
	for i := range n {
		if _, err := b.Put(t.Context(), fmt.Sprint(i), value, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for r, err := range b.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) < 100 {
			time.Sleep(2 * time.Millisecond)
		}
		seen[r.Key] = true
	}
	if len(seen) != n {
		t.Errorf("listed %d of %d", len(seen), n)
	}
}

// What is in memory is found without the server, and a search leaves no consumer
// behind.
func TestHistoryNeedsNoConsumers(t *testing.T) {
	ns := startServer(t)
	w := externalWorld(t, ns.url())
	w.say("lobby", "a")
	w.flush()
	for range 50 {
		w.found("lobby", chat.Query{})
		w.found("lobby", chat.Query{Last: 1})
	}
	info, err := w.log.stream.Info(t.Context())
	if err != nil || info.State.Consumers != 0 {
		t.Errorf("%d consumers, %v", info.State.Consumers, err)
	}
	ns.kill()
	if got := w.found("lobby", chat.Query{Last: 1}); got != "a" {
		t.Errorf("found %q", got)
	}
	ns.start()
	for began := time.Now(); w.nc.FlushTimeout(time.Second) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Since(began) > 20*time.Second {
			t.Fatal("the connection is not back after 20 s")
		}
	}
}

// A proxy is a line to a server that can be cut, or go silent on one side.
type proxy struct {
	l      net.Listener
	target string
	silent atomic.Bool // nothing comes back
	mu     sync.Mutex
	conns  []net.Conn
	group  sync.WaitGroup
}

func startProxy(t *testing.T, target string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, target: target}
	p.group.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		p.group.Wait()
	})
	return p
}

func (p *proxy) accept() {
	for {
		in, err := p.l.Accept()
		if err != nil {
			return
		}
		if p.silent.Load() {
			_ = in.Close()
			continue
		}
		out, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = in.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, in, out)
		p.mu.Unlock()
		p.group.Go(func() { p.copy(out, in, nil) })
		p.group.Go(func() { p.copy(in, out, &p.silent) })
	}
}

func (p *proxy) copy(to, from net.Conn, silent *atomic.Bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if silent != nil && silent.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil && !errors.Is(err, io.EOF) {
			return
		}
	}
}

// cut ends all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// The server does what it is asked, and its answers are lost; then the line is
// dead; then all is well again. Chat goes on, writes are answered within 3 s, and
// nothing is there twice or out of order.
func TestPartition(t *testing.T) {
	ns := startServer(t)
	line := startProxy(t, fmt.Sprintf("127.0.0.1:%d", ns.port))
	w := &world{t: t, url: "nats://" + line.l.Addr().String(), limits: big, o: Options{Holder: "a test"}}
	health := watchChanges(&w.o)
	w.open()
	t.Cleanup(w.close)
	b, err := w.store.Bucket(t.Context(), "accounts")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	say := func(n int) {
		for range n {
			text := fmt.Sprint("line ", len(want))
			w.say("lobby", text)
			want = append(want, text)
		}
	}
	say(3)
	w.flush()
	line.silent.Store(true)
	say(5) // written, without an answer
	began := time.Now()
	_, err = b.Put(t.Context(), "doubt", []byte("x"), 0, 0)
	if took := time.Since(began); chat.ErrorCode(err) != chat.Unavailable || took > 3500*time.Millisecond {
		t.Errorf("put ends with %v after %v", err, took)
	}
	health.next(t, false)
	say(5)
	line.cut()
	line.silent.Store(false)
	health.next(t, true)
	say(3)
	w.flush()
	// It may have been written. Once more with the same revision says which.
	if _, err := b.Put(t.Context(), "doubt", []byte("x"), 0, 0); err != nil && chat.ErrorCode(err) != chat.Conflict {
		t.Errorf("put ends with %v", err)
	}
	if r, err := b.Get(t.Context(), "doubt"); err != nil || string(r.Value) != "x" {
		t.Errorf("get: %+v, %v", r, err)
	}
	w.close()
	w.open()
	if got := w.found("lobby", chat.Query{}); got != strings.Join(want, " | ") {
		t.Errorf("found %q, want %q", got, want)
	}
}

// changes are those of a store's health.
type changes chan bool

func watchChanges(o *Options) changes {
	c := make(changes, 64)
	o.Changed = func(ok bool, _ string) { c <- ok }
	return c
}

// next waits until the store is, or is not, well.
func (c changes) next(t *testing.T, want bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case ok := <-c:
			if ok == want {
				return
			}
		case <-late:
			t.Fatalf("the store did not change to well=%v", want)
		}
	}
}

// The external server ends, and comes back, while the store is in use.
func TestExternalServerRestarts(t *testing.T) {
	ns := startServer(t)
	w := &world{t: t, url: ns.url(), limits: big, o: Options{Holder: "a test"}}
	health := watchChanges(&w.o)
	w.open()
	t.Cleanup(w.close)
	w.say("lobby", "a")
	w.flush()
	ns.kill()
	b, err := w.store.meta.Put(t.Context(), "x", nil, 0, 0)
	if chat.ErrorCode(err) != chat.Unavailable {
		t.Errorf("put: %d, %v", b, err)
	}
	health.next(t, false)
	w.say("lobby", "b")
	ns.start()
	health.next(t, true)
	w.say("lobby", "c")
	w.flush()
	w.close()
	w.open()
	if got := w.found("lobby", chat.Query{}); got != "a | b | c" {
		t.Errorf("found %q", got)
	}
}

// One server works on a store; another is told who.
func TestLease(t *testing.T) {
	ns := startServer(t)
	first := &world{t: t, url: ns.url(), limits: big, o: Options{Holder: "alpha (pid 1)"}}
	first.open()
	t.Cleanup(first.close)
	second := &world{t: t, url: ns.url(), limits: big, o: Options{Holder: "beta (pid 2)"}}
	began := time.Now()
	err := second.tryOpen()
	h, ok := errors.AsType[*HeldError](err)
	if !ok || h.Holder != "alpha (pid 1)" || chat.ErrorCode(err) != chat.Conflict || !strings.Contains(err.Error(), "alpha (pid 1)") {
		t.Fatalf("the second gets %v", err)
	}
	if took := time.Since(began); took > leaseTime {
		t.Errorf("which took %v", took)
	}
	second.drop()
	first.close() // gives it back
	began = time.Now()
	second.open()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("to open a free store took %v", took)
	}
	// One that is gone without a word holds it no longer than the lease lasts.
	second.store.stop()
	second.store.done.Wait()
	began = time.Now()
	first.open()
	t.Logf("the lease of a server that was killed was waited for %v", time.Since(began))
	if took := time.Since(began); took > 2*leaseTime {
		t.Errorf("to open a store after a crash took %v", took)
	}
	second.log, second.store = nil, nil
	second.drop()
}

// A server that has lost its lease to another one stops writing and says so.
func TestLostLease(t *testing.T) {
	w := &world{t: t, dir: t.TempDir(), limits: big, o: Options{Holder: "alpha"}}
	health := watchChanges(&w.o)
	w.open()
	t.Cleanup(w.close)
	ctx := context.Background()
	r, err := w.store.meta.Get(ctx, leaseKey)
	if err != nil {
		t.Fatal(err)
	}
	for { // a renewal may come between
		if _, err := w.store.meta.Put(ctx, leaseKey, newClaim("beta"), r.Rev, time.Hour); err == nil {
			break
		}
		if r, err = w.store.meta.Get(ctx, leaseKey); err != nil {
			t.Fatal(err)
		}
	}
	health.next(t, false)
	if ok, reason := w.store.Health(); ok || !strings.Contains(reason, "beta") {
		t.Errorf("Health is %v, %q", ok, reason)
	}
	if _, err := w.store.meta.Put(ctx, "x", nil, 0, 0); chat.ErrorCode(err) != chat.Unavailable {
		t.Errorf("put: %v", err)
	}
	w.drop()
	w.o.Holder = ""
	w.open()
}
