package text

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/cases"
	"golang.org/x/text/secure/precis"
	"golang.org/x/text/unicode/norm"
)

// maxPasses is how often a mapping that need not be idempotent is applied
// before its input is given up as unstable (RFC 8264, section 7, asks for
// the first time and three more).
const maxPasses = 4

// usernames is the PRECIS profile UsernameCaseMapped (RFC 8265, section 3.3)
// but for its directionality rule. That one is for strings with right-to-left
// characters; precis.UsernameCaseMapped holds it against every string outside
// ASCII and refuses 7猫. checkName has it.
var usernames = precis.NewIdentifier(precis.FoldWidth, precis.LowerCase(), precis.Norm(norm.NFC))

// errUnstable says that the mapping of a name did not settle.
var errUnstable = errors.New("name mapping does not settle")

// Fold returns the form of word under which a name is looked up: for what
// ParseName accepts, the Key of that name. It never fails: a word that can be
// no name comes back in lower case, which is nobody's Key. Nothing is allocated
// for lower-case ASCII.
func Fold(word string) string {
	upper := false
	for i := range len(word) {
		b := word[i]
		if b >= utf8.RuneSelf {
			if key, err := foldKey(word); err == nil {
				return key
			}
			return strings.ToLower(word)
		}
		upper = upper || 'A' <= b && b <= 'Z'
	}
	if !upper {
		return word
	}
	return strings.ToLower(word)
}

// foldKey applies usernames until it changes nothing. For ASCII without spaces
// that is lower case.
func foldKey(s string) (string, error) {
	for range maxPasses {
		next, err := usernames.String(s)
		if err != nil {
			return "", err
		}
		if next == s {
			return s, nil
		}
		s = next
	}
	return "", errUnstable
}

// skeleton is the UTS 39 skeleton of s with its case folded. The order matters:
// I looks like l, and i, which folding would make of it, does not. Folding can
// make a letter that has a skeleton of its own (M, m, rn), so both are applied
// until nothing changes; two strings that are equal after one pass stay equal.
func skeleton(s string) string {
	fold := cases.Fold()
	for range maxPasses {
		next := fold.String(confusables.Skeleton(s))
		if next == s {
			break
		}
		s = next
	}
	return s
}
