package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/resource"
	"github.com/pulse-hub/pulse/sdk/schema"
)

var update = flag.Bool("update", false, "write the list of checks into docs/plugins/conformance.md")

const (
	docs        = "../../docs/plugins"
	beginChecks = "<!-- The list is written by: go test ./sdk/conformance -run Documented -update -->\n"
	endChecks   = "<!-- end of the list -->\n"
)

// list is the table of checks as the documentation has it.
func list() string {
	var text strings.Builder
	text.WriteString("\n| Check | Promise | Passes if |\n|---|---|---|\n")
	for _, check := range conformance.Checks() {
		fmt.Fprintf(&text, "| `%s` | %s | %s |\n", check.ID, check.Title, check.Asserts)
	}
	return text.String() + "\n"
}

func TestChecksAreDocumented(t *testing.T) {
	path := filepath.Join(docs, "conformance.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), beginChecks)
	written, after, ended := strings.Cut(rest, endChecks)
	if !found || !ended {
		t.Fatalf("%s has no place for the list of checks", path)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+beginChecks+list()+endChecks+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(written, list()); diff != "" {
		t.Errorf("%s is out of date, run this test with -update:\n%s", path, diff)
	}
}

func TestChecksAreWellFormed(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, check := range conformance.Checks() {
		if !id.MatchString(check.ID) || seen[check.ID] {
			t.Errorf("id %q is malformed or comes twice", check.ID)
		}
		seen[check.ID] = true
		if check.Title == "" || !strings.HasSuffix(check.Asserts, ".") || strings.ContainsAny(check.Title+check.Asserts, "|\n") {
			t.Errorf("%s: title or sentence does not fit the documentation", check.ID)
		}
	}
}

// codeBlock is a fenced block of a page with its language.
var codeBlock = regexp.MustCompile("(?ms)^```(go|js|python)\n(.*?)^```$")

// TestDocumentedCodeIsCompiled sees to it that nobody reads code that is not
// in a file that is built or run.
func TestDocumentedCodeIsCompiled(t *testing.T) {
	const examples = "../../plugins/examples/"
	sources := map[string][]string{
		"go": {
			examples + "hello-source/main.go", examples + "hello-notifier/main.go", examples + "hello-ai/main.go",
			"example_test.go", "../recording/example_test.go",
		},
		"js":     {examples + "node-hello/serve.js", examples + "node-hello/plugin.js"},
		"python": {examples + "python-hello/serve.py", examples + "python-hello/plugin.py"},
	}
	blocks := 0
	for path, page := range pages(t) {
		for _, block := range codeBlock.FindAllStringSubmatch(page, -1) {
			blocks++
			if !isPartOf(t, block[2], sources[block[1]]) {
				t.Errorf("%s: this is in none of %v:\n%s", path, sources[block[1]], block[2])
			}
		}
	}
	if blocks < 8 {
		t.Errorf("only %d blocks of code were found", blocks)
	}
}

// pages returns the text of each page by its path.
func pages(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(docs, "*.md"))
	if err != nil || len(paths) < 11 {
		t.Fatalf("pages: %v, %v", paths, err)
	}
	texts := map[string]string{}
	for _, path := range paths {
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(page)
	}
	return texts
}

// link is one to another file.
var link = regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	for path, page := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(page, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), found[1])); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}

// TestPagesAreComplete: a new format, keyword, unit, status or kind has to be described.
func TestPagesAreComplete(t *testing.T) {
	wanted := map[string][]string{
		"config.md":   quoted(append(keywords(), schema.Formats()...)),
		"concepts.md": {},
		"README.md":   {},
	}
	for _, name := range pluginv1.Unit_name {
		wanted["concepts.md"] = append(wanted["concepts.md"], name)
	}
	for status := range pluginv1.Status_name {
		wanted["concepts.md"] = append(wanted["concepts.md"], resource.Status(status).String())
	}
	for path := range pages(t) {
		if name := filepath.Base(path); name != "README.md" {
			wanted["README.md"] = append(wanted["README.md"], "("+name+")")
		}
	}
	for name, words := range wanted {
		page := pages(t)[filepath.Join(docs, name)]
		for _, word := range words {
			if !strings.Contains(page, word) {
				t.Errorf("%s says nothing of %s", name, word)
			}
		}
	}
}

func quoted(words []string) []string {
	for i := range words {
		words[i] = "`" + words[i] + "`"
	}
	return words
}

// keywords are those of the subset of JSON Schema.
func keywords() []string {
	var names []string
	for field := range reflect.TypeFor[schema.Schema]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

func isPartOf(t *testing.T, block string, files []string) bool {
	t.Helper()
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), block) {
			return true
		}
	}
	return false
}
