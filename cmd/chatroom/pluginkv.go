package main

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/plugins/host"
)

// pluginBucket has the entries of all plugins; a key begins with the plugin's name
// and a slash, which no name has.
const pluginBucket = "plugins"

// pluginKV opens the store of a plugin.
func (a *App) pluginKV(ctx context.Context, plugin string) (host.KV, error) {
	b, err := a.store.records.Bucket(ctx, pluginBucket)
	if err != nil {
		return nil, err
	}
	return bucketKV{b, plugin + "/"}, nil
}

// A bucketKV is the part of a bucket whose keys begin so.
type bucketKV struct {
	bucket account.Bucket
	prefix string
}

// Get implements host.KV.
func (k bucketKV) Get(ctx context.Context, key string) ([]byte, uint64, error) {
	r, err := k.bucket.Get(ctx, k.prefix+key)
	return r.Value, r.Rev, err
}

// Put implements host.KV.
func (k bucketKV) Put(ctx context.Context, key string, value []byte, version uint64, ttl time.Duration) (uint64, error) {
	return k.bucket.Put(ctx, k.prefix+key, value, version, ttl)
}

// Delete implements host.KV.
func (k bucketKV) Delete(ctx context.Context, key string, version uint64) error {
	return k.bucket.Delete(ctx, k.prefix+key, version)
}

// List implements host.KV.
func (k bucketKV) List(ctx context.Context, prefix string) iter.Seq2[host.Entry, error] {
	return func(yield func(host.Entry, error) bool) {
		for r, err := range k.bucket.List(ctx, k.prefix+prefix) {
			if !yield(host.Entry{Key: strings.TrimPrefix(r.Key, k.prefix), Value: r.Value, Version: r.Rev}, err) {
				return
			}
		}
	}
}
