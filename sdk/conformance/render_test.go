package conformance_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk/conformance"
)

func sampleReport() conformance.Report {
	return conformance.Report{Plugin: "acme.x", Version: "1.0.0", Results: []conformance.Result{
		{ID: "handshake", Title: "it starts", Outcome: conformance.Passed, Seconds: 0.5},
		{ID: "cancel", Title: "it stops # or not", Outcome: conformance.Failed, Reason: "it said \"no\"\nand # went on"},
		{ID: "deadline", Title: "it is in time", Outcome: conformance.NotApplicable, Reason: "issue #1\nis open"},
	}}
}

func TestTAP(t *testing.T) {
	const want = `TAP version 14
1..3
ok 1 - handshake: it starts
not ok 2 - cancel: it stops \# or not
  ---
  message: "it said \"no\"\nand # went on"
  ...
ok 3 - deadline: it is in time # SKIP issue \#1 is open
`
	var got bytes.Buffer
	if err := sampleReport().WriteTAP(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestJSON(t *testing.T) {
	var text bytes.Buffer
	if err := sampleReport().WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var got conformance.Report
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleReport(), got); diff != "" {
		t.Error(diff)
	}
}
