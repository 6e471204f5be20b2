package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func newAccount() *cobra.Command {
	c := &cobra.Command{
		Use:   "account",
		Short: "Look after accounts, from this machine",
		Long: `Look after accounts: through the server that runs with the same settings on this
machine, or in the store if none runs. Only the server's own user and root may.
Passwords are asked for without showing them, or are the first line of standard
input.`,
		Args: cobra.NoArgs,
		RunE: help,
	}
	withPassword := func(op string) func(*cobra.Command, []string) error {
		return run(func(cmd *cobra.Command, args []string) error {
			password, err := newPassword(cmd.InOrStdin(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			defer password.Wipe()
			return order{Op: op, Name: args[0], Password: password}.command(cmd)
		})
	}
	yes := false
	drop := &cobra.Command{
		Use: "delete NAME", Short: "Delete an account; its name stays taken for as long as what was said under it", Args: cobra.ExactArgs(1),
		RunE: run(func(cmd *cobra.Command, args []string) error {
			if !yes {
				return errors.New("an account can't be brought back; add --yes to delete it")
			}
			return order{Op: "delete", Name: args[0]}.command(cmd)
		}),
	}
	drop.Flags().BoolVar(&yes, "yes", false, "delete it")
	c.AddCommand(
		&cobra.Command{
			Use: "passwd NAME", Short: "Give an account a new password; its sessions end", Args: cobra.ExactArgs(1), RunE: withPassword("passwd"),
		},
		&cobra.Command{
			Use: "create NAME", Short: "Make an account", Args: cobra.ExactArgs(1), RunE: withPassword("create"),
		},
		drop,
		&cobra.Command{
			Use: "list", Short: "List all accounts", Args: cobra.NoArgs,
			RunE: run(func(cmd *cobra.Command, _ []string) error { return order{Op: "accounts"}.command(cmd) }),
		})
	return c
}
