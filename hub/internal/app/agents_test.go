package app_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// as sends a request with another token and returns the status and the answer.
func (h *hub) as(t *testing.T, token, method, path string, body any) (int, map[string]any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, h.url+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Token", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("%s %s gave %d: %v", method, path, response.StatusCode, err)
	}
	return response.StatusCode, answer
}

func engineReport() map[string]any {
	return map[string]any{
		"agent":      map[string]any{"id": "engine-1", "type": "unified", "version": "5.1.0", "intervalSeconds": 10},
		"host":       map[string]any{"hostname": "docker-01", "machineId": "m1", "memory": map[string]any{}},
		"containers": []any{map[string]any{"id": "c1", "name": "web", "state": "running"}},
		"timestamp":  time.Now().UTC().Format(time.RFC3339Nano),
	}
}

// TestRemovedEngineStaysOut makes a token for an engine, removes the engine, and
// expects the token to be void at once and the engine to be refused, also
// after a restart.
func TestRemovedEngineStaysOut(t *testing.T) {
	dir := t.TempDir()
	h := start(t, dir)
	const reports, one = "/api/agents/docker/report", "/api/agents/docker/hosts/engine-1"
	if status, answer := h.as(t, token, http.MethodPost, reports, engineReport()); status != 200 {
		t.Fatalf("%d %v", status, answer)
	}
	_, prepared := h.as(t, token, http.MethodPost, "/api/diagnostics/docker/prepare-token", map[string]string{"hostId": "engine-1"})
	own, _ := prepared["token"].(string)
	// The token of the configuration cannot be revoked; the engine is removed all the same.
	if status, answer := h.as(t, token, http.MethodDelete, one+"?force=true", nil); status != 200 {
		t.Fatalf("%d %v", status, answer)
	}
	if status, answer := h.as(t, own, http.MethodPost, reports, engineReport()); status != 400 || answer["code"] != "invalid_report" {
		t.Errorf("a removed engine got %d %v", status, answer)
	}
	h.as(t, token, http.MethodPost, one+"/allow-reenroll", nil)
	if status, answer := h.as(t, own, http.MethodPost, reports, engineReport()); status != 200 {
		t.Fatalf("with a token of its own: %d %v", status, answer)
	}
	h.as(t, token, http.MethodPut, one+"/display-name", map[string]string{"displayName": "Mine"})
	h.as(t, token, http.MethodDelete, one+"?force=true", nil)
	if status, _ := h.as(t, own, http.MethodPost, reports, engineReport()); status != 401 {
		t.Errorf("the token of a removed engine gives %d", status)
	}
	for _, when := range []string{"at once", "after a restart"} {
		_, state := h.as(t, token, http.MethodGet, "/api/state", nil)
		removed, _ := state["removedDockerHosts"].([]any)
		if len(removed) != 1 || removed[0].(map[string]any)["displayName"] != "Mine" || len(state["dockerHosts"].([]any)) != 0 {
			t.Errorf("%s the state has %v and %v", when, removed, state["dockerHosts"])
		}
		if status, _ := h.as(t, token, http.MethodPost, reports, engineReport()); status != 400 {
			t.Errorf("%s a report gives %d", when, status)
		}
		if when == "at once" {
			if err := h.stop(); err != nil {
				t.Fatal(err)
			}
			h = start(t, dir)
		}
	}
}
