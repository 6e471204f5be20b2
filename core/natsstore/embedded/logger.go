package embedded

import (
	"fmt"
	"log/slog"

	"github.com/nats-io/nats-server/v2/server"
)

// A logger gives what the NATS server logs to a slog.Logger. What it calls a
// notice is of interest only to who looks for a fault, so it becomes Debug; and
// what it calls fatal ends nothing here.
type logger struct{ log *slog.Logger }

var _ server.Logger = logger{}

// Noticef implements server.Logger.
func (l logger) Noticef(format string, args ...any) { l.log.Debug(fmt.Sprintf(format, args...)) }

// Warnf implements server.Logger.
func (l logger) Warnf(format string, args ...any) { l.log.Warn(fmt.Sprintf(format, args...)) }

// Errorf implements server.Logger.
func (l logger) Errorf(format string, args ...any) { l.log.Error(fmt.Sprintf(format, args...)) }

// Fatalf implements server.Logger.
func (l logger) Fatalf(format string, args ...any) { l.log.Error(fmt.Sprintf(format, args...)) }

// Debugf implements server.Logger.
func (l logger) Debugf(string, ...any) {}

// Tracef implements server.Logger.
func (l logger) Tracef(string, ...any) {}
