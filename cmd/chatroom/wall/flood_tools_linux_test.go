package wall_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A process is a process of this machine, looked at from outside by its id.
type process int

func processOf(s *programtest.Server) process { return process(s.Cmd.Process.Pid) }

func (p process) file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// resident is the memory that it holds, in bytes, and peak the most that it ever
// held.
func (p process) resident(t *testing.T) int64 { return p.memory(t, "VmRSS:") }
func (p process) peak(t *testing.T) int64     { return p.memory(t, "VmHWM:") }

func (p process) memory(t *testing.T, what string) int64 {
	t.Helper()
	_, rest, _ := strings.Cut(p.file(t, "status"), what)
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}

// cpu is the time that it has computed.
func (p process) cpu(t *testing.T) time.Duration {
	t.Helper()
	stat := p.file(t, "stat")
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // see proc_pid_stat(5); the first is the third
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond // USER_HZ is 100
}

// descriptors is how many it has open.
func (p process) descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// withOperator is a config's table that makes ops an operator.
const withOperator = "[roles]\noperator = [\"ops\"]\n"

// withLimits is a config's table of limits with these, and those of connections
// off.
func withLimits(lines string) string {
	return "[limits]\nsessions_per_source = 0\nconnects_per_minute = 0\npenalty = \"0s\"\nlogins_per_source = 0\n" + lines
}

// figures are what stats shows to an operator, by name: of a value the number that
// it begins with, of a size the bytes, of sessions those now and those in all.
func figures(t *testing.T, ops *chattest.Client) map[string]float64 {
	t.Helper()
	ops.Send("/stats --json")
	ops.Send("/echo that was all")
	all := map[string]float64{}
	for line := ""; line != "that was all"; {
		line = ops.Next()
		var stat struct {
			Type, Name, Value string
			Bytes             float64
		}
		if json.Unmarshal([]byte(line), &stat) != nil || stat.Type != "stat" {
			continue // what others say meanwhile
		}
		if stat.Name == "sessions" {
			var now, ever, cut float64
			if _, err := fmt.Sscanf(stat.Value, "%f now, %f in all, %f cut", &now, &ever, &cut); err != nil {
				t.Fatalf("sessions are %q: %v", stat.Value, err)
			}
			all["sessions"], all["sessions in all"] = now, ever
			continue
		}
		all[stat.Name] = stat.Bytes
		if stat.Bytes == 0 {
			number, _, _ := strings.Cut(stat.Value, " ")
			all[stat.Name], _ = strconv.ParseFloat(number, 64)
		}
	}
	for _, name := range []string{"goroutines", "heap alive", "collections", "descriptors"} {
		if all[name] == 0 {
			t.Fatalf("stats has no figure %q: %v", name, all)
		}
	}
	return all
}

// collected are the figures after the server has collected its garbage twice, the
// second time all of it. To check a password takes 19 MiB for a moment, which makes
// a collection due.
func collected(t *testing.T, s *programtest.Server, ops *chattest.Client) map[string]float64 {
	t.Helper()
	first := figures(t, ops)
	for deadline := time.Now().Add(chattest.Timeout); ; {
		c := s.Dial("collector")
		c.Expect("Log in with")
		c.Send(fmt.Sprintf("login nobody-knows %q", programtest.Password))
		c.Next()
		c.Send("quit")
		c.ExpectClosed()
		now := figures(t, ops)
		if now["collections"] >= first["collections"]+2 {
			return now
		}
		if time.Now().After(deadline) {
			t.Fatalf("no two collections within %v", chattest.Timeout)
		}
	}
}

// settled are collected figures when the server has seen the end of all who have
// left: once only ops is there, and no more goroutines and descriptors are than
// before. That may be nil.
func settled(t *testing.T, s *programtest.Server, ops *chattest.Client, before map[string]float64) (now map[string]float64) {
	t.Helper()
	for deadline := time.Now().Add(chattest.Timeout); time.Now().Before(deadline); {
		now = collected(t, s, ops)
		if now["sessions"] == 1 && (before == nil || now["goroutines"] <= before["goroutines"] && now["descriptors"] <= before["descriptors"]) {
			break
		}
	}
	return now
}

// dialFrom connects from an address of this machine, which has all of 127.0.0.0/8.
func dialFrom(t *testing.T, s *programtest.Server, source string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}, Timeout: chattest.Timeout}
	conn, err := d.Dial("tcp", s.Addrs[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// clientFrom is a client that comes from that address.
func clientFrom(t *testing.T, s *programtest.Server, source, name string) *chattest.Client {
	t.Helper()
	c := chattest.New(t, dialFrom(t, s, source))
	c.Name = name
	return c
}

// guestFrom is a guest who comes from that address; all is read.
func guestFrom(t *testing.T, s *programtest.Server, source, name string) *chattest.Client {
	t.Helper()
	c := clientFrom(t, s, source, name)
	c.Send("login " + name)
	programtest.Skip(c)
	return c
}

// source is the n-th of many addresses in a network of loopback.
func source(network byte, n int) string {
	return fmt.Sprintf("127.%d.%d.%d", network, n/250, 1+n%250)
}

// A pulse is two people who talk to each other, to see whether they notice what
// goes on.
type pulse struct {
	ann, bob *chattest.Client
	beats    int
	worst    time.Duration
}

// beat has ann say a line that bob must see.
func (p *pulse) beat() {
	p.beats++
	line := fmt.Sprintf("beat %d", p.beats)
	began := time.Now()
	p.ann.Send("say " + line)
	p.bob.Expect("ann: " + line)
	p.ann.Expect("ann: " + line)
	p.worst = max(p.worst, time.Since(began))
}
