package server

import (
	"testing"
	"unsafe"
)

// A connection is allocated in one piece; the next size that the allocator has
// is 320 bytes.
func TestConnStaysSmall(t *testing.T) {
	if n := unsafe.Sizeof(conn{}); n > 288 {
		t.Errorf("a connection takes %d bytes", n)
	}
}
