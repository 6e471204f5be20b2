// Package line reads one line of input as chat text or as a pipeline of
// commands.
//
//	/name args     always a command
//	//text         always chat: /text
//	anything else  by Mode: a command in ModeCommand, chat in ModeChat, and in
//	               ModeAuto a command if the first word, exactly as written, is
//	               a command that the Grammar knows and no filter, else chat
//
// A | between commands needs no spaces around it; quoted, escaped or in raw text
// it is an ordinary character.
//
// A command's words are those of google/shlex: separated by white space, with
// "double" and 'single' quotes and backslash escapes; # is an ordinary
// character. Text for people is never read that way. Chat, and the raw text that
// ends such commands as say and msg, is the remainder of the line as it was
// typed.
//
// An Alias is a user's own command, a line with places for arguments. It is read
// when it is defined; Expand puts the stages that it stands for in its place.
//
// Invariants:
//   - A line is read once, before anything runs; no result is parsed again, and
//     so no argument of an alias: it is a whole word, or raw text, whatever is in
//     it.
//   - Which commands an alias runs is settled when it is defined.
//   - Chat text and raw text are substrings of the line; only white space around
//     them is ever lost.
//   - Reading chat allocates nothing.
//   - Every error is an *Error, whose text is for the person who typed the line.
package line
