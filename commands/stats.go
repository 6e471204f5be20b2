package commands

import (
	"context"
	"os"
	"runtime/metrics"
	"slices"
	"strconv"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/command"
)

func (d *Deps) stats() command.Command {
	return command.New(command.Spec{
		Name: "stats", Group: groupServer, Role: d.least(account.CanSeeStats), Records: true, Blocking: true, Cost: costList,
		Summary: "show the server's figures",
		Help: `
Shows how long the server has been up, who and what it holds, what was said in
the rooms that there are, what it takes of the machine, and what its event
loops did. The heap that is alive is what was left of it when it was collected
last: a server that grows shows it there. uptime shows everyone the first of
these.
`,
		Examples: []string{"stats"},
	}, func(ctx context.Context, c *command.Call) error {
		own, err := d.Stats(ctx)
		if err != nil {
			return err
		}
		users, rooms := d.Hub.Count()
		var posts uint64
		for _, r := range d.Hub.Rooms() {
			posts += r.Stats().Posts
		}
		all := slices.Concat([]Stat{
			{Name: "up", Value: span(time.Since(d.Started))},
			counted("people", uint64(users)),
			counted("rooms", uint64(rooms)),
			counted("messages", posts),
		}, process(), own)
		var t table
		for _, s := range all {
			if !c.JSON {
				t.row(s.Name, s.Value)
			} else if err := c.Object(statObject{"stat", s.Name, s.Value, s.Bytes}); err != nil {
				return err
			}
		}
		return t.write(c.Out, 0)
	})
}

// process is what the server takes of the machine.
func process() []Stat {
	samples := []metrics.Sample{
		{Name: "/sched/goroutines:goroutines"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	n := func(i int) uint64 { return samples[i].Value.Uint64() }
	all := []Stat{
		counted("goroutines", n(0)),
		sized("heap in use", n(1)),
		sized("heap alive", n(2)), // when it was collected last, so without garbage
		sized("memory in all", n(3)),
		counted("collections", n(4)),
	}
	if open, err := descriptors(); err == nil { // some systems don't tell
		all = append(all, counted("descriptors", uint64(open)))
	}
	return all
}

// descriptors is how many the process has open.
func descriptors() (int, error) {
	dir, err := os.Open("/dev/fd")
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	return len(names) - 1, err // dir is one itself
}

func counted(name string, n uint64) Stat { return Stat{Name: name, Value: strconv.FormatUint(n, 10)} }

func sized(name string, n uint64) Stat { return Stat{Name: name, Value: size(n), Bytes: n} }
