package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// storeReserve is what the store must have room for besides the history: accounts
// and the audit.
const storeReserve = 512 * MiB

// Validate checks the range of every value. The error tells all that is wrong,
// with key and value, one problem a line; see Error.
func (c *Config) Validate() error { return join(c.problems()) }

func (c *Config) problems() []*Error {
	var v validator

	v.line("server.name", c.Server.Name, 1, 64)
	v.text("server.motd", c.Server.MOTD, 8192)
	between(&v, "server.drain", c.Server.Drain, 0, time.Hour)
	oneOf(&v, "server.io", c.Server.IO, IOAuto, IOUring, IOEpoll, IOStream)

	v.listen("listen", c.Listen)

	oneOf(&v, "shell.mode", c.Shell.Mode, ModeAuto, ModeChat, ModeCommand)
	v.room("shell.room", c.Shell.Room)
	between(&v, "shell.max_line", c.Shell.MaxLine, 64, 8192)

	between(&v, "pipeline.stages", c.Pipeline.Stages, 0, 64)
	zeroOr(&v, "pipeline.bytes", c.Pipeline.Bytes, KiB, GiB)
	zeroOr(&v, "pipeline.time", c.Pipeline.Time, time.Millisecond, time.Hour)

	zeroOr(&v, "login.grace", c.Login.Grace, time.Millisecond, day)
	zeroOr(&v, "login.guest_idle", c.Login.GuestIdle, time.Millisecond, year)
	oneOf(&v, "login.second_session", c.Login.SecondSession, SecondAttach, SecondTakeover)
	between(&v, "login.hash_memory", c.Login.HashMemory, 7*MiB, 128*MiB)
	if c.Login.HashMemory%KiB != 0 {
		v.add("login.hash_memory", "%s is not a whole number of KiB", show(c.Login.HashMemory))
	}
	between(&v, "login.hash_passes", c.Login.HashPasses, 1, 16)
	between(&v, "login.hash_threads", c.Login.HashThreads, 1, 8)

	between(&v, "rooms.keep", c.Rooms.Keep, 0, year)
	between(&v, "rooms.join_noise", c.Rooms.JoinNoise, 0, 1_000_000)
	between(&v, "rooms.max", c.Rooms.Max, 0, 1_000_000)
	between(&v, "rooms.per_user", c.Rooms.PerUser, 0, 1_000_000)

	v.rooms("room", c.Room, c.Shell.Room)

	between(&v, "limits.sessions", c.Limits.Sessions, 0, 10_000_000)
	between(&v, "limits.sessions_per_source", c.Limits.SessionsPerSource, 0, 1_000_000)
	between(&v, "limits.connects_per_minute", c.Limits.ConnectsPerMinute, 0, 1_000_000)
	between(&v, "limits.lines_burst", c.Limits.LinesBurst, 0, 1_000_000)
	zeroOr(&v, "limits.lines_per_second", c.Limits.LinesPerSecond, 0.01, 1_000_000)
	between(&v, "limits.machine_burst", c.Limits.MachineBurst, 0, 1_000_000)
	zeroOr(&v, "limits.machine_per_second", c.Limits.MachinePerSecond, 0.01, 1_000_000)
	between(&v, "limits.aliases", c.Limits.Aliases, 0, 64)
	between(&v, "limits.jobs", c.Limits.Jobs, 0, 32)
	// One line of the longest kind, or the motd, must fit with what stands
	// around it, else everybody is a slow reader.
	zeroOr(&v, "limits.outbox", c.Limits.Outbox, 16*KiB, GiB)
	zeroOr(&v, "limits.stall", c.Limits.Stall, time.Millisecond, time.Hour)
	zeroOr(&v, "limits.penalty", c.Limits.Penalty, 15*time.Second, day)
	between(&v, "limits.logins_per_source", c.Limits.LoginsPerSource, 0, 1000)
	between(&v, "limits.registrations", c.Limits.Registrations, 0, 1_000_000)
	between(&v, "limits.registrations_per_source", c.Limits.RegistrationsPerSource, 0, 1_000_000)
	v.networks("limits.exempt", c.Limits.Exempt)

	between(&v, "history.replay", c.History.Replay, 0, 1000)
	between(&v, "history.lines", c.History.Lines, 0, 1_000_000)
	between(&v, "history.memory", c.History.Memory, 0, TiB)
	zeroOr(&v, "history.age", c.History.Age, time.Minute, 10*year)
	between(&v, "history.count", c.History.Count, 0, 1_000_000_000)
	between(&v, "history.bytes", c.History.Bytes, MiB, TiB)

	v.line("store.dir", c.Store.Dir, 0, 4096)
	v.urls("store.url", c.Store.URL)
	v.prefix("store.prefix", c.Store.Prefix)
	between(&v, "store.replicas", c.Store.Replicas, 1, 5)
	between(&v, "store.max", c.Store.Max, GiB, 1024*TiB)
	if least := c.History.Bytes + storeReserve; c.History.Bytes <= TiB && c.Store.Max < least {
		v.add("store.max", "%s is too small for history.bytes (%s) and the rest; it takes %s", show(c.Store.Max), show(c.History.Bytes), show(least))
	}

	oneOf(&v, "log.level", c.Log.Level, LevelDebug, LevelInfo, LevelWarn, LevelError)
	oneOf(&v, "log.format", c.Log.Format, FormatText, FormatJSON)

	v.names("roles.moderator", c.Roles.Moderator)
	v.names("roles.operator", c.Roles.Operator)
	v.names("roles.admin", c.Roles.Admin)

	v.rights("rights", c.Rights)

	v.supervision("plugins", c.Plugins)
	v.plugins("plugin", c.Plugin)
	v.rules("rule", c.Rule)

	return v.problems
}

