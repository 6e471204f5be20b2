// Package sdk is all that a plugin of the chatroom server imports: a plugin is a
// program of its own that the server starts, and that adds commands, filters and
// whatever else reacts to what happens.
//
// This is a whole one:
//
//	package main
//
//	import (
//		"math/rand/v2"
//
//		"github.com/chatroom-shell/chatroom/plugins/sdk"
//	)
//
//	func main() {
//		sdk.Serve("dice", "1.0.0",
//			sdk.Cmd("roll [sides:int=6]", "roll a die", func(c *sdk.Call) error {
//				return c.Printf("%s rolls %d", c.Caller.Name, 1+rand.IntN(c.Int("sides")))
//			}))
//	}
//
// Build it, and name it in chatroom.toml:
//
//	[[plugin]]
//	name = "dice"
//	path = "bin/dice"
//
// # Parts
//
// [Serve] takes what the plugin has, its parts, in any order:
//
//   - a [Command], most easily by [Cmd] and a usage line;
//   - a [Filter], that judges messages before anybody sees them;
//   - [OnEvent], for what happens in the rooms;
//   - [Background], for work of the plugin's own accord;
//   - [Config], if an operator can configure it: it makes parts of the config;
//   - [Needs], that asks for what the plugin wants to be allowed;
//   - a [Summary].
//
// # Commands
//
// The server knows all of a command but what it does: it reads the line, checks
// words, rights and rates, shows help and usage, and completes, with the plugin
// not even asked. So Run starts with arguments that fit their types, and reads
// them from its [Call]: c.Int("sides"), c.Bool("dry"). Whoever mistypes never
// reaches it.
//
// Output goes line by line, at once, to the caller or to the next stage of a
// pipeline: c.Printf, c.Out. What the caller should see in any case goes to
// c.Err. What is piped in is c.In, or c.Lines(), if the command ReadsInput.
// Others see what a command writes only if the caller says so (`roll | say`) or
// the command calls [Call.Say].
//
// Run returns nil, or why it failed. [Errorf] makes an error for the caller, a
// sentence that says what to do next. Any other error is our fault: the caller
// reads a fixed phrase, the server's log has the error. A panic is such a
// failure too, with the stack in the log, and ends nothing but the run.
//
// [Call.Context] ends on Ctrl-C, when the caller is gone, at the deadline and
// when the plugin stops. Pass it on, and return soon after: c.Printf fails from
// then on. A run has 30 s in all and may be silent for 5 s, unless
// Command.Timeout says more. It is never repeated by the server. Runs come at
// once, of one caller and of many: what they share needs a lock. A goroutine
// that Run starts has to end with it; a panic in one ends the whole plugin.
//
// # State
//
// Processes come and go: at a new version, a changed config, a crash. What must
// outlive them goes to the plugin's own store, by a [Map], which is typed, or a
// [KV]. Map.Update is safe at once with others.
//
// # The server
//
// A [Host] is what the plugin can ask of the server: to say something, who is
// there, what was said, the store. Call.Host acts in the caller's name, with
// their rights and at their rate; the one that Background and OnEvent get acts
// for the plugin alone. Each needs a capability: [Needs] asks for it, and the
// operator grants it (`grant = ["say.room"]`), or the error is Forbidden.
//
// # Texts
//
// What a plugin says has control characters taken out, and is shown as the
// plugin's: it can't speak as somebody else, move a cursor or set a colour.
//
// # Logs
//
// [Call.Log], and package log/slog wherever there is no Call, are the server's
// log. Never log a line or a message that a person wrote. What is printed to the
// standard output or error ends up there as well; the standard output belongs to
// the plugin only after Serve began.
//
// # Tests
//
// Package sdktest runs the parts in the process of a test, over the same
// protocol:
//
//	func TestRoll(t *testing.T) {
//		sdktest.Start(t, roll()).Run("roll 1").Want("ann rolls 1\n")
//	}
//
// The contract itself, for authors in other languages, is
// plugins/sdk/pluginpb/plugin.proto.
package sdk
