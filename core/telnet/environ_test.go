package telnet

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var askEnviron = reply("IAC SB NEWENV 1 3 'NO_COLOR' IAC SE")

func TestNoColor(t *testing.T) {
	tests := []struct {
		name    string
		bodies  string // of subnegotiations one after the other, with | between
		want    bool
		changes int // of NoColor
	}{
		{"set", "0 3 'NO_COLOR' 1 '1'", true, 1},
		{"set to no", "0 3 'NO_COLOR' 1 'no'", true, 1}, // whatever the value is
		{"as a well-known variable", "0 0 'NO_COLOR' 1 '1'", true, 1},
		{"not defined", "0 3 'NO_COLOR'", false, 0},
		{"empty", "0 3 'NO_COLOR' 1", false, 0},
		{"empty reply", "0", false, 0},
		{"no reply at all", "", false, 0},
		{"other case", "0 3 'no_color' 1 '1'", false, 0},
		{"other name", "0 3 'NO_COLORS' 1 '1' 3 'NO_COLO' 1 '1' 3 1 '1'", false, 0},
		{"in between", "0 0 'USER' 1 'root' 3 'NO_COLOR' 1 '1' 3 'LANG' 1 'C'", true, 1},
		{"the value of another", "0 3 'LANG' 1 'NO_COLOR' 3 'X' 1 '1'", false, 0},
		{"its value first", "0 1 '1' 3 'NO_COLOR'", false, 0},
		{"after one without a value", "0 0 'USER' 3 'NO_COLOR' 1 '1'", true, 1},
		{"with one without a value behind", "0 3 'NO_COLOR' 1 '1' 3 'LANG'", true, 1},

		// ESC makes a mark a part of the name or value, also itself.
		{"value of escaped marks", "0 3 'NO_COLOR' 1 2 0 2 1 2 2 2 3", true, 1},
		{"value of an escaped VAR", "0 3 'NO_COLOR' 1 2 0", true, 1},
		{"escaped for nothing", "0 3 'NO' 2 '_' 2 'COLOR' 1 '1'", true, 1},
		{"escaped mark in the name", "0 3 'NO_COLOR' 2 1 '1'", false, 0},
		{"escaped mark in another's value", "0 3 'X' 1 'y' 2 3 'NO_COLOR' 2 1 '1'", false, 0},
		{"ESC at the end", "0 3 'NO_COLOR' 1 '1' 2", true, 1},
		{"ESC alone", "0 3 'NO_COLOR' 1 2", false, 0},
		{"doubled 255", "0 3 'NO_COLOR' 1 IAC IAC", true, 1},
		{"doubled 255 that is escaped", "0 3 'NO_COLOR' 1 2 IAC IAC", true, 1},

		// What does not begin with a mark is no list.
		{"no mark", "0 'NO_COLOR' 1 '1'", false, 0},
		{"garbage first", "0 7 3 'NO_COLOR' 1 '1'", false, 0},
		{"ESC first", "0 2 3 'NO_COLOR' 1 '1'", false, 0},

		// Only the client has variables to tell of.
		{"a request", "1 3 'NO_COLOR' 1 '1'", false, 0},
		{"an unknown verb", "4 3 'NO_COLOR' 1 '1'", false, 0},

		{"told later", "0|2 3 'NO_COLOR' 1 '1'", true, 1},
		{"taken back", "0 3 'NO_COLOR' 1 '1'|2 3 'NO_COLOR' 1", false, 2},
		{"undefined again", "0 3 'NO_COLOR' 1 '1'|2 3 'NO_COLOR'", false, 2},
		{"another changes", "0 3 'NO_COLOR' 1 '1'|2 3 'LANG' 1 'C'", true, 1},
		{"told twice", "0 3 'NO_COLOR' 1 '1'|0 3 'NO_COLOR' 1 '2'", true, 1},
		{"longest reply", "0 3 'X' 1 '" + strings.Repeat("x", 240) + "' 3 'NO_COLOR' 1 '1'", true, 1},
		{"too long a reply", "0 3 'X' 1 '" + strings.Repeat("x", 241) + "' 3 'NO_COLOR' 1 '1'", false, 0},
		{"told after one too long", "0 3 'X' 1 '" + strings.Repeat("x", 300) + "'|2 3 'NO_COLOR' 1 '1'", true, 1},
	}
	start := []step{
		{do: "open", want: events(reply(burst))},
		{in: "IAC WILL NAWS", want: events(changed, offer)},
		{in: "IAC WILL NEWENV", want: events(askEnviron, changed)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			steps := slices.Clone(start)
			for body := range strings.SplitSeq(tt.bodies, "|") {
				steps = append(steps, step{in: "IAC SB NEWENV " + body + " IAC SE"})
			}
			byStep, got := play(&Options{}, steps, func(d *Decoder, _ int, p []byte, h Handler) { d.Feed(&Options{}, p, h) })
			if got.terminal.NoColor != tt.want {
				t.Errorf("NoColor is %v", got.terminal.NoColor)
			}
			told := slices.Concat(byStep[len(start):]...)
			if n := count(told, changed); n != tt.changes || n != len(told) {
				t.Errorf("got %q, want %d changes", told, tt.changes)
			}
			for i := range steps {
				steps[i].want = byStep[i]
			}
			check(t, &Options{}, steps)
		})
	}
}

