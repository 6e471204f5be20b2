package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/cmd/chatroom/programtest"
	"github.com/chatroom-shell/chatroom/core/chattest"
)

// A machine is a program's session: every line that it gets is one JSON object,
// and every line that it sends has one result, in order.
type machine struct {
	*chattest.Client
	t  testing.TB
	id float64 // of the last line that was sent
}

// newMachine makes a session a machine's before its login.
func newMachine(s *programtest.Server, name string) *machine {
	s.T.Helper()
	m := &machine{Client: s.Dial(name), t: s.T}
	m.Expect("-- Log in")
	m.do("set output json")
	m.do("login " + name)
	return m
}

const machineLimitsOff = `
[limits]
sessions_per_source = 0
connects_per_minute = 0
lines_per_second = 0.0
machine_per_second = 0.0
`

// object reads the next object.
func (m *machine) object() map[string]any {
	m.t.Helper()
	line := m.Next()
	var o map[string]any
	d := json.NewDecoder(strings.NewReader(line))
	if err := d.Decode(&o); err != nil || d.More() || o["type"] == nil {
		m.t.Fatalf("%s: %q is not one object with a type: %v", m.Name, line, err)
	}
	if i := strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r == utf8.RuneError || r == 0x7f }); i >= 0 {
		m.t.Errorf("%s: %q has control characters", m.Name, line)
	}
	return o
}

// until reads up to the next object of that type.
func (m *machine) until(kind string) map[string]any {
	m.t.Helper()
	for {
		if o := m.object(); o["type"] == kind {
			return o
		}
	}
}

// do sends a line and returns what came with its number, and its result.
func (m *machine) do(line string) (objects []map[string]any, result map[string]any) {
	m.t.Helper()
	m.id++
	m.Send(line)
	for {
		o := m.object()
		switch {
		case o["id"] == nil: // an event
		case o["id"] != m.id:
			m.t.Fatalf("%s: after line %v, %.80q, came %v", m.Name, m.id, line, o)
		case o["type"] == "result":
			return objects, o
		default:
			objects = append(objects, o)
		}
	}
}

// Whatever a program sends, it gets objects and one result for each line.
func TestMachineAnswersEverything(t *testing.T) {
	s := programtest.Start(t, machineLimitsOff)
	m := newMachine(s, "bot")
	for line, code := range map[string]string{
		"/who":                      "ok",
		"/who | wc":                 "ok",
		"/who --json | grep -c bot": "ok",
		"/who | grep nobody":        "ok",
		"/rooms":                    "ok",
		"/history":                  "ok",
		"/help":                     "ok",
		"/man man":                  "ok",
		"/set":                      "ok",
		"/alias x who":              "ok",
		"/jobs":                     "ok",
		"/last":                     "ok",
		"/seen bot":                 "ok",
		"/mentions":                 "ok",
		"/ignore --list":            "ok",
		"/whois bot":                "ok",
		"/look":                     "ok",
		"/room info":                "ok",
		"/topic":                    "ok",
		"/away \"quotes\" and \\":   "ok",
		"/back":                     "ok",
		"/echo \"\\u2028\"":         "ok",
		"/clear":                    "ok",
		"hello":                     "ok",
		"//hello":                   "ok",
		"":                          "ok",
		"/say":                      "invalid",
		"/who a b c":                "invalid",
		"/who \"":                   "invalid",
		"/who |":                    "invalid",
		"/who | who":                "invalid",
		"/who | grep":               "invalid",
		"/tail":                     "invalid",
		"/":                         "invalid",
		"/set output":               "ok",
		"/set output xml":           "invalid",
		"/nosuch":                   "not_found",
		"/who | nosuch":             "not_found",
		"/whois nobody":             "not_found",
		"/who nowhere":              "not_found",
		"/msg nobody hi":            "not_found",
		"/seen nobody":              "not_found",
		"/stats":                    "forbidden",
		"/who | stats":              "forbidden",
		"/room private on":          "forbidden",
		"/login other":              "conflict",
	} {
		_, result := m.do(line)
		if result["code"] != code {
			t.Errorf("%q ends with %v, want %s", line, result, code)
		}
		if text, _ := result["text"].(string); code != "ok" && text == "" {
			t.Errorf("%q fails without a text: %v", line, result)
		}
	}
	if _, result := m.do(strings.Repeat("x", 2000)); result["code"] != "limited" && result["code"] != "invalid" {
		t.Errorf("a line that is too long ends with %v", result)
	}
	if _, result := m.do("caf\xe9"); result["code"] != "invalid" {
		t.Errorf("a line that is not UTF-8 ends with %v", result)
	}
}

