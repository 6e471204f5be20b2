// Package command is the command contract: what a command says about itself,
// and the one way from a line that was read to a command that ran.
//
// A command is a [Spec], which is plain data, and a function. Commands live in a
// [Registry]; the [Dispatcher] holds the registry of the moment, tells package
// line how commands are written ([Dispatcher.Grammar]), checks a line against
// the specs ([Dispatcher.Prepare]), runs its commands, one or several in a
// pipeline ([Pipeline.Run]), and turns any error into what the user reads
// ([Dispatcher.Explain]).
//
// Invariants:
//   - Nothing of a line runs before, for all its commands, the caller's permission,
//     the number of the arguments and their types are checked.
//   - When a pipeline has run, nothing of it runs any more; what goes through its
//     pipes is bounded, and no command takes a part of its input for the whole
//     because the line was ended.
//   - A Registry, its specs included, never changes; a new one is swapped in
//     whole, and each line is prepared with one registry from start to end.
//   - What a command got is what its spec declares, in the normal form of each
//     type; reading it can't fail.
//   - The value of a secret argument is in no error, hint or log line.
//   - An error becomes a user's text, and a log line, in Explain and nowhere
//     else.
//   - Nobody learns of a hidden command, or has one suggested, who may not use it.
package command
