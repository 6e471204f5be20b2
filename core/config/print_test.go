package config

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestPrint(t *testing.T) {
	l := load(t, "[server]\nmotd = \"Tea\\nat 5\"\n[[listen]]\naddr = \":0\"\n[[listen]]\naddr = \"[::1]:23\"\ntelnet = false\n",
		"CHATROOM_LIMITS_OUTBOX=1048576", "CHATROOM_ROLES_ADMIN=ann,bob")
	var b strings.Builder
	if err := l.Print(&b); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(b.String(), l.Path, "test.toml")
	for _, want := range []string{
		`# config file test.toml

[server]
name = "ChatRoom"                   # default
motd = "Tea\nat 5"                  # file test.toml:2
drain = "10s"                       # default
io = "auto"                         # default

[[listen]]                          # file test.toml:3
addr = ":0"
telnet = true

[[listen]]                          # file test.toml:3
addr = "[::1]:23"
telnet = false

[shell]
mode = "auto"                       # default
`, `
grace = "1m"                        # default
guest_idle = "30m"                  # default
`, `
machine_burst = 40                  # default
machine_per_second = 10.0           # default
aliases = 50                        # default
jobs = 10                           # default
outbox = "1MiB"                     # env CHATROOM_LIMITS_OUTBOX
stall = "10s"                       # default
`, `
moderator = []                      # default
operator = []                       # default
admin = ["ann", "bob"]              # env CHATROOM_ROLES_ADMIN
`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("printed:\n%s\nbut wanted in it:\n%s", got, want)
		}
	}
}

func TestPrintLoadsAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	odd := Default()
	odd.Server.Name = "\"O'Neil\" \\ 日本 \u202e \U000E0001 x"
	odd.Server.MOTD = "a\r\nb\tc\n\U0001F468\u200D\U0001F469"
	odd.Login.Grace = 1*time.Hour + 5*time.Second + 250*time.Millisecond
	odd.Login.GuestIdle = 90 * time.Minute
	odd.Limits.Outbox = 16*KiB + 1
	odd.Limits.LinesPerSecond = 1.0 / 3
	odd.History.Memory = 0
	odd.Room = []Room{{Name: "a", Topic: `"`, Private: true, Role: RoleAdmin, Moderators: []string{"日本"}}}
	odd.Store.Dir = `C:\chat "room"`
	for name, want := range map[string]Config{"default": Default(), "other": fileConfig(), "odd": odd} {
		var b strings.Builder
		l := &Loaded{Config: want, Path: "a\nb"}
		if err := l.Print(&b); err != nil {
			t.Fatal(err)
		}
		want.Store.URL = "" // is not printed
		if got := load(t, b.String()).Config; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: printed\n%s\nbut loaded %+v", name, b.String(), got)
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }

var errBroken = errors.New("broken")

func TestPrintFails(t *testing.T) {
	if err := (&Loaded{Config: Default()}).Print(brokenPipe{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "# nothing", "[log]\nlevel='debug'", "[[listen]]\naddr=':1'\n[[listen]]\naddr=':2'", "listen=[{addr=':1'}]",
		"[Log]", "\"log.level\"=1", "[limits]\noutbox='1MiB'\nstall='1h'\nlines_per_second=1e3", "[roles]\nadmin=['ann',\n'日本']",
		"server={name='x',drain='1s'}", "[[room]]\nname='a'\nkey='k'\nmoderators=['ann']", "[store]\nurl='nats://a:b@c:1'", "[rights]\nban='admin'", "[[plugin]]\nname='a'\npath='b'\nenv=['K=V']\n[plugin.commands]\nroll='r'\n[plugin.limits]\nfiles=99\n[plugin.config.X]\n'a b'=1e3\n[[plugin.config.l]]\nT=1979-05-27\n[[rule]]\ncommand='r'\nrooms=['a']", "room=[{name='a',role='user'},{name='b'}]", "[server]\nmotd='''\na\n'''", "a=[[[[", "[listen.x]", "server.name.x=1", "[[server]]", "\xef\xbb\xbf[log]\r\n",
	} {
		f.Add([]byte(seed))
	}
	shipped, err := os.ReadFile(shippedFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped)
	f.Fuzz(func(t *testing.T, content []byte) {
		name := write(t, string(content))
		l, err := Load(Source{File: name})
		if err != nil {
			if l != nil {
				t.Error("a config beside an error")
			}
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Errorf("the error is a %T", err)
			}
			for _, r := range err.Error() {
				if r < ' ' && r != '\n' || r == 0x7f {
					t.Errorf("the error has the control character %U: %q", r, err)
				}
			}
			return
		}
		if err := l.Config.Validate(); err != nil {
			t.Errorf("loaded an invalid config: %v", err)
		}
		var b bytes.Buffer
		if err := l.Print(&b); err != nil {
			t.Fatal(err)
		}
		again, err := Load(Source{File: write(t, b.String())})
		if err != nil {
			t.Fatalf("does not load what it printed: %v\n%s", err, b.String())
		}
		for i := range l.Config.Room {
			l.Config.Room[i].Key = "" // is not printed
		}
		for i := range l.Config.Plugin {
			p := &l.Config.Plugin[i]
			p.Config, p.Env = Free{}, []Secret{} // likewise
		}
		l.Config.Store.URL = ""
		if changes := Diff(&l.Config, &again.Config); changes != nil {
			t.Errorf("printed and loaded again it differs: %v", changes)
		}
	})
}
