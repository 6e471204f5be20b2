package command

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// A desk is a session whose user answers.
type desk struct {
	person
	asked   []Question
	answers []string
	err     error
	after   time.Duration // before each answer
	never   bool          // comes an answer
}

func (d *desk) Ask(_ context.Context, q Question, answer func(string, error)) error {
	d.asked = append(d.asked, q)
	if d.err != nil || d.never {
		return d.err
	}
	a := d.answers[0]
	d.answers = d.answers[1:]
	go func() {
		time.Sleep(d.after)
		answer(a, nil)
	}()
	return nil
}

// quickOrSlow asks only whom it is told to.
func quickOrSlow() Command {
	return New(Spec{Name: "enter", Summary: "quick or slow", Args: []Arg{{Name: "how", Type: String}}}, func(_ context.Context, c *Call) error {
		if err := c.Printf("in as %s", c.String("how")); err != nil || c.String("how") == "quick" {
			return err
		}
		return c.Block(func(ctx context.Context) error {
			if c.Session != nil {
				return errors.New("the session is within reach")
			}
			switch c.String("how") {
			case "twice":
				return c.Block(func(context.Context) error { return c.Printf("twice") })
			case "crash":
				panic("as told")
			case "slow":
				<-ctx.Done()
				return ctx.Err()
			}
			a, err := c.Ask(ctx, "Password: ", true)
			if err != nil {
				return err
			}
			b, err := c.Ask(ctx, "Again: ", false)
			if err != nil {
				return err
			}
			return c.Printf("%s %s, width %d", a, b, c.View().Width)
		})
	})
}

// begin runs the first part of a line on the loop.
func begin(t *testing.T, d *Dispatcher, s Session, in string) (p *Pipeline, out *bytes.Buffer) {
	t.Helper()
	p, out = prepare(t, d, s, in), &bytes.Buffer{}
	if p.Blocking() {
		t.Errorf("%s: Blocking", in)
	}
	if errs := p.Run(t.Context(), IO{Out: out}); errs != nil {
		t.Fatal(errs)
	}
	return p, out
}

func TestBlock(t *testing.T) {
	d, log := testDispatcher(t, quickOrSlow())
	p, out := begin(t, d, guest, "enter quick")
	if p.Rest() || p.Blocking() || out.String() != "in as quick\n" {
		t.Errorf("quick: rest %v, blocking %v, %q", p.Rest(), p.Blocking(), out)
	}
	for in, want := range map[string]string{"twice": "in as twice\ntwice\n", "ask": "in as ask\nx y, width 80\n"} {
		log.Reset()
		p, out := begin(t, d, &desk{person: guest, answers: []string{"x", "y"}}, "enter "+in)
		if !p.Rest() || !p.Blocking() || strings.Contains(log.String(), "command done") {
			t.Errorf("%s: rest %v, blocking %v, log %s", in, p.Rest(), p.Blocking(), log)
		}
		if errs := p.Run(t.Context(), IO{Out: out, Loop: inPlace}); errs != nil || out.String() != want || p.Rest() {
			t.Errorf("%s: %v, %q", in, errs, out)
		}
	}
	p, out = begin(t, d, guest, "enter crash")
	errs := p.Run(t.Context(), IO{Out: out, Loop: inPlace})
	if len(errs) != 1 || chat.ErrorCode(errs[0]) != chat.Internal {
		t.Errorf("crash: %v", errs)
	}
}

func TestBlockInAPipeline(t *testing.T) {
	d, _ := testDispatcher(t, quickOrSlow())
	var out bytes.Buffer
	if errs := prepare(t, d, guest, "enter twice | cat").Run(t.Context(), IO{Out: &out, Loop: inPlace}); errs != nil || out.String() != "in as twice\ntwice\n" {
		t.Errorf("%v, %q", errs, &out)
	}
	s := &desk{person: guest}
	errs := prepare(t, d, s, "enter ask | cat").Run(t.Context(), IO{Loop: inPlace})
	if len(errs) != 1 || d.Explain(errs[0]) != "enter has something to ask you, so it can't be part of a pipeline; give it alone." || s.asked != nil {
		t.Errorf("%v, asked %v", errs, s.asked)
	}
}

// What Block runs ends with who reads it, and is no failure then; the command's first
// part runs all the same.
func TestBlockEndsEarly(t *testing.T) {
	d, _ := testDispatcher(t, append(stageCommands(nil), quickOrSlow())...)
	for _, in := range []string{"enter slow | take 1", "enter slow | dup | take 1"} {
		var out bytes.Buffer
		began := time.Now()
		if errs := prepare(t, d, guest, in).Run(t.Context(), IO{Out: &out, Loop: inPlace}); errs != nil || out.String() != "in as slow\n" {
			t.Errorf("%s: %v, %q", in, errs, &out)
		}
		if time.Since(began) >= DefaultTimeout {
			t.Errorf("%s: the deadline ended it", in)
		}
	}
	s := &desk{person: guest}
	var out bytes.Buffer
	if errs := prepare(t, d, s, "enter ask | take 0").Run(t.Context(), IO{Out: &out, Loop: inPlace}); len(errs) > 1 || out.Len() > 0 || s.asked != nil {
		t.Errorf("%v, %q, asked %v", errs, &out, s.asked)
	}
}

// The time of what Block runs stands still while the caller thinks.
func TestTimeToAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := testDispatcher(t, quickOrSlow())
		s := &desk{person: guest, answers: []string{"x", "y"}, after: time.Hour}
		p, out := begin(t, d, s, "enter ask")
		if errs := p.Run(t.Context(), IO{Out: out, Loop: inPlace}); errs != nil || !strings.HasSuffix(out.String(), "x y, width 80\n") {
			t.Errorf("%v, %q", errs, out)
		}
		start := time.Now()
		p, out = begin(t, d, guest, "enter slow")
		errs := p.Run(t.Context(), IO{Out: out, Loop: inPlace})
		if len(errs) != 1 || d.Explain(errs[0]) != tookTooLong || time.Since(start) != DefaultTimeout {
			t.Errorf("%v after %v", errs, time.Since(start))
		}
	})
}

func TestAskFails(t *testing.T) {
	d, _ := testDispatcher(t, quickOrSlow(), New(Spec{Name: "inline", Summary: "asks on the loop"}, func(ctx context.Context, c *Call) error {
		_, err := c.Ask(ctx, "?", false)
		return err
	}))
	refused := chat.Errorf(chat.Forbidden, "Not here.")
	p, out := begin(t, d, &desk{person: guest, err: refused}, "enter ask")
	if errs := p.Run(t.Context(), IO{Out: out, Loop: inPlace}); len(errs) != 1 || !errors.Is(errs[0], refused) {
		t.Errorf("refused: %v", errs)
	}
	p, out = begin(t, d, &desk{person: guest, never: true}, "enter ask")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if errs := p.Run(ctx, IO{Out: out, Loop: inPlace}); len(errs) != 1 || d.Explain(errs[0]) != cancelled {
		t.Errorf("cancelled: %v", errs)
	}
	if errs := prepare(t, d, &desk{person: guest}, "inline").Run(t.Context(), IO{}); len(errs) != 1 || chat.ErrorCode(errs[0]) != chat.Internal {
		t.Errorf("on the loop: %v", errs)
	}
}
