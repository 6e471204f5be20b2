package sdktest

import (
	"context"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// completeTime is generous: 100 ms would be at the mercy of the machine.
const completeTime = time.Second

// Complete is what the plugin proposes for the last word of a line, "" if the
// line ends in a space.
func (p *Plugin) Complete(line string) []sdk.Choice {
	p.t.Helper()
	at := strings.LastIndexByte(line, ' ') + 1
	return p.complete(line[:at], line[at:])
}

// complete asks for the values of the argument or flag that comes after before.
func (p *Plugin) complete(before, prefix string) []sdk.Choice {
	p.t.Helper()
	name, rest := word(before)
	command := commandOf(p.Manifest.GetCommands(), name)
	if command == nil {
		p.t.Fatalf("%s: the plugin has no command %q", before, name)
	}
	m := &pluginpb.CompleteRequest{Caller: callerProto(p.caller), Command: command.GetName(), Prefix: prefix, Values: map[string]*pluginpb.Value{}}
	if len(command.GetSubs()) > 0 {
		m.Sub, rest = word(rest)
		if command = commandOf(command.GetSubs(), m.Sub); command == nil {
			p.t.Fatalf("%s: there is no such sub-command", before)
		}
	}
	dynamic := false
	m.Param, dynamic = paramAfter(command, strings.Fields(rest), m.Values)
	if !dynamic {
		p.t.Fatalf("%s: the server does not ask the plugin here", before+prefix)
	}
	ctx, cancel := context.WithTimeout(context.Background(), completeTime)
	defer cancel()
	reply, err := p.client.Complete(ctx, m)
	if err != nil {
		p.t.Fatalf("complete %s: %v", before+prefix, err)
	}
	var choices []sdk.Choice
	for _, c := range reply.GetChoices() {
		if !strings.HasPrefix(c.GetValue(), prefix) {
			p.t.Errorf("complete %s: %q does not begin with %q", before+prefix, c.GetValue(), prefix)
		}
		choices = append(choices, sdk.Choice{Value: c.GetValue(), Help: c.GetHelp()})
	}
	return choices
}

// paramAfter is the argument or flag that the word after these belongs to, and
// whether the plugin completes it. It fills the values of those before.
func paramAfter(c *pluginpb.Command, before []string, values map[string]*pluginpb.Value) (string, bool) {
	if n := len(before); n > 0 && strings.HasPrefix(before[n-1], "-") {
		for _, f := range c.GetFlags() {
			if before[n-1] == "--"+f.GetName() || before[n-1] == "-"+f.GetShort() {
				return f.GetName(), f.GetDynamic()
			}
		}
	}
	args := c.GetArgs()
	for i, w := range before {
		if i < len(args) {
			values[args[i].GetName()] = &pluginpb.Value{Words: []string{w}, Given: true}
		}
	}
	switch n := len(before); {
	case n < len(args):
		return args[n].GetName(), args[n].GetDynamic()
	case len(args) > 0 && args[len(args)-1].GetMany():
		return args[len(args)-1].GetName(), args[len(args)-1].GetDynamic()
	}
	return "", false
}
