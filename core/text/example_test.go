package text_test

import (
	"fmt"
	"slices"

	"github.com/chatroom-shell/chatroom/core/text"
)

func ExampleClean() {
	fmt.Println(text.Clean("\x1b[31mred\x1b[0m\r\nand 👩‍👧 stay"))
	// Output: [31mred[0m and 👩‍👧 stay
}

func ExampleParseName() {
	for _, s := range []string{"Mary-Ann", "big fish", "dаve"} {
		n, err := text.ParseName(s)
		fmt.Println(n.Key, err)
	}
	// Output:
	// mary-ann <nil>
	//  invalid: A name is one word; use _ or - instead of a space.
	//  invalid: A name keeps to one script and this one mixes Latin and Cyrillic; use letters of one of them.
}

func ExampleNearest() {
	fmt.Println(text.Nearest("lgoin", slices.Values([]string{"login", "logout", "look"}), 3))
	// Output: [login]
}
