package pluginpb

// What server and plugin must agree on before the first call; plugin.proto tells
// how they meet.
const (
	CookieKey   = "CHATROOM_PLUGIN"                      // the environment variable by which a plugin knows that a server started it
	CookieValue = "c7a1f0c6-6d1e-4c7f-9a55-5f4e0b0f9d1e" // its value; no secret
	Major       = 1                                      // the protocol version of the handshake: this package
	Minor       = 0                                      // DescribeRequest.api_minor, Manifest.api_minor
	Service     = "plugin"                               // what the plugin is called in go-plugin's set and for grpc.health
	MaxMessage  = 1 << 20                                // bytes, either way
)

// The capabilities that a manifest asks for. Those of events are CapEvents and
// the kind: "events.join".
const (
	CapSayRoom       = "say.room"
	CapSayUser       = "say.user"
	CapUsers         = "users.list"
	CapRooms         = "rooms.list"
	CapHistory       = "history.read"
	CapKV            = "kv"
	CapFilter        = "filter"
	CapFilterPrivate = "filter.private"
	CapEvents        = "events."
)

// The kinds of event.
const (
	KindSay     = "say"
	KindEmote   = "emote"
	KindPrivate = "private"
	KindJoin    = "join"
	KindLeave   = "leave"
	KindRename  = "rename"
	KindTopic   = "topic"
	KindRedact  = "redact"
)

// CallsHost reports whether the capability is for calls of the service Host, so
// that who has it needs the broker.
func CallsHost(capability string) bool {
	switch capability {
	case CapSayRoom, CapSayUser, CapUsers, CapRooms, CapHistory, CapKV:
		return true
	}
	return false
}
