package session

import (
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/text"
)

// A prompt is what a session has that shows one.
type prompt struct {
	format string
	due    bool // it is to be shown once nothing more comes
	stands bool // it is the last thing on the screen
	listed bool // in Loop.prompts
}

const shortPrompt = "%r> "

// maxPrompt is how long the format of a prompt may be, in bytes.
const maxPrompt = 64

// setPrompt changes the prompt: off, short or a format.
func (s *Session) setPrompt(value string) error {
	format := value
	switch strings.ToLower(value) {
	case "off":
		if s.extra != nil {
			s.extra.prompt = nil
		}
		return nil
	case "short":
		format = shortPrompt
	}
	if err := checkPrompt(format); err != nil {
		return err
	}
	s.extras().prompt = &prompt{format: format}
	s.entered()
	return nil
}

func checkPrompt(format string) error {
	if format == "" || len(format) > maxPrompt || text.Clean(format) != format {
		return chat.Errorf(chat.Invalid, "The prompt is off, short or a format of 1 to %d visible bytes.", maxPrompt)
	}
	for rest := format; ; {
		_, after, found := strings.Cut(rest, "%")
		if !found {
			return nil
		}
		if after == "" || !strings.Contains("nrts%", after[:1]) {
			return chat.Errorf(chat.Invalid, "In a prompt %%n is your name, %%r the room, %%t the time, %%s the server and %%%% a %%; write one of these after each %%.")
		}
		rest = after[1:]
	}
}

// promptValue is the setting as it is shown, also to a program, which sees no prompt.
func (s *Session) promptValue() string {
	switch x := s.extra; {
	case x == nil || x.prompt == nil:
		return "off"
	case x.prompt.format == shortPrompt:
		return "short"
	default:
		return x.prompt.format
	}
}

// prompt is that of the question which waits for its answer, else that of the user;
// nil if the session shows none.
func (s *Session) prompt() *prompt {
	if s.machine() != nil {
		return nil
	}
	if a := s.asked(); a != nil {
		return &a.prompt
	}
	if s.extra == nil {
		return nil
	}
	return s.extra.prompt
}

// entered notes that the peer has ended a line, so that the cursor stands at the
// begin of the next one and an answer is due.
func (s *Session) entered() {
	if p := s.prompt(); p != nil {
		p.stands, p.due = false, true
		s.promptSoon()
	}
}

// clearPrompt makes room for output where the prompt stands, and has it shown
// again after the output.
func (s *Session) clearPrompt() {
	p := s.prompt()
	if p == nil {
		return
	}
	p.due = p.due || !s.readAloud()
	if p.stands {
		p.stands = false
		if s.ansi() && !s.readAloud() {
			s.out.push(clearLine)
		} else {
			s.out.push(newLine)
		}
		s.attend()
	}
	s.promptSoon()
}

var (
	clearLine = []byte("\r\x1b[K")
	newLine   = []byte(crlf)
)

// promptSoon has the prompt shown at the end of the batch, if it is due then.
func (s *Session) promptSoon() {
	if p := s.prompt(); p != nil && p.due && !p.listed {
		p.listed = true
		s.loop.prompts = append(s.loop.prompts, s)
		s.attend()
	}
}

// Finish ends a batch as chat.Fanout.Finish does, and shows the prompts that are
// due. Then the loop flushes its sessions.
func (l *Loop) Finish() {
	l.Fanout.Finish()
	for i, s := range l.prompts {
		l.prompts[i] = nil
		s.showPrompt()
	}
	l.prompts = l.prompts[:0]
}

// showPrompt shows the prompt if it is due and nothing else comes: no line waits
// or runs, but for one that asks, and no page is asked for.
func (s *Session) showPrompt() {
	defer s.rescue()
	p := s.prompt()
	if p == nil { // switched off meanwhile
		return
	}
	p.listed = false
	if !p.due || s.closing || s.work != nil && s.asked() == nil || s.extra != nil && s.extra.pager != nil {
		return
	}
	frame := s.expandPrompt(p.format)
	p.due = false
	if len(frame) == 0 {
		return
	}
	p.stands = true
	if !s.raw {
		frame = append(frame, s.telnet.PromptEnd()...)
	}
	s.out.push(frame)
}

// expandPrompt is a format, which was checked, with what its signs stand for at
// the moment. It begins with no control and no byte of telnet.
func (s *Session) expandPrompt(format string) []byte {
	var b []byte
	for {
		before, after, found := strings.Cut(format, "%")
		b = append(b, before...)
		if !found {
			return b
		}
		switch after[0] {
		case 'n':
			if s.user != nil {
				b = append(b, s.user.Name().Display...)
			}
		case 'r':
			if s.user != nil && s.user.Room() != nil {
				b = append(b, s.user.Room().Name()...)
			}
		case 't':
			b = s.loop.Now.In(s.loop.Env.Zones.Location(s.prefs.zone)).AppendFormat(b, "15:04")
		case 's':
			b = append(b, text.Clean(s.loop.Env.Settings().Name)...)
		case '%':
			b = append(b, '%')
		}
		format = after[1:]
	}
}
