package telnet

import (
	"slices"
	"testing"
)

func TestPromptEnd(t *testing.T) {
	const goAhead, endOfRecord = "IAC GA", "IAC EOR"
	will := events(reply("IAC WILL EOR"), changed)
	agreed := []step{
		{do: "open", want: events(reply(burst))},
		{in: "IAC WILL NAWS", want: events(changed, offer)},
	}
	tests := []struct {
		name  string
		start []step
		steps []step
		want  string
	}{
		{"nothing has come", nil, nil, ""},
		{"netcat", nil, []step{
			{do: "open", want: events(reply(burst))},
			{in: "'hello' LF", want: events(line("hello"))},
		}, ""},
		{"refuses all", nil, []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WONT TTYPE IAC WONT NAWS"},
		}, ""},
		{"asks for what we refuse", nil, []step{
			{in: "IAC DO 5", want: events(reply("IAC WONT 5"), offer)},
		}, ""},
		{"has not answered about EOR", agreed, nil, goAhead},
		{"refuses EOR", agreed, []step{{in: "IAC DONT EOR"}}, goAhead},
		{"agrees to EOR", agreed, []step{{in: "IAC DO EOR", want: events(changed)}}, endOfRecord},
		{"takes EOR back", agreed, []step{
			{in: "IAC DO EOR", want: events(changed)},
			{in: "IAC DONT EOR", want: events(reply("IAC WONT EOR"), changed)},
		}, goAhead},
		{"asks for EOR itself", nil, []step{
			{in: "IAC DO EOR", want: append(will, reply("IAC WILL CHARSET IAC DO NEWENV"))},
		}, endOfRecord},
		{"asks for EOR again", agreed, []step{
			{in: "IAC DO EOR", want: events(changed)},
			{in: "IAC DONT EOR", want: events(reply("IAC WONT EOR"), changed)},
			{in: "IAC DO EOR", want: will},
		}, endOfRecord},
		{"sends EOR itself, which is refused", agreed, []step{
			{in: "IAC WILL EOR", want: events(reply("IAC DONT EOR"))},
			{in: "'x' IAC EOR LF", want: events(line("x"))},
		}, goAhead},
		{"wants no GA", agreed, []step{{in: "IAC DO SGA", want: events(reply("IAC WONT SGA"))}}, ""},
		{"wants no GA, but EOR", agreed, []step{
			{in: "IAC DO SGA", want: events(reply("IAC WONT SGA"))},
			{in: "IAC DO EOR", want: events(changed)},
		}, endOfRecord},
		{"wants GA again", agreed, []step{
			{in: "IAC DO SGA", want: events(reply("IAC WONT SGA"))},
			{in: "IAC DONT SGA"},
		}, goAhead},
		{"sends no GA itself", agreed, []step{{in: "IAC WILL SGA", want: events(reply("IAC DONT SGA"))}}, goAhead},
		{"leaves all options", agreed, []step{
			{in: "IAC WONT NAWS", want: events(reply("IAC DONT NAWS"), changed)},
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := check(t, &Options{}, slices.Concat(tt.start, tt.steps))
			if got.promptEnd != string(wire(tt.want)) {
				t.Errorf("got %q, want %s", got.promptEnd, tt.want)
			}
		})
	}
	got := check(t, &Options{Raw: true}, []step{
		{do: "open"},
		{in: "IAC WILL NAWS IAC DO EOR LF", want: events(line("\xff\xfb\x1f\xff\xfd\x19"))},
	})
	if got.promptEnd != "" {
		t.Errorf("a raw listener's prompt ends with %q", got.promptEnd)
	}
}

func TestPromptEndAllocatesNothing(t *testing.T) {
	var d Decoder
	d.Feed(&Options{}, wire("IAC DO EOR"), discard{})
	if n := testing.AllocsPerRun(100, func() { sink = d.PromptEnd() }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

var sink []byte
