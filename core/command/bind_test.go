package command

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/chatroom-shell/chatroom/core/line"
	"pgregory.net/rapid"
)

// However flags and words are ordered and written, the command gets the same.
func TestFlagsAnywhere(t *testing.T) {
	type got struct {
		I, V   bool
		Max    int
		Label  string
		Has    bool
		Others []string
	}
	var ran got
	cmd := New(Spec{
		Name: "x", Summary: "x",
		Args: []Arg{{Name: "word", Type: String, Optional: true, Many: true}},
		Flags: []Flag{{Name: "ignore", Short: "i"}, {Name: "invert", Short: "v"},
			{Name: "max", Short: "m", Type: Int, Default: "9"}, {Name: "label", Short: "l", Type: String}},
	}, func(_ context.Context, c *Call) error {
		ran = got{c.Bool("ignore"), c.Bool("invert"), c.Int("max"), c.String("label"), c.Has("max"), slices.Clone(c.Strings("word"))}
		return nil
	})
	d := NewDispatcher(testRegistry(t, cmd), Options{})

	// words are how to write one flag.
	valued := func(t *rapid.T, long, short, val string) []string {
		return rapid.SampledFrom([][]string{{"--" + long, val}, {"--" + long + "=" + val}, {"-" + short, val}, {"-" + short + val}}).Draw(t, long)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := got{Max: 9}
		var parts [][]string // each stays together
		want.Others = rapid.SliceOfN(rapid.StringMatching(`[a-z0-9=]{1,4}|-|-[0-9]{1,2}`), 0, 4).Draw(t, "words")
		for _, w := range want.Others {
			parts = append(parts, []string{w})
		}
		insert := func(p ...string) {
			parts = slices.Insert(parts, rapid.IntRange(0, len(parts)).Draw(t, "at"), p)
		}
		want.I, want.V = rapid.Bool().Draw(t, "i"), rapid.Bool().Draw(t, "v")
		switch {
		case want.I && want.V && rapid.Bool().Draw(t, "bundle"):
			insert(rapid.SampledFrom([]string{"-iv", "-vi"}).Draw(t, "iv"))
		default:
			if want.I {
				insert(rapid.SampledFrom([]string{"-i", "--ignore"}).Draw(t, "i"))
			}
			if want.V {
				insert(rapid.SampledFrom([]string{"-v", "--invert"}).Draw(t, "v"))
			}
		}
		if want.Has = rapid.Bool().Draw(t, "max given"); want.Has {
			want.Max = rapid.IntRange(-99, 99).Draw(t, "max")
			insert(valued(t, "max", "m", strconv.Itoa(want.Max))...)
		}
		if rapid.Bool().Draw(t, "label given") {
			want.Label = rapid.StringMatching(`[a-z=-]{1,5}`).Filter(func(s string) bool { return s != "-h" }).Draw(t, "label value")
			insert(valued(t, "label", "l", want.Label)...)
		}
		if rapid.Bool().Draw(t, "dashes") {
			parts = append(parts, []string{"--"})
			last := rapid.StringMatching(`--?[a-z]{0,3}`).Draw(t, "last")
			parts = append(parts, []string{last})
			want.Others = append(want.Others, last)
		}
		words := slices.Concat(parts...)
		before := slices.Clone(words)
		p, err := d.Prepare(guest, line.Line{Kind: line.Command, Stages: []line.Stage{{Name: "x", Words: words}}})
		if err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		if errs := p.Run(context.Background(), IO{}); errs != nil {
			t.Fatal(errs)
		}
		if fmt.Sprintf("%+v", ran) != fmt.Sprintf("%+v", want) {
			t.Fatalf("%q:\n got %+v\nwant %+v", words, ran, want)
		}
		if !slices.Equal(words, before) {
			t.Fatalf("%q was changed to %q", before, words)
		}
	})
}
