package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chatroom-shell/chatroom/core/account"
	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/config"
)

// machine is the operator of the machine with that user id.
func machine(uid int) account.Actor {
	name := strconv.Itoa(uid)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return account.Machine(name)
}

// command has the running server carry an order out or, if there is none, does
// it on the store.
func (o order) command(cmd *cobra.Command) error {
	loaded, err := load(cmd)
	if err != nil {
		return err
	}
	lines, err := o.ask(cmd.Context(), &loaded.Config)
	if err != nil {
		return err
	}
	for _, l := range lines {
		fmt.Fprintln(cmd.OutOrStdout(), l)
	}
	return nil
}

func (o order) ask(ctx context.Context, c *config.Config) ([]string, error) {
	if inMemory(c) {
		return nil, errMemoryOnly
	}
	if c.Store.Dir != "" {
		conn, err := dialAdmin(c.Store.Dir)
		if err == nil {
			defer conn.Close()
			reply, _, err := ask(conn, o)
			return reply.Lines, err
		}
		if !noServer(err) {
			return nil, storeError("reach the server", err)
		}
	}
	var lines []string
	err := withAccounts(ctx, c, storeOptions{}, func(s *store, do orders) (err error) {
		lines, err = do.do(ctx, o, machine(os.Geteuid()))
		return plain(err)
	})
	return lines, err
}

// errMemoryOnly says that there is nothing that a command could reach.
var errMemoryOnly = errors.New("store.dir is empty, so the server keeps nothing and has no admin socket")

// plain is an error without its cause, which is for logs, if it has a text.
func plain(err error) error {
	if e, ok := errors.AsType[*chat.Error](err); ok && e.Err == nil {
		return errors.New(e.Text)
	}
	return err
}

// withStore opens the store, which no server uses meanwhile, and closes it when f
// is back.
func withStore(ctx context.Context, c *config.Config, o storeOptions, f func(*store) error) error {
	switch {
	case inMemory(c):
		return errMemoryOnly
	case c.Store.URL != "":
	case !isStore(c.Store.Dir):
		abs, err := filepath.Abs(c.Store.Dir)
		if err != nil {
			abs = c.Store.Dir
		}
		return fmt.Errorf("no server answers on the data directory %s, and there is no store in it (run this where the server runs, or give its --store.dir)", abs)
	}
	s, err := openStore(ctx, c, o)
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.close(ctx))
}

// isStore reports whether a data directory holds anything.
func isStore(dir string) bool {
	_, noFormat := os.Lstat(filepath.Join(dir, "format"))
	_, noStreams := os.Lstat(filepath.Join(dir, "jetstream"))
	return noFormat == nil || noStreams == nil
}

// withAccounts is withStore with the accounts too.
func withAccounts(ctx context.Context, c *config.Config, o storeOptions, f func(*store, orders) error) error {
	return withStore(ctx, c, o, func(s *store) error {
		var roles account.Roles
		roles.Configure(rolesOf(c.Roles))
		accounts, err := account.Open(ctx, s.records, accountOptions(c, &roles, slog.New(slog.DiscardHandler)))
		if err != nil {
			return explainStore(err)
		}
		mail, err := account.OpenMail(ctx, s.records, accounts)
		if err == nil {
			err = f(s, orders{accounts, mail, &roles, func(ctx context.Context, key string) error { return s.disown(ctx, c, key) }})
		}
		return errors.Join(err, accounts.Close(ctx))
	})
}

// roleSecond refuses a second argument that is no role.
func roleSecond(_ *cobra.Command, args []string) error {
	if len(args) < 2 {
		return nil
	}
	if _, err := chat.ParseRole(args[1]); err != nil {
		return plain(err)
	}
	return nil
}

func newAdmin() *cobra.Command {
	c := &cobra.Command{
		Use:   "admin",
		Short: "Give accounts roles, from this machine",
		Long: `Give accounts roles and take them back, for good. The server that runs with the
same settings on this machine does it, through the socket admin.sock in its data
directory; if none runs, it is done in the store. Only the server's own user and
root may. This is how the first admin is made.`,
		Args: cobra.NoArgs,
		RunE: help,
	}
	c.AddCommand(
		&cobra.Command{
			Use: "grant NAME [ROLE]", Short: "Give an account a role (default admin)", Args: cobra.MatchAll(cobra.RangeArgs(1, 2), roleSecond),
			RunE: run(func(cmd *cobra.Command, args []string) error {
				o := order{Op: "grant", Name: args[0], Role: chat.Admin.String()}
				if len(args) == 2 {
					o.Role = args[1]
				}
				return o.command(cmd)
			}),
		},
		&cobra.Command{
			Use: "revoke NAME", Short: "Take a grant back", Args: cobra.ExactArgs(1),
			RunE: run(func(cmd *cobra.Command, args []string) error {
				return order{Op: "revoke", Name: args[0]}.command(cmd)
			}),
		},
		&cobra.Command{
			Use: "list", Short: "List who has a role", Args: cobra.NoArgs,
			RunE: run(func(cmd *cobra.Command, _ []string) error { return order{Op: "roles"}.command(cmd) }),
		})
	return c
}
