package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/plugins/host"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

func newPluginTest() *cobra.Command {
	var with string
	var env, files, lines, completed []string
	noMTLS := false
	c := &cobra.Command{
		Use: "test PATH [ARG...]", Short: "Hold a plugin's program against the contract; exit 1 if it fails", Args: cobra.MinimumNArgs(1),
		Long: `Start a program as the server starts a plugin and hold it against the contract, step
by step: what it does when started by hand, handshake, health, manifest, config, a run
of a command that does not exist, stop, shutdown, the end of its standard input; then in
a server of its own that is made of memory, where ann is in the room lobby and all that
it asks for is granted. No network and no config is needed. Its commands are run only
with --line, which may be given several times and shows what is written:

  chatroom plugin test bin/dice --line "roll 6" --line "roll x"

--complete shows what the plugin proposes for the last word of a line.

What follows -- goes to the program.`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			path, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			t := host.Table{Name: "test", Path: path, Args: args[1:], Env: env, NoMTLS: noMTLS, Config: json.RawMessage(with)}
			t.Limits.Files = 256 // those of a test binary, which may be built with the race detector
			for _, f := range files {
				if f, err = filepath.Abs(f); err != nil {
					return err
				}
				t.Files = append(t.Files, f)
			}
			r := &report{w: cmd.OutOrStdout()}
			tryContract(r, &t)
			if r.failed == 0 || len(lines)+len(completed) > 0 {
				tryServer(cmd, r, t, lines, completed)
			}
			return r.err(args[0])
		}),
	}
	c.Flags().StringVar(&with, "with", "{}", "its config, [plugin.config], as a `JSON` object")
	c.Flags().StringArrayVar(&env, "env", nil, "`NAME=VALUE` for its environment")
	c.Flags().StringArrayVar(&files, "file", nil, "a `file` that the program needs beside it, as files in its table")
	c.Flags().BoolVar(&noMTLS, "no-mtls", false, "plain gRPC, as mtls = false in its table")
	c.Flags().StringArrayVar(&lines, "line", nil, "a `line` to type, once it serves")
	c.Flags().StringArrayVar(&completed, "complete", nil, "a `line` to complete, once it serves")
	return c
}

// tryContract speaks to the program itself.
func tryContract(r *report, t *host.Table) {
	if !r.check("program", func() (string, error) { return checkProgram(t) }) {
		return
	}
	r.check("by hand", func() (string, error) { return "it says what it is, and ends", byHand(t) })
	var s *specimen
	if !r.check("handshake", func() (detail string, err error) {
		began := time.Now()
		s, err = startSpecimen(t)
		return "in " + since(began), err
	}) {
		return
	}
	defer s.kill()
	if len(s.noise) > 0 {
		r.note("handshake", fmt.Sprintf("it prints before it, which some hosts don't take: %q", s.noise[0]))
	}
	r.check("health", func() (string, error) { return "", s.healthy() })
	var m *pluginpb.Manifest
	if !r.check("describe", func() (detail string, err error) {
		if m, err = s.describe(string(t.Config)); err != nil {
			return "", err
		}
		t.Name, t.Grant = m.GetName(), m.GetCapabilities()
		return fmt.Sprintf("%s %s, %s", m.GetName(), m.GetVersion(), commandsOf(m)), nil
	}) {
		return
	}
	r.check("same again", func() (string, error) {
		again, err := s.describe(string(t.Config))
		if err != nil {
			return "", err
		}
		return "", samePure(m, again)
	})
	r.check("configure", func() (string, error) { return "", s.configure(t.Name, string(t.Config)) })
	if len(m.GetCommands()) > 0 {
		r.check("no command", func() (string, error) { return "a run of a command that does not exist ends", s.runNothing() })
	}
	r.check("alive", func() (string, error) { return "", s.healthy() })
	r.check("stop", func() (string, error) { return "", s.stop() })
	r.check("shutdown", func() (string, error) { return "", s.shutdown() })
	r.check("orphan", func() (string, error) {
		s, err := startSpecimen(t)
		if err != nil {
			return "", err
		}
		defer s.kill()
		if err := s.stdin.Close(); err != nil {
			return "", err
		}
		if !s.within(endTime) {
			return "", fmt.Errorf("it goes on %v after its standard input has ended, which tells that the server is gone", endTime)
		}
		return "it ends with the server", nil
	})
}

// tryServer has a server start the program, and types lines there, or completes them.
func tryServer(cmd *cobra.Command, r *report, t host.Table, lines, completed []string) {
	defaults := config.Default()
	set := hostSettings(&defaults.Plugins)
	set.Complete = callTime // nobody types here
	var tr *trial
	ok := r.check("server", func() (detail string, err error) {
		if tr, err = startTrial(cmd.Context(), t, set, ""); err == nil {
			return "it serves after " + tr.took.Round(time.Millisecond).String(), nil
		}
		if !t.NoMTLS {
			err = fmt.Errorf("%w\n(a plugin that can't serve TLS takes mtls = false in its table; try it here with --no-mtls)", err)
		}
		if said := tr.logs(); said != "" {
			err = fmt.Errorf("%w\nWhat it wrote and what happened to it:\n%s", err, said)
		}
		return "", err
	})
	defer tr.close()
	if !ok {
		return
	}
	for _, l := range lines {
		r.check("line", func() (string, error) {
			out, err := tr.run(cmd.Context(), l)
			if err != nil {
				return "", fmt.Errorf("%s\n%s%w", l, out, err)
			}
			return l + "\n" + out, nil
		})
	}
	for _, l := range completed {
		r.check("complete", func() (string, error) {
			out, err := tr.complete(cmd.Context(), l)
			if err != nil {
				return "", fmt.Errorf("%s\n%w", l, err)
			}
			return l + "\n" + out, nil
		})
	}
	r.check("end", func() (string, error) { return "in " + tr.close().Round(time.Millisecond).String(), nil })
}
