package session

import (
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/command"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// The bounds of what is kept for repeating: lines, and their bytes in all.
const (
	maxKept      = 20
	maxKeptBytes = 2 << 10
)

// kept are the last command lines, as they were typed, oldest first, each ended
// by LF: most sessions keep a few short ones, and for long.
type kept string

// keep notes a command line that was typed. Lines with a secret, those of a
// program and those from before login are not kept.
func (s *Session) keep(typed string, l line.Line) {
	if s.user == nil || s.machine() != nil || s.secret(l) {
		return
	}
	k := &s.extras().kept
	typed = strings.TrimSpace(typed)
	if last, ok := k.find(""); len(typed) >= maxKeptBytes || ok && last == typed {
		return
	}
	lines := string(*k) + typed + "\n"
	for len(lines) > maxKeptBytes || strings.Count(lines, "\n") > maxKept {
		_, lines, _ = strings.Cut(lines, "\n")
	}
	*k = kept(lines)
}

// secret reports whether a line of commands has an argument that must not be
// kept.
func (s *Session) secret(l line.Line) bool {
	for i := range l.Stages {
		spec := s.spec(&l.Stages[i])
		if spec == nil {
			continue
		}
		for j := range spec.Args {
			if spec.Args[j].Secret && given(&l.Stages[i], spec, j) {
				return true
			}
		}
	}
	return false
}

// given reports whether a stage may have a value for argument i of its command:
// perhaps behind flags, which are words too.
func given(st *line.Stage, spec *command.Spec, i int) bool {
	if spec.Args[i].Type == command.Text {
		return st.Raw != ""
	}
	return len(st.Words) > i
}

// find is the last line that begins with prefix, which may leave out the slash.
func (k kept) find(prefix string) (string, bool) {
	lines := strings.TrimSuffix(string(k), "\n")
	for lines != "" {
		i := strings.LastIndexByte(lines, '\n') // -1: l is the first
		l := lines[i+1:]
		if strings.HasPrefix(l, prefix) || strings.HasPrefix(strings.TrimPrefix(l, "/"), prefix) {
			return l, true
		}
		lines = lines[:max(i, 0)]
	}
	return "", false
}

// repeated reports whether typed is !! or !PREFIX, and shows the line that it
// stands for, which is a command. In mode chat that takes a slash before it; in
// mode auto without a slash it is chat if no line was kept that it could mean.
func (s *Session) repeated(typed string) (again string, ok bool, err error) {
	word, slash := strings.CutPrefix(strings.TrimSpace(typed), "/")
	prefix, bang := strings.CutPrefix(word, "!")
	if !bang || prefix == "" || len(strings.Fields(word)) != 1 {
		return "", false, nil
	}
	mode := s.mode()
	if mode == line.ModeChat && !slash {
		return "", false, nil
	}
	if prefix == "!" {
		prefix = ""
	}
	if s.extra != nil {
		again, ok = s.extra.kept.find(prefix)
	}
	switch {
	case ok:
		s.say("-- " + text.Clean(again))
		return again, true, nil
	case mode == line.ModeAuto && !slash:
		return "", false, nil
	case prefix == "":
		return "", false, chat.Errorf(chat.NotFound, "There is no command to repeat yet.")
	}
	return "", false, chat.Errorf(chat.NotFound, "None of your last commands begins with %s; !! repeats the last one.", prefix)
}
