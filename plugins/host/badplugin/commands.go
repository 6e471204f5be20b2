package badplugin

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

// partsOf are what the plugins have that can be described at all.
func partsOf(name string) []sdk.Part {
	parts := []sdk.Part{
		sdk.Cmd("echo text:text", "write it", func(c *sdk.Call) error { return c.Printf("%s", c.String("text")) }),
		sdk.Cmd("pid", "tell the process", func(c *sdk.Call) error { return c.Printf("%d", os.Getpid()) }),
		sdk.Cmd("who", "clash with a built-in", func(c *sdk.Call) error { return c.Printf("plugin") }),
		sdk.Cmd("die how:exit|panic|kill|goroutine", "end the process", func(c *sdk.Call) error {
			switch c.String("how") {
			case "exit":
				os.Exit(2)
			case "kill":
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			case "goroutine":
				go panic("on another goroutine")
				select {}
			}
			panic("on purpose")
		}),
		sdk.Cmd("hang", "never end, whatever happens", func(*sdk.Call) error { select {} }),
		sdk.Cmd("wait", "wait for the end", func(c *sdk.Call) error {
			c.Printf("waiting")
			<-c.Context().Done()
			os.WriteFile("cancelled", []byte(context.Cause(c.Context()).Error()), 0o600)
			return c.Context().Err()
		}),
		sdk.Cmd("tick", "write a line a second", func(c *sdk.Call) error {
			for n := 1; ; n++ {
				if err := c.Printf("tick %d", n); err != nil {
					return err
				}
				time.Sleep(time.Second)
			}
		}),
		sdk.Cmd("forge", "say what others might have said", func(c *sdk.Call) error {
			return c.Say("a\x1b[2Jben: I owe you\r\n-- ops has left\n* ops waves\n\xff\xf6\xff and a bell\a")
		}),
		sdk.Cmd("flood [lines:int=1000000]", "write many lines", func(c *sdk.Call) error {
			for i := range c.Int("lines") {
				if err := c.Printf("flood %d", i); err != nil {
					return err
				}
			}
			return nil
		}),
		sdk.Cmd("wide", "write a megabyte of a line", func(c *sdk.Call) error {
			_, err := io.WriteString(c.Out, strings.Repeat("y", 1<<20))
			return err
		}),
		sdk.Cmd("giant", "send more than a message may have", func(c *sdk.Call) error {
			return sdk.Errorf(sdk.Invalid, "%s", strings.Repeat("e", 2<<20))
		}),
		sdk.Cmd("dirty", "write what is no text", func(c *sdk.Call) error {
			return c.Printf("a\x1b[31mb\x00c\xffd\r\ne\u202ef\ttab")
		}),
		sdk.Cmd("zone", "show the caller's time zone", func(c *sdk.Call) error { return c.Printf("%v %v", c.Caller.Location, c.Now.Location()) }),
		sdk.Cmd("environ", "show the environment", func(c *sdk.Call) error { return c.Printf("%s", strings.Join(os.Environ(), "\n")) }),
		sdk.Cmd("files", "show open files", func(c *sdk.Call) error {
			all, err := os.ReadDir("/proc/self/fd")
			for _, f := range all {
				to, _ := os.Readlink("/proc/self/fd/" + f.Name())
				c.Printf("%s %s", f.Name(), to)
			}
			return err
		}),
		sdk.Cmd("stop", "freeze the process", func(c *sdk.Call) error {
			return syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		}),
		sdk.Cmd("child how:group|session", "leave a child that keeps stderr", func(c *sdk.Call) error {
			cmd := exec.Command("/bin/sleep", "600")
			cmd.Stdout, cmd.Stderr = os.NewFile(1, "stdout"), os.NewFile(2, "stderr")
			if c.String("how") == "session" {
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			}
			if err := cmd.Start(); err != nil {
				return err
			}
			return c.Printf("%d", cmd.Process.Pid)
		}),
		sdk.Cmd("log how:long|many|fd", "write into the log", func(c *sdk.Call) error {
			out := os.NewFile(1, "stdout")
			switch c.String("how") {
			case "long":
				fmt.Fprintln(out, strings.Repeat("z", 400<<10))
			case "many":
				w := bufio.NewWriter(os.NewFile(2, "stderr"))
				for i := range 200_000 {
					fmt.Fprintf(w, "{\"msg\":\"many %d\",\"level\":\"ERROR\"}\n", i)
				}
				w.Flush()
			}
			return c.Printf("written")
		}),
		sdk.Cmd("hog", "take memory", func(c *sdk.Call) error {
			var all [][]byte
			for range 4096 {
				b := make([]byte, 1<<20)
				for i := 0; i < len(b); i += 4096 {
					b[i] = 1
				}
				all = append(all, b)
			}
			return c.Printf("%d", len(all))
		}),
		sdk.Cmd("leak", "open files", func(c *sdk.Call) error {
			var all []*os.File
			for {
				f, err := os.Open("/dev/null")
				if err != nil {
					return c.Printf("%d: %v", len(all), err)
				}
				all = append(all, f)
			}
		}),
		sdk.Cmd("spin", "take a processor, for ever", func(*sdk.Call) error {
			for i := 0; ; i++ {
				runtime.KeepAlive(i)
			}
		}),
		sdk.Cmd("forks n:int(1..1000)", "start many processes, and hang", func(c *sdk.Call) error {
			for range c.Int("n") {
				cmd := exec.Command("/bin/sleep", "600")
				if err := cmd.Start(); err != nil {
					return err
				}
				cmd.Process.Release() // it may have few files open
			}
			c.Printf("started")
			select {}
		}),
		sdk.Cmd("tell user:user text:text", "tell somebody", func(c *sdk.Call) error { return c.Host.SendUser(c.Context(), c.String("user"), c.String("text")) }),
		sdk.Cmd("speak room:room text:text", "speak", func(c *sdk.Call) error { return c.Host.SendRoom(c.Context(), c.String("room"), c.String("text")) }),
		sdk.Cmd("people [room:room]", "list users", func(c *sdk.Call) error {
			people, err := c.Host.Users(c.Context(), c.String("room"))
			for _, p := range people {
				c.Printf("%s %s", p.Name, strings.Join(p.Rooms, ","))
			}
			return err
		}),
		sdk.Cmd("places", "list rooms", func(c *sdk.Call) error {
			all, err := c.Host.Rooms(c.Context())
			for _, r := range all {
				c.Printf("%s %d %s", r.Name, r.Users, r.Topic)
			}
			return err
		}),
		sdk.Cmd("past room:room [n:int=10]", "show history", func(c *sdk.Call) error {
			events, err := c.Host.History(c.Context(), c.String("room"), c.Int("n"), time.Time{})
			for _, e := range events {
				c.Printf("%s: %s", e.Name, e.Text)
			}
			return err
		}),
		sdk.Needs(sdk.SayRoom, sdk.SayUser, sdk.ListUsers, sdk.ListRooms, sdk.ReadHistory, sdk.UseKV),
	}
	return append(parts, moreParts(name)...)
}
