// Package catalog knows which plugins there are. It reads their manifests and
// never runs a plugin to find out what it is.
package catalog

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// Errors of reading a catalog.
var (
	// ErrNoBundle says that there are no bundled plugins where they were looked for.
	ErrNoBundle = errors.New("no bundled plugins")
	// ErrMismatch says that a manifest is not the one of the folder it lies in.
	ErrMismatch = errors.New("the manifest is of another plugin than its folder")
	// ErrIncompatible says that a plugin speaks none of the hub's protocol versions.
	ErrIncompatible = errors.New("the plugin speaks another protocol version")
)

const (
	// binaryName is the executable that holds all bundled plugins.
	binaryName = "pulse-plugins"
	// manifestsName is the folder beside it with <id>/plugin.json.
	manifestsName = "plugins"
	// maxPlugins bounds the number of folders that are looked at.
	maxPlugins = 500
)

// Bundle is where the bundled plugins are.
type Bundle struct {
	// Binary is the executable that runs any of them: its first argument is the plugin's id.
	Binary string
	// Manifests is the folder that holds <id>/plugin.json for each of them.
	Manifests string
	// SHA256 is the hash the executable must have, in lower-case hexadecimal;
	// empty in a development build.
	SHA256 string
}

// FindBundle returns the bundle in a folder, or, if that is empty, beside the
// hub's own executable.
func FindBundle(folder, executable, sha256 string) (Bundle, error) {
	if folder == "" {
		folder = filepath.Dir(executable)
	}
	name := binaryName
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	bundle := Bundle{Binary: filepath.Join(folder, name), Manifests: filepath.Join(folder, manifestsName), SHA256: sha256}
	if info, err := os.Stat(bundle.Binary); err != nil || !info.Mode().IsRegular() {
		return Bundle{}, fmt.Errorf("%w: there is no %s", ErrNoBundle, bundle.Binary)
	}
	return bundle, nil
}

// Entry is one plugin that can be run. It is immutable.
type Entry struct {
	Manifest *manifest.Manifest
	bundle   Bundle
}

// Program returns what runs the plugin.
func (e *Entry) Program() Program { return Program{Bundle: e.bundle, ID: e.Manifest.ID} }

// SHA256 returns the hash that its executable must have; empty in a development build.
func (e *Entry) SHA256() string { return e.bundle.SHA256 }

// Invalid is a folder that holds no plugin that can be run, and why.
type Invalid struct {
	Folder string
	Err    error
}

// Catalog is a set of plugins. It is immutable.
type Catalog struct {
	entries []*Entry
	invalid []Invalid
}

// Load reads the manifests of a bundle. A manifest that is not valid does not
// keep the others from being read.
func Load(bundle Bundle) (*Catalog, error) {
	folders, err := os.ReadDir(bundle.Manifests)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoBundle, err)
	}
	catalog := &Catalog{}
	for _, folder := range folders[:min(len(folders), maxPlugins)] {
		if !folder.IsDir() {
			continue
		}
		read, err := readManifest(filepath.Join(bundle.Manifests, folder.Name()))
		if err != nil {
			catalog.invalid = append(catalog.invalid, Invalid{Folder: folder.Name(), Err: err})
			continue
		}
		catalog.entries = append(catalog.entries, &Entry{Manifest: read, bundle: bundle})
	}
	slices.SortFunc(catalog.entries, func(a, b *Entry) int { return cmp.Compare(a.Manifest.ID, b.Manifest.ID) })
	return catalog, nil
}

func readManifest(folder string) (*manifest.Manifest, error) {
	file, err := os.Open(filepath.Join(folder, manifest.FileName))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, manifest.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	decoded, err := manifest.Decode(data)
	if err != nil {
		return nil, err
	}
	if decoded.ID != filepath.Base(folder) {
		return nil, fmt.Errorf("%w: %s", ErrMismatch, decoded.ID)
	}
	if decoded.Protocol.Min > transport.ProtocolVersion || decoded.Protocol.Max < transport.ProtocolVersion {
		return nil, fmt.Errorf("%w: %d to %d, and the hub speaks %d",
			ErrIncompatible, decoded.Protocol.Min, decoded.Protocol.Max, transport.ProtocolVersion)
	}
	return decoded, nil
}

// Entries returns the plugins, ordered by id. The slice is shared: do not change it.
func (c *Catalog) Entries() []*Entry { return c.entries }

// Invalid returns what could not be read. The slice is shared: do not change it.
func (c *Catalog) Invalid() []Invalid { return c.invalid }

// Find returns the plugin with that id.
func (c *Catalog) Find(id string) (*Entry, bool) {
	i, ok := slices.BinarySearchFunc(c.entries, id, func(e *Entry, id string) int { return cmp.Compare(e.Manifest.ID, id) })
	if !ok {
		return nil, false
	}
	return c.entries[i], true
}

// Presets returns the made-up instances of all plugins, which exist only in
// mock mode and are never stored. Their IDs are the same at every start.
func (c *Catalog) Presets() []instance.Instance {
	var presets []instance.Instance
	for _, entry := range c.entries {
		for _, component := range entry.Manifest.Components {
			for _, preset := range component.Presets {
				presets = append(presets, instance.Instance{
					ID:     "preset-" + component.Type + "-" + strings.ReplaceAll(preset.Name, "/", "-"),
					Plugin: entry.Manifest.ID, Component: component.Key(),
					Name: preset.Name, Config: preset.Config, Enabled: true, Revision: 1,
				})
			}
		}
	}
	return presets
}
