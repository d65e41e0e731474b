package transfer_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
	"github.com/pulse-hub/pulse/hub/internal/transfer/transfertest"
)

// FuzzDecodeDocument reads documents as they come.
func FuzzDecodeDocument(f *testing.F) {
	w := transfertest.New(f)
	w.Fill(f)
	data, err := w.Export(f.Context(), transfer.Export{Passphrase: transfertest.Passphrase, Users: true})
	if err != nil {
		f.Fatal(err)
	}
	opened, err := bundle.Open(data, transfertest.Passphrase)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(opened.Plain)
	f.Add([]byte(`{"format":"pulse configuration","version":1,"instances":[{"id":"a","config":null}],"sections":{"tokens":null,"x":{}},"y":1}`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		warnings, err := transfer.DecodeDocument(plain)
		if err != nil && warnings != nil {
			t.Errorf("warnings %v with error %v", warnings, err)
		}
	})
}

// FuzzPreview plans the import of whatever stands in a document, over a hub that has something of everything.
func FuzzPreview(f *testing.F) {
	w := transfertest.New(f)
	w.Fill(f)
	f.Add(`[{"id":"a","plugin":"pulse.pbs","component":"source/pbs","name":"n","enabled":true,"config":{"url":"https://a"},"secrets":{"/password":"x"}}]`, `{"tokens":{"t":{"id":"t"}}}`)
	f.Add(`null`, `{"channels":{"channel/notify-email":{"said":{},"revision":7}},"alerts":{"config":{"enabled":false}}}`)
	f.Add(`[]`, `{"nodes":{"node/x":null},"metadata":{"":1},"roles":{"a":{"name":"a","permissions":["alerts:read"]}}}`)
	f.Fuzz(func(t *testing.T, instances, sections string) {
		plain := `{"format":"pulse configuration","version":1,"instances":` + instances + `,"sections":` + sections + `}`
		outcome, err := w.Preview(t.Context(), bundled(transfertest.Sealed(t, plain)))
		if err != nil {
			return
		}
		if _, err := json.Marshal(outcome); err != nil {
			t.Error(err)
		}
	})
}

// TestAnAlertConfigurationIsReplacedWhole goes from each of some configurations to each other one.
func TestAnAlertConfigurationIsReplacedWhole(t *testing.T) {
	vector, err := os.ReadFile("bundle/testdata/v5.json")
	if err != nil {
		t.Fatal(err)
	}
	var v5 struct{ Alerts json.RawMessage }
	if err := json.Unmarshal(vector, &v5); err != nil {
		t.Fatal(err)
	}
	bodies := []string{
		`{}`, string(v5.Alerts),
		`{"overrides":{"a":{"disabled":true,"cpu":{"trigger":1,"clear":0}},"b":{"note":"x"}},"customRules":[{"id":"r","name":"n"}],"activationTime":"2026-11-23T00:00:00Z"}`,
		`{"overrides":{"b":{"note":"y"}},"guestDefaults":{"cpu":null,"diskRead":{"trigger":5,"clear":4,"critical":9},"note":"n","poweredOffSeverity":"critical"}}`,
		`{"schedule":{"quietHours":{"days":{"monday":true,"friday":true}},"escalation":{"levels":[{"after":5,"notify":"all"}]}},"timeThresholds":{"guest":9}}`,
		`{"metricTimeThresholds":{"guest":{"cpu":7}},"guestTagWhitelist":["a"],"dockerIgnoredContainerPrefixes":["x"],"criticalMargin":3,"disabledTypes":["cpu"]}`,
		`{"backupDefaults":{"freshHours":3,"ignoreMissing":true},"snapshotDefaults":{"warningSizeGiB":4},"dockerDefaults":{"stateDisableConnectivity":true}}`,
	}
	merge := func(base policy.Config, body string) policy.Config {
		config, err := policy.Merge(base, []byte(body))
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		return config
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, from := range bodies {
		for _, to := range bodies {
			is := merge(merge(policy.Default(), bodies[random.IntN(len(bodies))]), from)
			shall := merge(merge(policy.Default(), bodies[random.IntN(len(bodies))]), to)
			before, _ := json.Marshal(is)
			after, _ := json.Marshal(shall)
			body, err := transfer.Replacing(before, after)
			if err != nil {
				t.Fatal(err)
			}
			became, _ := json.Marshal(merge(is, string(body)))
			if diff := cmp.Diff(string(after), string(became)); diff != "" {
				t.Errorf("from %s to %s: %s", from, to, diff)
			}
		}
	}
}
