package text

import (
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// TestA3 is the catalogue's row on the system's voice.
func TestA3(t *testing.T) {
	r := NewReserved("who", "msg", "lobby", "#ops", "ChatRoom", "My Chat Server", "peace", "", "+", "/")
	for name, free := range map[string]bool{
		"admin": false, "Admin": false, "ADMIN": false, "adm1n": false, "ADMlN": false, "admln": false, "adrnin": false,
		"admin_": false, "_admin_": false, "ad.min": false, "ａｄｍｉｎ": false,
		"root": false, "r00t": false, "RO0T": false, "server": false, "System": false, "0perator": false,
		"who": false, "Who": false, "wh0": false, "msg": false, "rnsg": false, "lobby": false, "1obby": false,
		"ops": false, "0ps": false, "chatroom": false, "chat_room": false, "chatroorn": false, "MyChatServer": false, "my.chat.server": false,
		"реасе": false, // Cyrillic
		"fish":  true, "administer": true, "whoami": true, "rooty": true, "服务器": true, "жук": true,
	} {
		n, err := ParseName(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		err = r.Check(n)
		if (err == nil) != free {
			t.Errorf("Check(%+q): %v", n, err)
		}
		if err != nil && (chat.ErrorCode(err) != chat.Invalid || !strings.Contains(err.Error(), n.Display)) {
			t.Errorf("Check(%+q): %v", n, err)
		}
	}
}

func TestReservedOtherScripts(t *testing.T) {
	r := NewReserved("Сервер", "ёж")
	for name, free := range map[string]bool{"сервер": false, "СЕРВЕР": false, "ЁЖ": false, "ёжик": true} {
		n, err := ParseName(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Check(n); (err == nil) != free {
			t.Errorf("Check(%q): %v", name, err)
		}
	}
}

func TestReservedZero(t *testing.T) {
	var r Reserved
	n, err := ParseName("admin")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(n); err != nil {
		t.Errorf("the zero value reserves: %v", err)
	}
}
