package docker_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/pulse-hub/pulse/agent/internal/docker"
	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

// updating is a module with a real engine, a registry and a hub.
type updating struct {
	t        *testing.T
	daemon   *enginetest.Daemon
	registry *enginetest.Registry
	module   *docker.Module
	acks     chan report.CommandAck
}

func newUpdating(t *testing.T) *updating {
	u := &updating{t: t, daemon: enginetest.Docker(t), registry: enginetest.NewRegistry(t), acks: make(chan report.CommandAck, 64)}
	hub := hubOf(t, u.acks)
	options := at(u.daemon.Socket)
	options.DisableUpdateChecks, options.StateDir = false, t.TempDir()
	options.Hub.URL, options.Hub.Client = hub.URL, hub.Client()
	u.module = docker.New(options)
	run(t, u.module)
	u.registry.Publish(t, "1", "wait")
	u.daemon.Call(t, http.MethodPost, "/images/create?fromImage="+u.registry.Name+":1", nil, nil)
	u.daemon.Run(t, "web", map[string]any{"Image": u.registry.Name + ":1", "Cmd": nil, "Env": []string{"MINE=1"}, "HostConfig": map[string]any{"NetworkMode": "host"}})
	return u
}

// order gives a command and returns how it ended.
func (u *updating) order(id, kind string, container string) report.CommandAck {
	payload, _ := json.Marshal(report.UpdateContainer{ContainerID: container, ContainerName: "web"})
	body, _ := json.Marshal(report.DockerAnswer{HostID: "h", Commands: []report.DockerCommand{{ID: id, Type: kind, Payload: payload}}})
	if err := u.module.Hear(module.Answer{Status: 200, Body: body}); err != nil {
		u.t.Fatal(err)
	}
	for {
		if ack := <-u.acks; ack.Status == "completed" || ack.Status == "failed" {
			return ack
		}
	}
}

// web waits until the status of the image is of the kind wanted.
func (u *updating) web(wanted func(*report.ImageUpdate) bool) (web report.Container) {
	enginetest.Eventually(u.t, "the image is compared with the registry", func() bool {
		web = named(u.t, collect(u.t, u.module), "web")
		return web.UpdateStatus != nil && wanted(web.UpdateStatus)
	})
	return web
}

func TestRealUpdate(t *testing.T) {
	u := newUpdating(t)
	before := u.web(func(status *report.ImageUpdate) bool { return true })
	if status := before.UpdateStatus; status.UpdateAvailable || status.Error != "" || status.CurrentDigest == "" || status.CurrentDigest != status.LatestDigest {
		t.Errorf("status of an image just pulled = %+v", status)
	}
	u.registry.Publish(t, "1", "wait", "longer")
	if ack := u.order("c1", "check_updates", ""); ack.Status != "completed" {
		t.Errorf("check = %+v", ack)
	}
	u.web(func(status *report.ImageUpdate) bool { return status.UpdateAvailable })
	if ack := u.order("c2", "update_container", before.ID); ack.Status != "completed" {
		t.Fatalf("update = %+v", ack)
	}
	after := u.web(func(status *report.ImageUpdate) bool { return !status.UpdateAvailable && status.Error == "" })
	if after.ID == before.ID || after.ImageDigest == before.ImageDigest || after.State != "running" || !strings.Contains(strings.Join(after.Env, " "), "MINE=1") {
		t.Errorf("web after the update = %+v", after)
	}
	if got := collect(t, u.module).Containers; len(got) != 1 {
		t.Errorf("containers = %+v", got)
	}
}

func TestRealUpdateIsUndone(t *testing.T) {
	u := newUpdating(t)
	before := named(t, collect(t, u.module), "web")
	u.registry.Publish(t, "1", "exit", "7")
	ack := u.order("c1", "update_container", before.ID)
	if ack.Status != "failed" || !strings.Contains(ack.Message, "exit code 7") || !strings.Contains(ack.Message, "put back") {
		t.Errorf("update = %+v", ack)
	}
	if after := named(t, collect(t, u.module), "web"); after.ID != before.ID || after.State != "running" {
		t.Errorf("web = %+v", after)
	}
}
