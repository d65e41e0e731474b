package pbs

import (
	"encoding/json"
	"testing"

	"github.com/pulse-hub/pulse/plugins/internal/conformtest"
	"github.com/pulse-hub/pulse/sdk/conformance"
)

func TestMain(m *testing.M) { conformtest.Main(m, New) }

// TestThePluginConforms runs the plugin as a program against played servers.
func TestThePluginConforms(t *testing.T) {
	conformtest.Check(t, New, "source/pbs", func() conformance.Sample {
		sample := func() json.RawMessage {
			c := watch(t, vault(t)).config()
			return settings(t, map[string]string{"url": c.URL, "fingerprint": c.Fingerprint, "token_id": c.TokenID})
		}
		secrets := map[string]string{"/token_secret": tokenSecret}
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
