package wall_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// rowsOf is how many rows each kind of fault has in the catalogue.
var rowsOf = map[string]int{"W": 7, "T": 7, "X": 8, "A": 9, "F": 7, "S": 6, "P": 14, "D": 9, "C": 6, "L": 7}

var (
	rowLine  = regexp.MustCompile(`^([A-Z])([0-9]+) +(\S.*)$`)
	testLine = regexp.MustCompile(`^ +(\S+): (Test\w+(?:, Test\w+)*)$`)
)

// The table in doc.go has each row once, and each test that it names is there.
func TestRows(t *testing.T) {
	doc, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	row, named := "", map[string]map[string]bool{} // by package: its tests
	tests := func(pkg string) map[string]bool {
		if named[pkg] == nil {
			named[pkg] = testsIn(t, pkg)
		}
		return named[pkg]
	}
	withTest := map[string]bool{}
	for line := range strings.Lines(doc.Doc.Text()) {
		line, indented := strings.CutPrefix(strings.TrimRight(line, "\n"), "\t")
		if !indented {
			row = ""
			continue
		}
		if m := rowLine.FindStringSubmatch(line); m != nil {
			row = m[1] + m[2]
			if seen[row] {
				t.Errorf("%s is there twice", row)
			}
			seen[row] = true
			continue
		}
		m := testLine.FindStringSubmatch(line)
		if m == nil || row == "" {
			t.Errorf("this is no line of the table: %q", line)
			continue
		}
		for name := range strings.SplitSeq(m[2], ", ") {
			if !tests(m[1])[name] {
				t.Errorf("%s: there is no %s in %s", row, name, m[1])
			}
			withTest[row] = true
		}
	}
	wanted := 0
	for kind, n := range rowsOf {
		for i := range n {
			id := fmt.Sprint(kind, i+1)
			switch wanted++; {
			case !seen[id]:
				t.Errorf("there is no row %s", id)
			case !withTest[id]:
				t.Errorf("%s has no test", id)
			}
		}
	}
	if len(seen) != wanted {
		t.Errorf("the table has %d rows, want %d: %v", len(seen), wanted, seen)
	}
	// The other way round: a test that is named for a row is in the table.
	listed := doc.Doc.Text()
	for name := range tests("wall") {
		id := regexp.MustCompile(`^Test([A-Z][0-9]+)[A-Z]`).FindStringSubmatch(name)
		if id != nil && seen[id[1]] && !regexp.MustCompile(`\b`+name+`\b`).MatchString(listed) {
			t.Errorf("%s is not in the table", name)
		}
	}
}

// testsIn are the tests of a package, given as its path in this module; wall is this
// one.
func testsIn(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	dir := filepath.Join("..", "..", "..", filepath.FromSlash(pkg))
	if pkg == "wall" {
		dir = "."
	}
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("there is no package %s with tests: %v", pkg, err)
	}
	tests := map[string]bool{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = true
			}
		}
	}
	return tests
}
