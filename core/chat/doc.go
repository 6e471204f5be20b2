// Package chat is the centre of the server: users, rooms, events, the rules
// between them and the fan-out of one event to everyone in a room.
//
// Invariants:
//
//   - Nothing here does I/O, reads a clock it was not given or starts a
//     goroutine. A [Hub] is safe for concurrent use; a [Fanout] and the [Seat]s
//     on it belong to one event loop.
//   - A room's mutex orders its messages and nothing else. Under it an event
//     gets its place and goes into the [Mailbox] of each loop that has members:
//     one entry a loop, not one a member. It is never held across a write.
//   - Entering and leaving a room travel through the same mailbox as the room's
//     events, so every member sees exactly what was posted between its join and
//     its leave, in the room's order.
//   - A name, and an account, belongs to one login at a time. A login is shared by
//     its sessions, each a [User]: they are in the same rooms, and each of them
//     sees every event once. Others see one user, who comes with the first session
//     and leaves with the last.
//   - A room's door is asked and passed under one hold of the room's mutex, so
//     nobody slips through one that closes. A guest's rights in a room end with
//     the login, an account's don't. A door keeps no key,
//     only what proves one.
//   - What was said in a room is read behind its door or not at all: it is dropped
//     before a room is forgotten, and before one is made whose past nobody knows.
//   - Lock order: Hub.making, Hub.telling, the log's lock, Hub.mu, Room.mu, that of a
//     login or a pace, Mailbox.mu; a later one may be taken while an earlier one is
//     held, never the reverse.
package chat
