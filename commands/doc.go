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
//   - A bare line that changed what others see is answered with how to undo it and
//     how to say it, since it may have been meant as chat.
//   - What takes a right is allowed by the account and its role at that moment
//     ([account.Accounts.Authorize]), whatever the role in the spec, which is for
//     help; it is audited, done or refused, and answered with how to undo it.
//     Whom it concerns learns what and why, who has the right learns by whom.
//   - A password is an argument that is Secret or an answer to [command.Call.Ask],
//     is taken only where the session allows it, and goes to no text.
//   - Addresses are shown to those alone who may see them.
//   - Nobody learns of a room that [chat.Room.Visible] hides: not its name, and not
//     that there is one.
//   - A filter holds a bounded part of what goes through it, and passes on what it
//     has before it waits for more.
//
// What commands write as JSON is in objects.go: an interface to other people's
// programs.
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
