package demo

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/schema"
)

var update = flag.Bool("update", false, "rewrite the generated parts of README.md")

// TestReadmeSaysWhatThePluginIs compares the generated parts of the README
// with what the plugin serves.
func TestReadmeSaysWhatThePluginIs(t *testing.T) {
	m := describe(t)
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := string(data)
	want = fillIn(t, want, "components", componentTable(m))
	want = fillIn(t, want, "config", configTable(t, m))
	want = fillIn(t, want, "example", exampleTable(t))
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("README.md is out of date (go test ./plugins/demo -update):\n%s", diff)
	}
}

// fillIn replaces what is between the two marks of a part.
func fillIn(t *testing.T, text, part, content string) string {
	t.Helper()
	before, rest, ok := strings.Cut(text, "<!-- "+part+":")
	open, rest, ok2 := strings.Cut(rest, "-->\n")
	_, after, ok3 := strings.Cut(rest, "<!-- /"+part+" -->")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("README.md has no part %q", part)
	}
	return before + "<!-- " + part + ":" + open + "-->\n" + content + "<!-- /" + part + " -->" + after
}

func componentTable(m *manifest.Manifest) string {
	out := "| component | presets | datasets |\n|---|---|---|\n"
	for _, c := range m.Components {
		var presets, datasets []string
		for _, p := range c.Presets {
			presets = append(presets, "`"+p.Name+"`")
		}
		for _, d := range c.Datasets {
			datasets = append(datasets, fmt.Sprintf("`%s` (%s)", d.Name, strings.Replace(time.Duration(d.Interval).String(), "m0s", "m", 1)))
		}
		out += fmt.Sprintf("| `%s` | %s | %s |\n", c.Key(), strings.Join(presets, ", "), strings.Join(datasets, ", "))
	}
	return out
}

func configTable(t *testing.T, m *manifest.Manifest) string {
	t.Helper()
	s, err := schema.Parse(m.Components[0].Config)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name, property := range s.Properties {
		if property.Group != "" {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return s.Properties[a].Order - s.Properties[b].Order })
	out := "| key | default | meaning |\n|---|---|---|\n"
	for _, name := range names {
		p := s.Properties[name]
		out += fmt.Sprintf("| `%s` | `%v` | %s |\n", name, p.Default, strings.TrimSpace(p.Title+". "+p.Description))
	}
	return out
}

func exampleTable(t *testing.T) string {
	t.Helper()
	out := "| id | name | status | processor | memory |\n|---|---|---|---|---|\n"
	for _, r := range collect(t, instance(t, newDemo(clock), pveConfig{Site: "demo-cluster", Size: usual()}), "status").Resources() {
		if r.Kind == resource.KindVM && !strings.HasSuffix(r.Name, "-01") {
			continue
		}
		if r.Kind == resource.KindNode || r.Kind == resource.KindVM {
			out += exampleRow(r)
		}
	}
	return out
}

func exampleRow(r sdk.Resource) string {
	part, _ := r.Usage.Memory.Ratio()
	return fmt.Sprintf("| `%s` | %s | %s | %.0f %% | %.0f %% |\n", r.ID, r.Name, r.Status, *r.Usage.CPU*100, part*100)
}
