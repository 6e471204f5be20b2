package wall_test

import (
	"fmt"
	"math"
	"testing"
)

// A slope is how much y rises with each x, by least squares, and its interval of
// 95 % confidence.
type slope struct{ at, low, high float64 }

func (s slope) String() string {
	return fmt.Sprintf("%+.3g (%+.3g to %+.3g)", s.at, s.low, s.high)
}

// fit is the slope of the line through points, of which there must be five at
// least, not all with one x.
func fit(x, y []float64) slope {
	n := float64(len(x))
	mx, my := x[0], y[0] // the means; from the first values they are exact where nothing changes
	for i := range x {
		mx += (x[i] - x[0]) / n
		my += (y[i] - y[0]) / n
	}
	var xx, xy, rest float64
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
	}
	at := xy / xx
	for i := range x {
		off := y[i] - my - at*(x[i]-mx)
		rest += off * off
	}
	half := student(n-2) * math.Sqrt(rest/(n-2)/xx)
	return slope{at, at - half, at + half}
}

// student is what 97.5 % of Student's distribution are below, for three degrees of
// freedom or more within 1 %: the expansion 26.7.5 of Abramowitz and Stegun.
func student(freedom float64) float64 {
	const z = 1.959964 // of the normal distribution
	z3, z5, z7 := math.Pow(z, 3), math.Pow(z, 5), math.Pow(z, 7)
	return z + (z3+z)/(4*freedom) +
		(5*z5+16*z3+3*z)/(96*math.Pow(freedom, 2)) +
		(3*z7+19*z5+17*z3-15*z)/(384*math.Pow(freedom, 3))
}

func TestStudent(t *testing.T) {
	for freedom, want := range map[float64]float64{3: 3.182, 5: 2.571, 9: 2.262, 22: 2.074, 60: 2.000, 1000: 1.962} {
		if got := student(freedom); math.Abs(got-want) > want/100 {
			t.Errorf("with %.0f degrees of freedom %.4f, want %.3f", freedom, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	near := func(what string, got, want, by float64) {
		t.Helper()
		if math.Abs(got-want) > by {
			t.Errorf("%s: %.4f, want %.4f", what, got, want)
		}
	}
	// The first of Anscombe's four sets: a slope of 0.5001 with a standard error of
	// 0.1179.
	s := fit([]float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5},
		[]float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68})
	near("slope", s.at, 0.5001, 0.0001)
	near("low", s.low, 0.5001-2.262*0.1179, 0.001)
	near("high", s.high, 0.5001+2.262*0.1179, 0.001)

	// Noise around a level is no slope, and a leak in it is one.
	var x, level, leak []float64
	for i := range 24 {
		noise := float64(i * 7919 % 13)
		x = append(x, float64(i))
		level = append(level, 100+noise)
		leak = append(leak, 100+noise+float64(i))
	}
	if s := fit(x, level); s.low > 0 || s.high < 0 {
		t.Errorf("noise has the slope %v", s)
	}
	if s := fit(x, leak); s.low <= 0 || s.low > 1 || s.high < 1 {
		t.Errorf("a leak of 1 has the slope %v", s)
	}
	// What never changes has no slope and no doubt.
	if s := fit([]float64{1, 2, 3, 4, 5}, []float64{7, 7, 7, 7, 7}); s != (slope{}) {
		t.Errorf("a constant has the slope %v", s)
	}
}
