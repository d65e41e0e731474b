package command_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/docker/command"
	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
	"github.com/pulse-hub/pulse/agent/internal/docker/registry"
	"github.com/pulse-hub/pulse/agent/report"
)

// told is one acknowledgement.
type told struct {
	ID, Status, Message string
}

// scene is a runner between an engine and a hub, both played.
type scene struct {
	t      *testing.T
	fake   *enginetest.Fake
	folder string
	runner *command.Runner

	mu      sync.Mutex
	acks    []told
	refuse  int // status of the next answers
	times   int // of them
	checked int
	final   chan told
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, fake: enginetest.NewFake(t), folder: t.TempDir(), final: make(chan told, 8)}
	s.fake.SetImage("app:1", enginetest.Image{ID: "sha256:old"})
	s.fake.Pulled = func(string) { s.fake.SetImage("app:1", enginetest.Image{ID: "sha256:new"}) }
	return s
}

// start runs a runner until the test ends or the returned function is called.
func (s *scene) start() (stop func()) {
	hub := httptest.NewServer(http.HandlerFunc(s.hear))
	s.t.Cleanup(hub.Close)
	client, err := engine.Dial(s.t.Context(), engine.Endpoint{Address: "unix://" + s.fake.Socket})
	if err != nil {
		s.t.Fatal(err)
	}
	s.runner = command.New(command.Options{
		Engine: func() *engine.Client { return client }, StateDir: s.folder,
		Hub:   command.Hub{URL: hub.URL, Token: "secret", Client: hub.Client()},
		Login: func(string) registry.Login { return registry.Login{} },
		Check: func() error { s.checked++; return nil }, Changed: func() {}, VerifyAfter: time.Millisecond, Logger: hclog.NewNullLogger(),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.runner.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("Run = %v", err)
		}
		client.Close()
	})
	s.t.Cleanup(stop)
	return stop
}

// hear is the hub.
func (s *scene) hear(writer http.ResponseWriter, request *http.Request) {
	var ack report.CommandAck
	if err := json.NewDecoder(request.Body).Decode(&ack); err != nil || ack.HostID != "host" || request.Header.Get("X-API-Token") != "secret" {
		s.t.Errorf("acknowledgement %+v of host %q: %v", ack, ack.HostID, err)
	}
	id := strings.TrimSuffix(strings.TrimPrefix(request.URL.Path, "/api/agents/docker/commands/"), "/ack")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acks = append(s.acks, told{id, ack.Status, ack.Message})
	if s.times > 0 {
		s.times--
		writer.WriteHeader(s.refuse)
		return
	}
	if ack.Status == "completed" || ack.Status == "failed" {
		s.final <- told{id, ack.Status, ack.Message}
	}
}

// update orders an update and waits for its end.
func (s *scene) update(command, container string) told {
	payload, _ := json.Marshal(report.UpdateContainer{ContainerID: container, ContainerName: "web"})
	s.runner.Hear("host", []report.DockerCommand{{ID: command, Type: "update_container", Payload: payload}})
	return <-s.final
}

func TestUpdate(t *testing.T) {
	s := newScene(t)
	old := s.fake.Add(enginetest.Container{Name: "web", Running: true})
	s.start()
	got := s.update("c1", old.ID)
	if want := (told{"c1", "completed", "Container web updated"}); got != want {
		t.Errorf("end = %+v, want %+v", got, want)
	}
	var statuses []string
	for _, ack := range s.acks {
		statuses = append(statuses, ack.Status)
	}
	if statuses[0] != "acknowledged" || statuses[1] != "in_progress" || statuses[len(statuses)-1] != "completed" {
		t.Errorf("acknowledgements = %+v", s.acks)
	}
	names := s.fake.Names()
	if len(names) != 2 || names[0] != "web*" || !strings.HasPrefix(names[1], "web_pulse_backup_") || strings.HasSuffix(names[1], "*") {
		t.Errorf("containers = %q", names)
	}
	if web, _ := s.fake.Container("web"); web.Image != "sha256:new" || web.ID == old.ID {
		t.Errorf("web = %+v", web)
	}
}

