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
		Pipeline: Pipeline{
			Stages: 8,
			Bytes:  MiB,
			Time:   10 * time.Second,
		},
		Login: Login{
			Required:  true,
			Grace:     time.Minute,
			GuestIdle: 30 * time.Minute,

			SecondSession: SecondAttach,
			HashMemory:    19 * MiB,
			HashPasses:    2,
			HashThreads:   1,
		},
		Rooms: Rooms{
			Keep:      24 * time.Hour,
			JoinNoise: 50,
			Max:       10_000,
			PerUser:   20,
		},
		Room: []Room{},
		Limits: Limits{
			Sessions:          10_000,
			SessionsPerSource: 16,
			ConnectsPerMinute: 32,
			LinesBurst:        10,
			LinesPerSecond:    2,
			MachineBurst:      40,
			MachinePerSecond:  10,
			Aliases:           50,
			Jobs:              10,
			Outbox:            128 * KiB,
			Stall:             10 * time.Second,

			Penalty:                10 * time.Minute,
			LoginsPerSource:        8,
			Registrations:          30,
			RegistrationsPerSource: 3,
			Exempt:                 []string{},
		},
		History: History{
			Replay: 20,
			Lines:  1000,
			Memory: 64 * MiB,
			Age:    30 * day,
			Bytes:  GiB,
		},
		Store: Store{
			Dir:      "data",
			Prefix:   "chatroom",
			Replicas: 1,
			Max:      16 * GiB,
		},
		Log: Log{Level: LevelInfo, Format: FormatText},
		Roles: Roles{
			Moderator: []string{},
			Operator:  []string{},
			Admin:     []string{},
		},
		Rights: Rights{
			Say:            RoleGuest,
			Register:       RoleGuest,
			Report:         RoleGuest,
			Kick:           RoleModerator,
			Mute:           RoleModerator,
			Ban:            RoleModerator,
			Slow:           RoleModerator,
			Redact:         RoleModerator,
			RoomsGovern:    RoleModerator,
			BanAddress:     RoleOperator,
			BanForever:     RoleOperator,
			AddressesSee:   RoleOperator,
			Wall:           RoleOperator,
			Allowlist:      RoleOperator,
			Lockdown:       RoleOperator,
			AuditRead:      RoleOperator,
			AccountsManage: RoleOperator,
			PluginManage:   RoleOperator,
			ConfigReload:   RoleOperator,
			Stats:          RoleOperator,
			RoleGrant:      RoleOperator,
		},
		Plugins: defaultPlugins(),
		Plugin:  []Plugin{},
		Rule:    []Rule{},
	}
}
