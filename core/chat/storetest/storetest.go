// Package storetest is the suite that every store of the server must pass,
// whatever it keeps its data in.
package storetest

import (
	"testing"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

// A Backend is a store under test, empty when the suite gets it.
type Backend struct {
	Store account.Store
	Log   chat.Log
	// Flush returns when what was appended to Log is kept as safely as it will be;
	// nil: it always is.
	Flush func(t *testing.T)
	// Reopen closes the store as a server that stops does, and opens what it has
	// kept. Nil: nothing outlives the process.
	Reopen func(t *testing.T) Backend
}

// Run runs the suite. Open returns a new backend for each test, and frees it when
// that test ends.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for name, test := range map[string]func(*testing.T, Backend){
		"BucketRecords":     bucketRecords,
		"BucketKeys":        bucketKeys,
		"BucketList":        bucketList,
		"BucketListBusy":    bucketListBusy,
		"BucketBounds":      bucketBounds,
		"BucketEnds":        bucketEnds,
		"BucketOneWinner":   bucketOneWinner,
		"BucketCounter":     bucketCounter,
		"BucketsAreApart":   bucketsAreApart,
		"BucketReopen":      bucketReopen,
		"Journal":           journal,
		"JournalBounds":     journalBounds,
		"JournalConcurrent": journalConcurrent,
		"JournalReopen":     journalReopen,
		"Names":             names,
		"GivenUp":           givenUp,
		"LogOrder":          logOrder,
		"LogQueries":        logQueries,
		"LogConcurrent":     logConcurrent,
		"LogRedact":         logRedact,
		"LogForget":         logForget,
		"LogReopen":         logReopen,
		"LogReopenRedacted": logReopenRedacted,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// flush waits until what was appended is kept.
func (b Backend) flush(t *testing.T) {
	if b.Flush != nil {
		b.Flush(t)
	}
}

// code fails the test unless err has the code.
func code(t *testing.T, what string, err error, want chat.Code) {
	t.Helper()
	if got := chat.ErrorCode(err); got != want {
		t.Fatalf("%s: error %v has the code %q, want %q", what, err, got, want)
	}
}

// ok fails the test if err is one.
func ok(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
