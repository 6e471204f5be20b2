package text

import (
	"math/rand/v2"
	"testing"
)

// sameAsASCII holds the fast path of ParseName for s against the way that all
// other names take: it accepts no more, no less, and with the same result.
func sameAsASCII(t *testing.T, s string) {
	want, err := parseName(s)
	if got, ok := parseASCII(s); ok != (err == nil) || got != want {
		t.Fatalf("parseASCII(%q) = %+v, %t; parseName gives %+v, %v", s, got, ok, want, err)
	}
}

// Every ASCII string of at most three characters; of two with -short.
func TestASCIIShort(t *testing.T) {
	var s [3]byte
	most := len(s)
	if testing.Short() {
		most--
	}
	for n := range most + 1 {
		for i := range 1 << (7 * n) {
			for at := range n {
				s[at] = byte(i >> (7 * at) & 0x7F)
			}
			sameAsASCII(t, string(s[:n]))
		}
	}
}

// Long ones, most of them right: what one character does among many, and the
// greatest length.
func TestASCIILong(t *testing.T) {
	const names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.mIl1O0"
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		s := make([]byte, 4+random.IntN(MaxName))
		for i := range s {
			s[i] = names[random.IntN(len(names))]
			if random.IntN(200) == 0 {
				s[i] = byte(random.IntN(128))
			}
		}
		sameAsASCII(t, string(s))
	}
}

func FuzzASCII(f *testing.F) {
	for _, s := range []string{"fish", "Mary-Ann_42", "Ian", "lan", "modem", "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", "-rf", "fish.", "0", "b0b", "a\x00", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for i := range len(s) {
			if s[i] >= 0x80 { // a name of other letters, and none for parseASCII
				if got, ok := parseASCII(s); ok {
					t.Fatalf("parseASCII(%q) = %+v", s, got)
				}
				return
			}
		}
		sameAsASCII(t, s)
	})
}

// Only a Key or a Skeleton that differs from the others is allocated.
func TestASCIIAllocs(t *testing.T) {
	for s, want := range map[string]float64{"fish_42": 0, "Fish_42": 1, "b0b": 1, "modem": 1, "Modem": 2} {
		if got := testing.AllocsPerRun(100, func() {
			n, err := ParseName(s)
			if err != nil {
				t.Fatal(err)
			}
			sink = n.Skeleton
		}); got != want {
			t.Errorf("ParseName(%q) allocates %v times, want %v", s, got, want)
		}
	}
}
