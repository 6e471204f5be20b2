package wall_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Nobody notices that a plugin is exchanged, however often and however many use it.
func TestPluginReloadUnderLoad(t *testing.T) {
	callers, reloads := 40, 10
	if *full {
		callers, reloads = 200, 50
	}
	w := newWard(t, "", badPlugin(t, "good", "limits.running = 200"))
	first := w.await("good", "ready")
	all := make([]*caller, callers)
	for i := range all {
		c, err := dialCaller(w.Addrs[0], fmt.Sprintf("caller%d", i))
		if c != nil {
			defer c.conn.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		all[i] = c
	}
	stop := make(chan struct{})
	var calling sync.WaitGroup
	for _, c := range all {
		calling.Go(func() {
			if err := c.call("/good:echo", stop); err != nil {
				t.Error(err)
			}
		})
	}
	for range reloads {
		w.wantsOf(w.ops, "/plugin reload good", "-- good runs its program as it is now")
		w.chats()
	}
	close(stop)
	calling.Wait()
	var took []time.Duration
	refused := 0
	for _, c := range all {
		if len(c.took) == 0 {
			t.Errorf("%s was never served", c.name)
		}
		took = append(took, c.took...)
		refused += c.refused
		if err := c.send("quit"); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(took)
	if len(took) > 0 {
		t.Logf("figure: %d sessions, %d reloads, %d calls answered, %d told that it is being switched off; p50 %v, p99 %v, longest %v",
			callers, reloads, len(took), refused, took[len(took)/2], took[len(took)*99/100], took[len(took)-1])
	}
	last := w.await("good", "ready")
	if last.PID == first.PID || last.Calls < uint64(len(took)) || last.Failures != 0 {
		t.Errorf("it was %+v, and is %+v after %d calls", first, last, len(took))
	}
	w.until("only the last process is there", func() bool { return slices.Equal(w.processes("good"), []int{last.PID}) })
	w.until("the callers have left", func() bool { return figures(t, w.ops)["sessions"] == 3 })
	w.close()
}

// Who reloads a plugin from the machine waits for as long as its start may take.
func TestPluginReloadTakesLong(t *testing.T) {
	t.Parallel()
	name := "late-2"
	if *full {
		name = "late-12" // longer than any other request to the server
	}
	w := newWard(t, "[plugins]\nstart = \"40s\"\n", badPlugin(t, name))
	before := w.await(name, "ready").PID
	if out := w.Must("plugin", "reload", name); !strings.Contains(out, name+" is reloaded") {
		t.Errorf("plugin reload: %s", out)
	}
	if now := w.look(name); now.State != "ready" || now.PID == before {
		t.Errorf("it is %+v", now)
	}
	w.close()
}
