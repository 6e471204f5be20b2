package natsstore

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// reserve is how many numbers are reserved at a time. A crash skips as many at most.
// A store that can't be written to has at least half of them to go on with; should
// they run out, chat goes on with numbers that are not reserved, which are not safe
// from use after a crash that comes then.
const reserve = 1 << 16

// numbers are what is saved of the numbers that messages have. All rooms draw on
// one reservation: a number may be used in each.
type numbers struct {
	Bound uint64 `json:"bound"` // no message has a higher one
	Clean bool   `json:"clean"` // the last run has closed the store
}

const numbersKey = "numbers"

// readNumbers is what is saved, with its revision; zero in a new store.
func (s *Store) readNumbers(ctx context.Context) (n numbers, rev uint64, err error) {
	r, err := s.meta.Get(ctx, numbersKey)
	if chat.ErrorCode(err) == chat.NotFound {
		return numbers{Clean: true}, 0, nil
	}
	if err != nil {
		return n, 0, err
	}
	if err := json.Unmarshal(r.Value, &n); err != nil {
		return n, 0, fmt.Errorf("the reserved numbers of the store: %w", err)
	}
	return n, r.Rev, nil
}

// writeNumbers replaces what is saved.
func (s *Store) writeNumbers(ctx context.Context, n numbers, rev uint64) (uint64, error) {
	value, err := json.Marshal(n)
	if err != nil {
		return 0, err
	}
	return s.meta.Put(ctx, numbersKey, value, rev, 0)
}
