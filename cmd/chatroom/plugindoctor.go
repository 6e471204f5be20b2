package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/plugins/host"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

func newPluginDoctor() *cobra.Command {
	return &cobra.Command{
		Use: "doctor NAME", Short: "Say why a plugin does not start, or what it lacks; exit 1 if anything is wrong", Args: cobra.ExactArgs(1),
		Long: `Look into a plugin of the config step by step: its table, program, checksum,
handshake, manifest, config and rights; and start it in a server of its own that is made
of memory. A server that runs is only asked how the plugin does there.`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			loaded, p, err := pluginTable(cmd, args[0])
			if err != nil {
				return err
			}
			r := &report{w: cmd.OutOrStdout()}
			examine(cmd.Context(), r, loaded, &p)
			return r.err("plugin " + p.Name)
		}),
	}
}

// examine looks for what keeps a plugin from its work, and ends where nothing more
// can be found.
func examine(ctx context.Context, r *report, l *config.Loaded, p *config.Plugin) {
	t := tableOf(p, l.Path)
	r.check("table", func() (string, error) {
		if !p.Enabled {
			return "", errors.New("enabled = false keeps it from being run; take that out and reload")
		}
		return "it stands in " + l.Path, nil
	})
	if !r.check("program", func() (string, error) { return checkProgram(&t) }) {
		return
	}
	if !r.check("checksum", func() (string, error) { return checkSum(&t, l.Config.Plugins.RequireChecksum) }) {
		return
	}
	m := manifestOf(r, &t)
	if m != nil {
		granted(r, p, m)
	}
	r.check("server", func() (string, error) { return checkTrial(ctx, l, t) })
	lines, err := askServerOf(&l.Config, order{Op: "plugin list"})
	if err != nil {
		r.note("running", "no server with these settings could be asked")
		return
	}
	for _, line := range lines {
		if strings.HasPrefix(line, p.Name+" ") || strings.HasPrefix(line, "NAME ") {
			r.note("running", line)
		}
	}
}

// checkProgram looks at the files of a plugin as a start does.
func checkProgram(t *host.Table) (string, error) {
	if missing := missingProgram(t.Name, t.Path); missing != "" {
		return "", errors.New(missing)
	}
	if _, err := host.Sum(t); err != nil {
		return "", err
	}
	return t.Path, nil
}

func checkSum(t *host.Table, required bool) (string, error) {
	sum, err := host.Sum(t)
	switch {
	case err != nil:
		return "", err
	case t.SHA256 == "" && required:
		return "", fmt.Errorf("its table has no sha256, which plugins.require_checksum asks for; chatroom plugin pin --write %s writes it", t.Name)
	case t.SHA256 == "":
		return "not pinned; chatroom plugin pin --write " + t.Name + " does that", nil
	case !strings.EqualFold(sum, t.SHA256):
		return "", fmt.Errorf("it is not what was pinned: its sha256 is %s, and the table says %s; if the change is yours, chatroom plugin pin --write %s takes it over", sum, t.SHA256, t.Name)
	}
	return "it is what was pinned", nil
}

// manifestOf asks the plugin what it is, step by step; nil if it does not say.
func manifestOf(r *report, t *host.Table) (m *pluginpb.Manifest) {
	var s *specimen
	if !r.check("handshake", func() (detail string, err error) {
		began := time.Now()
		s, err = startSpecimen(t)
		return "in " + since(began), err
	}) {
		return nil
	}
	defer s.kill()
	r.check("health", func() (string, error) { return "", s.healthy() })
	r.check("manifest", func() (detail string, err error) {
		if m, err = s.describe(string(t.Config)); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s %s, %s", m.GetName(), m.GetVersion(), commandsOf(m)), nil
	})
	r.check("config", func() (string, error) { return "", s.configure(t.Name, string(t.Config)) })
	return m
}

func since(t time.Time) string { return time.Since(t).Round(time.Millisecond).String() }

// commandsOf names the commands of a manifest.
func commandsOf(m *pluginpb.Manifest) string {
	var names []string
	for _, c := range m.GetCommands() {
		names = append(names, c.GetName())
	}
	if names == nil {
		return "no commands"
	}
	return "commands " + strings.Join(names, ", ")
}

// granted compares what the plugin asks for with what it may do.
func granted(r *report, p *config.Plugin, m *pluginpb.Manifest) {
	var refused, unasked []string
	for _, c := range m.GetCapabilities() {
		if !slices.Contains(p.Grant, c) {
			refused = append(refused, c)
		}
	}
	for _, c := range p.Grant {
		if !slices.Contains(m.GetCapabilities(), c) {
			unasked = append(unasked, c)
		}
	}
	r.check("grants", func() (string, error) {
		if refused != nil {
			return "", fmt.Errorf(`it asks for %s, which the table does not grant; what needs it fails. If it may: grant = ["%s"]`,
				strings.Join(refused, ", "), strings.Join(m.GetCapabilities(), `", "`))
		}
		return strings.Join(m.GetCapabilities(), ", "), nil
	})
	if unasked != nil {
		r.note("grants", "it does not ask for "+strings.Join(unasked, ", ")+", so that can go")
	}
}

// doctorFolder makes a folder where programs can be run if they can in the data
// folder; there may be none yet.
func doctorFolder(data string) (string, error) {
	if abs, err := filepath.Abs(data); err == nil && data != "" {
		if dir, err := os.MkdirTemp(abs, "doctor-"); err == nil {
			return dir, nil
		}
	}
	return os.MkdirTemp("", "chatroom-doctor-")
}

// checkTrial starts the plugin as the server does, in a folder of the data folder if
// there is one.
func checkTrial(ctx context.Context, l *config.Loaded, t host.Table) (string, error) {
	dir, err := doctorFolder(l.Config.Store.Dir)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	t.Disabled = false
	tr, err := startTrial(ctx, t, hostSettings(&l.Config.Plugins), dir)
	defer tr.close()
	if err != nil {
		if said := tr.logs(); said != "" {
			err = fmt.Errorf("%w\nWhat it wrote and what happened to it:\n%s", err, said)
		}
		return "", err
	}
	return "it serves after " + tr.took.Round(time.Millisecond).String(), nil
}