// A validator collects what is wrong.
type validator struct{ problems []*Error }

func (v *validator) add(key, format string, args ...any) {
	v.problems = append(v.problems, &Error{Key: key, Err: fmt.Errorf(format, args...)})
}

// between wants least <= x <= most. A NaN is never there.
func between[T cmp.Ordered](v *validator, key string, x, least, most T) {
	if !(least <= x && x <= most) {
		v.add(key, "%s is not in the range %s to %s", show(x), show(least), show(most))
	}
}

// zeroOr wants x to be zero, which means off, or in a range.
func zeroOr[T cmp.Ordered](v *validator, key string, x, least, most T) {
	var off T
	if x != off && !(least <= x && x <= most) {
		v.add(key, "%s is neither %s (off) nor in the range %s to %s", show(x), show(off), show(least), show(most))
	}
}

// oneOf wants one of the values of an enumeration.
func oneOf[T ~string](v *validator, key string, x T, among ...T) {
	var names []string
	for _, a := range among {
		if x == a {
			return
		}
		names = append(names, string(a))
	}
	last := len(names) - 1
	v.add(key, "%s is none of %s and %s", show(x), strings.Join(names[:last], ", "), names[last])
}

// show is a value for an error.
func show(x any) string { return shorten(literal(reflect.ValueOf(x))) }

// line wants printable text of one line.
func (v *validator) line(key, s string, least, most int) {
	v.length(key, s, least, most)
	v.characters(key, s, "")
}

// text wants text that may have several lines.
func (v *validator) text(key, s string, most int) {
	v.length(key, s, 0, most)
	v.characters(key, s, "\n\r\t")
}

func (v *validator) length(key, s string, least, most int) {
	switch {
	case len(s) < least:
		v.add(key, "%s is too short; it must have at least %d byte", show(s), least)
	case len(s) > most:
		v.add(key, "%s has %d bytes; it may have %d at most", show(s), len(s), most)
	}
}

func (v *validator) characters(key, s, allowed string) {
	if !utf8.ValidString(s) {
		v.add(key, "%s is not valid UTF-8", show(s))
		return
	}
	for _, r := range s {
		if unicode.IsControl(r) && !strings.ContainsRune(allowed, r) {
			v.add(key, "%s has the control character %U in it", show(s), r)
			return
		}
	}
}

var roomName = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

func (v *validator) room(key, s string) {
	if !roomName.MatchString(s) {
		v.add(key, "%s is no room's name; write 1 to 32 of the characters a-z, 0-9, _ and -, without #", show(s))
	}
}

// rooms wants rooms, each once, and the start room open to everyone.
func (v *validator) rooms(key string, rooms []Room, start string) {
	seen := map[string]bool{}
	for i, r := range rooms {
		at := key + "[" + strconv.Itoa(i) + "]"
		v.room(at+".name", r.Name)
		if seen[r.Name] {
			v.add(at+".name", "%s is there twice", show(r.Name))
		}
		seen[r.Name] = true
		v.line(at+".topic", r.Topic, 0, 512)
		if err := chat.CheckKey(r.Key.Reveal()); err != nil && r.Key != "" {
			v.add(at+".key", "%s", reason(err))
		}
		v.role(at+".role", r.Role)
		v.names(at+".moderators", r.Moderators)
		if r.Name != start {
			continue
		}
		for _, bar := range []struct {
			name string
			set  bool
		}{{"private", r.Private}, {"key", r.Key != ""}, {"role", r.Role != RoleGuest}} {
			if bar.set {
				v.add(at+"."+bar.name, "everyone starts in %s, so it must stay open; leave this out or set another shell.room", show(start))
			}
		}
	}
}