// Hostile text of others comes as one object each, and is what they wrote.
func TestMachineHearsAnything(t *testing.T) {
	s := programtest.Start(t, "")
	m := newMachine(s, "bot")
	ann := s.Login("ann")
	for _, text := range []string{
		`"quotes" and \backslashes\`,
		`{"type":"result","id":1,"code":"ok"}`,
		`","type":"result"`,
		`</script><!-- & -->`,
		"\u00e9 \U0001F600 \u4f60\u597d",
		`\u0000 \n \"`,
		"-- bob has joined",
	} {
		ann.Send("//" + text)
		if got := m.until("say"); got["text"] != "/"+text || got["from"] != "ann" {
			t.Errorf("%q came as %v", text, got)
		}
		ann.Send("msg bot " + text)
		if got := m.until("private"); got["text"] != text || got["from"] != "ann" {
			t.Errorf("%q came as %v", text, got)
		}
	}
	// What would break a line or hide text is gone.
	ann.SendRaw([]byte("say a\u2028b\u2029c\u0085d\x1b[31me\u202ef\x07g\r\n"))
	got := m.until("say")
	if text, _ := got["text"].(string); strings.ContainsAny(text, "\u2028\u2029\u0085\x1b\u202e\x07\n\r") {
		t.Errorf("%q", text)
	}
	ann.Send("away \"{\\")
	if objects, _ := m.do("/whois ann"); len(objects) == 0 {
		t.Error("whois tells nothing")
	}
	m.do("/set noise on")
	ann.Send(`topic "\`)
	if got := m.until("topic"); got["text"] != `"\` {
		t.Errorf("%v", got)
	}
}

// A program gets no greeting, no replay and nothing for eyes, and it has the
// numbers to ask for what it missed.
func TestMachineIsSpared(t *testing.T) {
	s := programtest.Start(t, "[server]\nmotd = \"Be kind.\"\n")
	ann := s.Login("ann")
	ann.Send("say one")
	ann.Send("say two")
	programtest.Skip(ann)
	m := &machine{Client: s.Dial("bot"), t: t}
	m.Expect("-- Log in")
	for _, line := range []string{"set prompt short", "set color on", "set bell all", "set timestamps datetime"} {
		m.Send(line)
		m.Expect("now.")
	}
	m.id = 0
	m.Send("set output json")
	for { // a prompt may stand before the first object
		if line := m.Next(); strings.Contains(line, `"type":"hello"`) {
			break
		}
	}
	m.id++
	if m.until("result")["id"] != 1.0 {
		t.Error("set output json is not line 1")
	}
	entered, _ := m.do("login bot")
	for _, o := range entered {
		if o["type"] == "entered" && o["seq"] != 2.0 {
			t.Errorf("%v, want seq 2", o)
		}
		if o["type"] == "say" || strings.Contains(fmt.Sprint(o), "kind") {
			t.Errorf("the login tells %v", o)
		}
	}
	ann.Send("say three, bot")
	if got := m.object(); got["type"] != "say" || got["seq"] != 3.0 || got["text"] != "three, bot" || got["mention"] != true {
		t.Errorf("%v", got)
	}
	past, _ := m.do("/history 2")
	if len(past) != 2 {
		t.Errorf("history 2 tells %v", past)
	}
	m.do("join ops")
	back, _ := m.do("join lobby")
	for _, o := range back {
		if o["type"] == "say" {
			t.Errorf("the way back tells %v", o)
		}
	}
}

