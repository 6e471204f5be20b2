package account_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/chatroom-shell/chatroom/core/account"
)

// However a password is shown, it is not.
func TestPasswordIsHidden(t *testing.T) {
	p := account.Password("open sesame")
	type login struct {
		Name     string
		Password account.Password
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("login", "password", p, "all", login{"ann", p}, "both", []any{p})
	}
	encoded, err := json.Marshal(map[string]any{"p": p, "l": login{"ann", p}})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(encoded) + p.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%c", "%40v", "%t"} {
		shown += fmt.Sprintf(verb, p) + fmt.Sprintf(verb, login{"ann", p}) + fmt.Sprintf(verb, []account.Password{p})
	}
	for _, s := range []string{"sesame", "736573616d65", "736573616D65", "115 101", "b3BlbiBzZXNhbWU"} {
		if strings.Contains(shown, s) {
			t.Errorf("%s is shown: %s", s, shown)
		}
	}
	if !strings.Contains(shown, "(secret)") {
		t.Errorf("nothing is shown: %s", shown)
	}
	p.Wipe()
	if bytes.ContainsAny(p, "opensam") {
		t.Error("not wiped")
	}
}