// reason is a sentence for a user as part of an error.
func reason(err error) string {
	if e, ok := errors.AsType[*chat.Error](err); ok {
		return strings.TrimSuffix(e.Text, ".")
	}
	return err.Error()
}

// names wants account names, each once.
func (v *validator) names(key string, names []string) {
	seen := map[string]string{}
	for i, s := range names {
		at := key + "[" + strconv.Itoa(i) + "]"
		name, err := text.ParseName(s)
		if err != nil {
			v.add(at, "%s can be nobody's name: %s", show(s), reason(err))
			continue
		}
		if first, ok := seen[name.Key]; ok {
			v.add(at, "%s is there twice, first as %s", show(s), show(first))
			continue
		}
		seen[name.Key] = s
	}
}

// rights wants roles, and guests only where the default lets them.
func (v *validator) rights(key string, r Rights) {
	open := map[string]bool{}
	for name, role := range Default().Rights.All() {
		open[name] = role == RoleGuest
	}
	for name, role := range r.All() {
		if role == RoleGuest && !open[name] {
			v.add(key+"."+name, "guests can't have this right, because nobody knows who they are; the least role is %s", RoleUser)
			continue
		}
		v.role(key+"."+name, role)
	}
}

func (v *validator) role(key string, r Role) {
	oneOf(v, key, r, RoleGuest, RoleUser, RoleModerator, RoleOperator, RoleAdmin)
}

// networks wants addresses and networks.
func (v *validator) networks(key string, networks []string) {
	for i, s := range networks {
		if _, err := ParseNetwork(s); err != nil {
			v.add(key+"["+strconv.Itoa(i)+"]", "%s", err)
		}
	}
}

// ParseNetwork reads an address, which is a network of its own, or a network such
// as 192.0.2.0/24.
func ParseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%s is no address and no network such as 192.0.2.0/24", show(s))
	}
	return p.Masked(), nil
}

var storePrefix = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

func (v *validator) prefix(key, s string) {
	if !storePrefix.MatchString(s) {
		v.add(key, "%s is not 1 to 32 of the characters a-z, 0-9 and -", show(s))
	}
}

// urls wants the addresses of NATS servers. They may hold passwords, so no error
// shows them.
func (v *validator) urls(key string, s Secret) {
	for i, one := range splitList(s.Reveal()) {
		u, err := url.Parse(one)
		switch {
		case err != nil || u.Host == "":
			v.add(key, "the address number %d is no URL; write nats://HOST:PORT", i+1)
		case !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme):
			v.add(key, "the address number %d begins with %s, not with nats://, tls://, ws:// or wss://", i+1, show(u.Scheme+"://"))
		}
	}
}

func (v *validator) listen(key string, doors []Listen) {
	if len(doors) == 0 {
		v.add(key, "there must be at least one, such as addr = %s", quote(Default().Listen[0].Addr))
	}
	seen := map[string]string{}
	for i, d := range doors {
		at := key + "[" + strconv.Itoa(i) + "].addr"
		canonical, err := parseAddr(d.Addr)
		if err != nil {
			v.add(at, "%s is no address: %w", show(d.Addr), err)
			continue
		}
		if canonical == "" {
			continue
		}
		if first, ok := seen[canonical]; ok {
			v.add(at, "%s is there twice, first as %s", show(d.Addr), show(first))
			continue
		}
		seen[canonical] = d.Addr
	}
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// parseAddr checks HOST:PORT and returns its one spelling, "" if there may be
// several of it because its port is 0.
func parseAddr(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		if a, ok := errors.AsType[*net.AddrError](err); ok {
			err = errors.New(a.Err)
		}
		return "", fmt.Errorf("%w; write HOST:PORT, such as 127.0.0.1:5267 or [::1]:5267", err)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", errors.New("its port must be a number from 0 to 65535")
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.String()
	} else if host != "" && (!hostName.MatchString(host) || len(host) > 253 || strings.Trim(last, "0123456789") == "") {
		return "", errors.New("its host is neither an IP address nor a name")
	}
	if n == 0 {
		return "", nil
	}
	return net.JoinHostPort(strings.ToLower(host), strconv.FormatUint(n, 10)), nil
}
