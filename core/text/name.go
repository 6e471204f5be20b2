package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/secure/bidirule"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"github.com/chatroom-shell/chatroom/core/chat"
)

// MaxName is the length of the longest name, in runes of its Display and of
// its Key.
const MaxName = 32

// ParseName reads a name as a user typed it.
//
// A name is 1 to [MaxName] letters, digits 0 to 9 and _ - . with at least one
// letter; it starts and ends with a letter, a digit or _. Its letters are of
// one of the recommended scripts of UAX 31 (Chinese, Japanese and Korean may be
// mixed with Latin: UTS 39, highly restrictive). A letter has one mark at most;
// more only if Unicode has the whole as one letter (the Vietnamese ế) or the
// spelling of the script needs them (Arabic, Hebrew and those of South and
// South East Asia, two to four). So a name is one word to a shell, to a command
// line here and to a reader, and nothing in it is invisible.
//
// Display is what was typed, composed (NFC) and with full-width and half-width
// forms made ordinary; Key is its PRECIS UsernameCaseMapped form (RFC 8265);
// Skeleton is its UTS 39 skeleton, then folded. Whether a name is taken or
// reserved is not asked here; see [Reserved].
//
// Every error is a *chat.Error of code Invalid that says which rule was broken
// and what to do.
func ParseName(s string) (chat.Name, error) {
	if name, ok := parseASCII(s); ok {
		return name, nil
	}
	return parseName(s)
}

// parseName is ParseName for all names.
func parseName(s string) (chat.Name, error) {
	if !utf8.ValidString(s) {
		return chat.Name{}, chat.Errorf(chat.Invalid, "A name must be valid UTF-8; set your client to UTF-8 or use ASCII letters.")
	}
	display := norm.NFC.String(width.Fold.String(s))
	if err := checkName(display); err != nil {
		return chat.Name{}, err
	}
	key, err := foldKey(display)
	switch {
	case err != nil:
		e := chat.Errorf(chat.Invalid, "The name %s holds a letter that is not allowed in names; choose another spelling.", display)
		e.Err = err
		return chat.Name{}, e
	case key != display:
		// Lower case can be longer; the Key must pass for a name itself.
		if err := checkName(key); err != nil {
			return chat.Name{}, err
		}
	}
	return chat.Name{Display: display, Key: key, Skeleton: skeleton(display)}, nil
}

// checkName holds s, composed and valid UTF-8, against the rules of ParseName
// that PRECIS knows nothing of.
func checkName(s string) error {
	if s == "" {
		return chat.Errorf(chat.Invalid, "A name cannot be empty; give 1 to %d letters and digits.", MaxName)
	}
	if n := utf8.RuneCountInString(s); n > MaxName {
		return chat.Errorf(chat.Invalid, "A name has at most %d characters and this one has %d; choose a shorter one.", MaxName, n)
	}
	var (
		used    []*script
		letters int
		letter  rune    // what marks stand on; 0 where they have nothing to
		of      *script // letter's script
		marks   int     // marks on letter, those composed into it included
	)
	for _, r := range s {
		switch {
		case invisible(r): // some count as letters, some as marks
			return refuse(r)
		case '0' <= r && r <= '9', strings.ContainsRune("_-.", r):
			letter, of = 0, nil
		case unicode.IsLetter(r):
			sc := scriptOf(r)
			if sc == nil || sc.table == unicode.Latin && likePunctuation(r) {
				return chat.Errorf(chat.Invalid, "The letter %s cannot be in a name; use letters of everyday writing.", show(r))
			}
			used = appendNew(used, sc)
			letters++
			letter, of, marks = r, sc, marksIn(r)
		case unicode.In(r, unicode.Mn, unicode.Mc):
			marks++
			switch {
			case of == nil:
				return chat.Errorf(chat.Invalid, "The mark %s in a name must stand on a letter; type the name without it.", show(r))
			case marks > of.marks:
				return chat.Errorf(chat.Invalid, "The letter %s has more marks than a name can show; leave some out.", show(letter))
			}
			if sc := scriptOf(r); sc != nil {
				used = appendNew(used, sc)
			}
		default:
			return refuse(r)
		}
	}
	switch {
	case !mayMix(used):
		return chat.Errorf(chat.Invalid, "A name keeps to one script and this one mixes %s and %s; use letters of one of them.", used[0].name, used[1].name)
	case letters == 0:
		return chat.Errorf(chat.Invalid, "A name needs at least one letter; add one.")
	case strings.IndexByte("-.", s[0]) >= 0:
		return chat.Errorf(chat.Invalid, "A name cannot start with %c; start it with a letter, a digit or _.", s[0])
	case strings.IndexByte("-.", s[len(s)-1]) >= 0:
		return chat.Errorf(chat.Invalid, "A name cannot end with %c; end it with a letter, a digit or _.", s[len(s)-1])
	case bidirule.DirectionString(s) == bidi.RightToLeft && !bidirule.ValidString(s): // RFC 5893, section 2
		return chat.Errorf(chat.Invalid, "A name written from right to left must start with a letter and end with a letter or a digit.")
	}
	return nil
}

// refuse is the error for a rune that no name may hold.
func refuse(r rune) error {
	switch {
	case unicode.IsSpace(r):
		return chat.Errorf(chat.Invalid, "A name is one word; use _ or - instead of a space.")
	case unicode.Is(unicode.Nd, r):
		return chat.Errorf(chat.Invalid, "The digit %s cannot be in a name; write digits as 0 to 9.", show(r))
	case invisible(r):
		return chat.Errorf(chat.Invalid, "The invisible character %s cannot be in a name; type the name without it.", show(r))
	}
	return chat.Errorf(chat.Invalid, "The character %s cannot be in a name; use letters, digits and _ - . only.", show(r))
}

// invisible tells whether r shows nothing of its own: a control, a format
// character, a filler, a joiner, a variation selector, or nothing yet assigned.
func invisible(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// show is r for an error's text: itself where it stands and shows by itself,
// else its number.
func show(r rune) string {
	if !invisible(r) && !unicode.IsMark(r) {
		return string(r)
	}
	return fmt.Sprintf("%U", r)
}

// likePunctuation tells whether the letter r looks like something that is no
// letter: U+01C3 like an exclamation mark, U+A78C like an apostrophe. It is
// asked of Latin alone; elsewhere such letters are everyday ones (the Hebrew
// yod, the Katakana no), and their neighbours tell what they are.
func likePunctuation(r rune) bool {
	return r >= utf8.RuneSelf && strings.TrimFunc(confusables.Skeleton(string(r)), unicode.IsPunct) == ""
}

// marksIn is how many marks the letter r is composed with.
func marksIn(r rune) int {
	n := 0
	for _, d := range norm.NFD.String(string(r)) {
		if unicode.IsMark(d) {
			n++
		}
	}
	return n
}

// appendNew appends s to used unless it is there.
func appendNew(used []*script, s *script) []*script {
	if slices.Contains(used, s) {
		return used
	}
	return append(used, s)
}