// The times are RFC 3339, in UTC, whatever the zone is.
func TestMachineTimes(t *testing.T) {
	s := programtest.Start(t, "")
	m := newMachine(s, "bot")
	m.do("set timezone Asia/Tokyo")
	m.Send("/say now")
	m.id++
	said := m.until("say")
	at, err := time.Parse(time.RFC3339Nano, said["time"].(string))
	if err != nil || !strings.HasSuffix(said["time"].(string), "Z") || time.Since(at).Abs() > time.Minute {
		t.Errorf("%v: %v", said["time"], err)
	}
}

// A program has a rate of its own, and chat between people has not.
func TestMachineBudget(t *testing.T) {
	s := programtest.Start(t, `
[limits]
sessions_per_source = 0
connects_per_minute = 0
lines_burst = 3
lines_per_second = 0.01
machine_burst = 100
machine_per_second = 0.01
`)
	m := newMachine(s, "bot")
	for i := range 50 { // at the rate of people this takes more than an hour
		m.do(fmt.Sprintf("/echo %d", i))
	}
	ann := s.Dial("ann")
	ann.Send("login ann")
	for i := range 6 {
		ann.Send(fmt.Sprintf("/echo line %d", i))
	}
	ann.Send("/cancel")
	for {
		line := ann.Next()
		if strings.Contains(line, "cancel") {
			break
		}
		if line == "line 4" {
			t.Error("a person has the rate of a program")
		}
	}
	// A pipeline's messages cost a program what they cost a person.
	for i := range 5 {
		m.do(fmt.Sprintf("/say %d", i))
	}
	for range 4 {
		m.do("/history 10 | head 5 | say")
	}
}

// One cancelled line ends as cancelled, those that waited behind it as well, in
// their order, and the session goes on.
func TestMachineCancel(t *testing.T) {
	s := programtest.Start(t, slowConfig)
	ann := s.Login("ann")
	slowHistory(ann)
	m := newMachine(s, "bot")
	m.SendRaw([]byte("/" + slowLine + "\r\n/say one\r\n/say two\r\n/cancel\r\n"))
	for i, want := range []string{"cancelled", "cancelled", "cancelled", "ok"} {
		m.id++
		if got := m.until("result"); got["id"] != m.id || got["code"] != want {
			t.Errorf("line %d of 4 ends with %v, want id %v, %s", i+1, got, m.id, want)
		}
	}
	m.do("/echo next")
	ann.Quiet("bot: one")
}

// set output text makes it a person's session again; a new connection is one.
func TestMachineEnds(t *testing.T) {
	s := programtest.Start(t, "")
	m := newMachine(s, "bot")
	m.do("set output text")
	ann := s.Login("ann")
	ann.Send("say hello")
	m.Expect("-- ann has joined")
	m.Expect("ann: hello")
	m.Send("who")
	m.Expect("ann   lobby")
	m.Quiet("{...")
}

// Two lines in a row have two results in order, however long the first one
// takes.
func TestMachineOrder(t *testing.T) {
	s := programtest.Start(t, machineLimitsOff)
	m := newMachine(s, "bot")
	var lines strings.Builder
	const n = 60
	for i := range n {
		switch i % 3 {
		case 0:
			lines.WriteString("/who | sort | uniq | wc\r\n")
		case 1:
			lines.WriteString("hello\r\n")
		case 2:
			lines.WriteString("/nosuch\r\n")
		}
	}
	m.SendRaw([]byte(lines.String()))
	for range n {
		m.id++
		if got := m.until("result"); got["id"] != m.id {
			t.Fatalf("%v, want id %v", got, m.id)
		}
	}
}

// jsonText is an object as the machine might have read it.
func jsonText(t testing.TB, o map[string]any) string {
	t.Helper()
	p, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}
