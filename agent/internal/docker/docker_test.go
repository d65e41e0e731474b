package docker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/docker"
	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

func TestReportOfOneContainer(t *testing.T) {
	fake := enginetest.NewFake(t)
	started := time.Now().Add(-time.Hour)
	fake.Add(enginetest.Container{
		Name: "web", Running: true, Started: started, Health: "healthy", RestartCount: 2,
		Config:   map[string]any{"Image": "app:1", "Env": []string{"A=1"}, "Labels": map[string]string{"app": "web"}},
		Networks: map[string]map[string]any{"front": {"IPAddress": "10.0.0.2", "GlobalIPv6Address": "fd00::2"}, "back": {}},
		Mounts:   []map[string]any{{"Type": "bind", "Source": "/srv", "Destination": "/data", "Mode": "ro", "RW": false, "Propagation": "rprivate"}},
	})
	got := collect(t, docker.New(at(fake.Socket)))
	container := got.Containers[0]
	if container.CPUPercent < 24 || container.CPUPercent > 26 {
		t.Errorf("cpu = %v, want a quarter of a core", container.CPUPercent)
	}
	if container.UptimeSeconds < 3600 || container.UptimeSeconds > 3660 {
		t.Errorf("uptime = %d", container.UptimeSeconds)
	}
	container.CPUPercent, container.UptimeSeconds, container.StartedAt = 0, 0, time.Time{}
	want := report.Container{
		ID: fmt.Sprintf("%064x", 1), Name: "web", Image: "app:1", ImageDigest: "sha256:old", CreatedAt: time.Unix(1767225600, 0).UTC(),
		State: "running", Status: "Up 2 minutes (healthy)", Health: "healthy", MemoryUsageBytes: 70 << 20, MemoryLimitBytes: 1 << 30,
		MemoryPercent: 6.84, RestartCount: 2, Ports: []report.ContainerPort{{PrivatePort: 80, PublicPort: 8080, Protocol: "tcp", IP: "0.0.0.0"}},
		Labels: map[string]string{"app": "web"}, Env: []string{"A=1"},
		Networks: []report.ContainerNetwork{{Name: "back"}, {Name: "front", IPv4: "10.0.0.2", IPv6: "fd00::2"}},
		BlockIO:  &report.BlockIO{ReadBytes: 1000, WriteBytes: 2000},
		Mounts:   []report.ContainerMount{{Type: "bind", Source: "/srv", Destination: "/data", Mode: "ro", Propagation: "rprivate"}},
	}
	if diff := cmp.Diff(want, container); diff != "" {
		t.Errorf("container (-want +got):\n%s", diff)
	}
	wantDetail := report.ContainerDetail{ID: container.ID, Processes: 7, Network: &report.Traffic{RxBytes: 5, TxBytes: 6}}
	if diff := cmp.Diff(wantDetail, detailOf(got, container.ID)); diff != "" {
		t.Errorf("detail (-want +got):\n%s", diff)
	}
	if got.Agent != (report.Agent{ID: "agent", Version: "1.2.3", Type: "unified", IntervalSeconds: 30}) || got.Host.Hostname != "machine" || got.Host.MachineID != "machine-id" {
		t.Errorf("agent %+v, host %+v", got.Agent, got.Host)
	}
}

func TestContainersAreInspectedWhenSomethingHappened(t *testing.T) {
	fake := enginetest.NewFake(t)
	first := fake.Add(enginetest.Container{Name: "a", Running: true})
	fake.Add(enginetest.Container{Name: "b", Running: true})
	subject := docker.New(at(fake.Socket))
	run(t, subject)
	collect(t, subject)
	enginetest.Eventually(t, "events are followed", func() bool { return fake.Listeners() == 1 })
	collect(t, subject)
	inspect := "GET /containers/" + first.ID + "/json"
	before := fake.Requests(inspect)
	for range 3 {
		collect(t, subject)
	}
	if got := fake.Requests(inspect); got != before {
		t.Errorf("a container nothing happened to was inspected %d times", got-before)
	}
	fake.Change("a", func(c *enginetest.Container) { c.RestartCount = 5 })
	enginetest.Eventually(t, "the event counts", func() bool { return named(t, collect(t, subject), "a").RestartCount == 5 })
	if got := fake.Requests(inspect); got != before+1 {
		t.Errorf("a container with one event was inspected %d times", got-before)
	}
}

