package embedded

import "fmt"

// An InUseError says that another process owns the data directory.
type InUseError struct {
	Dir string
	PID int // of the owner; 0 if it can't be told
}

// Error implements error.
func (e *InUseError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("the store in %s is in use by another process; stop that one first", e.Dir)
	}
	return fmt.Sprintf("the store in %s is in use by the process %d; stop that one first", e.Dir, e.PID)
}

// A DamageError says that the data directory does not hold what it should. The
// store is not served, since records that are missing would count as records
// that never were.
type DamageError struct {
	Dir  string
	What string // what is wrong, a clause
	Hint string // what the operator can do, a sentence
}

// Error implements error.
func (e *DamageError) Error() string {
	return fmt.Sprintf("the store in %s is damaged: %s. %s", e.Dir, e.What, e.Hint)
}

// The hints.
const (
	hintRestore = "Keep a copy of the directory as it is, put back the latest backup, and start again; or accept what is left, if you know that nothing is missed."
	hintMoved   = "Point store.dir at the right directory, or put back the latest backup; to begin anew, empty the directory."
	hintNewer   = "Use the version of the program that wrote it, or put back a backup that this version has made."
)
