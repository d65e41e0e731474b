package roadtest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
	"github.com/pulse-hub/pulse/agent/report"
)

const (
	// interval is how often the agents report that these tests look at.
	interval = time.Second
	// patience is how long it may take until an engine has done something, or a report has arrived at all.
	patience = 45 * time.Second
)

// watched is a hub and an agent that reports one engine or cluster to it.
type watched struct {
	*hub
	daemon *enginetest.Daemon
}

// watch starts a hub, and an agent that reports an engine to it.
func watch(t *testing.T, daemon *enginetest.Daemon) *watched {
	t.Helper()
	w := &watched{hub: newHub(t), daemon: daemon}
	startAgent(t, agentOptions{url: w.url, socket: daemon.Socket, args: []string{"--interval", interval.String(), "--disable-docker-update-checks"}})
	until(t, patience, func() string {
		if n := len(w.state(t).DockerHosts); n != 1 {
			return fmt.Sprintf("%d engines are shown", n)
		}
		return ""
	})
	return w
}

// engine reads the present of the engine.
func (w *watched) engine(t testing.TB) engineState {
	t.Helper()
	s := w.state(t)
	if len(s.DockerHosts) != 1 {
		t.Fatalf("%d engines are shown", len(s.DockerHosts))
	}
	return s.DockerHosts[0]
}

// soon waits until the API tells of what came true at that moment. All that is reported an interval later has to tell it.
func soon(t *testing.T, what string, since time.Time, look func() (seenAt int64, lacking string)) {
	t.Helper()
	until(t, patience, func() string {
		seenAt, lacking := look()
		if lacking == "" {
			t.Logf("%s: shown after %s", what, time.Since(since).Round(10*time.Millisecond))
			return ""
		}
		if behind := time.UnixMilli(seenAt).Sub(since); behind > interval {
			t.Fatalf("%s: a report %s later says: %s", what, behind, lacking)
		}
		return what + ": " + lacking
	})
}

// shows waits in the same way until a container is as it should be.
func (w *watched) shows(t *testing.T, name string, since time.Time, right func(containerState) bool) (found containerState) {
	t.Helper()
	soon(t, name, since, func() (int64, string) {
		engine := w.engine(t)
		found = engine.container(name)
		if right(found) {
			return engine.LastSeen, ""
		}
		return engine.LastSeen, fmt.Sprintf("%+v", found)
	})
	return found
}

// inspected is what an engine itself says about a container.
type inspected struct {
	RestartCount int
	State        struct {
		Status    string
		OOMKilled bool
		ExitCode  int
		Health    *struct{ Status string }
	}
}

// reached waits until the engine itself says that something is so, and returns when that was seen.
func (w *watched) reached(t *testing.T, name string, is func(inspected) bool) time.Time {
	t.Helper()
	until(t, patience, func() string {
		var now inspected
		w.daemon.Call(t, http.MethodGet, "/containers/"+name+"/json", nil, &now)
		if !is(now) {
			return fmt.Sprintf("%s is %+v", name, now)
		}
		return ""
	})
	return time.Now()
}

func ended(now inspected) bool { return now.State.Status == "exited" }

func TestDocker(t *testing.T) {
	t.Parallel()
	daemon := enginetest.Docker(t)
	daemon.Import(t, "payload", "1", "")
	w := watch(t, daemon)

	host, none := "host", map[string]any{"NetworkMode": "none"}
	daemon.Run(t, "plain", map[string]any{
		"Labels":     map[string]string{"com.docker.compose.project": "shop", "com.docker.compose.service": "web"},
		"HostConfig": map[string]any{"NetworkMode": host, "Memory": 64 << 20},
	})
	w.shows(t, "plain", time.Now(), func(c containerState) bool { return c.State == "running" && c.MemoryLimitBytes == 64<<20 })

	daemon.Run(t, "sick", map[string]any{"HostConfig": none, "Healthcheck": map[string]any{
		"Test": []string{"CMD", "/payload", "exit", "1"}, "Interval": int64(time.Second), "Retries": 1,
	}})
	daemon.Run(t, "fell", map[string]any{"Cmd": []string{"/payload", "exit", "3"}})
	w.shows(t, "fell", w.reached(t, "fell", ended), func(c containerState) bool {
		return c.State == "exited" && c.ExitCode == 3 && c.FinishedAt > 0
	})
	w.shows(t, "sick", w.reached(t, "sick", func(now inspected) bool { return now.State.Health.Status == "unhealthy" }), func(c containerState) bool {
		return c.State == "running" && c.Health == "unhealthy"
	})

	daemon.Run(t, "again", map[string]any{"Cmd": []string{"/payload", "exit", "4"}, "HostConfig": map[string]any{
		"NetworkMode": "none", "RestartPolicy": map[string]any{"Name": "on-failure", "MaximumRetryCount": 2},
	}})
	again := w.reached(t, "again", func(now inspected) bool { return ended(now) && now.RestartCount == 2 })
	w.shows(t, "again", again, func(c containerState) bool { return c.State == "exited" && c.RestartCount == 2 && c.ExitCode == 4 })

	daemon.Run(t, "greedy", map[string]any{"Cmd": []string{"/payload", "eat"}, "HostConfig": map[string]any{
		"NetworkMode": "none", "Memory": 16 << 20, "MemorySwap": 16 << 20,
	}})
	greedy := w.reached(t, "greedy", func(now inspected) bool { return ended(now) && now.State.OOMKilled })
	w.shows(t, "greedy", greedy, func(c containerState) bool { return c.State == "exited" && c.ExitCode == 137 })

	w.testStopAndStart(t)
	w.testDetail(t)
	if engine := w.engine(t); engine.Runtime != "docker" || engine.Status != "online" || len(engine.Containers) != 5 {
		t.Errorf("engine = %+v", engine)
	}
}

