// Package embedded runs a NATS server with JetStream inside this process and
// gives a connection to it.
//
// Invariants:
//
//   - One process owns a data directory: a lock is taken before anything is read.
//   - What the server acknowledges is on the disk: every write is synced first.
//   - The server listens on no port, handles no signal and never ends the process.
//   - What is found at a start is compared with what was there before. If records are
//     missing, nothing is served: see [DamageError].
//   - The connection outlives the server: after [Server.Recover] it goes on with
//     the next one.
//
// A data directory holds: lock (with the pid of its owner), format (a marker
// that there is a store, and of which format), manifest (how much the store held
// at the latest) and jetstream (the server's own files).
package embedded
