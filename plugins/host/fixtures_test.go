package host

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// runFixture is the main function of the plugins that the tests run: good ones,
// and some that are bad in every way that we know.
func runFixture(name string) {
	switch base, _, _ := strings.Cut(name, "-"); base {
	case "exit":
		fmt.Fprintln(os.Stderr, "out of luck")
		os.Exit(1)
	case "silent":
		select {}
	case "garbage":
		fmt.Println(strings.Repeat("blah\n", 200))
		select {}
	case "longline":
		line := strings.Repeat("x", 10<<20)
		fmt.Println(line)
		fmt.Fprintln(os.Stderr, line)
		select {}
	case "oldversion":
		fmt.Printf("1|9|unix|%s/x|grpc\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"))
		select {}
	case "elsewhere":
		fmt.Println("1|1|unix|/tmp/elsewhere|grpc")
		select {}
	case "mute": // says that it is ready, and is not
		fmt.Printf("1|1|unix|%s/x|grpc|%s\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), strings.Repeat("A", 64))
		select {}
	case "plain": // serves no TLS
		fmt.Printf("1|1|unix|%s/x|grpc\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"))
		select {}
	case "noisy":
		for i := range 40 {
			fmt.Println("noise", i)
		}
	case "hostile": // go-plugin's own reader of stderr panics on this
		fmt.Fprintln(os.Stderr, `{"@message":1}`)
		fmt.Fprintln(os.Stderr, `{"msg":"forged","level":"ERROR","time":"1970-01-01T00:00:00Z","plugin":"another"}`)
	case "raw":
		serveRaw()
		return
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case "crashing":
		time.AfterFunc(200*time.Millisecond, func() { os.Exit(3) })
	}
	sdk.Serve("fixture", "1.0.0", fixtureParts(name)...)
}

// fixtureParts are what the plugins have that can be described at all.
func fixtureParts(name string) []sdk.Part {
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

// tally tells which processes of the host's are there: those with its sockets in
// their environment.
func tally(w *world) (pids []string) {
	want := []byte("PLUGIN_UNIX_SOCKET_DIR=" + w.host.options.Sockets)
	all, _ := os.ReadDir("/proc")
	for _, e := range all {
		env, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err == nil && strings.Contains(string(env), string(want)) {
			pids = append(pids, e.Name())
		}
	}
	return pids
}

// A raw plugin is made without the kit, and not well.
type raw struct {
	goplugin.NetRPCUnsupportedPlugin
	pluginpb.UnimplementedPluginServer
}

func serveRaw() {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{MagicCookieKey: pluginpb.CookieKey, MagicCookieValue: pluginpb.CookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{pluginpb.Major: {pluginpb.Service: &raw{}}},
		GRPCServer:       goplugin.DefaultGRPCServer, // without bounds
		Logger:           hclog.NewNullLogger(),
	})
}

func (r *raw) GRPCServer(_ *goplugin.GRPCBroker, s *grpc.Server) error {
	pluginpb.RegisterPluginServer(s, r)
	return nil
}

func (*raw) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, nil
}

func (*raw) Describe(context.Context, *pluginpb.DescribeRequest) (*pluginpb.Manifest, error) {
	m := &pluginpb.Manifest{Name: "raw"}
	for _, name := range []string{"giant", "noexit", "wrong", "secret", "status", "absent", "endless", "progress"} {
		m.Commands = append(m.Commands, &pluginpb.Command{Name: name, Summary: name})
	}
	return m, nil
}

func (*raw) Run(stream pluginpb.Plugin_RunServer) error {
	in, err := stream.Recv()
	if err != nil {
		return err
	}
	out := func(s string) error { return stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Out{Out: s}}) }
	switch in.GetStart().GetCommand() {
	case "giant":
		return out(strings.Repeat("g", 64<<20))
	case "noexit":
		return nil
	case "wrong":
		return status.Error(codes.NotFound, "There is no\x1b such thing.")
	case "secret":
		return status.Error(codes.Internal, "the password is hunter2")
	case "status":
		return stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Exit{Exit: &pluginpb.Exit{Status: 7, Code: "conflict"}}})
	case "absent":
		return status.Error(codes.Unimplemented, "absent")
	case "endless":
		for {
			if err := out("more\n"); err != nil {
				return err
			}
		}
	case "progress":
		stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Progress{Progress: &pluginpb.Progress{Note: "halfway", Fraction: 0.5}}})
		stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Err{Err: "careful"}})
		return stream.Send(&pluginpb.RunOut{Msg: &pluginpb.RunOut_Exit{Exit: &pluginpb.Exit{}}})
	}
	return nil
}

