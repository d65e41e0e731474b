package docker_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/docker"
	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// at returns what a module is built with to find the engine at that socket and nothing else.
func at(socket string) docker.Options {
	environment := map[string]string{"DOCKER_HOST": "unix://" + socket}
	return docker.Options{
		Runtime: "auto", Version: "1.2.3", Interval: 30 * time.Second, DisableUpdateChecks: true,
		Host: func(context.Context) (*report.Host, error) {
			host := &report.Host{}
			host.Agent.ID, host.Host.Hostname, host.Host.MachineID = "agent", "machine", "machine-id"
			return host, nil
		},
		Logger: hclog.NewNullLogger(),
		System: engine.System{
			Getenv: func(name string) string { return environment[name] },
			Glob:   func(string) ([]string, error) { return nil, nil },
		},
	}
}

// collect makes one report.
func collect(t testing.TB, module *docker.Module) *report.Docker {
	t.Helper()
	collected, err := module.Collect(t.Context())
	if err != nil {
		t.Fatalf("Collect: %v", err)
	}
	return collected.(*report.Docker)
}

// run runs a module's background until the test ends.
func run(t testing.TB, module *docker.Module) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- module.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
	})
}

func named(t testing.TB, result *report.Docker, name string) report.Container {
	t.Helper()
	for _, each := range result.Containers {
		if each.Name == name {
			return each
		}
	}
	text, _ := json.Marshal(result)
	t.Fatalf("no container %s in %s", name, text)
	return report.Container{}
}

func detailOf(result *report.Docker, id string) report.ContainerDetail {
	if result.Detail != nil {
		for _, each := range result.Detail.Containers {
			if each.ID == id {
				return each
			}
		}
	}
	return report.ContainerDetail{}
}

func TestRealDocker(t *testing.T) {
	daemon := enginetest.Docker(t)
	daemon.Import(t, "payload", "1", "")
	module := docker.New(at(daemon.Socket))
	run(t, module)

	second := int64(time.Second)
	daemon.Run(t, "plain", map[string]any{
		"Env": []string{"MODE=test", "DB_PASSWORD=hunter2"}, "Labels": map[string]string{"com.docker.compose.project": "shop", "com.docker.compose.service": "web"},
		"HostConfig": map[string]any{"NetworkMode": "host", "Memory": 64 << 20},
	})
	daemon.Run(t, "busy", map[string]any{"Cmd": []string{"/payload", "burn"}, "HostConfig": map[string]any{"NetworkMode": "none", "NanoCpus": 500_000_000}})
	daemon.Run(t, "sick", map[string]any{"Healthcheck": map[string]any{"Test": []string{"CMD", "/payload", "exit", "1"}, "Interval": second, "Retries": 1}})
	daemon.Run(t, "fell", map[string]any{"Cmd": []string{"/payload", "exit", "3"}})
	daemon.Run(t, "again", map[string]any{"Cmd": []string{"/payload", "exit", "4"}, "HostConfig": map[string]any{"NetworkMode": "none", "RestartPolicy": map[string]any{"Name": "on-failure", "MaximumRetryCount": 2}}})
	daemon.Run(t, "greedy", map[string]any{"Cmd": []string{"/payload", "eat"}, "HostConfig": map[string]any{"NetworkMode": "none", "Memory": 16 << 20, "MemorySwap": 16 << 20}})
	daemon.Run(t, "x_pulse_backup_20260101_000000", nil)

	var last *report.Docker
	enginetest.Eventually(t, "all containers are as they will stay", func() bool {
		last = collect(t, module)
		return named(t, last, "sick").Health == "unhealthy" && named(t, last, "fell").State == "exited" &&
			named(t, last, "again").RestartCount == 2 && named(t, last, "again").State == "exited" &&
			named(t, last, "greedy").State == "exited" && detailOf(last, named(t, last, "greedy").ID).OOMKilled && named(t, last, "busy").CPUPercent > 20
	})
	if len(last.Containers) != 6 || last.Detail != nil && len(last.Detail.Degraded) > 0 {
		t.Errorf("%d containers, degraded %+v", len(last.Containers), last.Detail.Degraded)
	}
	plain := named(t, last, "plain")
	if plain.State != "running" || plain.MemoryUsageBytes <= 0 || plain.MemoryLimitBytes != 64<<20 || plain.UptimeSeconds < 0 || plain.StartedAt.IsZero() || !plain.FinishedAt.IsZero() {
		t.Errorf("plain = %+v", plain)
	}
	if len(plain.Env) != 2 || plain.Env[1] != "DB_PASSWORD=***" || len(plain.Networks) != 1 || plain.Networks[0].Name != "host" {
		t.Errorf("plain has environment %q and networks %+v", plain.Env, plain.Networks)
	}
	if detail := detailOf(last, plain.ID); detail.ComposeProject != "shop" || detail.ComposeService != "web" || detail.Processes == 0 {
		t.Errorf("detail of plain = %+v", detail)
	}
	if busy := named(t, last, "busy"); busy.CPUPercent > 75 {
		t.Errorf("busy uses %v percent of half a core", busy.CPUPercent)
	}
	if fell := named(t, last, "fell"); fell.ExitCode != 3 || fell.FinishedAt.IsZero() || fell.MemoryLimitBytes != 0 {
		t.Errorf("fell = %+v", fell)
	}
	if detail := detailOf(last, named(t, last, "sick").ID); detail.FailingStreak == 0 || len(detail.HealthLog) == 0 {
		t.Errorf("detail of sick = %+v", detail)
	}
	if last.Host.Runtime != "docker" || last.Host.Swarm == nil || last.Host.Swarm.LocalState != "inactive" || last.Host.Swarm.NodeRole != "worker" || last.Host.TotalCPU == 0 {
		t.Errorf("host = %+v", last.Host)
	}

	daemon.Call(t, http.MethodPost, "/containers/plain/stop?t=5", nil, nil)
	if plain = named(t, collect(t, module), "plain"); plain.State != "exited" || plain.CPUPercent != 0 || plain.FinishedAt.IsZero() {
		t.Errorf("stopped container = %+v", plain)
	}
	daemon.Call(t, http.MethodPost, "/containers/plain/start", nil, nil)
	if plain = named(t, collect(t, module), "plain"); plain.State != "running" || plain.MemoryUsageBytes <= 0 {
		t.Errorf("started container = %+v", plain)
	}
}