// testStopAndStart changes a container in all the ways that a person does.
func (w *watched) testStopAndStart(t *testing.T) {
	t.Helper()
	for _, step := range []struct {
		call  string
		right func(containerState) bool
	}{
		{"stop?t=5", func(c containerState) bool { return c.State == "exited" && c.FinishedAt > 0 && c.CPUPercent == 0 }},
		{"start", func(c containerState) bool { return c.State == "running" && c.MemoryUsageBytes > 0 }},
		{"pause", func(c containerState) bool { return c.State == "paused" }},
		{"unpause", func(c containerState) bool { return c.State == "running" }},
		{"restart?t=5", func(c containerState) bool { return c.State == "running" }},
		{"rename?name=plainer", func(c containerState) bool { return c.ID == "" }},
		{"", func(c containerState) bool { return c.State == "running" }},
	} {
		name := "plain"
		if step.call == "" { // it has its new name
			name = "plainer"
		} else {
			w.daemon.Call(t, http.MethodPost, "/containers/"+name+"/"+step.call, nil, nil)
		}
		w.shows(t, name, time.Now(), step.right)
	}
	w.daemon.Run(t, "brief", nil)
	w.shows(t, "brief", time.Now(), func(c containerState) bool { return c.State == "running" })
	w.daemon.Call(t, http.MethodDelete, "/containers/brief?force=1", nil, nil)
	w.shows(t, "brief", time.Now(), func(c containerState) bool { return c.ID == "" })
}

// testDetail looks at what only our agent tells.
func (w *watched) testDetail(t *testing.T) {
	t.Helper()
	if d := detailOf[report.ContainerDetail](t, w.resource(t, "docker-container", "greedy")); !d.OOMKilled {
		t.Errorf("greedy: detail %+v", d)
	}
	if d := detailOf[report.ContainerDetail](t, w.resource(t, "docker-container", "plainer")); d.OOMKilled || d.ComposeProject != "shop" || d.ComposeService != "web" || d.Processes == 0 {
		t.Errorf("plainer: detail %+v", d)
	}
	if d := detailOf[report.ContainerDetail](t, w.resource(t, "docker-container", "sick")); d.FailingStreak == 0 || len(d.HealthLog) == 0 {
		t.Errorf("sick: detail %+v", d)
	}
	hosts := w.state(t).Hosts
	if len(hosts) != 1 || hosts[0].Status != "online" {
		t.Fatalf("hosts = %+v", hosts)
	}
	if d := detailOf[report.HostDetail](t, w.resource(t, "host", hosts[0].Hostname)); len(d.Cores) == 0 {
		t.Errorf("machine: detail %+v", d)
	}
}

