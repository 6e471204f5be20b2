// Package commands is the built-in commands, one file each.
//
// Invariants:
//
//   - A command gets arguments that are checked already and acts through
//     [chat.Hub] and [command.Session]; it parses nothing and knows no socket.
//   - What the server says to the caller begins with "-- " and goes to Call.Err;
//     what the caller asked for, such as a list, is plain lines on Call.Out, so
//     that a pipe carries that alone.
//   - A command that is not Blocking keeps its event loop waiting, so it shows a
//     bounded part of a long list and looks at the rest once at most. A Blocking
//     one does not touch its Session, which belongs to another goroutine.
//   - A message that everyone in the room sees is not confirmed to its sender, who
//     sees it too.
//
// To add a command NAME:
//
//  1. Write NAME.go with one method of [Deps] that returns the command: its spec
//     and the function that runs it. What it needs from outside the package is a
//     field of Deps.
//  2. Add a row to [Builtin], in the group where help should list it.
//  3. Give the spec an example that works; the tests parse and run every one.
//  4. Add its dialogue, errors included, to the test of its group: who types
//     what, and what everyone sees.
package commands
