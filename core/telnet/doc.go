// Package telnet turns the bytes of a telnet client into lines, and answers
// its option negotiation.
//
// It speaks RFC 854 (commands), RFC 855 and 1143 (options, the Q method),
// RFC 857 (ECHO), 860 (TIMING-MARK), 885 (END-OF-RECORD), 1073 (NAWS), 1091
// (TERMINAL-TYPE, with the MTTS convention of MUD clients), 1572 (NEW-ENVIRON,
// for NO_COLOR alone) and 2066 (CHARSET). Every other option is refused.
//
// The package does no I/O, has no clock and starts no goroutine: a session
// feeds what arrived to [Decoder.Feed] and gets lines, signals and bytes to
// send back through its [Handler].
//
// Invariants:
//
//   - How the bytes were cut into segments makes no difference, with the one
//     exception described at [Decoder.Feed] (a CR followed by text).
//   - A line never holds LF, CR or the keys that edit it, and never more than
//     Options.MaxLine bytes. It may hold any other byte: checking UTF-8 and
//     removing control characters belong to core/line and core/text.
//   - Memory for one peer is bounded whatever it sends: one unfinished line,
//     256 bytes of subnegotiation and one small record of what it negotiated.
//     A peer that has sent nothing, and one that only sends whole lines,
//     costs the Decoder itself and no more.
//   - No exchange can go on for ever: a request that changes nothing is not
//     answered, and the requests that are answered are counted.
package telnet