// moreParts are what single plugins have besides.
func moreParts(name string) []sdk.Part {
	switch base, _, _ := strings.Cut(name, "-"); base {
	case "filter":
		return []sdk.Part{sdk.Filter(sdk.Selection{Match: "(?i)bad|slow|old|hide|die"}, func(ctx context.Context, m *sdk.Message) sdk.Verdict {
			switch {
			case strings.Contains(m.Text, "bad"):
				return sdk.Reject("That is no nice word.")
			case strings.Contains(m.Text, "slow"):
				<-ctx.Done()
				return sdk.Allow()
			case strings.Contains(m.Text, "old"):
				return sdk.Replace(strings.ReplaceAll(m.Text, "old", "new"))
			case strings.Contains(m.Text, "hide"):
				return sdk.Drop()
			}
			panic("a bad filter")
		})}
	case "second":
		return []sdk.Part{sdk.Filter(sdk.Selection{Match: "new"}, func(_ context.Context, m *sdk.Message) sdk.Verdict {
			return sdk.Replace(m.Text + "!")
		})}
	case "private":
		return []sdk.Part{sdk.Filter(sdk.Selection{Kinds: []string{sdk.Private}}, func(_ context.Context, m *sdk.Message) sdk.Verdict {
			return sdk.Replace(m.Text + " (read)")
		})}
	case "events":
		return []sdk.Part{sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Say, sdk.Emote, sdk.Join, sdk.Leave, sdk.Rename, sdk.TopicSet}}, func(ctx context.Context, h *sdk.Host, e sdk.Event) error {
			p, err := json.Marshal(e)
			if err == nil {
				fmt.Fprintf(os.NewFile(1, "stdout"), "event %s\n", p)
			}
			return err
		})}
	case "echoing":
		return []sdk.Part{sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Say}, Match: "ping"}, func(ctx context.Context, h *sdk.Host, e sdk.Event) error {
			return h.SendRoom(ctx, e.Room, "ping "+e.Name)
		})}
	case "deaf":
		return []sdk.Part{sdk.OnEvent(sdk.Selection{Kinds: []string{sdk.Say}}, func(context.Context, *sdk.Host, sdk.Event) error { select {} })}
	case "keeper":
		return []sdk.Part{
			sdk.Cmd("put key value [version:int=0] [--ttl:duration]", "keep a value", func(c *sdk.Call) error {
				v, err := c.Host.KV().Put(c.Context(), c.String("key"), []byte(c.String("value")), uint64(c.Int("version")), c.Duration("ttl"))
				if err != nil {
					return err
				}
				return c.Printf("%d", v)
			}),
			sdk.Cmd("big key size:int", "keep so many bytes", func(c *sdk.Call) error {
				_, err := c.Host.KV().Put(c.Context(), c.String("key"), make([]byte, c.Int("size")), 0, 0)
				return err
			}),
			sdk.Cmd("get key", "show a value", func(c *sdk.Call) error {
				e, err := c.Host.KV().Get(c.Context(), c.String("key"))
				if err != nil {
					return err
				}
				return c.Printf("%s %d", e.Value, e.Version)
			}),
			sdk.Cmd("del key [version:int=0]", "forget a value", func(c *sdk.Call) error {
				return c.Host.KV().Delete(c.Context(), c.String("key"), uint64(c.Int("version")))
			}),
			sdk.Cmd("list [prefix]", "show all values", func(c *sdk.Call) error {
				all, err := c.Host.KV().List(c.Context(), c.String("prefix"))
				for _, e := range all {
					c.Printf("%s=%s", e.Key, e.Value)
				}
				return err
			}),
		}
	case "config":
		type config struct {
			Word string `config:",required"`
		}
		return []sdk.Part{sdk.Config(config{}, func(cfg config) ([]sdk.Part, error) {
			return []sdk.Part{sdk.Cmd(cfg.Word, "a command of the config", func(c *sdk.Call) error { return c.Printf("configured") })}, nil
		})}
	}
	count := sdk.Cmd("count", "count lines", func(c *sdk.Call) error {
		n := 0
		for range c.Lines() {
			n++
		}
		return c.Printf("%d lines", n)
	})
	count.ReadsInput = true
	first := sdk.Cmd("first", "show the first line", func(c *sdk.Call) error {
		for l := range c.Lines() {
			return c.Printf("%s", l)
		}
		return sdk.Errorf(sdk.NotFound, "There is no line.")
	})
	first.Filter, first.ReadsInput = true, true
	sub := sdk.Command{Name: "sub", Summary: "has sub-commands", Subs: []sdk.Command{
		sdk.Cmd("one n:int(1..3)", "one of them", func(c *sdk.Call) error { return c.Printf("%s %s %d", c.Name, c.Sub, c.Int("n")) }),
		sdk.Cmd("two", "the other", func(c *sdk.Call) error { return sdk.Usagef("Not like that.") }),
	}}
	say := sdk.Cmd("loud text:text", "say it in the room", func(c *sdk.Call) error { return c.Say("%s", strings.ToUpper(c.String("text"))) })
	patient := sdk.Cmd("patient", "take long", func(c *sdk.Call) error { <-c.Context().Done(); return nil })
	patient.Timeout = 700 * time.Millisecond
	op := sdk.Cmd("op", "for operators", func(c *sdk.Call) error { return c.Printf("ok") })
	op.Role = "operator"
	pick := sdk.Cmd("pick colour", "choose", func(c *sdk.Call) error { return c.Printf("%s", c.String("colour")) })
	pick.Args[0].Complete = func(c *sdk.Call, prefix string) []sdk.Choice {
		return []sdk.Choice{{Value: "red", Help: "for " + c.Caller.Name}, {Value: "rose"}, {Value: "blue"}}
	}
	return []sdk.Part{count, first, sub, say, patient, op, pick}
}
