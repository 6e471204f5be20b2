// Exec makes commands of the programs that the operator lists, so that a shell
// script is a command in four lines:
//
//	[[plugin]]
//	name = "exec"
//	path = "bin/exec"
//	config.commands.disk = { run = ["df", "-h"], summary = "show the disks" }
//
// The words after the command are checked, as `args` says, and become arguments
// of the program; what it writes is shown line by line, and its exit status is
// the command's. No shell is between the two: a word is one argument, whatever
// is in it. A word that begins with a dash is refused where the program could
// take it for an option of its own.
//
// The program sees CHATROOM_USER, CHATROOM_ACCOUNT, CHATROOM_ROLE and
// CHATROOM_ROOM. It has no input, or with `input = true` what is piped in. It
// runs in a process group of its own, all of which ends with the run: when the
// program ends, and on Ctrl-C, at the deadline, and when the caller is gone.
package main

import (
	"errors"
	"fmt"
	"maps"
	osexec "os/exec"
	"slices"
	"strings"
	"time"

	"github.com/chatroom-shell/chatroom/plugins/sdk"
)

func main() { sdk.Serve("exec", "1.0.0", parts()...) }

type config struct {
	Commands map[string]program `config:",required" help:"the commands by their names, each a table with run"`
}

// A program is what one command runs.
type program struct {
	Run      []string          `config:",required" help:"the program, and the arguments that come before the caller's"`
	Args     string            `help:"the caller's arguments and flags: service:api|web [-n|--dry] [--lines:int=10]"`
	Summary  string            `help:"one line for the help"`
	Help     string            `help:"paragraphs for the help"`
	Examples []string          `help:"lines to type"`
	Role     string            `help:"the least role that may use it; operator if it is left out"`
	Input    bool              `help:"the program reads what is piped into the command"`
	Filter   bool              `help:"the command is of use only behind a |"`
	Timeout  time.Duration     `help:"how long it may run; 30s if it is left out, at most what the server allows"`
	Output   int               `help:"bytes of output that are shown; 65536 if it is left out"`
	Env      map[string]string `help:"variables of the program"`
	Dir      string            `help:"the folder in which it runs; the plugin's own if it is left out"`
}

const (
	defaultTimeout = 30 * time.Second
	defaultOutput  = 64 << 10
)

func parts() []sdk.Part {
	return []sdk.Part{
		sdk.Summary("make commands of programs"),
		sdk.Config(config{}, commands),
	}
}

// commands is what the config makes of the programs.
func commands(cfg config) ([]sdk.Part, error) {
	var parts []sdk.Part
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(cfg.Commands)) {
		c, err := command(name, cfg.Commands[name])
		if err != nil {
			problems = append(problems, err)
		}
		parts = append(parts, c)
	}
	return parts, errors.Join(problems...)
}

func command(name string, p program) (sdk.Command, error) {
	path := "commands." + name
	if len(p.Run) == 0 || p.Run[0] == "" {
		return sdk.Command{}, sdk.Problemf(path+".run", "must name a program")
	}
	if p.Timeout < 0 || p.Output < 0 {
		return sdk.Command{}, sdk.Problemf(path, "has a timeout or output that is negative")
	}
	found, err := osexec.LookPath(p.Run[0])
	if err != nil {
		return sdk.Command{}, sdk.Problemf(path+".run", "names %q, which is no program that can be run: %v", p.Run[0], errors.Unwrap(err))
	}
	if p.Timeout == 0 {
		p.Timeout = defaultTimeout
	}
	if p.Output == 0 {
		p.Output = defaultOutput
	}
	if p.Summary == "" {
		p.Summary = "run " + p.Run[0]
	}
	if p.Role == "" {
		p.Role = "operator" // a program of this machine: nothing for strangers, unless somebody says so
	}
	c := sdk.Cmd(strings.TrimSpace(name+" "+p.Args), p.Summary, nil)
	c.Help, c.Examples, c.Role, c.Timeout = p.Help, p.Examples, p.Role, p.Timeout
	c.ReadsInput, c.Filter = p.Input || p.Filter, p.Filter
	c.Run = func(call *sdk.Call) error { return run(call, found, p, c) }
	return c, nil
}

// arguments is what the program gets: its own, then the caller's flags, then
// their words.
func arguments(call *sdk.Call, p program, c sdk.Command) ([]string, error) {
	argv := slices.Clone(p.Run[1:])
	for _, f := range c.Flags {
		switch {
		case f.Type == "" && call.Bool(f.Name):
			argv = append(argv, "--"+f.Name)
		case f.Type != "" && len(call.Strings(f.Name)) > 0:
			argv = append(argv, "--"+f.Name+"="+call.String(f.Name))
		}
	}
	for _, a := range c.Args {
		for _, word := range call.Strings(a.Name) {
			if strings.HasPrefix(word, "-") && a.Type != sdk.Int {
				return nil, sdk.Usagef("%s must not begin with a dash: %s could take it for an option.", strings.ToUpper(a.Name), call.Name)
			}
			if strings.ContainsRune(word, 0) {
				return nil, sdk.Usagef("%s has a character in it that no program can be given.", strings.ToUpper(a.Name))
			}
			argv = append(argv, word)
		}
	}
	return argv, nil
}

// failed is what the caller reads of a program that ended with this status.
// Statuses of BSD's sysexits say more than that it failed.
func failed(name string, status int) error {
	text := fmt.Sprintf("%s failed with status %d.", name, status)
	switch status {
	case 64: // EX_USAGE
		return &sdk.Error{Code: sdk.Invalid, Text: text, Status: status, Usage: true}
	case 66, 67, 68: // EX_NOINPUT, EX_NOUSER, EX_NOHOST
		return &sdk.Error{Code: sdk.NotFound, Text: text, Status: status}
	case 77: // EX_NOPERM
		return &sdk.Error{Code: sdk.Forbidden, Text: text, Status: status}
	}
	return &sdk.Error{Code: sdk.Unavailable, Text: text, Status: status}
}
