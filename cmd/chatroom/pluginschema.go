package main

import (
	"fmt"
	"io"

	"github.com/chatroom-shell/chatroom/core/config"
	"github.com/chatroom-shell/chatroom/plugins/host"
)

// checkPluginConfigs holds the tables [plugin.config] against what their programs
// declared when they ran last on this store. Of one that never did it says that it is not
// checked. The error is one of Load's.
func checkPluginConfigs(w io.Writer, l *config.Loaded) error {
	dir, _ := pluginFolders(l.Config.Store.Dir)
	var problems []config.FreeProblem
	for i := range l.Config.Plugin {
		p := &l.Config.Plugin[i]
		t := tableOf(p, l.Path)
		found, why := checkPluginConfig(dir, &t)
		if why != "" && p.Enabled && len(p.Config) > 0 {
			fmt.Fprintf(w, "the config of the plugin %s is not checked: %s\n", p.Name, why)
		}
		for _, f := range found {
			problems = append(problems, config.FreeProblem{Plugin: p.Name, Path: f.Path, Text: f.Text})
		}
	}
	return l.FreeErrors(problems)
}

// checkPluginConfig checks one; why says why that can't be done.
func checkPluginConfig(dir string, t *host.Table) (found []host.Problem, why string) {
	if missing := missingProgram(t.Name, t.Path); missing != "" {
		return nil, missing
	}
	unknown := fmt.Sprintf("the server has not run this program yet, so it is not known how it must be; chatroom plugin doctor %s tries it", t.Name)
	if dir == "" {
		return nil, unknown
	}
	schema, known, err := host.Schema(dir, t)
	if err == nil && !known {
		return nil, unknown
	}
	if err == nil {
		found, err = host.CheckConfig(schema, t.Config)
	}
	if err != nil {
		return nil, err.Error()
	}
	return found, ""
}
