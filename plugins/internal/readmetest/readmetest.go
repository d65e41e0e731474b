// Package readmetest keeps the parts of a plugin's README.md that can be
// derived the same as what the plugin is and does.
//
// A part stands between two comments: "<!-- name: … -->" and "<!-- /name -->".
package readmetest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// CheckConfig is Check for a plugin whose README derives nothing but the table of what can be set.
func CheckConfig(t testing.TB, plugin *sdk.Plugin, update bool) {
	t.Helper()
	m, err := plugin.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	Check(t, map[string]string{"config": ConfigTable(t, &m.Components[0])}, update)
}

// Check compares the parts of README.md in the working directory with what
// they should be, or writes them if update is set.
func Check(t testing.TB, parts map[string]string, update bool) {
	t.Helper()
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := string(data)
	for name, content := range parts {
		want = fillIn(t, want, name, content)
	}
	if update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("README.md is out of date (run the test with -update):\n%s", diff)
	}
}

// fillIn replaces what is between the two marks of a part.
func fillIn(t testing.TB, text, part, content string) string {
	t.Helper()
	before, rest, ok := strings.Cut(text, "<!-- "+part+":")
	open, rest, ok2 := strings.Cut(rest, "-->\n")
	_, after, ok3 := strings.Cut(rest, "<!-- /"+part+" -->")
	if !ok || !ok2 || !ok3 {
		t.Fatalf("README.md has no part %q", part)
	}
	return before + "<!-- " + part + ":" + open + "-->\n" + content + "<!-- /" + part + " -->" + after
}

// ConfigTable describes the settings of a component.
func ConfigTable(t testing.TB, c *manifest.Component) string {
	t.Helper()
	s, err := schema.Parse(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return s.Properties[a].Order - s.Properties[b].Order })
	out := "| key | default | meaning |\n|---|---|---|\n"
	for _, name := range names {
		p, standard := s.Properties[name], ""
		if p.Default != nil {
			standard = fmt.Sprintf("`%v`", p.Default)
		}
		if slices.Contains(s.Required, name) {
			standard = "required"
		}
		meaning := strings.TrimSpace(p.Title + ". " + p.Description)
		if p.WriteOnly {
			meaning += " Kept as a secret."
		}
		out += fmt.Sprintf("| `%s` | %s | %s |\n", name, standard, meaning)
	}
	return out
}

// Rhythm counts the requests of one dataset.
type Rhythm struct {
	Dataset   manifest.Dataset
	PerMinute float64
	What      string // what is asked for, in a few words
}

// RhythmTable describes how often what is asked for.
func RhythmTable(rhythms []Rhythm) string {
	out := "| dataset | every | what | requests per minute |\n|---|---|---|---|\n"
	for _, r := range rhythms {
		every := time.Duration(r.Dataset.Interval).String()
		every = strings.TrimSuffix(every, "0s")
		if strings.HasSuffix(every, "h0m") {
			every = strings.TrimSuffix(every, "0m")
		}
		out += fmt.Sprintf("| `%s` | %s | %s | %.1f |\n", r.Dataset.Name, every, r.What, r.PerMinute)
	}
	return out
}
