// Package layers holds the direction of imports between the parts of the
// repository: proto below sdk below plugins, the agent alone, the hub on top.
package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/pulse-hub/pulse/"

// rules name, for each part, the parts of the module it may import besides
// itself, and those that only its tests may.
var rules = []struct {
	part          string
	allowed, test []string
	because       string
}{
	{"proto", nil, nil, "the protocol is the lowest layer"},
	{"sdk", []string{"proto"}, nil, "plugin authors import it and nothing else"},
	{"plugins", []string{"sdk"}, []string{"proto"}, "a plugin talks to the hub over the protocol only, and its tests may play the hub"},
	{"agent", nil, nil, "the agent runs alone on other people's machines"},
	{"hub", []string{"proto", "sdk", "agent/report"}, nil, "the hub meets plugins and agents at run time only"},
	{"scripts", []string{"proto", "sdk", "plugins", "agent", "hub"}, nil, "tools may look at everything"},
}

type goPackage struct {
	ImportPath                string
	Imports                   []string
	TestImports, XTestImports []string
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		part, _, _ := strings.Cut(strings.TrimPrefix(p.ImportPath, module), "/")
		check := func(imports []string, test bool) {
			for _, imported := range imports {
				if target, ours := strings.CutPrefix(imported, module); ours && !within(target, part) {
					checkImport(t, p.ImportPath, part, target, test)
				}
			}
		}
		check(p.Imports, false)
		check(append(p.TestImports, p.XTestImports...), true)
	}
}

func checkImport(t *testing.T, from, part, target string, test bool) {
	t.Helper()
	for _, rule := range rules {
		if rule.part != part {
			continue
		}
		permitted := rule.allowed
		if test {
			permitted = slices.Concat(rule.allowed, rule.test)
		}
		for _, allowed := range permitted {
			if within(target, allowed) {
				return
			}
		}
		t.Errorf("%s imports %s: %s", from, target, rule.because)
		return
	}
	t.Errorf("%s: the folder %q has no import rule", from, part)
}

// TestPluginsKeepApart: one plugin never imports another, their collection aside.
// What several share is in plugins/internal, which knows none of them.
func TestPluginsKeepApart(t *testing.T) {
	for _, p := range packages(t) {
		own, ours := strings.CutPrefix(p.ImportPath, module+"plugins/")
		if !ours || strings.HasPrefix(own, "cmd/") {
			continue
		}
		own, _, _ = strings.Cut(own, "/")
		for _, imported := range p.Imports {
			other, isPlugin := strings.CutPrefix(imported, module+"plugins/")
			if isPlugin && !within(other, own) && !within(other, "internal") {
				t.Errorf("%s imports the plugin %s", p.ImportPath, other)
			}
		}
	}
}

func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func packages(t *testing.T) []goPackage {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	command.Dir = "../.."
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatalf("read go list: %v", err)
		}
		list = append(list, p)
	}
}
