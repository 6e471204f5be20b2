package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/chatroom-shell/chatroom/core/chat"
	"github.com/chatroom-shell/chatroom/core/config"
)

func newStore() *cobra.Command {
	c := &cobra.Command{
		Use:   "store",
		Short: "Check, export, import or back up what the server keeps",
		Long: `Check, export, import or back up what the server keeps: accounts with their roles,
sanctions, profiles, rooms, the history, the audit and what plugins keep, as lines
of JSON. export and backup work while the server runs; check and import don't.`,
		Args: cobra.NoArgs,
		RunE: help,
	}
	c.AddCommand(newStoreCheck(), newStoreExport(), newStoreBackup(), newStoreImport())
	return c
}

func newStoreCheck() *cobra.Command {
	accept := false
	c := &cobra.Command{
		Use: "check", Short: "Read everything and say whether it is in order; exit 3 if not", Args: cobra.NoArgs,
		Long: `Read everything that is kept and say whether it is in order; exit 3 if not. A
server must not run meanwhile.`,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			loaded, err := load(cmd)
			if err != nil {
				return err
			}
			return withAccounts(cmd.Context(), &loaded.Config, storeOptions{accept: accept}, func(s *store, o orders) error {
				n, err := s.count(cmd.Context())
				if err != nil {
					return explainStore(err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), `the store is in order
accounts            %d
sanctions           %d
rooms               %d
rooms with history  %d
messages            %d
gaps                %d
audit entries       %d
`, o.accounts.Len(), o.accounts.Sanctions.Len(), n.rooms, n.histories, n.messages, n.gaps, n.entries)
				return nil
			})
		}),
	}
	c.Flags().BoolVar(&accept, "accept", false, "take what is left of a damaged store for all there is; keep a copy first")
	return c
}

type counts struct{ rooms, histories, messages, gaps, entries int }

// count reads the rooms, the history and the audit.
func (s *store) count(ctx context.Context) (n counts, err error) {
	names, err := s.history.Rooms(ctx)
	if err != nil {
		return n, err
	}
	n.histories = len(names)
	for _, name := range names {
		for ev, err := range s.history.All(ctx, name) {
			switch {
			case err != nil:
				return n, err
			case ev.Kind == chat.Notice:
				n.gaps++
			default:
				n.messages++
			}
		}
	}
	rooms, err := s.records.Bucket(ctx, "rooms")
	if err != nil {
		return n, err
	}
	states, _, err := readRooms(ctx, rooms)
	if err != nil {
		return n, err
	}
	n.rooms = len(states)
	audit, err := s.records.Journal(ctx, "audit")
	if err != nil {
		return n, err
	}
	entries, err := audit.Last(ctx, math.MaxInt)
	n.entries = len(entries)
	return n, err
}

const aboutSecrets = `Without --secrets there are no password hashes, no keys of rooms and no kept private
messages in it; who is imported from it needs a new password (chatroom account
passwd).`

func newStoreExport() *cobra.Command {
	secrets := false
	c := &cobra.Command{
		Use: "export", Short: "Write everything to standard output, as lines of JSON", Args: cobra.NoArgs,
		Long: "Write everything that is kept to standard output, as lines of JSON.\n" + aboutSecrets,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			loaded, err := load(cmd)
			if err != nil {
				return err
			}
			return export(cmd.Context(), &loaded.Config, cmd.OutOrStdout(), secrets)
		}),
	}
	c.Flags().BoolVar(&secrets, "secrets", false, "with password hashes, keys of rooms and private messages")
	return c
}

func newStoreBackup() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Write everything, secrets too, to a new file that only you can read", Args: cobra.ExactArgs(1),
		Long: `Write everything that is kept to a new file, as export --secrets does. The file is
there when it is complete, and only its owner can read it. chatroom store import
brings it back.`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			loaded, err := load(cmd)
			if err != nil {
				return err
			}
			return backup(cmd.Context(), &loaded.Config, args[0])
		}),
	}
}

func backup(ctx context.Context, c *config.Config, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s is there already; choose another name", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	err = export(ctx, c, f, true)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// export writes a dump: the running server's or, if none runs, of the store.
func export(ctx context.Context, c *config.Config, w io.Writer, secrets bool) error {
	if c.Store.Dir != "" {
		conn, err := dialAdmin(c.Store.Dir)
		if err == nil {
			defer conn.Close()
			_, rest, err := ask(conn, order{Op: "export", Secrets: secrets})
			if err != nil {
				return err
			}
			return copyDump(w, rest, slowly{conn})
		}
		if !noServer(err) {
			return storeError("reach the server", err)
		}
	}
	return withStore(ctx, c, storeOptions{}, func(s *store) error { return s.export(ctx, w, secrets) })
}

// copyDump copies a dump up to its end. That it ends well is seen by its last
// line.
func copyDump(w io.Writer, from *bufio.Reader, conn slowly) error {
	var last []byte
	for {
		conn.more()
		line, err := from.ReadBytes('\n')
		if len(line) > 0 {
			last = line
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF) && bytes.HasPrefix(last, []byte(`{"type":"end"`)):
			return nil
		case errors.Is(err, io.EOF):
			return errCutShort
		case err != nil:
			return err
		}
	}
}

func newStoreImport() *cobra.Command {
	return &cobra.Command{
		Use: "import FILE", Short: "Fill an empty store from an export or a backup", Args: cobra.ExactArgs(1),
		Long: `Fill an empty store from a file that export or backup has written. The file is
checked whole before anything is written. A server must not run meanwhile.`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			loaded, err := load(cmd)
			if err != nil {
				return err
			}
			n, err := importFile(cmd.Context(), &loaded.Config, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "imported %d records, %d messages and %d entries of journals\n", n.records, n.messages, n.entries)
			if n.locked > 0 {
				fmt.Fprintf(cmd.OutOrStdout(), "%d accounts came without a password; give each a new one with chatroom account passwd NAME\n", n.locked)
			}
			return nil
		}),
	}
}

func importFile(ctx context.Context, c *config.Config, path string) (n imported, err error) {
	if inMemory(c) {
		return n, errMemoryOnly
	}
	f, err := os.Open(path)
	if err != nil {
		return n, err
	}
	defer f.Close()
	if _, err := readDump(f, func(int, *dumpLine) error { return nil }); err != nil {
		return n, fmt.Errorf("%s: %w", path, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return n, fmt.Errorf("%s must be a file, not a pipe: %w", path, err)
	}
	s, err := openStore(ctx, c, storeOptions{})
	if err != nil {
		return n, err
	}
	if err = s.checkEmpty(ctx); err == nil {
		if n, err = s.load(ctx, f); err != nil {
			err = fmt.Errorf("%s: %w; the store is half filled: empty it before you try again", path, plain(err))
		}
	}
	return n, errors.Join(err, s.close(ctx))
}
