// Package natsstore keeps the server's state in NATS JetStream, over one connection:
// records and journals in a [Store], what was said in a [Log].
//
// Invariants:
//
//   - A write has returned without an error only when the server has acknowledged it.
//     Each call to the server has a deadline, 3 s by default.
//   - Decisions are made by compare-and-set alone, never by a read.
//   - [Log.Append] waits for no disk and no network. What it took is written behind,
//     from a queue that is bounded in bytes; what did not fit, or was lost in a crash,
//     is marked where it would be, never invented.
//   - No number of a message is used twice, also not after a crash: the numbers are
//     reserved before they are given.
//   - Limits of the history never touch records: each has streams of its own.
//
// In JetStream a store with the prefix P has the key-value buckets P-meta (format,
// lease and reserved numbers) and P-b-NAME, the streams P-j-NAME for journals, and
// P-history, with the subjects P.history.ROOM.lines and P.history.ROOM.gone
// (redactions).
package natsstore
