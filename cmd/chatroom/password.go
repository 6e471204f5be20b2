package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/chatroom-shell/chatroom/core/account"
)

// newPassword asks for a password, twice, on a terminal that does not show it;
// else it is the first line of in. The caller wipes it.
func newPassword(in io.Reader, prompt io.Writer) (account.Password, error) {
	f, ok := in.(*os.File)
	if !ok || !isTerminal(f) {
		return readPassword(in)
	}
	first, err := askPassword(f, prompt, "New password: ")
	if err != nil {
		return nil, err
	}
	again, err := askPassword(f, prompt, "The same again: ")
	defer again.Wipe()
	if err == nil && !bytes.Equal(first, again) {
		err = errors.New("the two passwords differ; nothing was changed")
	}
	if err != nil {
		first.Wipe()
		return nil, err
	}
	return first, nil
}

func askPassword(f *os.File, prompt io.Writer, what string) (account.Password, error) {
	restore, err := hideInput(f)
	if err != nil {
		return nil, fmt.Errorf("hide what is typed: %w", err)
	}
	defer restore()
	fmt.Fprint(prompt, what)
	defer fmt.Fprintln(prompt) // the line's end was not shown either
	return readPassword(f)
}

// readPassword reads one line and no more of in.
func readPassword(in io.Reader) (account.Password, error) {
	line := make(account.Password, 0, account.MaxPassword+2) // not to be copied when it grows
	for b := make([]byte, 1); ; {
		n, err := in.Read(b)
		switch {
		case n == 0 && err == nil:
			continue
		case n == 1 && b[0] != '\n':
			if line = append(line, b[0]); len(line) > account.MaxPassword+1 {
				line.Wipe()
				return nil, fmt.Errorf("a password has at most %d bytes", account.MaxPassword)
			}
			continue
		case err != nil && !errors.Is(err, io.EOF):
			line.Wipe()
			return nil, err
		}
		break
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return nil, errors.New("no password was given; type it, or write it to standard input")
	}
	return line, nil
}
