package natsstore

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// Connect opens a connection that suits a Store to the NATS servers of url, which
// are parted by commas and may hold a user and a password. It comes back by itself
// for ever, once it was there. While it is down nothing is buffered, so that what
// was given up is not written later. The caller closes it, after the Store.
func Connect(url string, log *slog.Logger) (*nats.Conn, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	nc, err := nats.Connect(url,
		nats.Name("chatroom"),
		nats.Timeout(3*time.Second),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.PingInterval(5*time.Second),
		nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { log.Warn("the connection to the store is down", "err", err) }),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			log.Info("the connection to the store is back", "server", nc.ConnectedServerName())
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("connection to the store", "err", err) }),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to the store: %w", err)
	}
	return nc, nil
}