func TestMissingEngine(t *testing.T) {
	subject := docker.New(at(filepath.Join(t.TempDir(), "none")))
	_, err := subject.Collect(t.Context())
	if !errors.Is(err, module.ErrUnavailable) {
		t.Fatalf("Collect = %v, want unavailable", err)
	}
	if checks := subject.Checks(); len(checks) != 1 || checks[0].State != module.Unavailable {
		t.Errorf("checks = %+v", checks)
	}
}

func TestEngineThatRestarts(t *testing.T) {
	fake := enginetest.NewFake(t)
	fake.Add(enginetest.Container{Name: "a", Running: true})
	subject := docker.New(at(fake.Socket))
	collect(t, subject)
	fake.Close()
	if _, err := subject.Collect(t.Context()); !errors.Is(err, module.ErrUnavailable) {
		t.Fatalf("Collect without the engine = %v", err)
	}
	fake.Listen(t)
	if got := collect(t, subject); len(got.Containers) != 1 {
		t.Errorf("containers after the restart: %+v", got.Containers)
	}
}

func TestHungEngineIsSaidInTheReport(t *testing.T) {
	fake := enginetest.NewFake(t)
	fake.Add(enginetest.Container{Name: "a", Running: true})
	var hung atomic.Bool
	fake.Fault = func(request *http.Request) int {
		if hung.Load() {
			<-request.Context().Done()
			return http.StatusServiceUnavailable
		}
		return 0
	}
	subject := docker.New(at(fake.Socket))
	collect(t, subject)
	hung.Store(true)
	began := time.Now()
	got := collect(t, subject)
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("collection took %s", took)
	}
	if got.Containers != nil {
		t.Errorf("containers = %+v, want none at all", got.Containers)
	}
	if got.Detail == nil || len(got.Detail.Degraded) != 1 || got.Detail.Degraded[0].Part != "containers" {
		t.Errorf("detail = %+v", got.Detail)
	}
	if got.Host.RuntimeVersion == "" || got.Host.Hostname == "" {
		t.Errorf("host = %+v", got.Host)
	}
	if text, _ := json.Marshal(got); !strings.Contains(string(text), `"containers":null`) {
		t.Errorf("report = %s", text)
	}
	hung.Store(false)
	if got := collect(t, subject); len(got.Containers) != 1 || got.Detail != nil && got.Detail.Degraded != nil {
		t.Errorf("report after it answers again: %+v", got)
	}
}

func TestOneContainerThatCannotBeLookedAt(t *testing.T) {
	fake := enginetest.NewFake(t)
	fake.Add(enginetest.Container{Name: "good", Running: true})
	bad := fake.Add(enginetest.Container{Name: "bad", Running: true})
	fake.Fault = func(request *http.Request) int {
		if strings.Contains(request.URL.Path, bad.ID) {
			return http.StatusInternalServerError
		}
		return 0
	}
	got := collect(t, docker.New(at(fake.Socket)))
	if len(got.Containers) != 2 || named(t, got, "bad").State != "running" || named(t, got, "good").MemoryUsageBytes == 0 {
		t.Errorf("containers = %+v", got.Containers)
	}
	if got.Detail == nil || len(got.Detail.Degraded) != 1 || !strings.HasPrefix(got.Detail.Degraded[0].Reason, "1 of 2") {
		t.Errorf("detail = %+v", got.Detail)
	}
}

func TestPodman(t *testing.T) {
	fake := enginetest.NewFake(t)
	fake.Header.Set("Libpod-Api-Version", "4.3.1")
	fake.Swarm = map[string]any{"LocalNodeState": "inactive"}
	fake.Add(enginetest.Container{Name: "a", Config: map[string]any{"Image": "app:1", "Labels": map[string]string{
		"io.podman.compose.project": "shop", "io.containers.autoupdate": "registry", "io.podman.annotations.pod.name": "pod",
	}}})
	got := collect(t, docker.New(at(fake.Socket)))
	want := &report.Podman{PodName: "pod", ComposeProject: "shop", AutoUpdatePolicy: "registry"}
	if diff := cmp.Diff(want, got.Containers[0].Podman); diff != "" {
		t.Errorf("podman (-want +got):\n%s", diff)
	}
	if got.Host.Runtime != "podman" || got.Host.Swarm != nil {
		t.Errorf("host = %+v", got.Host)
	}
	options := at(fake.Socket)
	options.Runtime = "docker"
	if _, err := docker.New(options).Collect(t.Context()); !errors.Is(err, module.ErrUnavailable) {
		t.Errorf("with runtime docker, Collect = %v", err)
	}
}

