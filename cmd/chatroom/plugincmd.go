package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/core/text"
	"github.com/chatroom-shell/chatroom/plugins/host"
)

func newPlugin() *cobra.Command {
	c := &cobra.Command{
		Use:   "plugin",
		Short: "Write, try, pin, look into and manage plugins",
		Long: `Plugins are programs of their own that give the server commands. new writes one,
test holds a program against the contract, and a table [[plugin]] in the config
has the server start it; doctor says why one does not start. list, start, stop,
reload, enable, disable and logs speak to the server that runs with the same
settings on this machine: its operator needs no account for it, and no rule of the
config holds here.`,
		Args: cobra.NoArgs,
		RunE: help,
	}
	c.AddCommand(newPluginNew(), newPluginTest(), newPluginDoctor(), newPluginPin(), newPluginList())
	for _, o := range []struct{ name, short string }{
		{"start", "Start a plugin that is stopped"},
		{"stop", "End a plugin until it, or the server, is started again"},
		{"reload", "Run a plugin's program as it is now; the old one serves until the new one does"},
		{"enable", "Take disable back, or let a plugin try again after crashes"},
		{"disable", "End a plugin for good"},
		{"logs", "Print what a plugin wrote lately and what happened to it"},
	} {
		c.AddCommand(&cobra.Command{
			Use: o.name + " NAME", Short: o.short, Args: cobra.ExactArgs(1),
			RunE: run(func(cmd *cobra.Command, args []string) error {
				lines, err := askServer(cmd, order{Op: "plugin " + o.name, Name: args[0]})
				if err != nil {
					return err
				}
				for _, l := range lines {
					fmt.Fprintln(cmd.OutOrStdout(), l)
				}
				return nil
			}),
		})
	}
	return c
}

// errNoServer says that there is no server to give an order to.
var errNoServer = errors.New("no server with these settings runs on this machine")

// askServer has the running server carry out an order. The error is errNoServer if
// there is none.
func askServer(cmd *cobra.Command, o order) ([]string, error) {
	loaded, err := load(cmd)
	if err != nil {
		return nil, err
	}
	return askServerOf(&loaded.Config, o)
}

func askServerOf(c *config.Config, o order) ([]string, error) {
	if c.Store.Dir == "" {
		return nil, errMemoryOnly
	}
	conn, err := dialAdmin(c.Store.Dir)
	switch {
	case err != nil && noServer(err):
		return nil, errNoServer
	case err != nil:
		return nil, storeError("reach the server", err)
	}
	defer conn.Close()
	reply, _, err := ask(conn, o)
	return reply.Lines, err
}

// pluginTable is the table of that name in the config.
func pluginTable(cmd *cobra.Command, name string) (*config.Loaded, config.Plugin, error) {
	loaded, err := load(cmd)
	if err != nil {
		return nil, config.Plugin{}, err
	}
	p, ok := loaded.Config.PluginOf(name)
	if !ok {
		return nil, p, noPlugin(loaded, name)
	}
	return loaded, p, nil
}

// noPlugin says that the config has no such plugin, and which it may be.
func noPlugin(l *config.Loaded, name string) error {
	file := l.Path
	if file == "" {
		return fmt.Errorf("there is no config file and so no plugin %q; say which file with --config", name)
	}
	var names []string
	for _, p := range l.Config.Plugin {
		names = append(names, p.Name)
	}
	if near := text.Nearest(name, slices.Values(names), 1); near != nil {
		return fmt.Errorf("%s has no plugin %q; did you mean %s?", file, name, near[0])
	}
	if names == nil {
		return fmt.Errorf("%s has no plugin %q, nor any other; a table [[plugin]] makes one", file, name)
	}
	return fmt.Errorf("%s has no plugin %q; there are %s", file, name, strings.Join(names, ", "))
}

func newPluginPin() *cobra.Command {
	write := false
	c := &cobra.Command{
		Use: "pin NAME", Short: "Print the sha256 that pins a plugin's program, or write it into the config", Args: cobra.ExactArgs(1),
		Long: `Print the line sha256 = "..." that pins what a plugin is now: its program and the
files of its table. With --write it is put into the config file. A server that runs
takes it over by reload or SIGHUP, and from then on runs nothing else under that
name.`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			loaded, p, err := pluginTable(cmd, args[0])
			if err != nil {
				return err
			}
			t := tableOf(&p, loaded.Path)
			sum, err := host.Sum(&t)
			if err != nil {
				return fmt.Errorf("plugin %s: %w", p.Name, err)
			}
			if !write {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "sha256 = %q\n", sum)
				return err
			}
			if strings.EqualFold(sum, p.SHA256) {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is pinned to that already: %s\n", p.Name, sum)
				return err
			}
			if err := config.Pin(loaded.Path, p.Name, sum); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is pinned in %s: %s\n", p.Name, loaded.Path, sum)
			return err
		}),
	}
	c.Flags().BoolVar(&write, "write", false, "write it into the config file")
	return c
}

func newPluginList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the plugins: as the running server has them, or as the config says", Args: cobra.NoArgs,
		Long: `List the plugins: their states if a server runs with these settings, else what the
config says of each. Programs beside theirs that no table names follow: nothing is
ever run because it is found somewhere.`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			loaded, err := load(cmd)
			if err != nil {
				return err
			}
			lines, err := askServerOf(&loaded.Config, order{Op: "plugin list"})
			switch {
			case errors.Is(err, errNoServer), errors.Is(err, errMemoryOnly):
				fmt.Fprintln(cmd.ErrOrStderr(), "no server answers; this is what the config says")
				lines = configured(loaded)
			case err != nil:
				return err
			}
			for _, l := range append(lines, unlisted(loaded)...) {
				fmt.Fprintln(cmd.OutOrStdout(), l)
			}
			return nil
		}),
	}
}

// configured is a line for each plugin of the config.
func configured(l *config.Loaded) (lines []string) {
	for i := range l.Config.Plugin {
		p := &l.Config.Plugin[i]
		t := tableOf(p, l.Path)
		state := "enabled"
		if !p.Enabled {
			state = "disabled"
		}
		pinned := "not pinned"
		switch sum, err := host.Sum(&t); {
		case errors.Is(err, fs.ErrNotExist):
			pinned = "its program is not there"
		case err != nil:
			pinned = err.Error()
		case p.SHA256 != "" && strings.EqualFold(sum, p.SHA256):
			pinned = "pinned"
		case p.SHA256 != "":
			pinned = "not what was pinned"
		}
		lines = append(lines, fmt.Sprintf("%s  %s  %s  %s", text.Pad(p.Name, 16), text.Pad(state, 8), t.Path, pinned))
	}
	return lines
}

// unlisted are the executable files in the folders of the plugins that no table
// names, but for this program.
func unlisted(l *config.Loaded) (lines []string) {
	listed, folders := map[string]bool{}, map[string]bool{}
	if self, err := os.Executable(); err == nil {
		listed[self] = true
	}
	for i := range l.Config.Plugin {
		path := beside(l.Path, l.Config.Plugin[i].Path)
		listed[path], folders[filepath.Dir(path)] = true, true
	}
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		entries, _ := os.ReadDir(folder) // that it is not there is told elsewhere
		for _, e := range entries {
			info, err := e.Info()
			path := filepath.Join(folder, e.Name())
			if err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 && !listed[path] {
				lines = append(lines, path+" is in no table, so it is not run")
			}
		}
	}
	return lines
}
