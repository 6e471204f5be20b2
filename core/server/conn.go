package server

import "github.com/chatroom-shell/chatroom/core/session"

// A conn is one connection on a loop. It belongs to the loop.
type conn struct {
	session.Session
	loop   *loop
	stream *stream // on streams
	fd     int32   // on epoll
	index  int32   // in loop.conns
	due    int32   // the wheel's tick that wakes it; 0: none
	slot   int32   // index in the wheel's slot of that tick

	in       bool // it is logged in, as the gate has it
	closed   bool
	reading  bool // input is asked for
	ended    bool // the peer sends no more
	blocked  bool // on epoll: the kernel takes no more for now
	awaiting bool // on epoll: a chance to send is asked for
	sending  bool // on streams: a goroutine sends what it took out of the outbox
}

// Attend implements session.Transport.
func (c *conn) Attend() { c.loop.attending = append(c.loop.attending, c) }
