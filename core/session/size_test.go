package session

import (
	"testing"
	"unsafe"
)

// Memory per idle session is a design figure: what few sessions need belongs
// into extra.
func TestSessionStaysSmall(t *testing.T) {
	if n := unsafe.Sizeof(Session{}); n > 248 {
		t.Errorf("a session takes %d bytes", n)
	}
	if n := unsafe.Sizeof(extra{}); n > 64 {
		t.Errorf("what most sessions get with their first command takes %d bytes", n)
	}
	if n := unsafe.Sizeof(prefs{}); n > 14 {
		t.Errorf("the settings of a session take %d bytes", n)
	}
}
