package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatroom-shell/chatroom/commands"
	"github.com/chatroom-shell/chatroom/plugins/sdk/pluginpb"
)

//go:embed scaffold
var scaffold embed.FS

// sdkModule is the module that has the SDK.
const sdkModule = "github.com/chatroom-shell/chatroom"

func newPluginNew() *cobra.Command {
	var lang, dir, sdk string
	c := &cobra.Command{
		Use: "new NAME", Short: "Write a plugin that builds and passes its own test", Args: cobra.ExactArgs(1),
		Long: `Write the project of a plugin, with one command, its test and a README that says how
to go on. In Go it builds at once: with the SDK of the release that this program is,
or with that of the checkout that this program was built in, or that --sdk names.`,
		RunE: run(func(cmd *cobra.Command, args []string) error {
			p := project{Name: args[0], Dir: dir, CookieKey: pluginpb.CookieKey, CookieValue: pluginpb.CookieValue}
			if p.Dir == "" {
				p.Dir = p.Name
			}
			next, err := p.write(cmd.Context(), lang, sdk)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is a plugin now; next:\n\n%s", p.Dir, next)
			return err
		}),
	}
	c.Flags().StringVar(&lang, "lang", "go", "`language`: go or python")
	c.Flags().StringVar(&dir, "dir", "", "the `folder` to make (default ./NAME)")
	c.Flags().StringVar(&sdk, "sdk", "", "a `checkout` of chatroom whose SDK is used (for go)")
	return c
}

// A project is what the templates are filled in with.
type project struct {
	Name   string
	Dir    string
	Path   string // of the program, absolute
	Module string // of Python
	Stub   string // of Python, absolute

	CookieKey, CookieValue string
}

var projectName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

// check says why the name or the folder won't do.
func (p *project) check() error {
	if !projectName.MatchString(p.Name) {
		return fmt.Errorf("%q is no name of a plugin; a name is 1 to 32 of a-z, 0-9 and -, a letter first", p.Name)
	}
	for _, c := range commands.Builtin(commands.Deps{}) {
		if s := c.Spec(); s.Name == p.Name || slices.Contains(s.Aliases, p.Name) {
			return fmt.Errorf("%s is a built-in command, and the plugin's first command is called like it; choose another name", p.Name)
		}
	}
	entries, err := os.ReadDir(p.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("the folder %s is there and not empty; choose another with --dir", p.Dir)
	}
	return nil
}

// write writes the project and returns what to do next.
func (p *project) write(ctx context.Context, lang, sdk string) (next string, err error) {
	if err := p.check(); err != nil {
		return "", err
	}
	abs, err := filepath.Abs(p.Dir)
	if err != nil {
		return "", err
	}
	switch lang {
	case "go":
		p.Path = filepath.Join(abs, p.Name)
		files, note, err := p.module(sdk)
		if err != nil {
			return "", err
		}
		if err := p.fill("go", map[string]string{"gitignore": ".gitignore"}, files); err != nil {
			return "", err
		}
		if err := tidy(ctx, p.Dir, note == ""); err != nil && note == "" {
			return "", err
		}
		return fmt.Sprintf("  cd %s\n  go test ./... && go build .\n  chatroom plugin test ./%s --line %s\n%s\nREADME.md tells how a server runs it.\n", p.Dir, p.Name, p.Name, note), nil
	case "python":
		p.Module = strings.ReplaceAll(p.Name, "-", "_")
		p.Path, p.Stub = filepath.Join(abs, p.Module+".py"), filepath.Join(abs, "plugin_pb2.py")
		names := map[string]string{"plugin.py": p.Module + ".py", "test_plugin.py": "test_" + p.Module + ".py", "gitignore": ".gitignore"}
		if err := p.fill("python", names, nil); err != nil {
			return "", err
		}
		return fmt.Sprintf("  cd %s\n  ./test_%s.py\n  chatroom plugin test ./%s.py --no-mtls --file plugin_pb2.py --line %s\n\nREADME.md tells how a server runs it.\n", p.Dir, p.Module, p.Module, p.Name), nil
	}
	return "", fmt.Errorf("there is no language %q; there are go and python", lang)
}