// A client is asked when it has agreed to something, and once.
func TestEnvironAsked(t *testing.T) {
	start := []step{
		{do: "open", want: events(reply(burst))},
		{in: "IAC WONT TTYPE IAC WONT NAWS"}, // may be nc -t: not yet
		{in: "IAC DO SGA", want: events(reply("IAC WONT SGA"), offer)},
	}
	set, unset := "IAC SB NEWENV 0 3 'NO_COLOR' 1 '1' IAC SE", "IAC SB NEWENV 2 3 'NO_COLOR' IAC SE"
	tests := []struct {
		name  string
		steps []step
		want  bool
	}{
		{"refused", []step{
			{in: "IAC WONT NEWENV"},
			{in: set},
		}, false},
		{"told before it agrees", []step{
			{in: set, want: events(changed)},
			{in: "IAC WILL NEWENV", want: events(askEnviron, changed)},
			{in: unset, want: events(changed)},
		}, false},
		{"agrees twice", []step{
			{in: "IAC WILL NEWENV IAC WILL NEWENV", want: events(askEnviron, changed)},
			{in: set, want: events(changed)},
		}, true},
		{"stops to tell and begins again", []step{
			{in: "IAC WILL NEWENV", want: events(askEnviron, changed)},
			{in: set, want: events(changed)},
			{in: "IAC WONT NEWENV", want: events(reply("IAC DONT NEWENV"), changed)},
			{in: unset},
			{in: "IAC WILL NEWENV", want: events(reply("IAC DO NEWENV"), changed)},
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := check(t, &Options{}, append(slices.Clone(start), tt.steps...))
			if got.terminal.NoColor != tt.want {
				t.Errorf("NoColor is %v", got.terminal.NoColor)
			}
		})
	}
	// A client that is quicker.
	check(t, &Options{}, []step{
		{in: "IAC WILL NEWENV", want: events(reply("IAC DO NEWENV"), askEnviron, changed, reply("IAC WILL EOR IAC WILL CHARSET"))},
		{do: "open", want: events(reply(burst))},
	})
	check(t, &Options{}, []step{{in: set}}) // never agreed
}

// We have no variables to tell of ourselves.
func TestEnvironOfOurs(t *testing.T) {
	check(t, &Options{}, []step{
		{in: "IAC WILL NAWS", want: events(reply("IAC DO NAWS"), changed, offer)},
		{in: "IAC DO NEWENV", want: events(reply("IAC WONT NEWENV"))},
		{in: "IAC SB NEWENV 1 IAC SE"},
	})
}

// Whatever comes, one bit of it is kept.
func TestT6EnvironIsNotKept(t *testing.T) {
	var d Decoder
	var r recorder
	o := &Options{}
	d.Feed(o, wire("IAC WILL NEWENV"), &r)
	before := *d.peer
	for range 1000 {
		d.Feed(o, wire("IAC SB NEWENV 0 0 'USER' 1 'root' 0 'DISPLAY' 1 'host:0' 3 'LD_PRELOAD' 1 '/tmp/x.so' 3 'NO_COLOR' 1 '1' IAC SE"), &r)
		d.Feed(o, wire("IAC SB NEWENV 0 3 'X' 1 '"+strings.Repeat("x", 300)+"' IAC SE"), &r)
	}
	after := *d.peer
	if after.sub != nil || !after.noColor {
		t.Errorf("got %+v", after)
	}
	after.noColor, after.subTotal, after.subCut, before.subTotal = false, 0, false, 0
	if !reflect.DeepEqual(after, before) {
		t.Errorf("got %+v, had %+v", after, before)
	}
}

// Lists of variables, written as RFC 1572 says, against a map of them.
func TestEnvironModel(t *testing.T) {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{"NO_COLOR", "NO", "", "USER", "\x00\x01\x02\x03", "NO_COLOR\x01", "\xff", "\xff\xf0"}),
		rapid.StringOfN(rapid.RuneFrom([]rune("NO_COLR\x00\x01\x02\x03")), 0, 10, -1),
	)
	escape := strings.NewReplacer("\x00", "\x02\x00", "\x01", "\x02\x01", "\x02", "\x02\x02", "\x03", "\x02\x03", "\xff", "\xff\xff")
	rapid.Check(t, func(t *rapid.T) {
		var d Decoder
		var r recorder
		d.Feed(&Options{}, wire("IAC WILL NEWENV"), &r)
		model := map[string]string{}
		for range rapid.IntRange(1, 5).Draw(t, "messages") {
			m := string(rapid.SampledFrom([]byte{environIs, environInfo}).Draw(t, "verb"))
			for range rapid.IntRange(0, 4).Draw(t, "variables") {
				name := text.Draw(t, "name")
				m += string(rapid.SampledFrom([]byte{environVar, environUserVar}).Draw(t, "type")) + escape.Replace(name)
				delete(model, name)
				if rapid.Bool().Draw(t, "defined") {
					model[name] = text.Draw(t, "value")
					m += string([]byte{environValue}) + escape.Replace(model[name])
				}
			}
			d.Feed(&Options{}, slices.Concat(wire("IAC SB NEWENV"), []byte(m), wire("IAC SE")), &r)
			if got, want := d.Terminal().NoColor, model["NO_COLOR"] != ""; got != want {
				t.Fatalf("NoColor is %v after %q", got, m)
			}
		}
	})
}
