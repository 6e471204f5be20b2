package line

import (
	"slices"
	"strings"
	"unicode"
)

// An Alias is a user's own command: a line of commands, read when it was
// defined, with places for arguments. In its words and its raw text
//
//	$1 to $9  stand for the words that it is given, each for a whole one
//	$*        stands for what follows the words that the numbers take: for raw
//	          text as it was typed if it is itself only in raw text, else for
//	          the other words; within a longer word or double quotes for these
//	          with spaces between them
//	$$        is a $
//
// and any other $ is an ordinary character, as is every $ within single quotes.
// What an alias is given is never read again: no quote, | or $ in it means
// anything.
//
// An Alias never changes, so any goroutine may use it.
type Alias struct {
	stages []aliasStage
	shape  Shape
	params int  // how many words it needs: the highest number after a $
	star   bool // it takes what follows them
	count  int  // how many stages it makes
}

// An aliasStage is a stage with places for arguments.
type aliasStage struct {
	name   string
	alias  *Alias // what the name stood for; nil: a command
	words  []template
	raw    template
	hasRaw bool
}

// Aliases is a Grammar with aliases added to it.
type Aliases struct {
	Grammar                                  // of the commands, which win over aliases
	Lookup  func(name string) (*Alias, bool) // the alias of this name; nil: there are none
}

// Command implements Grammar.
func (g *Aliases) Command(name string) (Shape, bool) {
	if shape, ok := g.Grammar.Command(name); ok {
		return shape, true
	}
	if g.Lookup != nil {
		if a, ok := g.Lookup(name); ok {
			return a.shape, true
		}
	}
	return Shape{}, false
}

// alias is the alias of this name, if it is not the name of a command.
func (g *Aliases) alias(name string) *Alias {
	if g.Lookup == nil {
		return nil
	}
	a, ok := g.Lookup(name)
	if !ok {
		return nil
	}
	if _, command := g.Grammar.Command(name); command {
		return nil
	}
	return a
}

// Shape tells how the arguments of the alias are written: as raw text after $1
// to $9 if $* is in raw text and nowhere else, else as words.
func (a *Alias) Shape() Shape { return a.shape }

// maxAliasStages bounds the commands that aliases of aliases can grow to.
const maxAliasStages = 64

// ParseAlias reads the text of an alias: commands that g knows, with or without
// a slash in front. It may use the aliases of g: as they are now, whatever
// becomes of them, so that an alias can't end up in itself. In a command that
// ends in raw text, $* in the place of a word with nothing after it stands for
// the words that are still wanted and the raw text.
//
// The error is nil or an *Error, whose column counts from the first character
// that is not white space: for a text that is chat, for an unknown command
// or sub-command, for what Parse refuses, for a $* where one word must stand, and
// if it stands for more than 64 commands.
func ParseAlias(text string, g *Aliases) (*Alias, error) {
	a, err := parseAlias(strings.TrimSpace(text), g)
	if err != nil {
		return nil, err
	}
	return a, nil
}

func parseAlias(text string, g *Aliases) (*Alias, *Error) {
	p := parser{s: text, grammar: g, part: true}
	switch {
	case text == "":
		return nil, &Error{Text: "An alias needs a line of commands to stand for.", Column: 1}
	case strings.HasPrefix(text, "//"):
		return nil, &Error{Text: "A line that begins with two slashes is chat, and an alias stands for commands; put say before the text.", Column: 1}
	case text[0] == '/':
		if p.pos++; p.pos == len(text) || spaceLen(text, p.pos) > 0 {
			return nil, errorNoName(text, 0)
		}
		p.short = true
	}
	a := &Alias{}
	var last rawStage
	for more := true; more; {
		st := rawStage{Stage: &Stage{}}
		err := p.stage(&st)
		if err == nil {
			err = checkAliased(text, &st)
		}
		if err != nil {
			return nil, err
		}
		a.add(&st, g.alias(st.Name))
		if a.count > maxAliasStages {
			return nil, &Error{Text: "An alias can stand for at most 64 commands; give it fewer.", Column: 1}
		}
		if len(a.stages) == 1 {
			a.shape.Filter, a.shape.Input = st.command.Filter, st.command.Input
		}
		if more, err = p.more(st.pipe); err != nil {
			return nil, err
		}
		last = st
	}
	if !a.spread(&last) {
		return nil, errorStar(text, &last)
	}
	a.settle()
	return a, nil
}

// checkAliased refuses a stage of an alias of which it is not known how its
// arguments are written.
func checkAliased(text string, st *rawStage) *Error {
	switch {
	case !st.known:
		return errorNoCommand(text, st)
	case st.command.Subs != nil && st.HasRaw && st.sub == 0:
		return errorNoSub(text, st)
	}
	return nil
}