// fill writes the templates of a language, under other names where names has one,
// and the other files.
func (p *project) fill(lang string, names map[string]string, others map[string][]byte) error {
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		return err
	}
	entries, err := scaffold.ReadDir("scaffold/" + lang)
	if err != nil {
		return err
	}
	files := maps.Clone(others)
	if files == nil {
		files = map[string][]byte{}
	}
	for _, e := range entries {
		data, err := scaffold.ReadFile("scaffold/" + lang + "/" + e.Name())
		if err != nil {
			return err
		}
		name, isTemplate := strings.CutSuffix(e.Name(), ".tmpl")
		if isTemplate {
			t, err := template.New(name).Parse(string(data))
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if err := t.Execute(&b, p); err != nil {
				return err
			}
			data = b.Bytes()
		}
		if to, ok := names[name]; ok {
			name = to
		}
		files[name] = data
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		mode := fs.FileMode(0o644)
		if bytes.HasPrefix(files[name], []byte("#!")) {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(p.Dir, name), files[name], mode); err != nil {
			return err
		}
	}
	return nil
}

// module is go.mod and go.sum: of the checkout that sdk names or that this program was
// built in, or else for the release that it is. The note says what is left to do.
func (p *project) module(sdk string) (files map[string][]byte, note string, err error) {
	info, _ := debug.ReadBuildInfo()
	checkout := sdk
	if checkout == "" && (info == nil || info.Main.Sum == "") { // with a sum it is of a module cache
		checkout = builtIn()
	}
	if checkout != "" {
		files, err := p.replaced(checkout)
		return files, "", err
	}
	if info == nil || !released.MatchString(info.Main.Version) {
		return nil, "", errors.New("this program is of no release, and the checkout that it was built in is not there; say with --sdk where one is")
	}
	mod := fmt.Sprintf("module example.com/%s\n\ngo %s\n\nrequire %s %s\n", p.Name, strings.TrimPrefix(info.GoVersion, "go"), sdkModule, info.Main.Version)
	return map[string][]byte{"go.mod": []byte(mod)}, "\nIf go says that go.mod needs updates: go mod tidy, with a network.\n", nil
}

// released is a version that others can get.
var released = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-(rc|beta|alpha)[0-9.]*)?$`)

// builtIn is the checkout that this program was built in, "" if it is not there or
// unknown.
func builtIn() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "" // built with -trimpath
	}
	dir := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if _, err := modOf(dir); err != nil {
		return ""
	}
	return dir
}

// modOf is the go.mod of a checkout of chatroom.
func modOf(dir string) ([]byte, error) {
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(mod, []byte("module "+sdkModule+"\n")) {
		return nil, fmt.Errorf("%s is no checkout of %s", dir, sdkModule)
	}
	return mod, nil
}

var (
	goLine      = regexp.MustCompile(`(?m)^go \S+$`)
	requireLine = regexp.MustCompile(`(?m)^(?:require )?\s*(\S+\.\S+/\S+|\S+\.\S+) (v\S+)`)
)

// replaced is a go.mod whose SDK is that of a checkout. It names the versions that the
// checkout has, so that nothing need be looked up.
func (p *project) replaced(checkout string) (map[string][]byte, error) {
	abs, err := filepath.Abs(checkout)
	if err != nil {
		return nil, err
	}
	mod, err := modOf(abs)
	if err != nil {
		return nil, err
	}
	sum, err := os.ReadFile(filepath.Join(abs, "go.sum"))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "module example.com/%s\n\n%s\n\nrequire %s v0.0.0\n\nreplace %s => %s\n\nrequire (\n", p.Name, goLine.Find(mod), sdkModule, sdkModule, modPath(abs))
	for _, m := range requireLine.FindAllSubmatch(mod, -1) {
		fmt.Fprintf(&b, "\t%s %s // indirect\n", m[1], m[2])
	}
	b.WriteString(")\n")
	return map[string][]byte{"go.mod": b.Bytes(), "go.sum": sum}, nil
}

// modPath is a path as it is written in a go.mod.
func modPath(path string) string {
	if strings.ContainsAny(path, " \t\"'`()[]{},") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

const tidyTime = time.Minute

// tidy has the go command leave out of go.mod what is not needed, if there is one.
// Offline it takes what this machine has; if that is not enough go.mod stays as it is,
// which is correct too, if longer.
func tidy(ctx context.Context, dir string, offline bool) error {
	gocmd, err := exec.LookPath("go")
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, tidyTime)
	defer cancel()
	before := map[string][]byte{}
	for _, name := range []string{"go.mod", "go.sum"} {
		before[name], _ = os.ReadFile(filepath.Join(dir, name)) // nil: not there
	}
	c := exec.CommandContext(ctx, gocmd, "mod", "tidy")
	c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if offline {
		c.Env = append(c.Env, "GOPROXY=off")
	}
	if c.Run() == nil {
		return nil
	}
	for name, data := range before {
		if data != nil {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
