package openapi_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/api/openapi"
)

var update = flag.Bool("update", false, "write the description to hub/api/openapi.json")

const file = "../../../api/openapi.json"

func TestDescriptionIsCurrent(t *testing.T) {
	got, err := openapi.Document(api.New(api.Parts{}).Routes())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("hub/api/openapi.json is not current; run go generate ./hub/api:\n%s", diff)
	}
}

func TestEveryRouteIsDescribed(t *testing.T) {
	routes := api.New(api.Parts{}).Routes()
	raw, err := openapi.Document(routes)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Summary   string
			Security  []any
			Responses map[string]any
		}
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Errorf("version is %q, want 3.1", document.OpenAPI)
	}
	for _, r := range routes {
		methods := r.Methods
		if len(methods) == 0 {
			methods = []string{"GET"}
		}
		for _, method := range methods {
			described, ok := document.Paths[strings.ReplaceAll(r.Path, "...}", "}")][strings.ToLower(method)]
			switch {
			case !ok:
				t.Errorf("%s %s is not described", method, r.Path)
			case described.Summary == "" || described.Responses["200"] == nil:
				t.Errorf("%s %s lacks a summary or an answer", method, r.Path)
			case r.Access.IsPublic() != (len(described.Security) == 0):
				t.Errorf("%s %s: description and declaration disagree about access", method, r.Path)
			}
		}
	}
}
