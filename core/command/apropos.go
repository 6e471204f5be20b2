package command

import (
	"cmp"
	"slices"
	"strings"
)

// Apropos returns the specs of the visible commands, and of their visible
// sub-commands as Spec.Sub has them, that have word in what they say of
// themselves, capitals or not. Those come first that are called so, then those
// with it in a name or an alias, in the summary, in the rest of the help; each by
// name. No word finds nothing.
func (r *Registry) Apropos(word string, c Caller) []*Spec {
	if word = strings.ToLower(word); word == "" {
		return nil
	}
	type match struct {
		spec *Spec
		rank int
	}
	var matches []match
	consider := func(s *Spec, own string) {
		if s.Hidden || !s.permits(c.Role(), c.LoggedIn()) {
			return
		}
		if rank := s.about(word, own); rank > 0 {
			matches = append(matches, match{s, rank})
		}
	}
	for _, e := range r.sorted {
		consider(e.spec, e.spec.Name)
		for i := range e.spec.Subs {
			name := e.spec.Subs[i].Name
			consider(e.subs[name].spec, name)
		}
	}
	slices.SortFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.spec.Name, b.spec.Name))
	})
	specs := make([]*Spec, len(matches))
	for i, m := range matches {
		specs[i] = m.spec
	}
	return specs
}

// about ranks how near the command, whose own name is given, is to what word
// stands for, from 1; 0 is not at all. Word is in lower case.
func (s *Spec) about(word, own string) int {
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), word) }
	switch {
	case own == word || slices.Contains(s.Aliases, word):
		return 1
	case has(own) || slices.ContainsFunc(s.Aliases, has):
		return 2
	case has(s.Summary):
		return 3
	case has(s.Help), has(s.Group), slices.ContainsFunc(s.Examples, has),
		slices.ContainsFunc(s.Args, func(a Arg) bool { return has(a.Name) || has(a.Help) || slices.ContainsFunc(a.Choices, has) }),
		slices.ContainsFunc(s.Flags, func(f Flag) bool { return has(f.Name) || has(f.Help) || slices.ContainsFunc(f.Choices, has) }):
		return 4
	}
	return 0
}
