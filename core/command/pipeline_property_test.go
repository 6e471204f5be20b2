package command

import (
	"context"
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
	"pgregory.net/rapid"
)

// A modelStage is what a stage of a line makes of its input, one stage after the
// other.
type modelStage struct {
	text  string // as it is typed
	apply func(in []string) modelResult
}

// A modelResult is the output of a stage, whether it fails, and how much of its
// input it reads.
type modelResult struct {
	out   []string
	fails bool
	lines int  // that it must read
	all   bool // and the end of the input
}

func modelFilter(f func(in []string) []string) func([]string) modelResult {
	return func(in []string) modelResult { return modelResult{out: f(in), lines: len(in), all: true} }
}

// modelStages are the stages that a random line is made of.
var modelStages = []func(n int) modelStage{
	func(int) modelStage {
		return modelStage{"upper", modelFilter(func(in []string) (out []string) {
			for _, l := range in {
				out = append(out, strings.ToUpper(l))
			}
			return out
		})}
	},
	func(n int) modelStage {
		what := string("abcXYZ "[n%7])
		return modelStage{"keep '" + what + "'", modelFilter(func(in []string) (out []string) {
			for _, l := range in {
				if strings.Contains(l, what) {
					out = append(out, l)
				}
			}
			return out
		})}
	},
	func(int) modelStage {
		return modelStage{"dup", modelFilter(func(in []string) (out []string) {
			for _, l := range in {
				out = append(out, l, l)
			}
			return out
		})}
	},
	func(n int) modelStage {
		return modelStage{"take " + strconv.Itoa(n), func(in []string) modelResult {
			k := min(n, len(in))
			return modelResult{out: in[:k], lines: k, all: k < n}
		}}
	},
	func(n int) modelStage {
		return modelStage{"failafter " + strconv.Itoa(n), func(in []string) modelResult {
			k := min(n, len(in))
			return modelResult{out: in[:k], lines: k, all: k < n, fails: k == n}
		}}
	},
	func(int) modelStage {
		return modelStage{"failend", func(in []string) modelResult {
			return modelResult{lines: len(in), all: true, fails: true}
		}}
	},
	func(int) modelStage { return modelStage{"rev", modelFilter(reversed)} },
	func(int) modelStage { return modelStage{"slurp", modelFilter(reversed)} },
	func(int) modelStage { return modelStage{"count", modelFilter(counted)} },
	func(int) modelStage {
		return modelStage{"deaf", func([]string) modelResult { return modelResult{out: []string{"deaf"}} }}
	},
}

// An outcome is what may come of a line. A stage that ends early races with the
// stages that feed it: whether they fail, or take too much, before they are ended
// is open.
type outcome struct {
	out     []string
	fails   []int // stages that fail, in order
	open    int   // those before this one may fail or not
	exceeds int   // the last stage that must take too much; -1 if none must
	may     bool  // one may
}

// model is the outcome of a line, its stages run one after the other.
func model(source []string, stages []modelStage, limit int64) outcome {
	o := outcome{out: source, exceeds: -1}
	for i, st := range stages {
		r := st.apply(o.out)
		needs := int64(0)
		for _, l := range o.out[:r.lines] {
			needs += int64(len(l)) + 1
		}
		if !r.all { // it ends early, and what comes before is open
			o.open, o.may, o.exceeds = i+1, o.may || o.exceeds >= 0, -1
		}
		if needs > limit {
			o.exceeds = i
		}
		if r.fails {
			o.fails = append(o.fails, i+1)
		}
		o.out = r.out
	}
	return o
}

// check says what is wrong with what came of a line; "" if it fits.
func (o *outcome) check(out string, failed []int, exceeded bool) string {
	want := ""
	if len(o.out) > 0 {
		want = strings.Join(o.out, "\n") + "\n"
	}
	for _, i := range failed {
		if !slices.Contains(o.fails, i) {
			return fmt.Sprintf("stage %d failed", i)
		}
	}
	if exceeded {
		if o.exceeds < 0 && !o.may {
			return "the line was ended"
		}
		if !strings.HasPrefix(want, out) {
			return "more than the output"
		}
		return ""
	}
	if o.exceeds >= 0 {
		return "the line was not ended"
	}
	if out != want {
		return "other output"
	}
	for _, i := range o.fails {
		if i >= o.open && !slices.Contains(failed, i) {
			return fmt.Sprintf("stage %d did not fail", i)
		}
	}
	return ""
}

// atLeast makes rapid check a property so many times in this test.
func atLeast(t *testing.T, checks int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	before := f.Value.String()
	if n, err := strconv.Atoi(before); err != nil || n >= checks {
		return
	}
	if err := f.Value.Set(strconv.Itoa(checks)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Value.Set(before) })
}

// Whatever the stages, a line does what they do one after the other.
func TestPipelineProperty(t *testing.T) {
	atLeast(t, 2000)
	var source []string
	var limit int64
	d := NewDispatcher(testRegistry(t, stageCommands(func() []string { return source })...), Options{Limits: func() Limits { return Limits{Bytes: limit} }})
	cases := 0
	rapid.Check(t, func(t *rapid.T) {
		cases++
		source = rapid.SliceOfN(rapid.StringMatching(`[a-cX-Z ]{0,12}`), 0, 30).Draw(t, "source")
		if rapid.IntRange(0, 19).Draw(t, "large") == 0 { // more than a pipe holds
			source = slices.Repeat([]string{strings.Repeat("b", 500), "a"}, 200)
		}
		limit = rapid.SampledFrom([]int64{0, 0, 5, 50, 300, 40_000}).Draw(t, "limit")
		in := "/" + rapid.SampledFrom([]string{"source", "bsource"}).Draw(t, "first")
		var stages []modelStage
		for range rapid.IntRange(1, 5).Draw(t, "stages") {
			st := rapid.SampledFrom(modelStages).Draw(t, "stage")(rapid.IntRange(0, 9).Draw(t, "n"))
			stages = append(stages, st)
			in += " | " + st.text
		}
		bound := limit
		if bound == 0 {
			bound = math.MaxInt64
		}
		want := model(source, stages, bound)

		l, err := line.Parse(in, line.ModeAuto, d.Grammar(guest))
		if err != nil {
			t.Fatal(err)
		}
		p, err := d.Prepare(guest, l)
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.stages {
			p.stages[i].call.Name = strconv.Itoa(i) // which the failing stages tell
		}
		var out strings.Builder
		errs := p.Run(context.Background(), IO{Out: &out})
		var failed []int
		exceeded := false
		for i, err := range errs {
			var stage int
			switch _, scanned := fmt.Sscanf(shown(err).Text, "Stage %d failed.", &stage); {
			case scanned == nil:
				failed = append(failed, stage)
			case chat.ErrorCode(err) == chat.Limited && i == len(errs)-1:
				exceeded = true
			default:
				t.Fatalf("%s: %v", in, errs)
			}
		}
		if !slices.IsSorted(failed) {
			t.Fatalf("%s: errors out of order: %v", in, errs)
		}
		if wrong := want.check(out.String(), failed, exceeded); wrong != "" {
			t.Fatalf("%s of %.200q with limit %d: %s\n got %.200q, stages %v failed, %v\nwant %+.200v", in, source, limit, wrong, out.String(), failed, errs, want)
		}
	})
	if cases < 1000 && !testing.Short() {
		t.Errorf("only %d cases", cases)
	}
}
