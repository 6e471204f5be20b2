// Package text decides which characters reach other people, in a line and in
// a name.
//
// Text from users and plugins leaves the server in one way: through [Clean] or
// [AppendClean], which are one rule with two shapes. What they return is safe to
// show on any terminal, to write to any log and to hand to any plugin. [Width],
// [Pad] and [Truncate] measure such text in terminal columns. [ParseName] alone
// builds a chat.Name, and [Fold] finds one again from what somebody typed.
//
// Invariants:
//
//   - Clean text is valid UTF-8 on one line. It holds no control (C0, DEL, C1),
//     no direction control, no line or paragraph separator and no invisible
//     format character, except those that a script or an emoji needs in place.
//   - Clean(Clean(s)) == Clean(s), and no printable character is ever removed:
//     what a reader loses could not be seen, or was piled on another character.
//   - For every name n that ParseName returns, Clean(n.Display) == n.Display,
//     Fold(n.Display) == n.Key, Fold(n.Key) == n.Key, and n.Key is a name too,
//     with the same Key.
//   - All work is linear in the bytes of the input, Nearest excepted.
//
// All functions may be called from any goroutine and none blocks. Nothing here
// is configurable: a server that cleans more or less than its neighbour is a
// server whose users can be fooled.
package text
