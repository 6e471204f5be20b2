package wall_test

import (
	"slices"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
)

// BenchmarkRoll is the command roll of the plugin dice through the whole server, from
// a line typed to the line read, beside the built-in echo.
func BenchmarkRoll(b *testing.B) {
	s := programtest.Start(b, programtest.PluginConfig(b, "dice"))
	s.AwaitPlugin("dice", "ready")
	c, err := dialCaller(s.Addrs[0], "ann")
	if err != nil {
		b.Fatal(err)
	}
	defer c.conn.Close()
	for _, command := range []struct{ name, line string }{{"builtin", "/echo ann rolls 6"}, {"plugin", "/roll"}} {
		b.Run(command.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if err := c.send(command.line); err != nil {
					b.Fatal(err)
				}
				if _, err := c.read(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}
