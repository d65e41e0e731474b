package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// module is one that the SDK needs, at the version that the repository has it.
type module struct {
	Path, Version string
	// Direct says that the SDK itself imports it.
	Direct bool
}

// modules are what a Go module needs that imports the SDK.
type modules struct {
	version string // of Go
	modules []module
	sums    []byte
}

var errModule = errors.New("go.mod does not have the expected text")

// needed returns the paths of the modules that the packages of the SDK are
// built from, and whether the SDK imports them itself. A test holds the list
// against the imports.
func needed() (map[string]bool, error) {
	list, err := fs.ReadFile(own, "modules.txt")
	if err != nil {
		return nil, fmt.Errorf("read list of modules: %w", err)
	}
	paths := map[string]bool{}
	for line := range strings.Lines(string(list)) {
		path, kind, _ := strings.Cut(strings.TrimSpace(line), " ")
		paths[path] = kind == "direct"
	}
	return paths, nil
}

// readModules takes from go.mod and go.sum of the repository what the SDK needs.
func readModules(repository fs.FS) (*modules, error) {
	paths, err := needed()
	if err != nil {
		return nil, err
	}
	mod, err := fs.ReadFile(repository, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("read go.mod of the SDK: %w", err)
	}
	sum, err := fs.ReadFile(repository, "go.sum")
	if err != nil {
		return nil, fmt.Errorf("read go.sum of the SDK: %w", err)
	}
	result := &modules{}
	for line := range strings.Lines(string(mod)) {
		fields := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(fields) < 2 {
			continue
		}
		if fields[0] == "go" {
			result.version = fields[1]
		} else if direct, ok := paths[fields[0]]; ok {
			result.modules = append(result.modules, module{Path: fields[0], Version: fields[1], Direct: direct})
		}
	}
	if result.version == "" || len(result.modules) != len(paths) {
		return nil, fmt.Errorf("%w: it has %d of %d modules", errModule, len(result.modules), len(paths))
	}
	slices.SortFunc(result.modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	result.sums = sumsOf(result.modules, sum)
	return result, nil
}

// sumsOf keeps the lines of go.sum that building with the modules needs.
func sumsOf(modules []module, sum []byte) []byte {
	var kept bytes.Buffer
	for line := range strings.Lines(string(sum)) {
		fields := strings.Fields(line)
		if len(fields) == 3 && slices.ContainsFunc(modules, func(m module) bool { return m.Path == fields[0] }) {
			kept.WriteString(line)
		}
	}
	return kept.Bytes()
}