func TestCommandIsCarriedOutOnce(t *testing.T) {
	s := newScene(t)
	old := s.fake.Add(enginetest.Container{Name: "web", Running: true})
	stop := s.start()
	s.update("c1", old.ID)
	pulls := s.fake.Requests("POST /images/create")
	again := func() {
		s.runner.Hear("host", []report.DockerCommand{
			{ID: "c1", Type: "update_container", Payload: json.RawMessage(`{"containerId":"` + old.ID + `"}`)},
			{ID: "x", Type: "dance"},
			{ID: "check" + s.t.Name(), Type: "check_updates"},
		})
	}
	again()
	<-s.final // of the check, which comes after
	stop()
	stop = s.start()
	again() // the check was carried out, too
	s.runner.Hear("host", []report.DockerCommand{{ID: "last", Type: "check_updates"}})
	for ended := ""; ended != "last"; { // the check may be told once more, if the hub's word came too late
		ended = (<-s.final).ID
	}
	stop()
	if s.checked != 2 {
		t.Errorf("images were checked %d times", s.checked)
	}
	if got := s.fake.Requests("POST /images/create"); got != pulls {
		t.Errorf("the image was pulled %d times more", got-pulls)
	}
}

func TestUpdateThatIsNotNeeded(t *testing.T) {
	s := newScene(t)
	s.fake.Pulled = nil
	old := s.fake.Add(enginetest.Container{Name: "web", Running: true})
	s.start()
	if got := s.update("c1", old.ID); got.Status != "completed" || !strings.Contains(got.Message, "up to date") {
		t.Errorf("end = %+v", got)
	}
	if diff := cmp.Diff([]string{"web*"}, s.fake.Names()); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
}

