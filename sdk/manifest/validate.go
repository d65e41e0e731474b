package manifest

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/sdk/schema"
)

const (
	maxComponents = 100
	maxText       = 4000
)

// ValidID tells whether id has the form "<publisher>.<name>".
func ValidID(id string) bool {
	publisher, name, ok := strings.Cut(id, ".")
	return ok && isWord(publisher, lower+digits, 2, 24) && isWord(name, lower+digits+"-", 2, 40)
}

// Validate checks every rule of the file but those that need other files.
// The error wraps ErrInvalid and names the member.
func (m *Manifest) Validate() error {
	checks := []struct {
		ok      bool
		problem string
	}{
		{m.Manifest == FormatVersion, fmt.Sprintf("manifest must be %d", FormatVersion)},
		{ValidID(m.ID), "id must look like publisher.name"},
		{ValidVersion(m.Version), "version must be a semantic version"},
		{m.Name != "", "name is missing"},
		{len(m.Name) <= 100 && len(m.Description) <= maxText, "name or description is too long"},
		{m.Protocol.Min >= 1 && m.Protocol.Max >= m.Protocol.Min, "protocol must be a range from 1 up"},
		{validConstraint(m.Pulse), "pulse must be constraints like >=1.0.0 <2.0.0"},
		{m.Isolation == "" || m.Isolation == IsolationPlugin || m.Isolation == IsolationInstance,
			"isolation must be plugin or instance"},
		{m.Icon == "" || filepath.IsLocal(filepath.FromSlash(m.Icon)), "icon must be a path within the package"},
		{len(m.Components) > 0 && len(m.Components) <= maxComponents,
			fmt.Sprintf("there must be 1 to %d components", maxComponents)},
	}
	for _, check := range checks {
		if !check.ok {
			return fmt.Errorf("%w: %s", ErrInvalid, check.problem)
		}
	}
	return m.validateParts()
}

func (m *Manifest) validateParts() error {
	for platform, executable := range m.Exec {
		if err := executable.validate(platform); err != nil {
			return fmt.Errorf("%w: exec %q: %w", ErrInvalid, platform, err)
		}
	}
	for _, need := range slices.Concat(m.Needs.Network, m.Needs.Host) {
		if !isNeed(need) {
			return fmt.Errorf("%w: needs: %q is not understood", ErrInvalid, need)
		}
	}
	seen := map[string]bool{}
	for i := range m.Components {
		component := &m.Components[i]
		if err := component.validate(); err != nil {
			return fmt.Errorf("%w: component %q: %w", ErrInvalid, component.Key(), err)
		}
		if seen[component.Key()] {
			return fmt.Errorf("%w: component %q comes twice", ErrInvalid, component.Key())
		}
		seen[component.Key()] = true
	}
	return nil
}

func (e Executable) validate(platform string) error {
	if !isPlatform(platform) {
		return fmt.Errorf("platform must look like linux-amd64 or be any")
	}
	if !filepath.IsLocal(filepath.FromSlash(e.Path)) {
		return fmt.Errorf("path must be within the package")
	}
	if e.SHA256 == "" {
		return nil
	}
	if sum, err := hex.DecodeString(e.SHA256); err != nil || len(sum) != 32 {
		return fmt.Errorf("sha256 must be 64 hexadecimal digits")
	}
	return nil
}

// validate checks a component. One of an unknown kind is only checked for
// what a list of components shows.
func (c *Component) validate() error {
	switch {
	case !isKind(c.Kind):
		return fmt.Errorf("kind is missing or malformed")
	case !isType(c.Type):
		return fmt.Errorf("type must be lower-case letters, digits and hyphens")
	case c.Name == "" || len(c.Name) > 100 || len(c.Description) > maxText:
		return fmt.Errorf("name is missing, or name or description is too long")
	case !slices.Contains(knownKinds(), c.Kind):
		return nil
	}
	config, err := schema.Parse(c.Config)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if err := c.validateDatasets(); err != nil {
		return err
	}
	for _, preset := range c.Presets {
		// A preset cannot hold secrets: it is in a file that anybody may read.
		if _, errs := config.ValidateJSON(preset.Config); len(errs) > 0 {
			return fmt.Errorf("preset %q: %w", preset.Name, errs[0])
		}
	}
	return nil
}

func (c *Component) validateDatasets() error {
	if (c.Kind == KindSource) != (len(c.Datasets) > 0) {
		return fmt.Errorf("a source has datasets, and nothing else has")
	}
	seen := map[string]bool{}
	for _, d := range c.Datasets {
		switch {
		case !isType(d.Name):
			return fmt.Errorf("dataset %q: name must be lower-case letters, digits and hyphens", d.Name)
		case seen[d.Name]:
			return fmt.Errorf("dataset %q comes twice", d.Name)
		case d.MinInterval <= 0 || d.Interval < d.MinInterval || d.Timeout <= 0:
			return fmt.Errorf("dataset %q: interval, min_interval and timeout must be positive and in order", d.Name)
		}
		seen[d.Name] = true
	}
	return nil
}

func knownKinds() []string { return []string{KindSource, KindNotifier, KindAI} }

func knownFeatures() []string {
	return []string{FeatureWatch, FeatureActions, FeatureTest, FeatureHealth}
}

// UnknownKinds returns the keys of the components whose kind this version
// does not know; they need a newer hub.
func (m *Manifest) UnknownKinds() []string {
	var keys []string
	for i := range m.Components {
		if !slices.Contains(knownKinds(), m.Components[i].Kind) {
			keys = append(keys, m.Components[i].Key())
		}
	}
	return keys
}

// UnknownFeatures returns the features this version does not know, sorted.
func (m *Manifest) UnknownFeatures() []string {
	var features []string
	for _, component := range m.Components {
		for _, feature := range component.Features {
			if !slices.Contains(knownFeatures(), feature) {
				features = append(features, feature)
			}
		}
	}
	slices.Sort(features)
	return slices.Compact(features)
}
