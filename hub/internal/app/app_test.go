package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/app"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/hub/internal/stream"
)

const token = "an-api-token-for-the-test"

// hub is a whole hub on a port of its own.
type hub struct {
	url  string
	stop func() error
}

func start(t *testing.T, dir string) *hub {
	t.Helper()
	settings, err := config.Load(config.Source{
		Args:    []string{"--data-dir", dir, "--bind-address", "127.0.0.1", "--port", "0", "--metrics-address", "off"},
		Environ: []string{"API_TOKENS=" + token}, Output: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	one := app.New(settings, app.Build{Version: "5.1.0"}, hclog.NewNullLogger())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- one.Run(ctx) }()
	select {
	case <-one.Ready():
	case err := <-ended:
		cancel()
		t.Fatalf("hub ended before it was ready: %v", err)
	case <-time.After(30 * time.Second):
		cancel()
		t.Fatal("hub is not ready")
	}
	stopped := false
	h := &hub{url: "http://" + one.Address().String()}
	h.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(30 * time.Second):
			return fmt.Errorf("hub did not end")
		}
	}
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *hub) do(t *testing.T, method, path string, body any) (int, []byte) {
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
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

func report(cpu float64, at time.Time) map[string]any {
	return map[string]any{
		"agent":     map[string]any{"id": "a", "type": "unified", "version": "5.1.0", "intervalSeconds": 10},
		"host":      map[string]any{"id": "machine-1", "hostname": "web"},
		"metrics":   map[string]any{"cpuUsagePercent": cpu, "memory": map[string]any{"totalBytes": 1000, "usedBytes": 250}},
		"sensors":   map[string]any{},
		"timestamp": at.Format(time.RFC3339Nano),
	}
}

func (h *hub) report(t *testing.T, cpu float64, at time.Time) {
	t.Helper()
	if status, answer := h.do(t, http.MethodPost, "/api/agents/host/report", report(cpu, at)); status != 200 {
		t.Fatalf("report gave %d %s", status, answer)
	}
}

// frames reads what the hub tells a page until seen says that it is enough.
func (h *hub) frames(t *testing.T, seen func(kind string, raw []byte) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(h.url, "http")+"/ws?token="+token,
		&websocket.DialOptions{Subprotocols: []string{stream.Protocol}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	for {
		_, raw, err := c.Read(ctx)
		if err != nil {
			t.Fatalf("no such frame came: %v", err)
		}
		var frame struct{ Type string }
		if err := json.Unmarshal(raw, &frame); err != nil {
			t.Fatal(err)
		}
		if seen(frame.Type, raw) {
			return
		}
	}
}

func TestReportReachesEverybody(t *testing.T) {
	h := start(t, t.TempDir())
	at := time.Now().Add(-time.Minute).Truncate(time.Second)
	h.report(t, 10, at)
	_, state := h.do(t, http.MethodGet, "/api/state", nil)
	if !strings.Contains(string(state), `"hostname":"web"`) {
		t.Errorf("state lacks the host: %s", state)
	}
	sent := false
	h.frames(t, func(kind string, raw []byte) bool {
		if kind == "snapshot" && !sent {
			if !strings.Contains(string(raw), `"id":"machine-1"`) {
				t.Errorf("snapshot lacks the host: %s", raw)
			}
			h.report(t, 55, at.Add(10*time.Second))
			sent = true
		}
		return kind == "delta" && strings.Contains(string(raw), `"patch":[{"id":"machine-1"`) && strings.Contains(string(raw), `"current":55`)
	})
	h.waitForHistory(t, 2)
}

// waitForHistory waits until so many points of the host's processor are stored.
func (h *hub) waitForHistory(t *testing.T, want int) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		_, raw := h.do(t, http.MethodGet, "/api/metrics-store/history?resourceType=host&resourceId=machine-1&metric=cpu&range=1h", nil)
		var answer struct{ Points []struct{ Value float64 } }
		if err := json.Unmarshal(raw, &answer); err != nil {
			t.Fatalf("history is %s: %v", raw, err)
		}
		if len(answer.Points) >= want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("history has %d points, want %d: %s", len(answer.Points), want, raw)
		}
	}
}

func TestNothingAcceptedIsLostByARestart(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir)
	// All of it within the hour that is asked for, with room for a slow machine.
	at := time.Now().Add(-30 * time.Minute).Truncate(time.Second)
	for i := range 50 {
		first.report(t, float64(i), at.Add(time.Duration(i)*20*time.Second))
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, dir)
	_, state := second.do(t, http.MethodGet, "/api/state", nil)
	if !strings.Contains(string(state), `"hostname":"web"`) || !strings.Contains(string(state), `"status":"offline"`) {
		t.Errorf("before its next report the host is not shown as known and not seen: %s", state)
	}
	second.report(t, 1, time.Now())
	second.waitForHistory(t, 51)
}

func TestPortInUseIsAnError(t *testing.T) {
	h := start(t, t.TempDir())
	settings, err := config.Load(config.Source{
		Args: []string{"--data-dir", t.TempDir(), "--bind-address", "127.0.0.1", "--port", h.url[strings.LastIndex(h.url, ":")+1:]},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.New(settings, app.Build{Version: "5.1.0"}, hclog.NewNullLogger()).Run(t.Context()); err == nil {
		t.Error("two hubs share a port")
	}
}
