package lockfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/lockfile"
)

var (
	one = archive.Digest(strings.Repeat("1", 64))
	two = archive.Digest(strings.Repeat("2", 64))
)

func TestWithAndCheck(t *testing.T) {
	var none *lockfile.File
	file := none.With("acme.ups", "1.0.0", "linux-amd64", one).
		With("acme.nas", "1.2.0", "linux-amd64", one).With("acme.nas", "1.2.0", "linux-arm64", two)
	text, err := file.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := lockfile.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(file, again); diff != "" {
		t.Errorf("read (-written +read):\n%s", diff)
	}
	tests := map[string]struct {
		id, version, platform string
		digest                archive.Digest
		ok                    bool
	}{
		"locked":         {"acme.nas", "1.2.0", "linux-amd64", one, true},
		"other platform": {"acme.nas", "1.2.0", "linux-arm64", two, true},
		"other digest":   {"acme.nas", "1.2.0", "linux-amd64", two, false},
		"other version":  {"acme.nas", "1.2.1", "linux-amd64", one, false},
		"no platform":    {"acme.nas", "1.2.0", "darwin-arm64", one, false},
		"no plugin":      {"acme.tv", "1.2.0", "linux-amd64", one, false},
	}
	for name, test := range tests {
		err := again.Check(test.id, test.version, test.platform, test.digest)
		if (err == nil) != test.ok || !test.ok && !errors.Is(err, lockfile.ErrNotLocked) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	newer := file.With("acme.nas", "1.3.0", "linux-amd64", two)
	if err := newer.Check("acme.nas", "1.3.0", "linux-arm64", two); !errors.Is(err, lockfile.ErrNotLocked) {
		t.Errorf("another platform's digest outlived its version: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	digest := string(one)
	for name, text := range map[string]string{
		"nothing":        "",
		"other format":   `{"lock":2,"plugins":[]}`,
		"unknown member": `{"lock":1,"plugins":[],"unless":"friday"}`,
		"two values":     `{"lock":1,"plugins":[]} {}`,
		"twice": `{"lock":1,"plugins":[{"id":"acme.nas","version":"1.0.0","sha256":{"linux-amd64":"` + digest + `"}},` +
			`{"id":"acme.nas","version":"1.0.1","sha256":{"linux-amd64":"` + digest + `"}}]}`,
		"id":       `{"lock":1,"plugins":[{"id":"../nas","version":"1.0.0","sha256":{"linux-amd64":"` + digest + `"}}]}`,
		"version":  `{"lock":1,"plugins":[{"id":"acme.nas","version":"latest","sha256":{"linux-amd64":"` + digest + `"}}]}`,
		"platform": `{"lock":1,"plugins":[{"id":"acme.nas","version":"1.0.0","sha256":{"linux":"` + digest + `"}}]}`,
		"digest":   `{"lock":1,"plugins":[{"id":"acme.nas","version":"1.0.0","sha256":{"linux-amd64":"1234"}}]}`,
		"none":     `{"lock":1,"plugins":[{"id":"acme.nas","version":"1.0.0","sha256":{}}]}`,
	} {
		if _, err := lockfile.Parse([]byte(text)); !errors.Is(err, lockfile.ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"lock":1,"plugins":[{"id":"acme.nas","version":"1.0.0","sha256":{"linux-amd64":"` + string(one) + `"}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := lockfile.Parse(text)
		if err != nil {
			return
		}
		written, err := file.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := lockfile.Parse(written)
		if err != nil || !cmp.Equal(file.Plugins, again.Plugins) {
			t.Errorf("%s became %v, %v", text, again, err)
		}
	})
}