// add adds a stage as it was read; alias is what its name stands for.
func (a *Alias) add(st *rawStage, alias *Alias) {
	to := aliasStage{name: st.Name, alias: alias, hasRaw: st.HasRaw, raw: rawTemplate(st.Raw)}
	for _, w := range st.Words {
		to.words = append(to.words, wordTemplate(w))
	}
	a.stages = append(a.stages, to)
	if alias != nil {
		a.count += alias.count
	} else {
		a.count++
	}
	a.params = max(a.params, to.raw.params())
	for _, t := range to.words {
		a.params = max(a.params, t.params())
	}
}

// spread gives a $* in the place of a word before raw text, with nothing after
// it, the meaning of the words that are still wanted and the raw text. It is
// false if there is one before raw text for which that can't be. Only the last
// stage of a line has raw text.
func (a *Alias) spread(st *rawStage) bool {
	to := &a.stages[len(a.stages)-1]
	star := slices.IndexFunc(to.words, template.isStar)
	if !to.hasRaw || star < 0 {
		return true
	}
	if star != len(to.words)-1 || len(to.raw) > 0 {
		return false
	}
	to.words = to.words[:star]
	for len(to.words)-st.sub < st.shape.Words {
		a.params++
		to.words = append(to.words, template{{param: a.params}})
	}
	to.raw = template{{param: allParams}}
	return a.params <= maxParams
}

// settle finds out how the alias is written.
func (a *Alias) settle() {
	inWords, inRaw := false, false
	for _, st := range a.stages {
		inWords = inWords || slices.ContainsFunc(st.words, template.hasStar)
		inRaw = inRaw || st.raw.hasStar()
	}
	a.star = inWords || inRaw
	if inRaw && !inWords {
		a.shape.Raw, a.shape.Words = true, a.params
	}
}

// Expand puts in the place of every alias in a line that was parsed with g the
// stages that it stands for. Their names, words and raw texts take at most limit
// bytes in all, each with a space; 0 is no bound. Kind and Text stay as they are, and so does a
// line without aliases.
//
// The error is nil or an *Error: for a word too few or too many, and for a line
// that gets too long.
func Expand(l Line, g *Aliases, limit int) (Line, error) {
	if !slices.ContainsFunc(l.Stages, func(st Stage) bool { return g.alias(st.Name) != nil }) {
		return l, nil
	}
	x := expansion{limit: limit}
	for _, st := range l.Stages {
		err := x.add(st, g.alias(st.Name), st.Name)
		if err != nil {
			if l.Stages[0].Bare {
				err.Said = l.Text
			}
			return Line{}, err
		}
	}
	x.stages[0].Bare = l.Stages[0].Bare
	l.Stages = x.stages
	return l, nil
}

// An expansion is what a line becomes.
type expansion struct {
	stages []Stage
	size   int // bytes of the stages
	limit  int // of them; 0: no bound
}

// add adds a stage, or what it stands for if that is not nil. Name is what was
// typed.
func (x *expansion) add(st Stage, a *Alias, name string) *Error {
	if a == nil {
		st.Bare = false
		x.stages = append(x.stages, st)
		if x.size += size(&st); x.exceeded(x.size) {
			return errorAliasLong(name, x.limit)
		}
		return nil
	}
	args, err := a.arguments(&st)
	if err != nil {
		return err
	}
	for i := range a.stages {
		to, ok := a.stages[i].fill(args, x)
		if !ok {
			return errorAliasLong(name, x.limit)
		}
		to.Alias = name
		if err := x.add(to, a.stages[i].alias, name); err != nil {
			return err
		}
	}
	return nil
}

func (x *expansion) exceeded(size int) bool { return x.limit > 0 && size > x.limit }

// size is how many bytes the stage takes in a line.
func size(st *Stage) int {
	n := len(st.Name) + len(st.Raw) + 1
	for _, w := range st.Words {
		n += len(w) + 1
	}
	return n
}

// arguments are what the stage, which names the alias, gives it.
func (a *Alias) arguments(st *Stage) (*arguments, *Error) {
	switch n := len(st.Words); {
	case n < a.params:
		return nil, errorAliasWords(st.Name, "needs", a.params, n)
	case n > a.params && (!a.star || a.shape.Raw):
		return nil, errorAliasWords(st.Name, "takes", a.params, n)
	}
	args := &arguments{words: st.Words[:a.params], others: st.Words[a.params:], rest: st.Raw}
	if !a.shape.Raw {
		args.rest = strings.Join(args.others, " ")
	}
	return args, nil
}

// fill puts the arguments into their places. It is false if the stage gets too
// long for x.
func (s *aliasStage) fill(args *arguments, x *expansion) (Stage, bool) {
	st := Stage{Name: s.name, HasRaw: s.hasRaw}
	n := s.raw.size(args)
	for _, t := range s.words {
		if n += t.size(args); x.exceeded(n) {
			return Stage{}, false
		}
		if t.isStar() {
			st.Words = append(st.Words, args.others...)
		} else {
			st.Words = append(st.Words, t.fill(args))
		}
	}
	if x.exceeded(n) {
		return Stage{}, false
	}
	st.Raw = strings.TrimRightFunc(s.raw.fill(args), unicode.IsSpace)
	return st, true
}
