package telnet

import (
	"testing"

	"pgregory.net/rapid"
)

// Every transition of RFC 1143, section 7.
func TestQMethod(t *testing.T) {
	const silent, yes, no = 0, 1, 2 // what is sent
	receive := []struct {
		from      qstate
		on, agree bool
		to        qstate
		sent      int
	}{
		{qNo, true, true, qYes, yes},
		{qNo, true, false, qNo, no},
		{qYes, true, true, qYes, silent},
		{qWantNo, true, true, qNo, silent},
		{qWantNoOpposite, true, true, qYes, silent},
		{qWantYes, true, true, qYes, silent},
		{qWantYesOpposite, true, true, qWantNo, no},

		{qNo, false, true, qNo, silent},
		{qYes, false, true, qNo, no},
		{qWantNo, false, true, qNo, silent},
		{qWantNoOpposite, false, true, qWantYes, yes},
		{qWantYes, false, true, qNo, silent},
		{qWantYesOpposite, false, true, qNo, silent},

		// What we asked for ourselves needs no further consent.
		{qWantYes, true, false, qYes, silent},
		{qWantNoOpposite, false, false, qWantYes, yes},
	}
	for _, tt := range receive {
		q := tt.from
		send, value := q.receive(tt.on, tt.agree)
		sent := silent
		if send && value {
			sent = yes
		} else if send {
			sent = no
		}
		if q != tt.to || sent != tt.sent {
			t.Errorf("state %d receives %v: state %d, sends %d; want %d, %d", tt.from, tt.on, q, sent, tt.to, tt.sent)
		}
	}
	request := []struct {
		from qstate
		on   bool
		to   qstate
		send bool
	}{
		{qNo, true, qWantYes, true},
		{qYes, true, qYes, false},
		{qWantNo, true, qWantNoOpposite, false},
		{qWantNoOpposite, true, qWantNoOpposite, false},
		{qWantYes, true, qWantYes, false},
		{qWantYesOpposite, true, qWantYes, false},

		{qNo, false, qNo, false},
		{qYes, false, qWantNo, true},
		{qWantNo, false, qWantNo, false},
		{qWantNoOpposite, false, qWantNo, false},
		{qWantYes, false, qWantYesOpposite, false},
		{qWantYesOpposite, false, qWantYesOpposite, false},
	}
	for _, tt := range request {
		q := tt.from
		if send := q.request(tt.on); q != tt.to || send != tt.send {
			t.Errorf("state %d requests %v: state %d, sends %v; want %d, %v", tt.from, tt.on, q, send, tt.to, tt.send)
		}
	}
}

// Two ends that both follow the method and change their minds at any time,
// with messages that cross: they fall silent, agree in the end, and whoever
// spoke last of what it wants has not been ignored.
func TestQMethodTwoEnds(t *testing.T) {
	type end struct {
		q     qstate
		agree bool
		in    []bool // messages under way to this end
	}
	rapid.Check(t, func(t *rapid.T) {
		ends := [2]end{
			{agree: rapid.Bool().Draw(t, "first agrees")},
			{agree: rapid.Bool().Draw(t, "second agrees")},
		}
		sent, requests := 0, 0
		deliver := func(i int) {
			e, other := &ends[i], &ends[1-i]
			on := e.in[0]
			e.in = e.in[1:]
			if send, value := e.q.receive(on, e.agree); send {
				other.in = append(other.in, value)
				sent++
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"request": func(t *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(t, "end")
				requests++
				if on := rapid.Bool().Draw(t, "on"); ends[i].q.request(on) {
					ends[1-i].in = append(ends[1-i].in, on)
					sent++
				}
			},
			"deliver": func(t *rapid.T) {
				i := rapid.IntRange(0, 1).Draw(t, "end")
				if len(ends[i].in) == 0 {
					i = 1 - i
				}
				if len(ends[i].in) == 0 {
					t.Skip("nothing under way")
				}
				deliver(i)
			},
		})
		for len(ends[0].in)+len(ends[1].in) > 0 {
			if len(ends[0].in) > 0 {
				deliver(0)
			}
			if len(ends[1].in) > 0 {
				deliver(1)
			}
			if sent > 4*requests {
				t.Fatalf("%d messages after %d requests", sent, requests)
			}
		}
		if ends[0].q != ends[1].q || ends[0].q.asking() {
			t.Fatalf("silent in states %d and %d", ends[0].q, ends[1].q)
		}
	})
}

func TestOptionSet(t *testing.T) {
	var s optionSet
	for opt := range 256 {
		if !s.add(byte(opt)) {
			t.Errorf("%d was in the set before it was added", opt)
		}
		if s.add(byte(opt)) {
			t.Errorf("%d was not in the set after it was added", opt)
		}
	}
	for opt := range 256 {
		s.remove(byte(opt))
		if !s.add(byte(opt)) {
			t.Errorf("%d is in the set after it was removed", opt)
		}
	}
}