func TestLargeReportIsCut(t *testing.T) {
	fake := enginetest.NewFake(t)
	long := strings.Repeat("x", 900)
	for i := range 900 {
		fake.Add(enginetest.Container{Name: fmt.Sprint("c", i), Config: map[string]any{
			"Image": "app:1", "Env": []string{"A=" + long}, "Labels": map[string]string{"l": long},
		}})
	}
	got := collect(t, docker.New(at(fake.Socket)))
	text, err := json.Marshal(got)
	if err != nil || len(text) > report.MaxDockerBytes || len(got.Containers) != 900 {
		t.Errorf("%d bytes, %d containers, %v", len(text), len(got.Containers), err)
	}
	if got.Detail == nil || len(got.Detail.Degraded) == 0 || got.Detail.Degraded[0].Part != "size" {
		t.Errorf("detail = %+v", got.Detail)
	}
}

func TestHear(t *testing.T) {
	subject := docker.New(at("/none"))
	accepted := []byte(`{"success":true,"hostId":"h","containers":0,"commands":[{"id":"c","type":"stop"}]}`)
	removed := []byte(`{"error":"docker host \"h\" was removed at 2026-11-23T05:33:13Z and cannot report again.","code":"invalid_report"}`)
	tests := []struct {
		name   string
		answer module.Answer
		ended  bool
	}{
		{"taken", module.Answer{Status: 200, Body: accepted}, false},
		{"taken by another hub", module.Answer{Target: 1, Status: 200, Body: accepted}, false},
		{"removed", module.Answer{Status: 400, Body: removed}, true},
		{"other refusal", module.Answer{Status: 400, Body: []byte(`{"error":"docker report missing hostname","code":"invalid_report"}`)}, false},
		{"no JSON", module.Answer{Status: 404, Body: []byte("nope")}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := subject.Hear(test.answer); errors.Is(err, module.ErrEnded) != test.ended {
				t.Errorf("Hear = %v", err)
			}
		})
	}
}

func TestStopEndsTheModule(t *testing.T) {
	acks := make(chan report.CommandAck, 4)
	hub := hubOf(t, acks)
	fake := enginetest.NewFake(t)
	options := at(fake.Socket)
	options.Hub.URL, options.Hub.Client = hub.URL, hub.Client()
	subject := docker.New(options)
	run(t, subject)
	collect(t, subject)
	answer := module.Answer{Target: 1, Status: 200, Body: []byte(`{"hostId":"h","commands":[{"id":"c","type":"stop"}]}`)}
	if err := subject.Hear(answer); err != nil { // a hub that may not give commands
		t.Fatal(err)
	}
	collect(t, subject)
	answer.Target = 0
	if err := subject.Hear(answer); err != nil {
		t.Fatal(err)
	}
	<-subject.Nudge()
	if _, err := subject.Collect(t.Context()); !errors.Is(err, module.ErrEnded) {
		t.Errorf("Collect after stop = %v", err)
	}
	if diff := cmp.Diff(report.CommandAck{HostID: "h", Status: "completed", Message: "Agent shutting down"}, <-acks); diff != "" {
		t.Errorf("ack (-want +got):\n%s", diff)
	}
}

func TestFollowWaitsForAnEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, docker.New(at("/none")))
		synctest.Wait() // with nothing to follow, nothing is busy
	})
}

func TestChecksThatAreTurnedOff(t *testing.T) {
	acks := make(chan report.CommandAck, 4)
	hub := hubOf(t, acks)
	options := at("/none")
	options.Hub.URL, options.Hub.Client = hub.URL, hub.Client()
	subject := docker.New(options)
	run(t, subject)
	if err := subject.Hear(module.Answer{Status: 200, Body: []byte(`{"hostId":"h","commands":[{"id":"c","type":"check_updates"}]}`)}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report.CommandAck{HostID: "h", Status: "failed", Message: "update checks are turned off on this machine"}, <-acks); diff != "" {
		t.Errorf("ack (-want +got):\n%s", diff)
	}
}
