package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/line"
	"github.com/chatroom-shell/chatroom/core/text"
)

// Names is who can be named as a User argument. Any goroutine may call it.
type Names interface {
	UserNames() []string     // as shown, in any order; for suggestions
	HasUser(key string) bool // key is what text.Fold makes of a name
}

// A binder fits the words of one stage to the spec of its command.
type binder struct {
	spec     *Spec
	stage    line.Stage // without the name of the sub-command
	registry *Registry
	names    Names // nil: any name will do
	caller   Caller
	piped    bool // it comes after a |

	values []value // as in Call
	json   bool    // --json was given
}

// name is how errors call the command: as it was typed, or as a sub-command.
func (b *binder) name() string {
	if strings.Contains(b.spec.Name, " ") {
		return b.spec.Name
	}
	return b.stage.Name
}

// fromPipe reports whether the input takes the place of the raw text.
func (b *binder) fromPipe() bool { return b.piped && b.spec.ReadsInput }

// wantsHelp reports whether the stage asks for the command's help: --help or -h
// among its words, before a --; before raw text, --help and nothing else.
func (b *binder) wantsHelp() bool {
	if b.stage.HasRaw {
		return len(b.stage.Words) == 0 && b.stage.Raw == "--help" ||
			len(b.stage.Words) == 1 && b.stage.Words[0] == "--help" && b.stage.Raw == ""
	}
	for _, w := range b.stage.Words {
		switch w {
		case "--help", "-h":
			return true
		case "--":
			return false
		}
	}
	return false
}

// bind fills values. The stage has the shape of the spec. Raw text is cleaned
// here, so that no command ever sees another; words with anything in them that
// can't be seen are refused.
func (b *binder) bind() *chat.Error {
	if last := len(b.spec.Args) - 1; b.stage.HasRaw && !b.spec.Args[last].Secret {
		b.stage.Raw = text.Clean(b.stage.Raw)
	}
	if n := len(b.spec.Args) + len(b.spec.Flags); n > 0 {
		b.values = make([]value, n)
	}
	words := slices.Clone(b.stage.Words) // to be put into normal form in place
	if !b.stage.HasRaw {
		var err *chat.Error
		if words, err = b.flags(words); err != nil {
			return err
		}
	}
	if err := b.args(words); err != nil {
		return err
	}
	b.defaults()
	return nil
}

