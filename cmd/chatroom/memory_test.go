package main

import "testing"

func TestTrimmer(t *testing.T) {
	var tr trimmer
	for i, step := range []struct {
		accepted uint64
		want     bool
	}{
		{0, false},
		{999, false},
		{999, false},  // too few to be worth it
		{2000, false}, // many, but still coming
		{2010, true},  // ebbed
		{2010, false}, // done
		{5000, false},
		{9000, false},
		{9000, true},
	} {
		if got := tr.look(step.accepted); got != step.want {
			t.Errorf("step %d: look(%d) = %v, want %v", i, step.accepted, got, step.want)
		}
	}
}
