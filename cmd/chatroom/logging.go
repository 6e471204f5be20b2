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
	out     *logWriter
	current *atomic.Pointer[slog.Handler]
	derive  func(slog.Handler) slog.Handler // adds the attributes and groups of a logger
}

func newLogHandler(out *logWriter, c config.Log) *logHandler {
	h := &logHandler{out, &atomic.Pointer[slog.Handler]{}, func(h slog.Handler) slog.Handler { return h }}
	h.configure(c)
	return h
}

// configure changes the level and the format.
func (h *logHandler) configure(c config.Log) {
	h.out.direct.Store(slog.New(formatLog(h.out.to, c)))
	next := formatLog(h.out, c)
	h.current.Store(&next)
}

// formatLog writes each record to w in one piece.
func formatLog(w io.Writer, c config.Log) slog.Handler {
	o := &slog.HandlerOptions{Level: c.Level.Level()}
	if c.Format == config.FormatJSON {
		return slog.NewJSONHandler(w, o)
	}
	return slog.NewTextHandler(w, o)
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
	return &logHandler{h.out, h.current, func(next slog.Handler) slog.Handler { return h.derive(next).WithAttrs(attrs) }}
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{h.out, h.current, func(next slog.Handler) slog.Handler { return h.derive(next).WithGroup(name) }}
}
