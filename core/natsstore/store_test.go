package natsstore

import (
	"os"
	"sync"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat/storetest"
)

// temp is where what all tests share is built.
var temp struct {
	sync.Mutex
	dir string
}

func tempDir() (string, error) {
	temp.Lock()
	defer temp.Unlock()
	if temp.dir == "" {
		dir, err := os.MkdirTemp("", "natsstore")
		if err != nil {
			return "", err
		}
		temp.dir = dir
	}
	return temp.dir, nil
}

func TestEmbedded(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend { return embeddedWorld(t).backend() })
}

func TestExternal(t *testing.T) {
	server := startServer(t)
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		w := &world{t: t, url: server.url(), limits: big, o: Options{Holder: t.Name(), Prefix: prefix(t)}}
		w.open()
		t.Cleanup(w.close)
		return w.backend()
	})
}

// prefix is one of the test's own.
func prefix(t testing.TB) string {
	p := []byte("t-")
	for _, c := range []byte(t.Name()) {
		switch {
		case c >= 'A' && c <= 'Z':
			p = append(p, c+'a'-'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			p = append(p, c)
		}
	}
	return string(p[:min(len(p), 32)])
}
