// Package scaffold writes the beginnings of a new plugin: a small one that
// works, with a test and all it needs to be built outside this repository.
package scaffold

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Errors of what was asked for.
var (
	// ErrID says that an id does not have the form "<publisher>.<name>".
	ErrID = errors.New("the id must look like acme.truenas: a publisher, a dot and a name, in lower case")
	// ErrChoice says that there is no beginning for that kind and language.
	ErrChoice = errors.New("there is no such beginning")
	// ErrNotEmpty says that there is something in the folder already.
	ErrNotEmpty = errors.New("the folder is not empty")
)

// The languages there are beginnings in.
const (
	Go     = "go"
	Node   = "node"
	Python = "python"
)

// Kinds returns the kinds of plugins there are beginnings for.
func Kinds() []string { return []string{manifest.KindSource, manifest.KindNotifier, manifest.KindAI} }

// Languages returns the languages there are beginnings in. Node and Python
// have one for sources only.
func Languages() []string { return []string{Go, Node, Python} }

// Options say what to write.
type Options struct {
	// Kind and Language are one of Kinds and one of Languages.
	Kind, Language string
	// ID is that of the new plugin.
	ID string
	// Dir is the folder to write to: one that is empty or not there.
	Dir string
	// Source holds the files of the repository.
	Source fs.FS
	// SDK is a checkout of the repository to build against; empty: the sources
	// of the SDK are written beside the plugin. Only for Go.
	SDK string
}

//go:embed templates modules.txt
var own embed.FS

// Write writes the plugin and returns the names of its own files, sorted, with
// slashes; those of the SDK are not named. When it fails, what was written stays.
func Write(options Options) ([]string, error) {
	files, err := options.files()
	if err != nil {
		return nil, err
	}
	if err := makeEmpty(options.Dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(options.Dir)
	if err != nil {
		return nil, fmt.Errorf("open folder: %w", err)
	}
	defer root.Close()
	var names []string
	for name, content := range files {
		if err := root.MkdirAll(filepath.FromSlash(pathDir(name)), 0o755); err != nil {
			return nil, fmt.Errorf("make folder of %s: %w", name, err)
		}
		if err := root.WriteFile(filepath.FromSlash(name), content, 0o644); err != nil {
			return nil, fmt.Errorf("write %s: %w", name, err)
		}
		if !strings.HasPrefix(name, vendored+"/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (o *Options) files() (map[string][]byte, error) {
	if !manifest.ValidID(o.ID) {
		return nil, fmt.Errorf("%w: %.60q", ErrID, o.ID)
	}
	if !slices.Contains(Kinds(), o.Kind) {
		return nil, fmt.Errorf("%w: %.40q is none of the kinds %s", ErrChoice, o.Kind, strings.Join(Kinds(), ", "))
	}
	switch o.Language {
	case Go:
		return o.goFiles()
	case Node, Python:
		if o.Kind != manifest.KindSource {
			return nil, fmt.Errorf("%w: in %s there is one for sources only", ErrChoice, o.Language)
		}
		return o.otherFiles()
	}
	return nil, fmt.Errorf("%w: %.40q is none of the languages %s", ErrChoice, o.Language, strings.Join(Languages(), ", "))
}

// makeEmpty makes sure that the folder is there and has nothing in it.
func makeEmpty(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%w: %s", ErrNotEmpty, dir)
	}
	return nil
}

func pathDir(name string) string {
	if at := strings.LastIndexByte(name, '/'); at >= 0 {
		return name[:at]
	}
	return "."
}
