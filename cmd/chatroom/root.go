package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/chatroom-shell/chatroom/core/config"
)

const longHelp = `chatroom is a chat server that you reach with telnet.

Each line that you type there is a chat message or a shell-like command such as
login, say, who or logout. Without a subcommand chatroom serves, with the
settings of ./chatroom.toml if that file is there.

Every setting of chatroom.toml is also a flag (--server.name Pub) and a variable
(CHATROOM_SERVER_NAME=Pub); chatroom config print lists them all.

Try it:
  chatroom
  telnet 127.0.0.1 5267      (in another terminal)
  login yourname`

// newRoot returns the command tree.
func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "chatroom",
		Short:         "A chat server that you reach with telnet",
		Long:          longHelp,
		Version:       version(),
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().String("config", "", "the config `file` (default ./chatroom.toml if it is there)")
	config.AddFlags(root.PersistentFlags())
	serve := &cobra.Command{
		Use:   "serve",
		Short: "Run the server (what chatroom alone does)",
		Long: `Run the server until SIGINT or SIGTERM, which drain it; a second one ends it at
once. SIGHUP reloads the config. One line for each listener goes to standard
output, and one more if nothing is kept; the log goes to standard error.`,
		Args: cobra.NoArgs,
		RunE: run(serve),
	}
	root.RunE = serve.RunE
	root.AddCommand(serve, newConfig(), newAdmin(), newPlugin(), newAccount(), newStore(), &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "chatroom", version()) },
	})
	return root
}

// run marks what f returns as the error of a command that was called well.
func run(f func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return &runError{err}
		}
		return nil
	}
}

// help is what a command does that only has subcommands. With it cobra looks at
// the arguments first, so that a subcommand that does not exist is an error.
func help(cmd *cobra.Command, _ []string) error { return cmd.Help() }

// source says where the settings come from.
func source(cmd *cobra.Command) config.Source {
	file, _ := cmd.Flags().GetString("config") // defined above, so there is no error
	return config.Source{File: file, Env: os.Environ(), Flags: cmd.Flags()}
}

func newConfig() *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check or print the settings", Args: cobra.NoArgs, RunE: help}
	c.AddCommand(
		&cobra.Command{
			Use: "check", Short: "Say what is wrong with the settings; exit 2 if anything is", Args: cobra.NoArgs,
			RunE: run(func(cmd *cobra.Command, _ []string) error {
				loaded, err := load(cmd)
				if err != nil {
					return err
				}
				name := loaded.Path
				if name == "" {
					name = "the default config"
				}
				if err := checkPluginConfigs(cmd.OutOrStdout(), loaded); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s is valid\n", name)
				return nil
			}),
		},
		&cobra.Command{
			Use: "print", Short: "Print the settings in effect and where each comes from", Args: cobra.NoArgs,
			RunE: run(func(cmd *cobra.Command, _ []string) error {
				loaded, err := load(cmd)
				if err != nil {
					return err
				}
				return loaded.Print(cmd.OutOrStdout())
			}),
		})
	return c
}

// load loads the settings and prints what is to be said about them.
func load(cmd *cobra.Command) (*config.Loaded, error) {
	loaded, err := config.Load(source(cmd))
	if err != nil {
		return nil, err
	}
	for _, w := range loaded.Warnings {
		fmt.Fprintf(cmd.ErrOrStderr(), "chatroom: warning: %s\n", w)
	}
	return loaded, nil
}

// version is the module's version or commit, and the Go version.
func version() string {
	v, commit := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		v = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				commit = s.Value[:12]
			}
		}
	}
	if v == "" || v == "(devel)" {
		v = "devel"
	}
	if commit != "" {
		v += " (" + commit + ")"
	}
	return v + " " + runtime.Version()
}
