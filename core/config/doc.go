// Package config turns chatroom.toml, the environment and the command line
// into one typed, checked Config.
//
// Invariants:
//
//   - A value comes from the highest layer that sets it: flag, environment,
//     file, default. The defaults stand in Default and nowhere else.
//   - A Config that Load returns has passed Validate; there is no half-loaded
//     one. A failed load changes nothing, so a reload may simply be dropped.
//   - Nothing is guessed: an unknown key, a wrong type, a number out of range
//     or a file that was asked for and can't be read is an error, which says
//     where to mend it. A value that can't be parsed never becomes zero, which
//     for a limit would mean off.
//   - The package starts no goroutine, watches no file and keeps no state.
//     Every load uses a viper instance of its own.
//
// # Layers
//
// In the file a setting is a key in a table, limits.outbox say. The variable
// CHATROOM_LIMITS_OUTBOX and the flag --limits.outbox set the same thing. A
// list is written with commas there (CHATROOM_ROLES_OPERATOR=ann,bob), and
// CHATROOM_LISTEN=ADDR,ADDR replaces all [[listen]] tables by ones that differ
// from the default in their address only. An empty variable counts as unset; an
// empty flag does not.
package config
