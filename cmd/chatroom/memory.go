package main

import (
	"os"
	"runtime/debug"
	"time"
)

// gcPercent is how much garbage the heap may hold before it is collected, in
// percent of what is in use, unless GOGC in the environment says otherwise.
// What a login leaves behind lies between what it keeps, and no page of memory
// that holds something in use goes back to the system: the less there is of it, the
// less an idle session takes.
const gcPercent = 25

func collectEarly() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// trimEvery is how often a trimmer looks.
const trimEvery = 500 * time.Millisecond

// trimTurnover is how many connections must come for their garbage to be worth
// giving back, which costs some milliseconds of CPU time.
const trimTurnover = 1000

// A trimmer gives memory back to the system when a wave of connections is over.
// What they leave behind, logging in, is as much as they keep, and a quiet
// server would hold it until its next collection. The zero value is ready.
type trimmer struct {
	accepted uint64 // when it looked last
	turnover uint64 // connections since memory was given back
}

// look is called each trimEvery with the number of connections accepted so far.
// It reports whether memory is due to be given back: many have come, and the
// stream of them has ebbed.
func (t *trimmer) look(accepted uint64) bool {
	came := accepted - t.accepted
	t.accepted = accepted
	t.turnover += came
	if t.turnover < trimTurnover || came > t.turnover/100 {
		return false
	}
	t.turnover = 0
	return true
}

// trim gives memory back. It blocks for as long as a collection takes, but
// nobody else.
func trim() { debug.FreeOSMemory() }
