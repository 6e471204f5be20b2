package main

import (
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var h, other histogram
	for i := range 500 {
		h.note(time.Duration(i+1) * time.Millisecond)
		other.note(time.Duration(i+501) * time.Millisecond)
	}
	h.add(&other)
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.99: 990 * time.Millisecond, 1: time.Second, 0: time.Millisecond} {
		if got := h.quantile(q); got < want || got > want+want/8+time.Millisecond {
			t.Errorf("quantile %v = %v, want %v or up to an eighth more", q, got, want)
		}
	}
	for d := time.Duration(1); d < time.Hour; d = d*9/8 + 1 {
		if b := bucket(d); d > upper(b) || upper(b) > d+d/8 {
			t.Errorf("%d ns is in bucket %d, which ends at %d", d, b, upper(b))
		}
	}
	if got := new(histogram).quantile(0.99); got != 0 {
		t.Errorf("quantile of nothing = %v", got)
	}
}
