package telnet

import "testing"

// What real clients send to a server that opens, hides the input for a
// password and shows it again, at a terminal of 80 x 24, and how a prompt ends
// for them. They are recordings, but for the client on port 23 and ncat, which
// are put together from observations of single answers.
func TestClients(t *testing.T) {
	var (
		will    = reply("IAC WILL ECHO")
		wont    = reply("IAC WONT ECHO")
		environ = reply("IAC SB NEWENV 1 3 'NO_COLOR' IAC SE")
		refused = signal(EchoRefused)
		refuse  = func(words string) string { return reply(words) }
	)
	tests := []struct {
		name   string
		steps  []step
		want   Terminal
		prompt string // what ends a prompt
	}{
		{"inetutils-telnet 2.4", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WILL TTYPE IAC WILL NAWS IAC SB NAWS 0 80 0 24 IAC SE", want: events(ask, changed, offer, changed, changed)},
			{in: "IAC DONT EOR IAC DONT CHARSET IAC WILL NEWENV", want: events(environ, changed)},
			{in: "IAC SB TTYPE 0 'TMUX-256COLOR' IAC SE", want: events(ask, changed)},
			{in: "IAC SB NEWENV 0 3 'NO_COLOR' IAC SE"}, // not defined
			{in: "IAC SB TTYPE 0 'TMUX-256COLOR' IAC SE"},
			{in: "'hello' CR LF", want: events(line("hello"))},
			{in: "IAC IP IAC DO TM", want: events(signal(Interrupt), reply("IAC WILL TM"))}, // Ctrl-C
			{in: "'pw' CR LF", want: events(line("pw"))},
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed)},
			{in: "'secret' CR LF", want: events(line("secret"))},
			{do: "show", want: events(wont)},
			{in: "IAC DONT ECHO"},
			{in: "IAC SB NAWS 0 100 0 30 IAC SE", want: events(changed)},
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed)},
			{in: "'again' CR LF", want: events(line("again"))},
		}, Terminal{Width: 100, Height: 30, Name: "TMUX-256COLOR", Negotiated: true}, "IAC GA"},

		{"inetutils-telnet 2.4 that exports NO_COLOR", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WILL TTYPE IAC WILL NAWS IAC SB NAWS 0 80 0 24 IAC SE", want: events(ask, changed, offer, changed, changed)},
			{in: "IAC DONT EOR IAC DONT CHARSET IAC WILL NEWENV", want: events(environ, changed)},
			{in: "IAC SB TTYPE 0 'XTERM' IAC SE IAC SB NEWENV 0 3 'NO_COLOR' 1 '1' IAC SE IAC SB TTYPE 0 'XTERM' IAC SE",
				want: events(ask, changed, changed)},
		}, Terminal{Width: 80, Height: 24, Name: "XTERM", NoColor: true, Negotiated: true}, "IAC GA"},

		{"telnet-ssl 0.17", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WILL TTYPE IAC WILL NAWS IAC SB NAWS 0 80 0 24 IAC SE", want: events(ask, changed, offer, changed, changed)},
			{in: "IAC DONT EOR IAC DONT CHARSET IAC WILL NEWENV", want: events(environ, changed)},
			{in: "IAC SB TTYPE 0 'xterm' IAC SE IAC SB NEWENV 0 IAC SE IAC SB TTYPE 0 'xterm' IAC SE", want: events(ask, changed)},
		}, Terminal{Width: 80, Height: 24, Name: "xterm", Negotiated: true}, "IAC GA"},

		{"inetutils-telnet 2.4 on port 23", []step{
			{in: "IAC DO 38 IAC WILL 38 IAC DO SGA IAC WILL TTYPE IAC WILL NAWS IAC WILL TSPEED IAC WILL LFLOW IAC WILL LINEMODE IAC WILL NEWENV IAC DO 5",
				want: events(refuse("IAC WONT 38"), offer, refuse("IAC DONT 38"), refuse("IAC WONT SGA"),
					reply("IAC DO TTYPE"), ask, changed, reply("IAC DO NAWS"), changed, refuse("IAC DONT TSPEED"),
					refuse("IAC DONT LFLOW"), refuse("IAC DONT LINEMODE"), environ, changed, refuse("IAC WONT 5"))},
			{do: "open"},
		}, Terminal{Negotiated: true}, ""},

		{"plink 0.78 -telnet", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WILL NAWS IAC WILL TSPEED IAC WILL TTYPE IAC WILL NEWENV IAC DO ECHO IAC WILL SGA IAC DO SGA",
				want: events(changed, offer, refuse("IAC DONT TSPEED"), ask, changed, environ, changed,
					refuse("IAC WONT ECHO"), refuse("IAC DONT SGA"), refuse("IAC WONT SGA"))},
			{in: "IAC SB NAWS 0 80 0 24 IAC SE IAC DONT EOR IAC DONT CHARSET", want: events(changed)},
			// All that is in its configuration, and the user's name.
			{in: "IAC SB NEWENV 0 0 'FOO' 1 'bar' 0 'NO_COLOR' 1 '1' 0 'USER' 1 'root' IAC SE", want: events(changed)},
			{in: "IAC SB TTYPE 0 'XTERM' IAC SE", want: events(ask, changed)},
			{in: "IAC SB TTYPE 0 'XTERM' IAC SE"},
			{in: "'hello' LF", want: events(line("hello"))},
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed)},
			{in: "'secret' LF", want: events(line("secret"))},
			{do: "show", want: events(wont)},
			{in: "IAC DONT ECHO"},
		}, Terminal{Width: 80, Height: 24, Name: "XTERM", NoColor: true, Negotiated: true}, ""},

		{"busybox telnet 1.35", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WILL TTYPE IAC WILL NAWS IAC SB NAWS 0 80 0 24 IAC SE", want: events(ask, changed, offer, changed, changed)},
			{in: "IAC DONT EOR IAC DONT CHARSET IAC WONT NEWENV IAC SB TTYPE 0 'tmux-256color' IAC SE", want: events(ask, changed)},
			{in: "IAC SB TTYPE 0 'tmux-256color' IAC SE"},
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO", want: events(changed)},
			{in: "'secrex' DEL 't' CR LF", want: events(line("secret"))}, // key by key now
			{do: "show", want: events(wont)},
			{in: "IAC DONT ECHO"},
			{do: "hide", want: events(will)},
			{in: "IAC DONT ECHO", want: events(refused)}, // only once in a session
			{in: "'again' CR LF", want: events(line("again"))},
		}, Terminal{Width: 80, Height: 24, Name: "tmux-256color", Negotiated: true}, "IAC GA"},

		{"TinTin++ 2.02", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WILL TTYPE IAC WILL NAWS IAC SB NAWS 0 80 0 24 IAC SE", want: events(ask, changed, offer, changed, changed)},
			{in: "IAC DO EOR IAC DO CHARSET", want: events(changed, reply("IAC SB CHARSET 1 ';UTF-8' IAC SE"), changed)},
			{in: "IAC WILL NEWENV IAC SB TTYPE 0 'TINTIN++' IAC SE", want: events(environ, changed, ask, changed)}, // and that is all
			{in: "IAC SB TTYPE 0 'XTERM-256COLOR' IAC SE IAC SB CHARSET 2 'UTF-8' IAC SE", want: events(ask, changed)},
			{in: "IAC SB TTYPE 0 'MTTS 271' IAC SE", want: events(changed)},
			{do: "hide", want: events(will)},
			{in: "IAC DO ECHO 'secret' CR LF", want: events(changed, line("secret"))},
		}, Terminal{Width: 80, Height: 24, Name: "TINTIN++", MTTS: 271, UTF8: true, Negotiated: true}, "IAC EOR"},

		{"TinyFugue 5.0", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WILL NAWS IAC WILL TTYPE IAC SB NAWS 0 79 0 20 IAC SE", want: events(changed, offer, ask, changed, changed)},
			{in: "IAC DO EOR IAC DONT CHARSET", want: events(changed)},
			{in: "IAC WONT NEWENV IAC SB TTYPE 0 'TINYFUGUE' IAC SE", want: events(ask, changed)},
			{in: "IAC SB TTYPE 0 'ANSI-ATTR' IAC SE", want: events(changed, ask)},
			{in: "IAC SB TTYPE 0 'ANSI' IAC SE", want: events(ask)},
			{in: "IAC SB TTYPE 0 'UNKNOWN' IAC SE"},
		}, Terminal{Width: 79, Height: 20, Name: "TINYFUGUE", MTTS: MTTSANSI, Negotiated: true}, "IAC EOR"},

		{"libtelnet 0.21", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WILL TTYPE IAC WONT NAWS", want: events(ask, changed, offer)},
			{in: "IAC DONT EOR IAC DONT CHARSET IAC WONT NEWENV"},
			{in: "IAC SB TTYPE 0 'xterm' IAC SE", want: events(ask, changed)},
			{in: "IAC SB TTYPE 0 'xterm' IAC SE"},
		}, Terminal{Name: "xterm", Negotiated: true}, "IAC GA"},

		{"nc -t", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WONT TTYPE"},
			{in: "IAC WONT NAWS"},
			{in: "'hello' LF", want: events(line("hello"))},
			{do: "hide", want: events(will)},
			{in: "IAC DONT ECHO", want: events(refused)},
			{in: "'secret' LF", want: events(line("secret"))},
			{do: "show"},
		}, Terminal{}, ""},

		{"ncat -t, which answers NOP and AYT with IAC NUL", []step{
			{do: "open", want: events(reply(burst))},
			{in: "IAC WONT TTYPE IAC WONT NAWS"},
			{in: "IAC NUL 'hello' LF IAC NUL", want: events(line("hello"))},
			{in: "'bye' LF", want: events(line("bye"))},
		}, Terminal{}, ""},

		{"nc", []step{
			{do: "open", want: events(reply(burst))},
			{in: "'hello' LF", want: events(line("hello"))},
			{do: "hide"},
			{in: "'secret' LF", want: events(line("secret"))},
			{do: "show"},
		}, Terminal{}, ""},

		{"socat raw", []step{
			{do: "open", want: events(reply(burst))},
			{in: "'hello' CR", want: events(line("hello"))},
			{in: "'again' CR", want: events(line("again"))},
		}, Terminal{}, ""},

		{"curl telnet://", []step{
			{do: "open", want: events(reply(burst))},
			{in: "'hello' LF IAC WONT TTYPE IAC WILL NAWS IAC SB NAWS 0 0 0 0 IAC SE IAC WILL BINARY IAC DO BINARY IAC WILL SGA IAC DO SGA",
				want: events(line("hello"), changed, offer, refuse("IAC DONT BINARY"), refuse("IAC WONT BINARY"),
					refuse("IAC DONT SGA"), refuse("IAC WONT SGA"))},
			{in: "'pw' LF", want: events(line("pw"))},
			{do: "hide", want: events(will)},
			{in: "IAC DONT EOR IAC DONT CHARSET IAC WONT NEWENV IAC DO ECHO", want: events(changed)},
		}, Terminal{Negotiated: true}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := check(t, &Options{}, tt.steps)
			if got.terminal != tt.want {
				t.Errorf("got %+v, want %+v", got.terminal, tt.want)
			}
			if got.promptEnd != string(wire(tt.prompt)) {
				t.Errorf("a prompt ends with %q, want %s", got.promptEnd, tt.prompt)
			}
			if got.partial != 0 {
				t.Errorf("%d bytes are left of a command", got.partial)
			}
		})
	}
}
