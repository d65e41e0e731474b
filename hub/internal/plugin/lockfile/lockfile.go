// Package lockfile reads and writes plugins.lock.json, the list of exactly the
// plugin packages that an installation runs, so that another one can be made
// the same.
package lockfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

const (
	// FormatVersion is the value of the member "lock".
	FormatVersion = 1
	// MaxBytes bounds the file.
	MaxBytes   = 1 << 20
	maxPlugins = 500
)

// Errors of lock files.
var (
	// ErrInvalid says that a text is no lock file.
	ErrInvalid = errors.New("invalid plugin lock file")
	// ErrNotLocked says that a package is not the one in the lock file, or not in it at all.
	ErrNotLocked = errors.New("the package is not in the plugin lock file")
)

var platformPattern = regexp.MustCompile(`^[a-z0-9]{1,20}-[a-z0-9]{1,20}$`)

// File is the content of a lock file. The plugins are ordered by id.
type File struct {
	Lock    int      `json:"lock"`
	Plugins []Plugin `json:"plugins"`
}

// Plugin is one plugin of a lock file.
type Plugin struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	// SHA256 holds the digests of its packages by platform, "linux-amd64".
	SHA256 map[string]archive.Digest `json:"sha256"`
}

// Parse reads a lock file. Members it does not know are an error: they may be
// conditions. It fails with ErrInvalid.
func Parse(text []byte) (*File, error) {
	if len(text) > MaxBytes {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, MaxBytes)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var file File
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: more than one JSON value", ErrInvalid)
	}
	if file.Lock != FormatVersion || len(file.Plugins) > maxPlugins {
		return nil, fmt.Errorf("%w: lock must be %d, with at most %d plugins", ErrInvalid, FormatVersion, maxPlugins)
	}
	slices.SortFunc(file.Plugins, byID)
	for i, plugin := range file.Plugins {
		if i > 0 && file.Plugins[i-1].ID == plugin.ID {
			return nil, fmt.Errorf("%w: %s comes twice", ErrInvalid, plugin.ID)
		}
		if err := plugin.validate(); err != nil {
			return nil, err
		}
	}
	return &file, nil
}

func byID(a, b Plugin) int { return strings.Compare(a.ID, b.ID) }

func (p Plugin) validate() error {
	if !manifest.ValidID(p.ID) || !manifest.ValidVersion(p.Version) || len(p.SHA256) == 0 {
		return fmt.Errorf("%w: plugin %.60q lacks a good id, version or sha256", ErrInvalid, p.ID)
	}
	for platform, digest := range p.SHA256 {
		if !platformPattern.MatchString(platform) || !digest.Valid() {
			return fmt.Errorf("%w: plugin %s: unusable sha256 for %.60q", ErrInvalid, p.ID, platform)
		}
	}
	return nil
}

// Encode returns the text of the file, the same for the same content.
func (f *File) Encode() ([]byte, error) {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode plugin lock file: %w", err)
	}
	return append(text, '\n'), nil
}

// With returns a copy of the file in which a plugin has that digest on the
// platform. What is known of other platforms stays if the version is the same.
// The receiver may be nil.
func (f *File) With(id, version, platform string, digest archive.Digest) *File {
	result := &File{Lock: FormatVersion, Plugins: []Plugin{}}
	locked := Plugin{ID: id, Version: version, SHA256: map[string]archive.Digest{}}
	if f != nil {
		for _, plugin := range f.Plugins {
			switch {
			case plugin.ID != id:
				result.Plugins = append(result.Plugins, plugin)
			case plugin.Version == version:
				for other, known := range plugin.SHA256 {
					locked.SHA256[other] = known
				}
			}
		}
	}
	locked.SHA256[platform] = digest
	result.Plugins = append(result.Plugins, locked)
	slices.SortFunc(result.Plugins, byID)
	return result
}

// Check returns nil if the package is the one that the file names for the
// platform, and otherwise ErrNotLocked with what is different.
func (f *File) Check(id, version, platform string, digest archive.Digest) error {
	at := slices.IndexFunc(f.Plugins, func(p Plugin) bool { return p.ID == id })
	if at < 0 {
		return fmt.Errorf("%w: %s", ErrNotLocked, id)
	}
	locked := f.Plugins[at]
	switch want, ok := locked.SHA256[platform]; {
	case locked.Version != version:
		return fmt.Errorf("%w: %s is locked to version %s", ErrNotLocked, id, locked.Version)
	case !ok:
		return fmt.Errorf("%w: %s is not locked for %s", ErrNotLocked, id, platform)
	case want != digest:
		return fmt.Errorf("%w: %s %s is locked to sha256 %s", ErrNotLocked, id, version, want)
	}
	return nil
}
