// Package server carries sessions over sockets: listeners, limits per source,
// event loops and an orderly shutdown.
//
// Invariants:
//
//   - A loop owns its sessions: it alone feeds them, flushes them and ticks them,
//     on one goroutine. Others reach it through its mailbox.
//   - A loop never waits for a peer: input is read when it is there, output is
//     sent as far as the kernel takes it, and what is left waits for the peer under
//     a bound of bytes and one of time.
//   - In a batch a loop reads every readable session first and writes then, so
//     that each session is written to once, whatever happened in its rooms.
//   - An idle session has no goroutine (on epoll), no buffer and no timer of its
//     own.
//
// # Measured
//
// Beside a C program that does nothing but read lines and send them to a room
// (one thread, epoll, one send a session and batch), on the same CPU in turn
// with it, 64-byte messages over loopback: medians of five rounds, as ratios of
// deliveries in the time of one bare send, measured around each run; latencies
// and cycles as ratios to the C program. Server on one CPU, load on the other, two
// virtual CPUs of an AMD EPYC, Linux 6.18, Go 1.26.8, limits off, history in
// memory on, commit 6b55396. Nothing was lost, doubled or reordered.
//
//	                                            io_uring      epoll
//	100 receivers, one message at a time        1.59          0.91
//	100 receivers, saturated                    1.20          0.88
//	1,000 receivers, saturated                  1.44          1.03
//	200 rooms of 10, one message each           1.20          0.88
//	1,000 receivers, 20 lines/s: p50, p99       1.03, 0.89    1.19, 1.33
//	100 receivers, 800 lines/s: p50, p99        1.02, 1.27    1.05, 1.83
//	10,000 sessions: resident bytes of each     1,352         1,334
//	a reader that stops: cut after              100 KB        99 KB
//	connect, log in, join, quit: cycles/CPU-s   0.44          0.46
//
// The last compares unequal dialogues: the C program answers a connection once
// and is left, ours answers four times. Two loops on both CPUs, with the load on
// the same two, make 0.65 to 0.79 of the deliveries a CPU-second of one: batches
// are smaller, for each loop wakes for its own.
//
// The same loads with the project alone, against a server whose limits are off
// (see the README): chatbench -pid PID with -sessions 100; with -sessions 100
// -senders 10 -window 8; with -sessions 1000 -senders 10 -window 8; with
// -sessions 2000 -rooms 200; with -sessions 1000 -rate 20; with -sessions 100
// -senders 10 -rate 800.
package server
