package roadtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/report"
)

// recorded reads what Pulse v5.0.13 had on the wire.
func recorded(t *testing.T, name string) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "report", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return document
}

// shapes returns the fields of a document with the types of their values.
func shapes(document map[string]any) map[string]string {
	types := map[string]string{}
	for name, value := range document {
		types[name] = fmt.Sprintf("%T", value)
		if text, ok := value.(string); ok {
			if _, err := time.Parse(time.RFC3339Nano, text); err == nil {
				types[name] = "time"
			}
		}
	}
	return types
}

// TestRecordedAgent plays the agent of Pulse v5.0.13 by its own words: plain HTTP, no compression, no numbers.
func TestRecordedAgent(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for _, module := range []struct{ name, path string }{
		{"host", report.HostPath}, {"host", report.UnifiedHostPath}, {"docker", report.DockerPath}, {"kubernetes", report.KubernetesPath},
	} {
		sent := recorded(t, module.name+"-report")
		sent["timestamp"] = time.Now().UTC().Format(time.RFC3339Nano)
		body, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		h.post(t, module.path, body, &got)
		want := recorded(t, module.name+"-response")
		if diff := cmp.Diff(shapes(want), shapes(got)); diff != "" {
			t.Errorf("%s: answer (-recorded +ours):\n%s", module.path, diff)
		}
		delete(want, "lastSeen")
		delete(got, "lastSeen")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: answer (-recorded +ours):\n%s", module.path, diff)
		}
	}
	s := h.state(t)
	if len(s.Hosts) != 1 || len(s.DockerHosts) != 1 || len(s.Clusters) != 1 {
		t.Fatalf("%d machines, %d engines, %d clusters", len(s.Hosts), len(s.DockerHosts), len(s.Clusters))
	}
	host, engine, cluster := s.Hosts[0], s.DockerHosts[0], s.Clusters[0]
	if host.Hostname != "demo-host" || host.Status != "online" || engine.Hostname != "demo-host" || engine.Status != "online" {
		t.Errorf("host %+v, engine %+v", host, engine)
	}
	var running []string
	for _, c := range engine.Containers {
		running = append(running, c.Name+" "+c.State)
	}
	var reported []string
	for _, c := range recorded(t, "docker-report")["containers"].([]any) {
		reported = append(reported, fmt.Sprintf("%s %s", c.(map[string]any)["name"], c.(map[string]any)["state"]))
	}
	if diff := cmp.Diff(reported, running); diff != "" {
		t.Errorf("containers (-reported +shown):\n%s", diff)
	}
	if cluster.Status != "online" || len(cluster.Nodes) != 2 || len(cluster.Pods) != 3 || len(cluster.Deployments) != 1 {
		t.Errorf("cluster %+v", cluster)
	}
	until(t, patience, func() string {
		if n := len(h.history(t, host.ID)); n == 0 {
			return "there is no history"
		}
		return ""
	})
}

// TestRecordedAgentOfThePast plays an agent whose clock is hours behind: it is believed, as it does not say when it
// sends, and is there nonetheless, as it was heard of just now.
func TestRecordedAgentOfThePast(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	for range 2 {
		body, err := json.Marshal(recorded(t, "host-report"))
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ LastSeen time.Time }
		h.post(t, report.HostPath, body, &got)
		if taken := recorded(t, "host-report")["timestamp"]; got.LastSeen.Format(time.RFC3339Nano) != taken {
			t.Errorf("filed under %s, reported as of %s", got.LastSeen, taken)
		}
	}
	if hosts := h.state(t).Hosts; len(hosts) != 1 || hosts[0].Status != "online" || time.Since(time.UnixMilli(hosts[0].LastSeen)) < time.Hour {
		t.Errorf("machines = %+v", hosts)
	}
}
