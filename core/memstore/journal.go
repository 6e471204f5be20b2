package memstore

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
)

const (
	maxEntry   = 64 << 10 // bytes, as account.Journal promises
	maxEntries = 10_000   // a Journal in memory keeps the newest, at most twice as many
)

// A Journal is a list of entries in memory, of which the oldest go when there are
// many. The zero value is empty and ready.
type Journal struct {
	mu      sync.Mutex
	seq     uint64
	entries []account.Entry
}

// Append implements account.Journal.
func (j *Journal) Append(ctx context.Context, entry []byte) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, unavailable(err)
	}
	if len(entry) > maxEntry {
		return 0, chat.Errorf(chat.Invalid, "That is %d bytes; the most that fits in a journal is %d.", len(entry), maxEntry)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	j.entries = append(j.entries, account.Entry{Seq: j.seq, Time: time.Now(), Data: slices.Clone(entry)})
	if len(j.entries) > 2*maxEntries {
		j.entries = slices.Clone(j.entries[maxEntries:])
	}
	return j.seq, nil
}

// Last implements account.Journal.
func (j *Journal) Last(ctx context.Context, n int) ([]account.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, unavailable(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	last := slices.Clone(j.entries[max(0, len(j.entries)-max(0, n)):])
	for i := range last {
		last[i].Data = slices.Clone(last[i].Data)
	}
	return last, nil
}
