package command_test

import (
	"fmt"

	"github.com/chatroom-shell/chatroom/core/command"
)

func ExampleParseDuration() {
	fmt.Println(command.ParseDuration("1d2h"))
	_, err := command.ParseDuration("soon")
	fmt.Println(err != nil)
	// Output:
	// 26h0m0s <nil>
	// true
}
