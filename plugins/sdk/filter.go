package sdk

import (
	"context"

	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

// A Message is what somebody wants to say, before anybody else sees it.
type Message struct {
	Event         // Kind is Say, Emote or Private
	Caller Caller // who says it
}

// A Verdict is what becomes of a message. The zero value lets it pass.
type Verdict struct {
	reply *pluginpb.FilterReply
	text  string // of a replacement
	final bool   // no further filter is asked
}

// Allow lets the message pass as it is.
func Allow() Verdict { return Verdict{} }

// Replace posts text, one line, in its place.
func Replace(text string) Verdict {
	return Verdict{text: text, reply: &pluginpb.FilterReply{Verdict: &pluginpb.FilterReply_Replace{Replace: valid(text)}}}
}

// Reject refuses the message; its author reads why, a sentence.
func Reject(why string) Verdict {
	return Verdict{final: true, reply: &pluginpb.FilterReply{Verdict: &pluginpb.FilterReply_Reject{Reject: valid(why)}}}
}

// Drop refuses the message, and its author does not notice.
func Drop() Verdict {
	return Verdict{final: true, reply: &pluginpb.FilterReply{Verdict: &pluginpb.FilterReply_Drop{Drop: true}}}
}

// Filter asks f about every message that is selected, before it is posted. Many
// messages come at once, and f has 50 ms for each: it should compute, not wait.
// What happens after that or a panic is the operator's choice. It asks for the
// capability "filter", and for "filter.private" if it selects Private. Several
// filters are asked in their order; each sees what the one before made of the
// text.
func Filter(sel Selection, f func(ctx context.Context, m *Message) Verdict) Part {
	return partFunc(func(p *parts) {
		if len(sel.Kinds) == 0 {
			sel.Kinds = []string{Say, Emote}
		}
		p.filters = append(p.filters, filter{matcher: newMatcher(sel), judge: f})
		p.need(pluginpb.CapFilter)
		for _, k := range sel.Kinds {
			if k == Private {
				p.need(pluginpb.CapFilterPrivate)
			}
		}
	})
}

type filter struct {
	matcher
	judge func(context.Context, *Message) Verdict
}

// judge asks all filters.
func (p *parts) judge(ctx context.Context, m *Message) *pluginpb.FilterReply {
	reply := &pluginpb.FilterReply{Verdict: &pluginpb.FilterReply_Allow{Allow: true}}
	for i := range p.filters {
		f := &p.filters[i]
		if !f.fits(&m.Event) {
			continue
		}
		v := f.judge(ctx, m)
		if v.reply == nil {
			continue
		}
		reply = v.reply
		if v.final {
			break
		}
		m.Text = v.text
	}
	return reply
}
