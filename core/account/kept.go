package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// storeTime bounds every call of the store.
const storeTime = 3 * time.Second

// attempts is how often a compare-and-set is tried against others' writes.
const attempts = 8

// A CorruptError says that a record is there and can't be read. The store needs
// repair or a backup; nothing was changed.
type CorruptError struct {
	Bucket, Key string
	Err         error
}

// Error implements error. It is meant for operators.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("corrupt record %q in bucket %s: %v", e.Key, e.Bucket, e.Err)
}

// Unwrap returns the cause.
func (e *CorruptError) Unwrap() error { return e.Err }

// A kept is a bucket of JSON objects. Its methods end in storeTime.
type kept struct {
	name   string
	bucket Bucket
}

// A stored object checks itself after it is decoded; key is where it was found.
type stored interface{ check(key string) error }

func openKept(ctx context.Context, s Store, name string) (kept, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	b, err := s.Bucket(ctx, name)
	if err != nil {
		return kept{}, fmt.Errorf("bucket %s: %w", name, err)
	}
	return kept{name, b}, nil
}

// get reads the object of key and returns its revision. Errors: NotFound,
// Unavailable, *CorruptError.
func (k kept) get(ctx context.Context, key string, into stored) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	rec, err := k.bucket.Get(ctx, key)
	if err != nil {
		return 0, k.failed("read", key, err)
	}
	return rec.Rev, k.decode(rec, into)
}

// put writes the object of key as Bucket.Put does. Who wanted it written may
// leave meanwhile: a write that began is waited for, because half of what it
// was for may be done by then.
func (k kept) put(ctx context.Context, key string, v any, rev uint64, ttl time.Duration) (uint64, error) {
	value, err := encode(v)
	if err != nil {
		return 0, fmt.Errorf("encode %q for bucket %s: %w", key, k.name, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	rev, err = k.bucket.Put(ctx, key, value, rev, ttl)
	if err != nil {
		return 0, k.failed("write", key, err)
	}
	return rev, nil
}

// remove deletes the record of key whatever its revision, if there is one.
func (k kept) remove(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	for range attempts {
		rec, err := k.bucket.Get(ctx, key)
		if err == nil {
			err = k.bucket.Delete(ctx, key, rec.Rev)
		}
		switch chat.ErrorCode(err) {
		case "", chat.NotFound:
			return nil
		case chat.Conflict:
			continue
		}
		return k.failed("delete", key, err)
	}
	return errContended()
}

// removeRev deletes the record of key if it has that revision or none is there.
func (k kept) removeRev(ctx context.Context, key string, rev uint64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	defer cancel()
	if err := k.bucket.Delete(ctx, key, rev); err != nil && chat.ErrorCode(err) != chat.NotFound {
		return k.failed("delete", key, err)
	}
	return nil
}

// each reads all records. There is no deadline: the time is that of the list.
func (k kept) each(ctx context.Context, f func(Record) error) error {
	for rec, err := range k.bucket.List(ctx, "") {
		if err != nil {
			return fmt.Errorf("list bucket %s: %w", k.name, err)
		}
		if err := f(rec); err != nil {
			return err
		}
	}
	return nil
}

// decode reads rec. It refuses what this version would not have written, so
// that damage and the records of a later version are never half understood.
func (k kept) decode(rec Record, into stored) error {
	d := json.NewDecoder(bytes.NewReader(rec.Value))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, rest := d.Token(); rest != io.EOF {
			err = errors.New("something follows the object")
		}
	}
	if err == nil {
		err = into.check(rec.Key)
	}
	if err != nil {
		return &CorruptError{k.name, rec.Key, err}
	}
	return nil
}

// encode is v as one JSON object, readable as it is: < stays <.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// failed gives an error of the store a code and a text, if it has none.
func (k kept) failed(what, key string, err error) error {
	if chat.ErrorCode(err) == chat.Internal {
		err = &chat.Error{Code: chat.Unavailable, Text: "The server's store did not answer in time; what you asked for may or may not be done. Try again in a moment.", Err: err}
	}
	return fmt.Errorf("%s %q in bucket %s: %w", what, key, k.name, err)
}

func errContended() error {
	return chat.Errorf(chat.Conflict, "Somebody else changes the same thing right now; try again.")
}

// version is of every record's form. A record with another one is refused.
const version = 1

func checkVersion(v int) error {
	if v != version {
		return fmt.Errorf("version %d of the record, not %d", v, version)
	}
	return nil
}
