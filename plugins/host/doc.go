// Package host runs plugins: it starts the programs that the config names, keeps
// them going, and makes their commands, filters and events part of the server.
//
// A [Host] has for each [Table] a plugin, which is what operators see; a plugin has
// a supervisor, which keeps it going as one table says and is replaced when the
// table or the program changes; and a supervisor has an instance at most, which
// is one process that was described and configured.
//
// Invariants:
//   - One goroutine, the supervisor's, starts and ends processes. Nobody who types a
//     line waits for that longer than [Settings].Wait.
//   - What was hashed is what runs: a private copy.
//   - When an instance is let go of, its process and all that it started in its
//     process group are gone, and its sockets too.
//   - Every call of a plugin has a deadline but the stream of events, which nobody waits for.
//   - Nothing that a plugin writes, and no speed at which it does, stops the server
//     or fills its memory or its log.
//   - A run is never repeated: it may have had effects.
//   - A plugin does what its manifest asks for and its table grants, and on behalf of a
//     caller no more than the caller may.
package host
