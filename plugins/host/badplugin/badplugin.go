// Package badplugin is the plugins that tests run: good ones, and some that are bad in
// every way that we know. A test program is one of them when it is started with the
// arguments that [Args] returns.
package badplugin

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

// arg is the first argument of a program that is to be one of the plugins.
const arg = "badplugin"

// Args are the arguments for the test program to be the plugin of that name, such as
// "good", or "good-2" for another one that is the same.
func Args(name string) []string { return []string{arg, name} }

// Main is the main function of the plugin that Args names, and does not return; it
// returns at once in a program that has other arguments. TestMain calls it first.
func Main() {
	if len(os.Args) == 3 && os.Args[1] == arg {
		serve(os.Args[2])
		os.Exit(0)
	}
}

// serve is the plugin of that name.
func serve(name string) {
	switch base, number, _ := strings.Cut(name, "-"); base {
	case "exit":
		fmt.Fprintln(os.Stderr, "out of luck")
		os.Exit(1)
	case "silent":
		select {}
	case "garbage":
		fmt.Println(strings.Repeat("blah\n", 200))
		select {}
	case "longline":
		line := strings.Repeat("x", 10<<20)
		fmt.Println(line)
		fmt.Fprintln(os.Stderr, line)
		select {}
	case "oldversion":
		fmt.Printf("1|9|unix|%s/x|grpc\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"))
		select {}
	case "elsewhere":
		fmt.Println("1|1|unix|/tmp/elsewhere|grpc")
		select {}
	case "mute": // says that it is ready, and is not
		fmt.Printf("1|1|unix|%s/x|grpc|%s\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), strings.Repeat("A", 64))
		select {}
	case "plain": // serves no TLS
		fmt.Printf("1|1|unix|%s/x|grpc\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"))
		select {}
	case "noisy":
		for i := range 40 {
			fmt.Println("noise", i)
		}
	case "hostile": // go-plugin's own reader of stderr panics on this
		fmt.Fprintln(os.Stderr, `{"@message":1}`)
		fmt.Fprintln(os.Stderr, `{"msg":"forged","level":"ERROR","time":"1970-01-01T00:00:00Z","plugin":"another"}`)
	case "raw":
		serveRaw()
		return
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
	case "crashing":
		time.AfterFunc(200*time.Millisecond, func() { os.Exit(3) })
	case "late": // by so many seconds
		n, _ := strconv.Atoi(number)
		time.Sleep(time.Duration(n) * time.Second)
	}
	sdk.Serve("fixture", "1.0.0", partsOf(name)...)
}
