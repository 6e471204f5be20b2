package chat

import (
	"testing"
	"unsafe"
)

// Memory per idle session is a design figure. A login and its first session are
// allocated in one piece; the next size that the allocator has is 160 bytes.
func TestStaysSmall(t *testing.T) {
	if n := unsafe.Sizeof(login{}) + unsafe.Sizeof(User{}); n > 144 {
		t.Errorf("a login with one session takes %d bytes", n)
	}
	if n := unsafe.Sizeof(membership{}); n > 32 {
		t.Errorf("a place in a room takes %d bytes", n)
	}
}
