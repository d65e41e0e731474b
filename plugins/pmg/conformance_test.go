package pmg

import (
	"encoding/json"
	"testing"

	"github.com/pulse-hub/pulse/plugins/internal/conformtest"
	"github.com/pulse-hub/pulse/sdk/conformance"
)

func TestMain(m *testing.M) { conformtest.Main(m, New) }

// TestThePluginConforms runs the plugin as a program against played servers.
func TestThePluginConforms(t *testing.T) {
	conformtest.Check(t, New, "source/pmg", func() conformance.Sample {
		sample := func() json.RawMessage {
			w := watch(t, mx(t))
			return settings(t, map[string]string{"url": w.URL(""), "ca": w.CA, "user": user})
		}
		secrets := map[string]string{"/password": password}
		return conformance.Sample{
			Config: sample(), Variants: []json.RawMessage{sample()}, Secrets: secrets,
		}
	})
}

func settings(t *testing.T, values map[string]string) json.RawMessage {
	t.Helper()
	data, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
