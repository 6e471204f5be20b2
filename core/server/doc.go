// Package server carries sessions over sockets: listeners, limits per source,
// event loops and an orderly shutdown.
//
// Invariants:
//
//   - A loop owns its sessions: it alone feeds them, flushes them and ticks them,
//     on one goroutine. Others reach it through its mailbox.
//   - A loop never waits for a peer: input is read when it is there, output is
//     sent as far as the kernel takes it, and what is left waits for the peer under
//     a bound of bytes and one of time.
//   - In a batch a loop reads every readable session first and writes then, so
//     that each session is written to once, whatever happened in its rooms.
//   - An idle session has no goroutine (on epoll), no buffer and no timer of its
//     own.
package server
