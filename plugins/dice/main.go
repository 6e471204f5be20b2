// Dice is the smallest plugin: one command, which the room sees by `roll | say`.
package main

import (
	"math/rand/v2"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

func main() { sdk.Serve("dice", "1.0.0", roll()) }

func roll() sdk.Command {
	return sdk.Cmd("roll [sides:int(2..1000000)=6]", "roll a die", func(c *sdk.Call) error {
		return c.Printf("%s rolls %d", c.Caller.Name, 1+rand.IntN(c.Int("sides")))
	})
}
