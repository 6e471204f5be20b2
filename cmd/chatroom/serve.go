package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// serve runs the server until a signal ends it.
func serve(cmd *cobra.Command, _ []string) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // until the process ends

	collectEarly()
	app := &App{Source: source(cmd), Log: cmd.ErrOrStderr()}
	if err := app.Open(); err != nil {
		return err
	}
	for _, l := range app.Listeners() {
		fmt.Fprintln(cmd.OutOrStdout(), l)
	}
	if app.Forgets() {
		fmt.Fprintln(cmd.OutOrStdout(), "Nothing is kept: accounts, roles, bans and history end with the server (store.dir is empty).")
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- app.Run(ctx) }()
	stopping := false
	for {
		select {
		case err := <-ended:
			stop()
			return err
		case sig := <-signals:
			switch {
			case sig == syscall.SIGHUP:
				reload(app, cmd.OutOrStdout())
			case stopping:
				stop()
				return fmt.Errorf("%s again: ended at once", sig)
			default:
				stopping = true
				stop()
			}
		}
	}
}

// reload loads the settings again and prints what came of it. The log has it
// too.
func reload(app *App, w io.Writer) {
	lines, err := app.Reload()
	if err != nil {
		fmt.Fprintf(w, "reload failed, nothing was changed: %v\n", err)
		return
	}
	if len(lines) == 0 {
		lines = []string{"reloaded, nothing has changed"}
	}
	for _, l := range lines {
		fmt.Fprintln(w, l)
	}
}