func TestSwarm(t *testing.T) {
	t.Parallel()
	daemon := enginetest.Docker(t)
	daemon.Import(t, "payload", "1", "")
	w := watch(t, daemon)
	daemon.Call(t, http.MethodPost, "/swarm/init", map[string]any{"ListenAddr": "127.0.0.1:0", "AdvertiseAddr": "127.0.0.1"}, nil)
	t.Cleanup(func() { _ = daemon.Try(http.MethodPost, "/swarm/leave?force=1") }) // the engine ends anyway
	service := map[string]any{
		"Name": "web", "Labels": map[string]string{"com.docker.stack.namespace": "shop"},
		"TaskTemplate": map[string]any{
			"ContainerSpec": map[string]any{"Image": enginetest.PayloadImage, "Command": []string{"/payload", "wait"}},
			"Networks":      []map[string]any{{"Target": "host"}},
		},
		"Mode": map[string]any{"Replicated": map[string]any{"Replicas": 1}},
	}
	var created struct{ ID string }
	daemon.Call(t, http.MethodPost, "/services/create", service, &created)
	w.runs(t, 1)
	service["Mode"] = map[string]any{"Replicated": map[string]any{"Replicas": 2}}
	var now struct{ Version struct{ Index uint64 } }
	daemon.Call(t, http.MethodGet, "/services/"+created.ID, nil, &now)
	daemon.Call(t, http.MethodPost, fmt.Sprintf("/services/%s/update?version=%d", created.ID, now.Version.Index), service, nil)
	w.runs(t, 2)

	engine := w.engine(t)
	if s := engine.Swarm; s == nil || s.NodeRole != "manager" || s.LocalState != "active" || s.Scope != "cluster" || s.NodeID == "" || s.ClusterID == "" {
		t.Errorf("swarm = %+v", s)
	}
	if s := engine.Services[0]; s.Name != "web" || s.Stack != "shop" || s.Mode != "replicated" {
		t.Errorf("service = %+v", s)
	}
	for _, task := range engine.Tasks {
		if c := engine.container(task.ContainerName); c.State != "running" || task.ServiceName != "web" || task.NodeName == "" {
			t.Errorf("task %+v runs container %+v", task, c)
		}
	}
}

// runs waits until the engine runs so many tasks of its one service, and then until the API tells it.
func (w *watched) runs(t *testing.T, tasks int) {
	t.Helper()
	until(t, patience, func() string {
		var list []struct{ Status struct{ State string } }
		w.daemon.Call(t, http.MethodGet, "/tasks", nil, &list)
		running := 0
		for _, task := range list {
			if task.Status.State == "running" {
				running++
			}
		}
		if running != tasks {
			return fmt.Sprintf("%d tasks run", running)
		}
		return ""
	})
	soon(t, fmt.Sprintf("%d tasks", tasks), time.Now(), func() (int64, string) {
		engine := w.engine(t)
		if len(engine.Services) == 1 && engine.Services[0].RunningTasks == tasks && engine.Services[0].DesiredTasks == tasks &&
			len(engine.Tasks) == tasks && len(engine.Containers) == tasks {
			return engine.LastSeen, ""
		}
		return engine.LastSeen, fmt.Sprintf("services %+v, tasks %+v, %d containers", engine.Services, engine.Tasks, len(engine.Containers))
	})
}

func TestPodman(t *testing.T) {
	t.Parallel()
	daemon := enginetest.Podman(t)
	daemon.Import(t, "payload", "1", "")
	w := watch(t, daemon)
	limits := []map[string]any{{"Name": "nofile", "Soft": 1024, "Hard": 1024}, {"Name": "nproc", "Soft": 1024, "Hard": 1024}}
	host := map[string]any{"NetworkMode": "none", "Ulimits": limits}
	const image = "docker.io/library/" + enginetest.PayloadImage
	daemon.Run(t, "plain", map[string]any{"Image": image, "HostConfig": host, "Labels": map[string]string{"io.podman.compose.project": "shop"}})
	plain := w.shows(t, "plain", time.Now(), func(c containerState) bool { return c.State == "running" && c.MemoryUsageBytes > 0 })
	if plain.Podman == nil || plain.Podman.ComposeProject != "shop" {
		t.Errorf("plain = %+v", plain)
	}
	daemon.Run(t, "fell", map[string]any{"Image": image, "HostConfig": host, "Cmd": []string{"/payload", "exit", "3"}})
	w.shows(t, "fell", w.reached(t, "fell", ended), func(c containerState) bool { return c.State == "exited" && c.ExitCode == 3 })
	daemon.Call(t, http.MethodPost, "/containers/plain/stop?t=5", nil, nil)
	w.shows(t, "plain", time.Now(), func(c containerState) bool { return c.State == "exited" })
	daemon.Call(t, http.MethodPost, "/containers/plain/start", nil, nil)
	w.shows(t, "plain", time.Now(), func(c containerState) bool { return c.State == "running" })
	if engine := w.engine(t); engine.Runtime != "podman" || engine.RuntimeVersion == "" || engine.Swarm != nil {
		t.Errorf("engine = %+v", engine)
	}
}
