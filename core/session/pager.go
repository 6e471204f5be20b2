package session

import (
	"bytes"

	"github.com/chatroom-shell/chatroom/core/text"
)

// A pager shows the output of one line a page at a time.
type pager struct {
	rest    []byte // lines that are not shown yet, each with CRLF
	rows    int    // that the page still has room for
	open    bool   // the line has not ended: more may come
	waiting bool   // a page is full, and the peer was asked to go on
}

const moreLine = "-- more: Enter for the next page, q to end"

// openPager has the output of the line that is about to run shown a page at a
// time, if the peer has a screen with a known height.
func (s *Session) openPager() {
	if s.machine() == nil && !s.readAloud() && s.page() > 0 {
		s.extras().pager = &pager{rows: s.page(), open: true}
	}
}

// page is how many rows of output a page has: those of the screen without the
// one that asks to go on and the one where the answer is typed. 0: no pages.
func (s *Session) page() int {
	h := s.View().Height
	if h <= 4 {
		return 0
	}
	return h - 2
}

// paging reports whether the output of the line that runs goes through a pager.
func (s *Session) paging() bool {
	return s.extra != nil && s.extra.pager != nil && s.extra.pager.open
}

// add takes more output, and shows as much of it as the page has room for.
func (p *pager) add(s *Session, lines []byte) {
	p.rest = append(p.rest, lines...)
	p.show(s)
}

func (p *pager) show(s *Session) {
	if p.waiting {
		return
	}
	width, n := s.View().Width, 0
	for n < len(p.rest) {
		end := n + bytes.Index(p.rest[n:], []byte(crlf))
		rows := max(1, (text.Width(string(p.rest[n:end]))+width-1)/width)
		if rows > p.rows && p.rows < s.page() { // a line that is longer than a page has one for itself
			p.rows = 0
			break
		}
		p.rows, n = p.rows-rows, end+len(crlf)
		if p.rows <= 0 {
			break
		}
	}
	shown := p.rest[:n:n]
	p.rest = p.rest[n:]
	p.waiting = len(p.rest) > 0
	if n > 0 || p.waiting {
		s.seat.Settle()
	}
	if n > 0 {
		s.queue(shown)
	}
	if p.waiting {
		s.queue([]byte(moreLine + crlf))
	}
}

// turnsPage takes a line if it is the answer to a pager that waits for one.
func (s *Session) turnsPage(e entry) bool {
	if s.extra == nil || s.extra.pager == nil {
		return false
	}
	p := s.extra.pager
	switch {
	case !p.waiting:
		return false
	case e.line == "q" || e.line == "Q":
		s.Charge(1)
		s.endPager()
		s.promptSoon()
	case e.line == "" && e.refusal == "" && !e.end:
		s.Charge(1)
		p.waiting, p.rows = false, s.page()
		p.show(s)
		if p.open {
			s.work.flow.arrived(0, s.owes())
		} else if len(p.rest) == 0 {
			s.extra.pager = nil
		}
	default:
		s.endPager()
		return false
	}
	s.attend()
	return true
}

// pagerComplete says that the line has ended, so that nothing more comes.
func (s *Session) pagerComplete() {
	if !s.paging() {
		return
	}
	p := s.extra.pager
	if p.open = false; len(p.rest) == 0 {
		s.extra.pager = nil
	}
}

// endPager forgets what is not shown yet. If that is not all there will be, what
// writes it is cancelled. It reports whether there was a pager that waited.
func (s *Session) endPager() bool {
	if s.extra == nil || s.extra.pager == nil {
		return false
	}
	p := s.extra.pager
	s.extra.pager = nil
	if w := s.work; p.open && w != nil && w.cancel != nil {
		w.cancelled = true
		w.cancel()
	}
	return p.waiting
}
