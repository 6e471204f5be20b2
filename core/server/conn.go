package server

import "github.com/chatroom-shell/chatroom/core/session"

// A conn is one connection on a loop. It belongs to the loop.
type conn struct {
	session.Session
	loop   *loop
	index  int   // in loop.conns
	due    int64 // the wheel's tick that wakes it; 0: none
	closed bool

	reading bool // input is asked for
	ended   bool // the peer sends no more

	// On epoll.
	fd       int
	blocked  bool // the kernel takes no more for now
	awaiting bool // a chance to send is asked for

	// On streams.
	stream  *stream
	sending bool // a goroutine sends what it took out of the outbox
}

// Attend implements session.Transport.
func (c *conn) Attend() { c.loop.attending = append(c.loop.attending, c) }