// flags takes the flags out of words, which it overwrites, and returns the
// others. Flags stand anywhere before a --. A word that begins with - and a
// digit is a negative number, and - alone is a word.
func (b *binder) flags(words []string) ([]string, *chat.Error) {
	rest := words[:0]
	for len(words) > 0 {
		w := words[0]
		words = words[1:]
		var err *chat.Error
		switch {
		case w == "--":
			return append(rest, words...), nil
		case strings.HasPrefix(w, "--"):
			words, err = b.longFlag(w, words)
		case len(w) > 1 && w[0] == '-' && (w[1] < '0' || w[1] > '9'):
			words, err = b.shortFlags(w, words)
		default:
			rest = append(rest, w)
		}
		if err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// jsonFlag is the flag of a command with Records.
const jsonFlag = "json"

// longFlag reads --name, --name=value or --name and the next word, and returns
// the words after it.
func (b *binder) longFlag(w string, next []string) ([]string, *chat.Error) {
	name, val, attached := strings.Cut(w[2:], "=")
	if name == jsonFlag && b.spec.hasJSON() {
		if attached {
			return nil, chat.Errorf(chat.Invalid, "--%s takes no value.", jsonFlag)
		}
		b.json = true
		return next, nil
	}
	i := slices.IndexFunc(b.spec.Flags, func(f Flag) bool { return f.Name == name })
	if i < 0 {
		return nil, b.noFlag("--" + name)
	}
	f := &b.spec.Flags[i]
	if f.Type == "" {
		if attached {
			return nil, chat.Errorf(chat.Invalid, "%s takes no value.", f.label())
		}
		return next, b.set(i, "")
	}
	if !attached {
		if len(next) == 0 {
			return nil, f.noValue()
		}
		val, next = next[0], next[1:]
	}
	return next, b.set(i, val)
}

// shortFlags reads -s, several switches as in -abc, and a flag with a value,
// which is the rest of the word or the next word; it returns the words after it.
func (b *binder) shortFlags(w string, next []string) ([]string, *chat.Error) {
	for bundle := w[1:]; bundle != ""; {
		short := bundle[:1]
		i := slices.IndexFunc(b.spec.Flags, func(f Flag) bool { return f.Short == short })
		if i < 0 {
			return nil, b.noFlag(w)
		}
		bundle = bundle[1:]
		f, val := &b.spec.Flags[i], ""
		switch {
		case f.Type == "":
		case bundle != "":
			val, bundle = bundle, ""
		case len(next) == 0:
			return nil, f.noValue()
		default:
			val, next = next[0], next[1:]
		}
		if err := b.set(i, val); err != nil {
			return nil, err
		}
	}
	return next, nil
}

// set gives flag i its value; of several the last one counts. The value of a
// switch is ignored.
func (b *binder) set(i int, val string) *chat.Error {
	f := &b.spec.Flags[i]
	v := value{given: true}
	if f.Type != "" {
		a := f.asArg()
		normal, err := b.normal(&a, f.label(), val)
		if err != nil {
			return err
		}
		v.words = []string{normal}
	}
	b.values[len(b.spec.Args)+i] = v
	return nil
}

func (f *Flag) noValue() *chat.Error {
	return chat.Errorf(chat.Invalid, "%s needs a value: %s.", f.label(), f.usage())
}

// noFlag is the error for a word that is no flag. It does not show what may be
// a secret that begins with a dash.
func (b *binder) noFlag(w string) *chat.Error {
	const dashes = "put -- before a word that begins with a dash"
	if b.spec.hasSecret() {
		return chat.Errorf(chat.Invalid, "%s has no such flag; %s.", b.name(), dashes)
	}
	among := []string{"help"}
	if b.spec.hasJSON() {
		among = append(among, jsonFlag)
	}
	for i := range b.spec.Flags {
		among = append(among, b.spec.Flags[i].Name)
	}
	near := text.Nearest(strings.TrimLeft(w, "-"), slices.Values(among), 3)
	if len(near) == 0 {
		return chat.Errorf(chat.Invalid, "%s has no flag %s; %s.", b.name(), quote(w), dashes)
	}
	for i := range near {
		near[i] = "--" + near[i]
	}
	return chat.Errorf(chat.Invalid, "%s has no flag %s; did you mean %s?", b.name(), quote(w), listOr(near))
}

// args gives the arguments their words, which it puts into normal form in place,
// and the raw text.
func (b *binder) args(words []string) *chat.Error {
	if err := b.arity(len(words)); err != nil {
		return err
	}
	for i := range b.spec.Args {
		a := &b.spec.Args[i]
		var own []string
		switch {
		case a.Type == Text:
			if b.stage.Raw != "" {
				own = []string{b.stage.Raw}
			}
		case a.Many:
			own, words = words, nil
		case len(words) > 0:
			own, words = words[:1:1], words[1:]
		}
		if len(own) == 0 {
			continue
		}
		for j, w := range own {
			normal, err := b.normal(a, a.label(), w)
			if err != nil {
				return err
			}
			own[j] = normal
		}
		b.values[i] = value{words: own, given: true}
	}
	return nil
}

// arity checks that n words, and the raw text, are not too few or too many.
func (b *binder) arity(n int) *chat.Error {
	if b.fromPipe() && b.stage.Raw != "" {
		return chat.Errorf(chat.Invalid, "%s takes its text from the pipe here; leave out what follows it, or what comes before the |.", b.name())
	}
	most, many, optional := 0, false, false
	var missing []string
	for i := range b.spec.Args {
		a := &b.spec.Args[i]
		optional = optional || a.Optional
		given := i < n
		if a.Type == Text {
			given = b.stage.Raw != "" || b.fromPipe()
		} else {
			most++
			many = many || a.Many
		}
		if !given && !a.Optional {
			missing = append(missing, a.label())
		}
	}
	switch {
	case len(missing) > 0:
		return chat.Errorf(chat.Invalid, "%s needs %s.", b.name(), listAnd(missing))
	case n > most && !many:
		atMost := ""
		if optional {
			atMost = "at most "
		}
		return chat.Errorf(chat.Invalid, "%s takes %s%s, not %d.", b.name(), atMost, count(most, "argument"), n)
	}
	return nil
}

// normal is Arg.normal, and checks that who and what is named is there.
func (b *binder) normal(a *Arg, label, word string) (string, *chat.Error) {
	if !a.Secret && text.Clean(word) != word {
		return "", chat.Errorf(chat.Invalid, "%s has a character in it that can't be seen; type it again without.", label)
	}
	word, err := a.normal(label, word)
	if err != nil {
		return "", err
	}
	switch a.Type {
	case User:
		if b.names == nil || b.names.HasUser(text.Fold(word)) {
			return word, nil
		}
		return "", missing(word, "user", b.nearestUsers(word), "type who to see who is here")
	case CommandName:
		if e, ok := b.registry.entries[word]; ok && e.permits(b.caller) {
			return e.spec.Name, nil
		}
		if slices.Contains(ownNames(b.caller), word) {
			return word, nil
		}
		return "", missing(word, "command", b.registry.Nearest(word, b.caller), "type help to see them all")
	}
	return word, nil
}

// maxCandidates bounds the names that are looked through for a suggestion: with
// more it would cost milliseconds.
const maxCandidates = 1000

func (b *binder) nearestUsers(word string) []string {
	names := b.names.UserNames()
	if len(names) > maxCandidates {
		return nil
	}
	return text.Nearest(word, slices.Values(names), 3)
}

// missing is the error for the name of something that is not there.
func missing(word, what string, near []string, otherwise string) *chat.Error {
	if len(near) > 0 {
		otherwise = fmt.Sprintf("did you mean %s?", listOr(near))
	} else {
		otherwise += "."
	}
	return chat.Errorf(chat.NotFound, "There is no %s %s; %s", what, quote(word), otherwise)
}

// defaults fills in what was left out. Validate has checked the defaults.
func (b *binder) defaults() {
	for i := range b.values {
		if b.values[i].given {
			continue
		}
		var a Arg
		if n := len(b.spec.Args); i < n {
			a = b.spec.Args[i]
		} else {
			a = b.spec.Flags[i-n].asArg()
		}
		if a.Default != "" {
			normal, _ := a.normal("", a.Default)
			b.values[i].words = []string{normal}
		}
	}
}
