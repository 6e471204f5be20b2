package host

import (
	"context"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Completer is a command that knows values for some of its arguments and flags.
// Every command that Options.Routes is given is one.
type Completer interface {
	command.Command
	// Complete is up to 50 values for the argument or flag param of the command,
	// or of the sub-command sub if that is not "", that begin with prefix, the likeliest
	// first. U is who types, nil before login; given is what stands before it. There
	// are none if it knows none, is not running, or takes longer than 100 ms.
	Complete(ctx context.Context, u *chat.User, sub, param, prefix string, given map[string][]string) []Choice
}

// A Choice is one value.
type Choice struct {
	Value string
	Help  string // a few words, or ""
}

// maxChoices is how many values are shown.
const maxChoices = 50

var _ Completer = (*pluginCommand)(nil)

// Complete implements Completer.
func (pc *pluginCommand) Complete(ctx context.Context, u *chat.User, sub, param, prefix string, given map[string][]string) []Choice {
	i := pc.plugin.supervisor().instance()
	if i == nil {
		return nil
	}
	d := i.manifest.command(pc.name)
	if d == nil || !d.dynamic[sub+" "+param] {
		return nil
	}
	req := &pluginpb.CompleteRequest{Caller: userOf(u), Command: pc.name, Sub: sub, Values: map[string]*pluginpb.Value{}, Param: param, Prefix: prefix}
	for name, words := range given {
		req.Values[name] = &pluginpb.Value{Words: words, Given: true}
	}
	ctx, cancel := context.WithTimeout(ctx, pc.plugin.host.settings().Complete)
	defer cancel()
	reply, err := i.rpc.Complete(ctx, req)
	if err != nil {
		return nil
	}
	var all []Choice
	for _, c := range reply.GetChoices() {
		if v := text.Clean(c.GetValue()); v == c.GetValue() && strings.HasPrefix(v, prefix) && len(all) < maxChoices {
			all = append(all, Choice{Value: v, Help: text.Clean(c.GetHelp())})
		}
	}
	return all
}
