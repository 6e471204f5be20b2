package telnet

import (
	"bytes"
	"testing"
)

func BenchmarkDecode(b *testing.B) {
	chat := []byte("hello, everyone: how are you today? 你好\r\n")
	tests := []struct {
		name string
		p    []byte
		size int // of the segments
	}{
		{"line", chat, len(chat)},
		{"batch of 100 lines", bytes.Repeat(chat, 100), 100 * len(chat)},
		{"line in two segments", chat, len(chat) / 2},
		{"line byte by byte", chat, 1},
		{"line with erase keys", wire("'helo' DEL 'lo everyone: how are you today?' CR NUL"), 1 << 10},
	}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			o := &Options{}
			var d Decoder
			b.ReportAllocs()
			b.SetBytes(int64(len(tt.p)))
			for b.Loop() {
				for p := tt.p; len(p) > 0; {
					n := min(tt.size, len(p))
					d.Feed(o, p[:n], discard{})
					p = p[n:]
				}
			}
		})
	}
	// All that inetutils-telnet negotiates, for a new session each time.
	b.Run("negotiation", func(b *testing.B) {
		o := &Options{}
		segments := [][]byte{
			wire("IAC WILL TTYPE IAC WILL NAWS IAC SB NAWS 0 80 0 24 IAC SE"),
			wire("IAC SB TTYPE 0 'XTERM-256COLOR' IAC SE IAC DONT CHARSET"),
			wire("IAC SB TTYPE 0 'XTERM-256COLOR' IAC SE"),
		}
		b.ReportAllocs()
		for b.Loop() {
			var d Decoder
			d.Open(o, discard{})
			for _, p := range segments {
				d.Feed(o, p, discard{})
			}
		}
	})
}
