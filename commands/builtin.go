package commands

import (
	"context"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
)

// Deps are what the built-in commands need of the server. All fields are
// needed to run them, none to look at their specs; all functions are called from
// many goroutines.
type Deps struct {
	Hub *chat.Hub

	Accounts *account.Accounts
	Mail     *account.Mail // of Accounts

	// Cut ends all sessions of a user after a line with the reason. It must not
	// block.
	Cut func(u *chat.User, reason string)

	// Name reads a name that somebody wants to have, and refuses a reserved
	// one. Whether it is taken is the hub's to say. The error is a *chat.Error.
	Name func(typed string) (chat.Name, error)

	// Registry is the registry of the moment.
	Registry func() *command.Registry

	// Settings are the server's settings of the moment. It must not block.
	Settings func() Settings

	// Reload reads the config again and puts it in force. It returns a line for
	// each setting that changed, or that needs a restart and was refused; none if
	// nothing differs. If it fails nothing has changed, and the error is a
	// *chat.Error that says why to an operator, in one line or more. It may block
	// until ctx ends.
	Reload func(ctx context.Context) (changes []string, err error)

	// Stats are the figures of the server that this package can't know, such as
	// its connections, in the order in which they are shown. It may block until
	// ctx ends.
	Stats func(ctx context.Context) ([]Stat, error)

	Plugins Plugins

	Version string    // one line
	Started time.Time // when the server started
}

// Settings are what the commands must know of the config.
type Settings struct {
	Motd          string // lines that are separated by LF; "": none
	LoginRequired bool   // false: a newcomer is given a guest name at once
	MaxLine       int    // bytes of the longest message that comes out of a pipe; 0: no limit
}

// A Stat is one figure.
type Stat struct {
	Name  string // what it counts: "connections"
	Value string // with its unit
	Bytes uint64 // of one that is a size and nothing else: the same exactly; 0: it is none
}

// The groups, as help shows them.
const (
	groupSession    = "Session"
	groupAccount    = "Account"
	groupTalking    = "Talking"
	groupPeople     = "People"
	groupRooms      = "Rooms"
	groupSettings   = "Settings"
	groupLater      = "Later"
	groupFilters    = "Filters"
	groupHelp       = "Help"
	groupModeration = "Moderation"
	groupServer     = "Server"
)

// What commands cost that answer with more than a few lines, in tokens of the
// rate limit; the others cost 1.
const (
	costPage   = 2 // a screenful at most
	costList   = 3 // as long as the list is
	costSearch = 5 // a look through all that is kept
)

// Builtin returns the built-in commands in the order of their groups, which is
// that in which a newcomer has use for them. Which roles they are shown to follows
// the rights of the moment: it is to be called again when those change.
func Builtin(d Deps) []command.Command {
	return []command.Command{
		d.login(), d.nick(), d.logout(), d.quit(),
		d.register(), d.passwd(), d.account(),
		d.say(), d.me(), d.msg(), d.reply(), d.echo(),
		d.who(), d.whois(), d.seen(), d.last(), d.away(), d.back(), d.ignore(), d.unignore(),
		d.join(), d.leave(), d.rooms(), d.look(), d.topic(), d.history(), d.search(), d.mentions(), d.missed(), d.redact(),
		d.invite(), d.room(), d.slow(),
		d.set(), d.alias(), d.unalias(), d.clear(),
		d.at(), d.every(), d.jobs(), d.cancel(),
		d.grep(), d.head(), d.tail(), d.sort(), d.uniq(), d.wc(), d.cut(), d.tee(),
		d.help(), d.man(), d.apropos(),
		d.report(), d.kick(), d.mute(), d.unmute(), d.ban(), d.unban(), d.bans(), d.allowlist(), d.lockdown(), d.wall(), d.role(), d.audit(),
		d.motd(), d.ping(), d.uptime(), d.version(), d.stats(), d.reload(),
		d.plugins(), d.plugin(),
	}
}
