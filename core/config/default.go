package config

import "time"

// Default returns the settings of a server that was told nothing. The caller
// owns it; it shares nothing with other calls.
func Default() Config {
	return Config{
		Server: Server{
			Name:  "ChatRoom",
			Drain: 10 * time.Second,
			IO:    IOAuto,
		},
		Listen: []Listen{{Addr: "127.0.0.1:5267", Telnet: true}},
		Shell: Shell{
			Mode:    ModeAuto,
			Room:    "lobby",
			MaxLine: 1024,
		},
		Login: Login{
			Required:  true,
			Grace:     time.Minute,
			GuestIdle: 30 * time.Minute,
		},
		Rooms: Rooms{
			Keep:      24 * time.Hour,
			JoinNoise: 50,
			Max:       10_000,
			PerUser:   20,
		},
		Limits: Limits{
			Sessions:          10_000,
			SessionsPerSource: 16,
			ConnectsPerMinute: 32,
			LinesBurst:        10,
			LinesPerSecond:    2,
			Outbox:            128 * KiB,
			Stall:             10 * time.Second,
		},
		History: History{
			Replay: 20,
			Lines:  1000,
			Bytes:  64 * MiB,
		},
		Store: Store{Dir: "data"},
		Log:   Log{Level: LevelInfo, Format: FormatText},
		Roles: Roles{
			Moderator: []string{},
			Operator:  []string{},
			Admin:     []string{},
		},
	}
}
