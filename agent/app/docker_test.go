package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/app"
	"github.com/pulse-hub/pulse/agent/internal/config"
	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
	"github.com/pulse-hub/pulse/agent/report"
)

func TestDockerReportsCarryTheMachine(t *testing.T) {
	for _, host := range []bool{true, false} {
		fake := enginetest.NewFake(t)
		fake.Add(enginetest.Container{Name: "web", Running: true})
		t.Setenv("DOCKER_HOST", "unix://"+fake.Socket)
		received := make(chan report.Docker, 16)
		hub := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
			if request.URL.Path == report.DockerPath {
				var body report.Docker
				if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
					t.Errorf("decode report: %v", err)
				}
				select {
				case received <- body:
				default: // one is enough
				}
			}
			_, _ = writer.Write([]byte(`{"success":true,"hostId":"h"}`))
		}))
		defer hub.Close()
		cfg := settings(t.TempDir(), hub.URL)
		cfg.Hostname, cfg.AgentID = "machine", "a"
		cfg.Host.Enabled, cfg.Docker.Enabled = host, config.On
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- app.New(cfg, "1.2.3", hclog.NewNullLogger()).Run(ctx) }()
		var got report.Docker
		select {
		case got = <-received:
		case <-ctx.Done():
			t.Fatal("no report of the engine")
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
		if got.Agent.ID != "a" || got.Agent.Version != "1.2.3" || got.Host.Hostname != "machine" || got.Host.Memory.TotalBytes == 0 || len(got.Containers) != 1 {
			t.Errorf("with host module %v: %+v", host, got)
		}
	}
}