func TestRealSwarm(t *testing.T) {
	daemon := enginetest.Docker(t)
	daemon.Import(t, "payload", "1", "")
	daemon.Call(t, http.MethodPost, "/swarm/init", map[string]any{"ListenAddr": "127.0.0.1:0", "AdvertiseAddr": "127.0.0.1"}, nil)
	t.Cleanup(func() {
		// Best effort: the engine ends anyway.
		_ = daemon.Try(http.MethodPost, "/swarm/leave?force=1")
	})
	daemon.Call(t, http.MethodPost, "/services/create", map[string]any{
		"Name": "web", "Labels": map[string]string{"com.docker.stack.namespace": "shop"},
		"TaskTemplate": map[string]any{
			"ContainerSpec": map[string]any{"Image": enginetest.PayloadImage, "Command": []string{"/payload", "wait"}},
			"Networks":      []map[string]any{{"Target": "host"}},
		},
		"Mode": map[string]any{"Replicated": map[string]any{"Replicas": 2}},
	}, nil)
	module := docker.New(at(daemon.Socket))
	var last *report.Docker
	enginetest.Eventually(t, "the service runs", func() bool {
		last = collect(t, module)
		return len(last.Services) == 1 && last.Services[0].RunningTasks == 2 && len(last.Containers) == 2
	})
	if swarm := last.Host.Swarm; swarm.NodeRole != "manager" || swarm.Scope != "cluster" || swarm.LocalState != "active" || swarm.NodeID == "" || swarm.ClusterID == "" {
		t.Errorf("swarm = %+v", swarm)
	}
	if service := last.Services[0]; service.Name != "web" || service.Stack != "shop" || service.Mode != "replicated" || service.DesiredTasks != 2 {
		t.Errorf("service = %+v", service)
	}
	if len(last.Tasks) != 2 {
		t.Fatalf("tasks = %+v", last.Tasks)
	}
	for _, task := range last.Tasks {
		if container := named(t, last, task.ContainerName); container.ID != task.ContainerID || task.CurrentState != "running" || task.NodeName == "" {
			t.Errorf("task = %+v", task)
		}
	}
}

func TestRealPodman(t *testing.T) {
	daemon := enginetest.Podman(t)
	daemon.Import(t, "payload", "1", "")
	limits := []map[string]any{{"Name": "nofile", "Soft": 1024, "Hard": 1024}, {"Name": "nproc", "Soft": 1024, "Hard": 1024}}
	host := map[string]any{"NetworkMode": "none", "Ulimits": limits}
	daemon.Run(t, "plain", map[string]any{"Image": "docker.io/library/payload:1", "HostConfig": host, "Labels": map[string]string{"io.podman.compose.project": "shop"}})
	daemon.Run(t, "fell", map[string]any{"Image": "docker.io/library/payload:1", "HostConfig": host, "Cmd": []string{"/payload", "exit", "3"}})
	module := docker.New(at(daemon.Socket))
	run(t, module)
	var last *report.Docker
	enginetest.Eventually(t, "the containers are as they will stay", func() bool {
		last = collect(t, module)
		return named(t, last, "fell").State == "exited" && named(t, last, "plain").State == "running"
	})
	if last.Host.Runtime != "podman" || last.Host.Swarm != nil || last.Host.RuntimeVersion == "" {
		t.Errorf("host = %+v", last.Host)
	}
	if fell := named(t, last, "fell"); fell.ExitCode != 3 {
		t.Errorf("fell = %+v", fell)
	}
	plain := named(t, last, "plain")
	if plain.MemoryUsageBytes <= 0 || plain.MemoryLimitBytes <= 0 || plain.Podman == nil || plain.Podman.ComposeProject != "shop" {
		t.Errorf("plain = %+v", plain)
	}
	if last.Detail != nil && last.Detail.Degraded != nil {
		t.Errorf("degraded = %+v", last.Detail.Degraded)
	}
	daemon.Call(t, http.MethodPost, "/containers/plain/stop?t=5", nil, nil)
	if plain = named(t, collect(t, module), "plain"); plain.State != "exited" {
		t.Errorf("stopped container = %+v", plain)
	}
}

func TestRealDockerRestarts(t *testing.T) {
	daemon := enginetest.Docker(t)
	daemon.Import(t, "payload", "1", "")
	daemon.Run(t, "plain", nil)
	subject := docker.New(at(daemon.Socket))
	run(t, subject)
	collect(t, subject)
	daemon.Restart(t, func() {
		if _, err := subject.Collect(t.Context()); !errors.Is(err, module.ErrUnavailable) {
			t.Errorf("Collect without the engine = %v", err)
		}
	})
	if plain := named(t, collect(t, subject), "plain"); plain.State == "running" {
		t.Errorf("container that ended with the engine = %+v", plain)
	}
}
