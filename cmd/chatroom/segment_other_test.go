//go:build !linux

package main_test

import (
	"net"
	"testing"
)

// waitUntilRead can't tell here whether the peer has read. Segments may then
// join on their way, and the tests prove less.
func waitUntilRead(*testing.T, net.Conn) {}
