// Package core is the map of the server. It holds no code: the packages below
// it do, and deps_test.go proves who may import whom. Decisions and their
// reasons stand in DESIGN.md.
//
// # The packages
//
// Data flows one way: socket, telnet, session, line, dispatcher or hub, room,
// frames, socket.
//
//   - chat: users, rooms, events, rules and coded errors; Hub, Room and Fanout
//   - text: the one sanitizer, display width, names
//   - account: who somebody is and what they may do: passwords, roles and
//     rights, sanctions, the audit
//   - telnet: bytes to lines and signals, options negotiated; no I/O
//   - line: one line is chat text or a pipeline of commands
//   - command: a command's spec as data, the registry, the dispatcher, help
//   - session: one connection's life, fed bytes and queueing frames; no I/O
//   - server: listeners, limits per source, event loops, shutdown
//   - memstore: the store in memory
//   - natsstore: the store in NATS JetStream, and embedded, a server for it in
//     this process; chat/storetest is the suite that every store passes
//   - config: chatroom.toml, environment and flags as typed values
//   - chattest: a line client for tests
//
// Beside core: commands has one file for each built-in command; plugins/sdk is
// what a plugin's author writes against, plugins/host runs plugins and speaks to
// them, and beside those are the plugins that ship; cmd/chatroom is the program, whose
// app.go is the one place where concrete types meet, and cmd/chatbench puts load
// on it.
//
// # The paths
//
// A chat line: the transport reads and calls session.Feed; telnet.Decoder finds
// the line; the session asks line.Parse, which says that it is chat, and cleans
// it with text.Clean; Hub.Post finds the mentions and gives the event to
// Log.Append, which puts it in its place in the room and calls Hub.Deliver, the
// one way into fan-out. The room puts it into the mailbox of each event loop
// that has members. Each loop's chat.Fanout renders it once for each render
// class in use, joins what a room said in one batch, and hands every member its
// part at the end; the loop then sends to each session once.
//
// A command: line.Parse says command; command.Dispatcher finds the spec and
// checks permission and arguments; a quick command runs on the loop, one that may
// block on a goroutine of its own, while the lines behind it wait and Ctrl-C or
// /cancel still act. Its output is cleaned and goes to the caller's outbox.
// Whatever error comes out becomes a sentence in Dispatcher.Explain and nowhere
// else.
//
// A pipeline is such a line with several stages: all are checked before the
// first starts, and they run at the same time, joined by bounded pipes.
//
// A plugin command: the dispatcher runs it like any other; plugins/host opens
// one stream to the plugin's process for the run, checks what comes back and
// writes it where a built-in would.
//
// A config change: SIGHUP or reload loads everything anew and checks it; a bad
// file leaves all as it was. Live settings are swapped as one snapshot; those
// that need a restart are refused by name and stay as they were.
//
// A shutdown: listeners close, every session is told and is sent what it is owed
// within server.drain, then the loops end; a second signal skips the wait.
package core
