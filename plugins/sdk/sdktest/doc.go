// Package sdktest runs a plugin in the process of its test, over real gRPC,
// against a server that is made of memory.
//
//	func TestRoll(t *testing.T) {
//		p := sdktest.Start(t, commands()...)
//		p.Run("roll 1").Want("ann rolls 1\n")
//		p.Run("roll many").WantError(sdk.Invalid, "must be a whole number")
//	}
//
// A line is read and checked by the command's spec, as the server does it, so a
// test types what people type. [Plugin.Pipe] is a pipeline, [Plugin.Begin] a run
// that is watched, fed or cancelled on its way, [Plugin.Post] a message that
// passes the filters, [Plugin.Event] something that happens. The plugin's [Host]
// keeps what it stored and tells what it said.
//
// Time is the real one. In a bubble of testing/synctest it is synctest's: start
// the plugin in the bubble, sleep ten minutes in no time, and call synctest.Wait
// before looking at what it did of its own accord.
//
// Whatever the contract asks of a plugin is checked along the way and fails the
// test: a run ends with Exit and soon after it is cancelled, output stays within
// the server's bounds, Stop ends what the plugin does of its own accord, nothing
// runs on after that.
package sdktest
