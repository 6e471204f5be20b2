package text

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var commands = []string{
	"away", "back", "clear", "echo", "exit", "help", "history", "ignore", "join", "leave", "login", "logout", "look", "me",
	"motd", "msg", "nick", "page", "ping", "quit", "reload", "reply", "rooms", "say", "set", "stats", "tell", "topic",
	"unignore", "uptime", "version", "who", "whois",
}

func TestNearest(t *testing.T) {
	tests := []struct {
		word string
		n    int
		want string
	}{
		{"lgoin", 3, "login"},
		{"LGOIN", 3, "login"},
		{"hsitory", 3, "history"},
		{"hist", 3, "history"},
		{"hystoryy", 3, "history"},
		{"sya", 3, "say"},
		{"whi", 3, "who"},
		{"whos", 3, "who whois"},
		{"wh", 3, "who whois"},
		{"log", 3, "login logout"},
		{"l", 5, "look leave login logout"},
		{"l", 2, "look leave"},
		{"who", 3, "who whois"},
		{"Quit", 1, "quit"},
		{"ignroe", 3, "ignore"},
		{"tel", 3, "tell"},
		{"versoin", 3, "version"},
		{"deploy", 3, "reply"},
		{"compile", 3, ""},
		{"x", 3, ""},
		{"", 3, ""},
		{"who", 0, ""},
		{"who", -1, ""},
		{strings.Repeat("w", 1024), 3, ""},
		{"привет", 3, ""},
	}
	for _, tt := range tests {
		got := strings.Join(Nearest(tt.word, slices.Values(commands), tt.n), " ")
		if got != tt.want {
			t.Errorf("Nearest(%.20q, %d) = %q, want %q", tt.word, tt.n, got, tt.want)
		}
	}
	if got := Nearest("Ивна", slices.Values([]string{"Олег", "Иван", "Иван"}), 3); !slices.Equal(got, []string{"Иван"}) {
		t.Errorf("got %q", got)
	}
}

func TestDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"ca", "abc", 3}, // 2 without the alignment's restriction
		{"kitten", "sitting", 3}, {"猫犬", "犬猫", 1}, {"abcdef", "badcfe", 3},
	}
	var d distance
	for _, tt := range tests {
		if got := d.between([]rune(tt.a), tt.b); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestNearestProperties(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("abcdAB")), 1, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		w, among, n := word.Draw(t, "word"), rapid.SliceOf(word).Draw(t, "among"), rapid.IntRange(1, 5).Draw(t, "n")
		got := Nearest(w, slices.Values(among), n)
		if len(got) > n {
			t.Errorf("%d results", len(got))
		}
		for i, g := range got {
			if !slices.Contains(among, g) || slices.Contains(got[:i], g) {
				t.Errorf("Nearest(%q, %q) = %q", w, among, got)
			}
		}
		shuffled := rapid.Permutation(among).Draw(t, "shuffled")
		if again := Nearest(w, slices.Values(shuffled), n); !slices.Equal(got, again) {
			t.Errorf("Nearest(%q): %q of %q, %q of %q", w, got, among, again, shuffled)
		}
		if i := slices.IndexFunc(among, func(c string) bool { return Fold(c) == Fold(w) }); i >= 0 && (len(got) == 0 || Fold(got[0]) != Fold(w)) {
			t.Errorf("Nearest(%q, %q) = %q misses %q", w, among, got, among[i])
		}
		var d distance
		a, b := w, word.Draw(t, "other")
		if x, y := d.between([]rune(a), b), d.between([]rune(b), a); x != y || (x == 0) != (a == b) || x > max(len(a), len(b)) {
			t.Errorf("%q to %q: %d, back %d", a, b, x, y)
		}
	})
}

func BenchmarkNearest(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sinkInt = len(Nearest("hsitory", slices.Values(commands), 3))
	}
}
