// Package session is one connection's life: it is fed bytes, holds identity and
// settings, runs lines in turn and queues frames.
//
// It is sans-I/O: a transport feeds what it read and sends what the outbox
// holds. Invariants:
//
//   - A session belongs to one loop; all its methods run there. Other goroutines
//     reach it through its seat's mailbox. A command that may block runs on a
//     goroutine of its own, which ends soon after the command is cancelled;
//     nothing waits for it.
//   - The lines of a session take their turn: a line starts when the one before
//     has ended and the rate allows it. Telnet commands, Ctrl-C and /cancel
//     never wait.
//   - Every frame holds whole lines of valid UTF-8 that end in CRLF, so no byte
//     of it is 0xFF and none needs doubling (RFC 854); telnet replies stand
//     between frames. The exceptions are a prompt, which has no line end and may
//     have a telnet mark behind it, and what clears one.
//   - A program that has asked for it gets JSON objects alone, as MACHINE.md
//     describes them, and exactly one result for each line it sends.
//   - Before private output is queued the seat is settled, so that what was said
//     before shows before.
//   - A panic ends one session.
package session
