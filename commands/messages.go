package commands

import (
	"bufio"
	"io"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/text"
)

// maxMessages is how many messages one line may send out of a pipe.
const maxMessages = 10

// messages are what the call is to send, one after the other: its text, or the
// lines that are piped in, without those in which nothing can be seen. Either all
// of them can be sent or there is an error.
func (d *Deps) messages(c *command.Call) ([]string, error) {
	if !c.Piped {
		return []string{c.Text()}, nil
	}
	var all []string
	longest := d.Settings().MaxLine
	in := bufio.NewReader(c.In)
	for {
		l, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, err
		}
		if m := strings.TrimRight(text.Clean(strings.TrimSuffix(l, "\n")), " "); m != "" {
			all = append(all, m)
			switch {
			case len(all) > maxMessages:
				return nil, chat.Errorf(chat.Limited, "Nothing is sent: at most %d lines may go into %s; put head or tail before it.", maxMessages, c.Spec.Name)
			case longest > 0 && len(m) > longest:
				return nil, chat.Errorf(chat.Limited, "Nothing is sent: a line that goes into %s has at most %d bytes, and this one has %d; put cut before it.", c.Spec.Name, longest, len(m))
			}
		}
		if err == io.EOF {
			return all, nil
		}
	}
}

// charge takes what so many messages cost; the line has paid for one.
func charge(c *command.Call, messages int) {
	if messages > 1 {
		c.Session.Charge(messages - 1)
	}
}

// nothingCame answers a line whose pipe brought nothing to send.
func nothingCame(c *command.Call) error {
	return tell(c, "Nothing came out of the pipe, so nothing is sent.")
}
