package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// reportWith posts a report with a token and returns the status.
func (h *hub) reportWith(t *testing.T, token string) int {
	t.Helper()
	raw, err := json.Marshal(report(10, time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/api/agents/host/report", strings.NewReader(string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Token", token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// TestTokenOfAnInstallCommandIsValid at once, for reporting only, and after a restart.
func TestTokenOfAnInstallCommandIsValid(t *testing.T) {
	dir := t.TempDir()
	h := start(t, dir)
	status, answer := h.do(t, http.MethodPost, "/api/agent-install-command", map[string]string{"type": "pve"})
	var command struct{ Token string }
	if err := json.Unmarshal(answer, &command); err != nil || status != 200 || command.Token == "" {
		t.Fatalf("the command is %d %s", status, answer)
	}
	if status := h.reportWith(t, command.Token); status != 200 {
		t.Errorf("a report gave %d", status)
	}
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	kept := tokensIn(t, dir)
	if len(kept) != 1 || kept[0].Hash != auth.HashToken(command.Token) || len(kept[0].Scopes) != 2 {
		t.Errorf("kept are %+v", kept)
	}
	again := start(t, dir)
	if status := again.reportWith(t, command.Token); status != 200 {
		t.Errorf("after a restart a report gave %d", status)
	}
	if status := again.reportWith(t, kept[0].Hash); status != 401 {
		t.Errorf("its hash gave %d", status)
	}
}

// tokensIn reads the tokens of a data folder that no hub uses.
func tokensIn(t *testing.T, dir string) []auth.Token {
	t.Helper()
	settings, err := store.Open(dir+"/pulse.db", store.Options{KeyFile: dir + "/pulse.key"})
	if err != nil {
		t.Fatal(err)
	}
	defer settings.Close()
	byID, err := store.ListJSON[auth.Token](t.Context(), settings, store.Tokens, "")
	if err != nil {
		t.Fatal(err)
	}
	var list []auth.Token
	for _, token := range byID {
		list = append(list, token)
	}
	return list
}

func TestBroadcastsReachPages(t *testing.T) {
	h := start(t, t.TempDir())
	asked := false
	h.frames(t, func(kind string, raw []byte) bool {
		if kind == "snapshot" && !asked {
			asked = true
			if status, answer := h.do(t, http.MethodPost, "/api/test-notification", nil); status != 200 {
				t.Errorf("asking for one gave %d %s", status, answer)
			}
		}
		return kind == "node_auto_registered" && strings.Contains(string(raw), `"hasToken":true`)
	})
}
