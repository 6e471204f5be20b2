package account

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// An AuditEntry is one line of the audit. Its JSON form is what is stored and
// what a machine session is shown: one object, all texts clean.
type AuditEntry struct {
	V       int               `json:"v"`
	Seq     uint64            `json:"seq,omitempty"`     // its place in the journal, from 1; not stored
	At      time.Time         `json:"at"`                // RFC 3339, UTC
	Type    string            `json:"type"`              // login, register, password, delete, release, revoke, role, ban, mute, allow, lift, lockdown, kick, report, plugin, config, command, lost, unreadable
	By      string            `json:"by,omitempty"`      // who, as others see them
	Account string            `json:"account,omitempty"` // the key of theirs
	Machine bool              `json:"machine,omitempty"` // the operator of the machine
	Addr    string            `json:"addr,omitempty"`    // where from
	Target  string            `json:"target,omitempty"`  // key of an account, name, network, command or plugin
	Result  chat.Code         `json:"result"`            // "ok" or the code of the error
	Details map[string]string `json:"details,omitempty"`
}

// OK is the Result of what was done.
const OK chat.Code = "ok"

const (
	auditQueue = 1024        // entries that wait to be written
	auditRetry = time.Second // between two tries of one
	maxDetail  = 1024        // bytes of a text; what is longer is cut
)

// The Audit keeps who did what to whom, in a journal that only grows. Its order
// is that of writing; At tells when something happened.
type Audit struct {
	log     *slog.Logger
	journal Journal
	queue   chan AuditEntry
	lost    atomic.Uint64
	stop    chan struct{} // closed by close
	done    chan struct{} // closed when the writer has ended
	once    sync.Once

	mu      sync.Mutex
	minute  time.Time // since when denials are counted
	denials int
}

func openAudit(ctx context.Context, s Store, log *slog.Logger) (*Audit, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	j, err := s.Journal(ctx, "audit")
	if err != nil {
		return nil, fmt.Errorf("journal audit: %w", err)
	}
	a := &Audit{log: log, journal: j, queue: make(chan AuditEntry, auditQueue), stop: make(chan struct{}), done: make(chan struct{})}
	go a.write()
	return a, nil
}

// Record keeps an event whose loss would matter, and its outcome. It returns when
// the entry is durable or, if the store does not take it in 3 seconds, queued to
// be written later: what happened has happened.
func (a *Audit) Record(ctx context.Context, by Actor, e Event, outcome error) {
	entry := newEntry(by, e, outcome)
	if chat.ErrorCode(outcome) == chat.Unavailable { // nothing was done, and the store is not there for this either
		a.enqueue(entry)
		return
	}
	if err := a.append(context.WithoutCancel(ctx), entry); err != nil {
		a.log.Error("audit entry not written yet", "type", entry.Type, "target", entry.Target, "err", err)
		a.enqueue(entry)
	}
}

// Note keeps an event and its outcome soon. It does not block: when too many wait
// the entry is lost, and how many were is noted instead.
func (a *Audit) Note(by Actor, e Event, outcome error) { a.enqueue(newEntry(by, e, outcome)) }

// maxDenials is how many refused commands of a minute are kept.
const maxDenials = 60

// Denied keeps soon that somebody was refused a command before it began, for want
// of a role or by a rule. Of more than 60 in a minute only how many there were is
// kept: else whoever is refused could fill the audit. It does not block.
func (a *Audit) Denied(by Actor, command string, now time.Time) {
	a.mu.Lock()
	if now.Sub(a.minute) >= time.Minute {
		a.minute, a.denials = now, 0
	}
	a.denials++
	keep := a.denials <= maxDenials
	a.mu.Unlock()
	if !keep {
		a.lost.Add(1)
		return
	}
	a.Note(by, CommandRun{Command: command}, chat.Errorf(chat.Forbidden, "It was refused."))
}

func (a *Audit) enqueue(e AuditEntry) {
	select {
	case a.queue <- e:
	default:
		a.lost.Add(1)
	}
}

func newEntry(by Actor, e Event, outcome error) AuditEntry {
	kind, target, details := e.entry()
	entry := AuditEntry{
		V: version, At: time.Now().UTC().Round(0), Type: kind, By: clean(by.Name), Account: clean(by.Account),
		Machine: by.Machine, Target: clean(target), Result: OK,
	}
	if outcome != nil {
		entry.Result = chat.ErrorCode(outcome)
	}
	if by.Addr != (netip.Addr{}) {
		entry.Addr = by.Addr.String()
	}
	for k, v := range details {
		if v = clean(v); v != "" {
			if entry.Details == nil {
				entry.Details = map[string]string{}
			}
			entry.Details[k] = v
		}
	}
	return entry
}

// clean is s as it may be kept and shown.
func clean(s string) string {
	if len(s) > maxDetail {
		s = s[:maxDetail] // a rune that is cut is cleaned away
	}
	return text.Clean(s)
}

// write writes what is queued until close, and then what is left. While the
// store does not take it, the queue fills.
func (a *Audit) write() {
	defer close(a.done)
	stopped := false
	for {
		var e AuditEntry
		select {
		case e = <-a.queue:
		default:
			if stopped {
				return
			}
			select {
			case e = <-a.queue:
			case <-a.stop:
				stopped = true
				continue
			}
		}
		for !a.writeOne(e) {
			select {
			case <-a.stop: // the others would wait as long for the same
				a.log.Error("audit entries lost", "entries", 1+a.lost.Load()+uint64(len(a.queue)))
				return
			case <-time.After(auditRetry):
			}
		}
	}
}

// writeOne writes an entry, and before it how many were lost since the last one.
func (a *Audit) writeOne(e AuditEntry) bool {
	ctx := context.Background()
	n := a.lost.Swap(0)
	var err error
	if n > 0 {
		err = a.append(ctx, newEntry(Actor{}, lost{n}, nil))
	}
	if err != nil {
		a.lost.Add(n)
	} else {
		err = a.append(ctx, e)
	}
	if err != nil {
		a.log.Error("audit entry not written yet", "type", e.Type, "target", e.Target, "err", err)
	}
	return err == nil
}

func (a *Audit) append(ctx context.Context, e AuditEntry) error {
	data, err := encode(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	_, err = a.journal.Append(ctx, data)
	return err
}

// Last are the newest entries, at most n, oldest first; those that only wait to be
// written are not among them. One that can't be read is there as of the type
// "unreadable". The error is Unavailable.
func (a *Audit) Last(ctx context.Context, n int) ([]AuditEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	stored, err := a.journal.Last(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	entries := make([]AuditEntry, len(stored))
	for i, s := range stored {
		entries[i] = readEntry(s)
	}
	return entries, nil
}

func readEntry(s Entry) (e AuditEntry) {
	err := json.Unmarshal(s.Data, &e)
	// It was clean when it was written, and what is shown has to be.
	for _, t := range []*string{&e.Type, &e.By, &e.Account, &e.Addr, &e.Target, (*string)(&e.Result)} {
		*t = text.Clean(*t)
	}
	details := make(map[string]string, len(e.Details))
	for k, v := range e.Details {
		details[text.Clean(k)] = text.Clean(v)
	}
	e.Details = details
	if err != nil || checkVersion(e.V) != nil || e.Type == "" {
		e = AuditEntry{V: version, At: s.Time, Type: "unreadable", Result: chat.Internal}
	}
	e.Seq = s.Seq
	return e
}

// close writes what is queued and ends the writer. It waits until ctx ends.
func (a *Audit) close(ctx context.Context) error {
	a.once.Do(func() { close(a.stop) })
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("audit entries are still being written: %w", context.Cause(ctx))
	}
}
