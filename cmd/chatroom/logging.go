package main

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"

	"github.com/chatroom-shell/chatroom/core/config"
)

// A logHandler is a slog.Handler whose level and format a reload changes.
type logHandler struct {
	current *atomic.Pointer[slog.Handler]
	derive  func(slog.Handler) slog.Handler // adds the attributes and groups of a logger
}

func newLogHandler(w io.Writer, c config.Log) *logHandler {
	h := &logHandler{current: &atomic.Pointer[slog.Handler]{}, derive: func(h slog.Handler) slog.Handler { return h }}
	h.configure(w, c)
	return h
}

// configure changes the level and the format.
func (h *logHandler) configure(w io.Writer, c config.Log) {
	o := &slog.HandlerOptions{Level: c.Level.Level()}
	var next slog.Handler = slog.NewTextHandler(w, o)
	if c.Format == config.FormatJSON {
		next = slog.NewJSONHandler(w, o)
	}
	h.current.Store(&next)
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(ctx context.Context, l slog.Level) bool {
	return (*h.current.Load()).Enabled(ctx, l)
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.derive(*h.current.Load()).Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.current, func(next slog.Handler) slog.Handler { return h.derive(next).WithAttrs(attrs) }}
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{h.current, func(next slog.Handler) slog.Handler { return h.derive(next).WithGroup(name) }}
}
