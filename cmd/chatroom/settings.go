package main

import (
	"log/slog"
	"maps"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/server"
	"github.com/chatroom-shell/chatroom/core/session"
	"github.com/chatroom-shell/chatroom/core/text"
)

// The functions here turn a config that Load has checked into what the parts of
// the server take.

func chatRules(c *config.Config) chat.Rules {
	return chat.Rules{
		Start: c.Shell.Room, Keep: c.Rooms.Keep, Forget: forgetAfter(c),
		JoinNoise: c.Rooms.JoinNoise, MaxRooms: c.Rooms.Max, PerUser: c.Rooms.PerUser,
	}
}

// forgetAfter is how long an empty room is remembered: with a store until all that was
// said there is too old to be kept, for it can be read only behind the room's door.
func forgetAfter(c *config.Config) time.Duration {
	switch {
	case inMemory(c):
		return c.Rooms.Keep
	case c.History.Age == 0:
		return math.MaxInt64
	}
	return max(c.Rooms.Keep, c.History.Age)
}

func sessionSettings(c *config.Config) session.Settings {
	return session.Settings{
		Name: c.Server.Name, Motd: c.Server.MOTD,
		Mode: mode(c.Shell.Mode), MaxLine: c.Shell.MaxLine,
		LoginRequired: c.Login.Required, Grace: c.Login.Grace, GuestIdle: c.Login.GuestIdle,
		Plaintext: c.Login.PlaintextPasswords, Takeover: c.Login.SecondSession == config.SecondTakeover,
		LinesBurst: c.Limits.LinesBurst, LinesPerSec: c.Limits.LinesPerSecond,
		MachineBurst: c.Limits.MachineBurst, MachinePerSec: c.Limits.MachinePerSecond,
		Aliases: orAll(c.Limits.Aliases, account.MaxAliases), Jobs: orAll(c.Limits.Jobs, account.MaxJobs),
		Outbox: int(c.Limits.Outbox), Stall: c.Limits.Stall,
		Replay: c.History.Replay,
	}
}

// orAll is a limit, or if that is off as many as an account keeps.
func orAll(limit, all int) int {
	if limit == 0 {
		return all
	}
	return limit
}

func serverLimits(c *config.Config) server.Limits {
	return server.Limits{
		Sessions: c.Limits.Sessions, SessionsPerSource: c.Limits.SessionsPerSource, ConnectsPerMinute: c.Limits.ConnectsPerMinute,
	}
}

func mode(m config.Mode) (to line.Mode) {
	_ = to.UnmarshalText([]byte(m))
	return to
}

func roomsOf(rooms []config.Room) []chat.RoomSpec {
	specs := make([]chat.RoomSpec, len(rooms))
	for i, r := range rooms {
		role, _ := chat.ParseRole(string(r.Role))
		specs[i] = chat.RoomSpec{Name: r.Name, Topic: r.Topic, Private: r.Private, Key: r.Key.Reveal(), Role: role}
		for _, name := range r.Moderators {
			specs[i].Moderators = append(specs[i].Moderators, text.Fold(name))
		}
	}
	return specs
}

func rolesOf(c config.Roles) map[string]chat.Role {
	roles := map[string]chat.Role{}
	for _, l := range []struct {
		role  chat.Role
		names []string
	}{{chat.Moderator, c.Moderator}, {chat.Operator, c.Operator}, {chat.Admin, c.Admin}} {
		for _, name := range l.names {
			roles[text.Fold(name)] = l.role
		}
	}
	return roles
}

// rightsOf has the names of the rights with dots where the config has underscores.
func rightsOf(r config.Rights) account.Rights {
	changes := maps.Collect(func(yield func(string, string) bool) {
		for name, role := range r.All() {
			if !yield(strings.ReplaceAll(name, "_", "."), string(role)) {
				return
			}
		}
	})
	rights, _ := account.NewRights(changes)
	return rights
}

func accountLimits(c *config.Config) account.Limits {
	l := account.Limits{
		Penalty: c.Limits.Penalty, LoginsPerSource: c.Limits.LoginsPerSource,
		Registrations: c.Limits.Registrations, RegistrationsPerSource: c.Limits.RegistrationsPerSource,
		Exempt: make([]netip.Prefix, len(c.Limits.Exempt)),
	}
	for i, s := range c.Limits.Exempt {
		l.Exempt[i], _ = config.ParseNetwork(s)
	}
	return l
}

// retireForever is for how long a deleted account's name stays taken if what was
// said under it never goes.
const retireForever = 10 * 365 * 24 * time.Hour

func accountOptions(c *config.Config, roles *account.Roles, log *slog.Logger) account.Options {
	o := account.Options{
		Roles: roles, Rights: rightsOf(c.Rights), Limits: accountLimits(c), Retire: c.History.Age, Log: log,
		Hashing: account.Hashing{
			Memory: uint32(c.Login.HashMemory / config.KiB), Time: uint32(c.Login.HashPasses), Threads: uint8(c.Login.HashThreads),
		},
	}
	if o.Retire == 0 {
		o.Retire = retireForever
	}
	return o
}
