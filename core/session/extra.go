package session

import "slices"

// An extra is what a session has once a command was run, and what few sessions
// have. A session holds none until it needs one, since many are idle people with the
// settings that all have.
type extra struct {
	machine  *machine
	prompt   *prompt
	pager    *pager
	profile  *profile // nil: a guest without aliases and jobs
	kept     kept
	keep     moment // when to look what of the profile is to be saved; 0: it is saved
	notified int32  // when it was last told what it is told once a second at most, in seconds
	wrong    uint8  // passwords
	hides    bool   // the peer was asked to hide what its user types
	tooLate  bool   // a secret was asked for until the time was up: the next line may be the answer
}

func (s *Session) extras() *extra {
	if s.extra == nil {
		s.extra = &extra{}
	}
	return s.extra
}

// forget drops what belongs to the user and not to the connection: aliases,
// jobs, and what can be repeated.
func (s *Session) forget() {
	if x := s.extra; x != nil {
		x.kept, x.profile, x.keep = "", nil, 0
	}
	if w := s.work; w != nil {
		w.lines = slices.DeleteFunc(w.lines, func(e entry) bool {
			if e.job != 0 {
				w.bytes -= e.size()
			}
			return e.job != 0
		})
	}
}
