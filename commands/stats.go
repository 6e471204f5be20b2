package commands

import (
	"context"
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
loops did. uptime shows everyone the first of these.
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
			{"up", span(time.Since(d.Started))},
			{"people", strconv.Itoa(users)},
			{"rooms", strconv.Itoa(rooms)},
			{"messages", strconv.FormatUint(posts, 10)},
		}, process(), own)
		var t table
		for _, s := range all {
			if !c.JSON {
				t.row(s.Name, s.Value)
			} else if err := c.Object(statObject{"stat", s.Name, s.Value}); err != nil {
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
		{Name: "/memory/classes/total:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	n := func(i int) uint64 { return samples[i].Value.Uint64() }
	return []Stat{
		{"goroutines", strconv.FormatUint(n(0), 10)},
		{"heap in use", size(n(1))},
		{"memory in all", size(n(2))},
		{"collections", strconv.FormatUint(n(3), 10)},
	}
}
