// Package session is one connection's life: it is fed bytes, holds identity and
// settings, runs lines in turn and queues frames.
//
// It is sans-I/O: a transport feeds what it read and sends what the outbox
// holds. Invariants:
//
//   - A session belongs to one loop; its methods run there, but for those that
//     say otherwise. Other goroutines reach it through its seat's mailbox. A command that may block runs on a
//     goroutine of its own, which ends soon after the command is cancelled;
//     nothing waits for it.
//   - The lines of a session take their turn: a line starts when the one before
//     has ended and the rate allows it. Telnet commands, Ctrl-C, /cancel and the
//     answer to a question of the line that runs never wait. What is typed for a
//     secret is the answer or nothing: it is never run, posted or kept.
//   - What follows an account is in one profile, which its sessions share wherever
//     their loops are. It is loaded and saved on goroutines of their own, for
//     which Env.Flush waits; the lines of the session that logs in wait for it,
//     and nothing else does.
//   - Who logs in is known to the hub before sanctions are looked up, so that one
//     that comes meanwhile either is seen or finds the session.
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
