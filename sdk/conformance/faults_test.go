package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/sdk/conformance"
)

// plantedOptions run the test binary as a plugin with a fault.
func plantedOptions(t *testing.T, fault string) conformance.Options {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sample := conformance.Sample{
		Config:     json.RawMessage(`{"url":"http://127.0.0.1:9","name":"one"}`),
		Variants:   []json.RawMessage{[]byte(`{"url":"http://127.0.0.1:9","name":"two"}`), []byte(`{"url":"http://127.0.0.1:9","name":"three"}`)},
		Secrets:    map[string]string{"/token": rightToken},
		Panic:      json.RawMessage(`{"url":"http://127.0.0.1:9","name":"panic"}`),
		Idempotent: true,
	}
	schema, description := plantedSchema, plantedManifest
	switch fault {
	case "manifest-valid":
		return conformance.Options{ManifestPath: writeFile(t, "plugin.json", []byte(`{"manifest": 1, "id": "no id"}`))}
	case "schema-subset":
		schema = `{"type": "object", "properties": {"a": {"anyOf": []}}}`
	case "needs-declared":
		description = strings.Replace(description, `"instance:url"`, "", 1)
	case "none/unheard", "delivery-once/key", "delivery-once/same":
		sample.Idempotent = false
	}
	return conformance.Options{
		Command:      []string{binary, asPlugin, fault},
		ManifestPath: writeFile(t, "plugin.json", fmt.Appendf(nil, description, schema)),
		Samples:      map[string]conformance.Sample{"source/thing": sample, "notifier/note": sample},
		Confine:      sandbox(),
	}
}

func TestGoodPluginPassesAll(t *testing.T) {
	t.Parallel()
	for _, sound := range []string{"none", "none/unheard"} {
		report := run(t, plantedOptions(t, sound))
		if !report.Conforms || report.Plugin != "test.planted" || report.Version != "1.0.0" {
			t.Errorf("got %q %q, conforms=%v", report.Plugin, report.Version, report.Conforms)
		}
		for _, result := range report.Results {
			if result.Outcome != conformance.Passed && seen(result.ID) {
				t.Errorf("%s: got %s (%s), want it to pass", result.ID, result.Outcome, result.Reason)
			}
		}
	}
}

// otherFaults are those of checks that look at more than one thing.
func otherFaults() []string {
	return []string{
		"hostile-config/accepts", "instances-isolated/remove", "collect-ids/twice", "collect-parents/circle",
		"collect-values/name", "collect-values/tells", "collect-chunks/last", "secrets-kept/in-json", "secrets-kept/in-answer", "nothing-leaks/memory",
		"hostile-request/hangs", "panic-survived/others", "delivery-once/key", "delivery-once/same", "needs-declared/file",
	}
}

// TestEachCheckFindsItsFault plants one fault for every check there is.
func TestEachCheckFindsItsFault(t *testing.T) {
	t.Parallel()
	faults := otherFaults()
	for _, check := range conformance.Checks() {
		faults = append(faults, check.ID)
	}
	slices.Sort(faults)
	for _, fault := range faults {
		id, _, _ := strings.Cut(fault, "/")
		if !seen(id) {
			continue
		}
		t.Run(fault, func(t *testing.T) {
			options := plantedOptions(t, fault)
			options.Checks = []string{id}
			report := conformance.Run(t.Context(), options)
			result := find(t, report, id)
			if result.Outcome != conformance.Failed || report.Conforms {
				t.Fatalf("got %+v, want it to fail", result)
			}
			t.Log(result.Reason)
			if strings.Contains(result.Reason, rightToken) {
				t.Errorf("the reason tells the secret: %s", result.Reason)
			}
		})
	}
}
