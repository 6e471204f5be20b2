// Wordfilter keeps words out of the rooms: some are replaced, some refuse the
// whole message. It shows a filter that is made of the operator's config.
//
//	[[plugin]]
//	name  = "wordfilter"
//	path  = "bin/wordfilter"
//	grant = ["filter"]
//	[plugin.config]
//	replace = ["darn", "heck"]
//	refuse  = ["slur"]
package main

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

func main() { sdk.Serve("wordfilter", "1.0.0", parts()...) }

type config struct {
	Replace []string `help:"words that are replaced by the mask"`
	Refuse  []string `help:"words whose message is refused"`
	Mask    string   `help:"what stands in the place of a word"`
	Reason  string   `help:"what the author of a refused message reads"`
	Rooms   []string `help:"the rooms that are looked at; empty: all"`
}

func parts() []sdk.Part {
	return []sdk.Part{
		sdk.Summary("keep words out of the rooms"),
		sdk.Config(config{Mask: "***", Reason: "Your message was not posted: it has a word that is not used here."}, filters),
	}
}

// filters is the filter that the config asks for. Words that would be refused
// are looked for first, so that replacing can't hide them.
func filters(cfg config) ([]sdk.Part, error) {
	refuse, err := newWords("refuse", cfg.Refuse)
	if err != nil {
		return nil, err
	}
	replace, err := newWords("replace", cfg.Replace)
	if err != nil {
		return nil, err
	}
	if len(refuse)+len(replace) == 0 {
		return nil, fmt.Errorf("names no words: list some under replace or refuse")
	}
	if strings.ContainsFunc(cfg.Mask, unicode.IsControl) {
		return nil, sdk.Problemf("mask", "must be one line")
	}
	var parts []sdk.Part
	if len(refuse) > 0 {
		parts = append(parts, sdk.Filter(refuse.selection(cfg.Rooms), func(_ context.Context, m *sdk.Message) sdk.Verdict {
			if refuse.in(m.Text) {
				return sdk.Reject(cfg.Reason)
			}
			return sdk.Allow()
		}))
	}
	if len(replace) > 0 {
		parts = append(parts, sdk.Filter(replace.selection(cfg.Rooms), func(_ context.Context, m *sdk.Message) sdk.Verdict {
			if text := replace.masked(m.Text, cfg.Mask); text != m.Text {
				return sdk.Replace(text)
			}
			return sdk.Allow()
		}))
	}
	return parts, nil
}

// words is a set of words in lower case.
type words map[string]bool

func newWords(key string, list []string) (words, error) {
	w := words{}
	for i, s := range list {
		if whole := word.FindString(s); s == "" || whole != s {
			return nil, sdk.Problemf(fmt.Sprintf("%s[%d]", key, i), "must be one word of letters and digits, not %q", s)
		}
		w[fold(s)] = true
	}
	return w, nil
}

// word is a run of letters and digits, with the marks upon them.
var word = regexp.MustCompile(`[\pL\pN][\pL\pN\pM]*`)

// fold is a word as the set has it; more than its case is not made equal.
func fold(s string) string { return strings.ToLower(strings.ToUpper(s)) }

// selection lets the server leave out the messages that have none of the words
// anywhere. That they are whole words is for the filter to see.
func (w words) selection(rooms []string) sdk.Selection {
	var any []string
	for _, s := range slices.Sorted(maps.Keys(w)) {
		any = append(any, regexp.QuoteMeta(s))
	}
	return sdk.Selection{Rooms: rooms, Match: "(?i)" + strings.Join(any, "|")}
}

func (w words) in(text string) bool {
	for _, s := range word.FindAllString(text, -1) {
		if w[fold(s)] {
			return true
		}
	}
	return false
}

func (w words) masked(text, mask string) string {
	return word.ReplaceAllStringFunc(text, func(s string) string {
		if w[fold(s)] {
			return mask
		}
		return s
	})
}