func TestUpdateIsUndone(t *testing.T) {
	fault := func(method, end string) func(*scene) {
		return func(s *scene) {
			s.fake.Fault = func(request *http.Request) int {
				if request.Method == method && strings.HasSuffix(request.URL.Path, end) && !strings.Contains(request.URL.Path, strings.Repeat("0", 63)+"1/") {
					return http.StatusInternalServerError
				}
				return 0
			}
		}
	}
	tests := []struct {
		name    string
		prepare func(*scene)
		want    string
	}{
		{"no image", fault("POST", "/images/create"), "fault"},
		{"create", fault("POST", "/containers/create"), "create container: fault; the old container was put back"},
		{"connect", fault("POST", "/connect"), "connect to network other: fault; the old container was put back"},
		{"start", fault("POST", "/start"), "start container: fault; the old container was put back"},
		{"does not stay up", func(s *scene) {
			s.fake.Starting = func(c *enginetest.Container) { c.Running, c.ExitCode = c.Image == "sha256:old", 7 }
		}, "the new container does not stay up: exit code 7; the old container was put back"},
		{"unhealthy", func(s *scene) {
			s.fake.Starting = func(c *enginetest.Container) { c.Health = "unhealthy" }
		}, "the new container is unhealthy; the old container was put back"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			old := s.fake.Add(enginetest.Container{Name: "web", Running: true, Networks: map[string]map[string]any{"bridge": {}, "other": {}}})
			test.prepare(s)
			s.start()
			if got := s.update("c1", old.ID); got.Status != "failed" || got.Message != test.want {
				t.Errorf("end = %+v, want %q", got, test.want)
			}
			if diff := cmp.Diff([]string{"web*"}, s.fake.Names()); diff != "" {
				t.Errorf("containers (-want +got):\n%s", diff)
			}
			if web, _ := s.fake.Container("web"); web.ID != old.ID {
				t.Errorf("web is another container: %+v", web)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	config := func(image string, labels map[string]string) map[string]any {
		return map[string]any{"Image": image, "Labels": labels}
	}
	tests := []struct {
		name      string
		container enginetest.Container
		want      string
	}{
		{"pinned", enginetest.Container{Config: config("app@sha256:aa", nil)}, "digest-pinned image"},
		{"without a name", enginetest.Container{Config: config("sha256:aa", nil)}, "invalid image name"},
		{"removes itself", enginetest.Container{HostConfig: map[string]any{"AutoRemove": true}}, "--rm"},
		{"of a service", enginetest.Container{Config: config("app:1", map[string]string{"com.docker.swarm.task.id": "t"})}, "Swarm"},
		{"of a pod", enginetest.Container{Config: config("app:1", map[string]string{"io.podman.annotations.pod.id": "p"})}, "pod"},
		{"backup", enginetest.Container{Name: "a_pulse_backup_20260101_000000"}, "backup"},
		{"its network is shared", enginetest.Container{Name: "vpn"}, "uses its network"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			test.container.Running = true
			old := s.fake.Add(test.container)
			if test.container.Name == "vpn" {
				s.fake.Add(enginetest.Container{Name: "behind", HostConfig: map[string]any{"NetworkMode": "container:" + old.ID}})
			}
			s.start()
			if got := s.update("c1", old.ID); got.Status != "failed" || !strings.Contains(got.Message, test.want) {
				t.Errorf("end = %+v, want %q", got, test.want)
			}
			if s.fake.Requests("POST /containers/"+old.ID+"/stop") != 0 || s.fake.Requests("POST /images/create") != 0 {
				t.Error("something was done")
			}
		})
	}
	t.Run("gone", func(t *testing.T) {
		s := newScene(t)
		s.start()
		if got := s.update("c1", "gone"); got.Status != "failed" || !strings.Contains(got.Message, "no such container") {
			t.Errorf("end = %+v", got)
		}
	})
}

func TestCrashAmidAnUpdate(t *testing.T) {
	const backup = "web_pulse_backup_20260101_000000"
	tests := []struct {
		name       string
		containers []enginetest.Container
	}{
		{"before the old one was renamed", []enginetest.Container{{Name: "web"}}},
		{"before the new one was created", []enginetest.Container{{Name: backup}}},
		{"before the new one was checked", []enginetest.Container{{Name: backup}, {Name: "web", Image: "sha256:new", Running: true}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			for _, container := range test.containers {
				s.fake.Add(container)
			}
			journal := `[{"id":"c1","type":"update_container","status":"in_progress","at":"2026-01-01T00:00:00Z",` +
				`"swap":{"name":"web","backup":"` + backup + `","running":true}}]`
			if err := os.WriteFile(filepath.Join(s.folder, "docker-commands.json"), []byte(journal), 0o600); err != nil {
				t.Fatal(err)
			}
			s.start()
			if got := s.update("c1", "whatever"); got.Status != "failed" || !strings.Contains(got.Message, "restarted") {
				t.Errorf("end = %+v", got)
			}
			if diff := cmp.Diff([]string{"web*"}, s.fake.Names()); diff != "" {
				t.Errorf("containers (-want +got):\n%s", diff)
			}
			if web, _ := s.fake.Container("web"); web.Image != "sha256:old" {
				t.Errorf("web = %+v", web)
			}
		})
	}
}

func TestHubIsToldAgain(t *testing.T) {
	tests := []struct {
		name   string
		status int
		times  int
		acks   int
	}{
		{"after it was down", http.StatusBadGateway, 1, 2},
		{"not after it refused", http.StatusBadRequest, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newScene(t)
			s.refuse, s.times = test.status, test.times
			s.start()
			s.runner.Hear("host", []report.DockerCommand{{ID: "c1", Type: "check_updates"}})
			if test.acks > 1 {
				<-s.final
			}
			s.runner.Hear("host", []report.DockerCommand{{ID: "c2", Type: "check_updates"}})
			<-s.final
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.acks) != test.acks+1 {
				t.Errorf("acknowledgements = %+v", s.acks)
			}
		})
	}
}

func TestDamagedMemory(t *testing.T) {
	s := newScene(t)
	if err := os.WriteFile(filepath.Join(s.folder, "docker-commands.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.runner.Hear("host", []report.DockerCommand{{ID: "c1", Type: "stop"}})
	if got := <-s.final; got.Status != "completed" {
		t.Errorf("end = %+v", got)
	}
}
