package telnet

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A random telnet stream in random segments gives the same as in one.
func TestRandomSegments(t *testing.T) {
	word := rapid.OneOf(
		rapid.SampledFrom([]string{
			"CR LF", "LF", "CR NUL", "CR", "LF CR", "CR 'bare'", "NUL",
			"DEL", "BS", "^U", "^W", "^C", "^D", "TAB", "ESC",
			"IAC IAC", "IAC NOP", "IAC EC", "IAC EL", "IAC IP", "IAC BRK", "IAC AYT", "IAC EOF", "IAC GA", "IAC NUL", "IAC SE",
			"IAC SB", "IAC SB IAC SE", "IAC SE 'x'",
			"IAC SB NAWS 0 80 0 24 IAC SE", "IAC SB NAWS IAC IAC IAC IAC 0 0 IAC SE", "IAC SB NAWS 0 IAC 0 50 IAC SE",
			"IAC SB TTYPE 0 'xterm' IAC SE", "IAC SB TTYPE 0 'MTTS 13' IAC SE", "IAC SB TTYPE 0 'TINTIN++' IAC SE",
			"IAC SB CHARSET 1 ';UTF-8' IAC SE", "IAC SB CHARSET 2 'UTF-8' IAC SE", "IAC SB CHARSET 3 IAC SE",
			"IAC SB NEWENV 0 3 'NO_COLOR' 1 '1' IAC SE", "IAC SB NEWENV 2 0 'NO_COLOR' 1 IAC SE", "IAC SB NEWENV 0 3 'A' 2 1 1 'x' 2 IAC SE",
			"IAC SB NAWS 0 IAC DO TM",
		}),
		rapid.Custom(func(t *rapid.T) string {
			verb := rapid.SampledFrom([]string{"WILL", "WONT", "DO", "DONT"}).Draw(t, "verb")
			opt := rapid.SampledFrom([]string{"ECHO", "SGA", "TM", "TTYPE", "NAWS", "CHARSET", "LINEMODE", "NEWENV", "EOR"}).Draw(t, "option")
			return "IAC " + verb + " " + opt
		}),
		rapid.StringMatching(`'[a-z 你👍]{1,30}'`),
	)
	rapid.Check(t, func(t *rapid.T) {
		o := &Options{MaxLine: rapid.IntRange(1, 60).Draw(t, "MaxLine"), Raw: rapid.Bool().Draw(t, "raw")}
		// Between the parts of a stream the session may do something itself.
		parts := rapid.SliceOfN(rapid.SliceOfN(word, 0, 20), 1, 4).Draw(t, "parts")
		acts := rapid.SliceOfN(rapid.SampledFrom([]string{"open", "hide", "show"}), len(parts), len(parts)).Draw(t, "acts")
		var steps []step
		for i, words := range parts {
			steps = append(steps, step{do: acts[i]}, step{in: join(words)})
		}
		_, whole := play(o, steps, func(d *Decoder, _ int, p []byte, h Handler) { d.Feed(o, p, h) })
		_, cut := play(o, steps, func(d *Decoder, _ int, p []byte, h Handler) {
			for len(p) > 0 {
				n := rapid.IntRange(1, min(len(p), 9)).Draw(t, "segment")
				for cutMatters(p, n, o) {
					n++
				}
				d.Feed(o, p[:n], h)
				p = p[n:]
			}
		})
		if !cut.equal(whole) {
			t.Fatalf("  cut %+v\nwhole %+v", cut, whole)
		}
	})
}

func join(words []string) (all string) {
	for _, w := range words {
		all += " " + w
	}
	return all
}

// A line with erase keys in it reads as if the user had typed no mistake: the
// obvious slow way to edit a line is the model.
func TestEraseModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.SampledFrom([]string{
			"a", "b", "你", "é", "👍", " ", "\t", "\x7f", "\b", "\x15", "\x17", "\xff\xf7", "\xff\xf8",
		})).Draw(t, "keys")
		var model []rune
		var p []byte
		for _, key := range keys {
			p = append(p, key...)
			switch key {
			case "\x7f", "\b", "\xff\xf7":
				if len(model) > 0 {
					model = model[:len(model)-1]
				}
			case "\x15", "\xff\xf8":
				model = nil
			case "\x17":
				space := func(r rune) bool { return r == ' ' || r == '\t' }
				for len(model) > 0 && space(model[len(model)-1]) {
					model = model[:len(model)-1]
				}
				for len(model) > 0 && !space(model[len(model)-1]) {
					model = model[:len(model)-1]
				}
			default:
				model = append(model, []rune(key)...)
			}
		}
		if got, want := feed(&Options{}, append(p, '\n')), events(line(string(model))); !slices.Equal(got, want) {
			t.Fatalf("%q: got %q, want %q", p, got, want)
		}
	})
}
