// Package memstore keeps the server's state in memory: a real store for runs
// without a data directory and for tests.
//
// Invariant: what is kept is bounded by the limits, whatever is appended.
package memstore
