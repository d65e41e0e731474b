package conformance_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulse-hub/pulse/sdk/conformance"
)

// A plugin is put to the test with a configuration that works.
func Example() {
	report := conformance.Run(context.Background(), conformance.Options{
		Command:      []string{"./hello-source"},
		ManifestPath: "plugin.json",
		Samples: map[string]conformance.Sample{
			"source/tcp": {
				Config:   json.RawMessage(`{"address": "127.0.0.1:22"}`),
				Variants: []json.RawMessage{json.RawMessage(`{"address": "127.0.0.1:80"}`)},
			},
		},
	})
	if err := report.WriteTAP(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if !report.Conforms {
		os.Exit(1)
	}
}
