package natsstore

import (
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/chatroom-shell/chatroom/core/chat"
)

func sample() *block {
	return &block{prev: 7, lost: unknown, lines: []*chat.Event{
		{Kind: chat.Say, Room: "lobby", Seq: 300, Time: time.UnixMicro(1_700_000_000_000_000), From: "Ann", Author: "ann", Text: "hi bob", Mentions: []string{"bob"}},
		{Kind: chat.Emote, Room: "lobby", Seq: 302, Time: time.UnixMicro(1_699_999_999_999_999), From: "guest", Text: ""},
	}}
}

// The encoding is on people's disks: it must not change under its version.
func TestBlockGolden(t *testing.T) {
	const want = "0107" + "01" + "ac02" + "8080f28183898506" + "02" +
		"01" + "00" + "00" + "03416e6e" + "03616e6e" + "06686920626f62" + "0103626f62" +
		"02" + "02" + "01" + "056775657374" + "00" + "00" + "00"
	if got := hex.EncodeToString(sample().append(nil)); got != want {
		t.Errorf("encoded as\n%s, want\n%s", got, want)
	}
}

func TestBlockProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &block{prev: rapid.Uint64().Draw(t, "prev"), lost: rapid.IntRange(-1, 1e6).Draw(t, "lost")}
		seq := uint64(0)
		for range rapid.IntRange(1, 20).Draw(t, "lines") {
			seq += rapid.Uint64Range(1, 1e6).Draw(t, "step")
			ev := &chat.Event{
				Kind: chat.Kind(rapid.ByteMax(127).Draw(t, "kind")), Removed: rapid.Bool().Draw(t, "removed"), Room: "r", Seq: seq, Time: time.UnixMicro(rapid.Int64().Draw(t, "time")),
				From: rapid.String().Draw(t, "from"), Author: rapid.String().Draw(t, "author"), Text: rapid.String().Draw(t, "text"),
			}
			if m := rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "mentions"); len(m) > 0 {
				ev.Mentions = m
			}
			b.lines = append(b.lines, ev)
		}
		data := b.append(nil)
		got, err := parseBlock("r", data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, b) {
			t.Fatalf("came back as %+v, was %+v", got, b)
		}
		if n := rapid.IntRange(0, len(data)-1).Draw(t, "cut"); n < len(data) {
			if _, err := parseBlock("r", data[:n]); err == nil {
				t.Fatalf("%d of %d bytes are taken for a block", n, len(data))
			}
		}
	})
}

func FuzzParseBlock(f *testing.F) {
	f.Add(sample().append(nil))
	f.Add([]byte{})
	f.Add([]byte{blockVersion, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := parseBlock("r", data)
		if err != nil {
			return
		}
		last := uint64(0)
		for i, ev := range b.lines {
			if i > 0 && ev.Seq <= last {
				t.Fatalf("%d comes after %d", ev.Seq, last)
			}
			last = ev.Seq
		}
		again, err := parseBlock("r", b.append(nil))
		if err != nil || !reflect.DeepEqual(again, b) {
			t.Fatalf("came back as %+v, %v", again, err)
		}
	})
}

func FuzzKey(f *testing.F) {
	for _, key := range []string{"a", "日本", "a..b", "*", "\x00", "\xff"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		k, err := encodeKey(key)
		if err != nil {
			return
		}
		if back, ok := decodeKey(k); !ok || back != key {
			t.Errorf("%q came back as %q", key, back)
		}
	})
}
