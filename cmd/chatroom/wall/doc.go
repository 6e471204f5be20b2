// Package wall holds the tests of the fault catalogue: each speaks raw bytes over
// TCP to the real program and knows nothing of its inside. A terminal model reads
// every byte that their clients received; see terminal_test.go.
//
// The table names the tests of each row, with those of other packages, in which a
// row is tested from outside as well, or where only a test from inside can bring
// about what it is of. "wall" is this package.
//
//	W1  replies don't depend on how the bytes are cut
//	    cmd/chatroom: TestSegmentation, TestSegmentationOfOptions, TestSegmentationManyLines, TestSegmentationOfForeignProtocol
//	W2  each line end ends one line; a CR inside a line is a space and reaches nobody
//	    wall: TestW2CarriageReturnInside, TestW2LineFeedFirst
//	    cmd/chatroom: TestW2LineEnds
//	W3  a line that is too long is refused as a whole, and the next one works
//	    cmd/chatroom: TestW3LongLine
//	W4  what has no line end is cut; memory and the others don't notice
//	    wall: TestW4WithoutLineEnd
//	    cmd/chatroom: TestW4NoLineEnd
//	W5  what is no UTF-8 is refused with the reason, and the session lives
//	    cmd/chatroom: TestW5InvalidUTF8
//	W6  HTTP, TLS, SSH and PROXY are cut before a command runs
//	    cmd/chatroom: TestW6ForeignProtocols, TestSegmentationOfForeignProtocol
//	W7  bad quoting is a usage error; chat is the raw rest of its line
//	    cmd/chatroom: TestW7Quoting, TestHostileArguments
//
//	T1  a subnegotiation without end is cut; memory and the others don't notice
//	    wall: TestT1WithoutEnd
//	    cmd/chatroom: TestT1UnendedSubnegotiation
//	T2  the same for one of IAC IAC only
//	    wall: TestT2DoubledIAC
//	    cmd/chatroom: TestT1UnendedSubnegotiation
//	T3  one answer to each change of an option; a flood is cut; no loop
//	    cmd/chatroom: TestT3Negotiation
//	T4  commands that are cut anywhere are as if whole
//	    cmd/chatroom: TestSegmentation, TestT4EndInsideCommand
//	T5  NOP, AYT, GA, IP, BRK, EC, EL and unknown commands do what they should
//	    cmd/chatroom: TestT5Commands
//	T6  what a client tells of itself names nobody and is not logged
//	    wall: TestT6Identity
//	T7  compression is refused, and nothing of a client's is unpacked
//	    wall: TestT7Compressed
//	    cmd/chatroom: TestT7Compression
//
//	X1  controls reach no terminal, log, audit or file, from wherever text comes
//	    wall: TestX1EverySink
//	    cmd/chatroom: TestX1ControlCharacters, TestHostileArguments
//	X2  nor does C1, as characters or as raw bytes
//	    wall: TestX1EverySink, TestX2RawC1
//	X3  one event is one line, also of a plugin and out of the store
//	    wall: TestX3OneEventOneLine
//	    cmd/chatroom: TestX3OneEventOneLine, TestHostileAliasWords
//	X4  direction controls are removed from text and refused in names
//	    wall: TestX4Direction
//	X5  invisible characters are refused in names
//	    cmd/chatroom: TestX5InvisibleInNames
//	X6  one mark a letter in names, four in text
//	    wall: TestX6Marks
//	    cmd/chatroom: TestX6CombiningMarks
//	X7  no text makes a line that begins as one of the server's or of others
//	    wall: TestX7Imitations
//	    cmd/chatroom: TestHostileArguments
//	X8  widths are bounded, whatever a terminal claims
//	    wall: TestX8Windows
//
//	A1  of 50 who register a name at once one gets it (not on three nodes: see below)
//	    wall: TestA1RegisterAtOnce
//	    cmd/chatroom: TestA1OneOwner
//	A2  names that look alike are one's
//	    wall: TestA2Lookalikes
//	A3  names of the system, of commands, rooms and plugins are nobody's
//	    wall: TestA3Reserved
//	    cmd/chatroom: TestPluginNamesAreReserved
//	A4  guessing is slowed by source and by account, and locks no owner out
//	    wall: TestA4OneSource, TestA4OneAccount
//	    core/account: TestA4Source, TestA4Account
//	A5  neither text nor time tells which accounts there are
//	    wall: TestA5LoginTells
//	A6  passwords of 8 to 1024 bytes count as a whole and show nowhere
//	    wall: TestA6Passwords, TestSecrets
//	    cmd/chatroom: TestPasswordsStayHidden, TestPasswordPrompt
//	A7  logins, sessions and names in all combinations
//	    wall: TestA7Combinations, TestA7OwnerAndGuest, TestA7Takeover
//	A8  bans hold at every door, for all sessions, and over a restart
//	    wall: TestA8Account, TestA8Address, TestA8DuringRegistration
//	A9  the server decides what each may, at each call
//	    wall: TestA9Rights, TestA9PrivateServer
//	    cmd/chatroom: TestRights
//
//	F1  a flood of connections from one source
//	    wall: TestF1ConnectFlood
//	    cmd/chatroom: TestConnectionLimits
//	F2  a silent crowd from many sources
//	    wall: TestF2SilentCrowd
//	F3  a long paste is delivered as a whole, at its pace
//	    wall: TestF3Paste
//	    cmd/chatroom: TestLineRate
//	F4  many logins at once
//	    wall: TestF4LoginFlood
//	F5  commands that cost much
//	    wall: TestF5CostlyCommands
//	    cmd/chatroom: TestCostlyPipelines
//	F6  every table has a bound
//	    wall: TestF6Bounds, TestF6Memory
//	    cmd/chatroom: TestAliasesWithoutEnd
//	F7  who come and go leave nothing behind
//	    wall: TestF7Churn
//	    cmd/chatroom: TestF7ComeAndGo
//
//	S1  readers that stop are cut, and the others don't notice
//	    wall: TestS1StoppedReaders, TestS1Pinned
//	    cmd/chatroom: TestS1StoppedReader
//	S2  a reader that trickles is cut
//	    wall: TestS2Trickle
//	S3  bytes that trickle in don't extend the grace of the login
//	    wall: TestS3Slowloris
//	    cmd/chatroom: TestS3LoginGrace
//	S4  a peer that vanished gives its name back
//	    wall: TestS4TakeOver, TestS4Vanished
//	S5  a full queue holds up no kick and no shutdown
//	    wall: TestS5FullQueue
//	    cmd/chatroom: TestDrainEnds
//	S6  what was sent before a half close is done
//	    wall: TestS6HalfClosed
//	    cmd/chatroom: TestS6HalfClose
//
//	P1  one that can't be started: path and cause are told, its command is not there, the server is
//	    wall: TestP1Missing
//	P2  one that never answers: 5 s, all at once, and nobody waits
//	    wall: TestP2NoHandshake
//	P3  one that answers something else is refused, its processes are gone, the log is bounded
//	    wall: TestP3BadHandshake
//	P4  one that is not to be trusted is refused; what was hashed is what runs
//	    wall: TestP4NotTrusted
//	    plugins/host: TestP4Swapped
//	P5  one that dies: one error at once, started again with pauses, then switched off
//	    wall: TestP5Dies
//	P6  one that hangs: callers are free after 5 s, more than the bound are told
//	    wall: TestP6Hangs
//	P7  one that is frozen is killed with its group
//	    wall: TestP7Frozen, TestP7FrozenWhileServing
//	P8  children go with it, in its group and out of it
//	    wall: TestP8Grandchild
//	P9  it goes with a killed server; what is left is removed at the next start
//	    wall: TestP9ServerKilled
//	P10 lines, bytes and messages are capped, and the caller is told
//	    wall: TestP10Floods
//	P11 what it says is no control, no line of others and no telnet command
//	    wall: TestP11Forged
//	P12 the log is bounded, and each line stands under the plugin's name
//	    wall: TestP12Log
//	P13 memory and files are bounded by the kernel; it holds nobody up and goes whole
//	    wall: TestP13Hogs
//	P14 environment, descriptors and folder are its own
//	    wall: TestP14Secrets, TestSecrets
//
//	D1  what was confirmed survives kill -9
//	    wall: TestD1KilledAgainAndAgain
//	    cmd/chatroom: TestKept
//	    core/natsstore: TestKill
//	D2  what was confirmed was synced to the disk
//	    wall: TestD2SyncedBeforeConfirmed
//	    core/natsstore: TestSyncBeforeAck
//	D3  a full disk is told of, and is no end
//	    wall: TestD3DiskFull
//	D4  nor is one that takes no writes
//	    wall: TestD4ReadOnly
//	D5  a damaged store is not served
//	    wall: TestD5DamagedFiles, TestD5DamagedHistory
//	    cmd/chatroom: TestDamagedStore, TestAcceptDamage
//	    core/natsstore/embedded: TestDamage
//	D6  nor is one that has lost its metadata; no empty one takes its place
//	    wall: TestD6LostMetadata
//	    cmd/chatroom: TestDamagedStore
//	    core/natsstore/embedded: TestMissing
//	D7  without its NATS servers people talk on, and all is well afterwards (not of several nodes: see below)
//	    wall: TestD7Partition
//	    cmd/chatroom: TestDegraded, TestExternalStore
//	    core/natsstore: TestPartition, TestExternalServerRestarts
//	D8  a slow store holds nobody up
//	    wall: TestD8SlowStore
//	    cmd/chatroom: TestDegraded
//	    core/natsstore: TestQueueIsBounded, TestAppendDoesNotWait
//	    core/session: TestSlowStore
//	D9  at its limits the history loses its oldest part and nothing else
//	    wall: TestD9HistoryAtItsLimits, TestD9SmallVolume
//
//	C1  a misspelt key fails with its line and the nearest key
//	    wall: TestC1Misspelt
//	C2  so does a value that is none, with the key
//	    wall: TestC2Values
//	C3  a file that can't be read fails
//	    wall: TestC3Files
//	C4  a reload of a bad file changes nothing
//	    wall: TestC4HalfWritten
//	    cmd/chatroom: TestReload
//	C5  secrets of the config show nowhere
//	    wall: TestC5Secrets, TestSecrets, TestSecretsOfABadConfig
//	C6  a start that fails leaves the store alone (no certificates: see below)
//	    wall: TestC6AddressTaken
//	    cmd/chatroom: TestAddressInUse
//
//	L1  SIGTERM ends in order, a second one at once
//	    wall: TestL1Drain
//	    cmd/chatroom: TestDrain, TestDrainFlushes, TestSecondSignal
//	L2  reloads under load
//	    wall: TestL2Reloads
//	    cmd/chatroom: TestReloadUnderLoad
//	L3  one server on a store
//	    wall: TestL3SecondStart, TestL3AtOnce
//	    cmd/chatroom: TestStoreInUse
//	L4  without descriptors
//	    wall: TestL4Descriptors
//	    cmd/chatroom: TestL4OutOfDescriptors
//	L5  the clock jumps, the machine sleeps
//	    wall: TestL5Suspended, TestL5Clock
//	L6  a crash costs one line, or one session (from inside: no line makes the program crash)
//	    core/session: TestCrashCostsOneLine, TestPanicOnTheLoopCostsOneSession
//	L7  older and newer stores (no nodes are drained: see below)
//	    wall: TestL7NewerStore, TestL7OlderStore
//	    core/natsstore: TestNewerFormat
//
// # What is not tested since it is not there
//
//   - A1, D7, L7: several servers on one store. One server has a store, also in a
//     cluster of NATS servers; a second one is refused (L3). So no name can have an
//     owner on each of three nodes, no two nodes can be parted, and none is drained
//     for the others.
//   - C6: certificates. The server has no TLS listener; one before it is spoken to
//     on loopback.
//   - L6: a watchdog that prints all stacks when a loop stands still. SIGQUIT prints
//     them (TestSecrets).
package wall
