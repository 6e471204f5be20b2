// Package account knows who someone is and what they may do: accounts and
// their passwords, roles and rights, sanctions, and the audit of all of it.
//
// [Open] loads everything from a [Store]. A method that takes a context may
// block, on the store or on a hash; every other one answers from memory, never
// blocks and may be called on an event loop. All may be called from any
// goroutine. Keys are those of chat.Name; an account's key is its name's.
//
// Invariants:
//
//   - A name, and all that looks like it, belongs to one account at most, and to
//     none that is not on disk. While it is not known whether a registration was
//     saved, nobody else gets the name.
//   - What was confirmed is durable. A record that can't be read is never taken
//     for a missing one: Open refuses it.
//   - A right is looked up when it is used, so that one that is taken away ends
//     at once. Nobody gives away, or acts against, more than they have.
//   - A password is never kept, logged or written; only its hash is. The audit
//     has no field that a password fits.
//   - The cost of guessing is paid by who guesses: a source waits longer each
//     time, an account slows down for sources that it doesn't know, and an owner
//     who comes from where they came before waits for neither the others nor
//     their guesses.
//   - Every table in memory is bounded, or as long as what is on disk.
package account
