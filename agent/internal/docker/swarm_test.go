package docker_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/docker"
	"github.com/pulse-hub/pulse/agent/internal/docker/enginetest"
	"github.com/pulse-hub/pulse/agent/report"
)

const (
	managerInfo = `{"NodeID":"n1","LocalNodeState":"active","ControlAvailable":true,"Cluster":{"ID":"c1","Spec":{"Name":"default"}}}`
	workerInfo  = `{"NodeID":"n2","LocalNodeState":"active"}`
	services    = `[{"ID":"s1","CreatedAt":"2026-01-01T00:00:00Z","UpdatedAt":"2026-01-02T00:00:00Z",
		"Spec":{"Name":"shop_web","Labels":{"com.docker.stack.namespace":"shop"},"TaskTemplate":{"ContainerSpec":{"Image":"app:1"}},"Mode":{"Replicated":{"Replicas":2}}},
		"Endpoint":{"Ports":[{"Protocol":"tcp","TargetPort":80,"PublishedPort":8080,"PublishMode":"ingress"}]},
		"UpdateStatus":{"State":"completed","Message":"update completed","CompletedAt":"2026-01-02T00:00:00Z"},
		"ServiceStatus":{"RunningTasks":1,"DesiredTasks":2,"CompletedTasks":0}},
		{"ID":"s2","Spec":{"Name":"agent","Mode":{"Global":{}}}}]`
	tasks = `[{"ID":"old","ServiceID":"s1","Slot":1,"NodeID":"n1","CreatedAt":"2026-01-01T00:00:00Z","DesiredState":"shutdown","Status":{"State":"failed","Err":"task: non-zero exit (1)"}},
		{"ID":"t1","ServiceID":"s1","Slot":1,"NodeID":"n1","CreatedAt":"2026-01-02T00:00:00Z","DesiredState":"running","Status":{"State":"running","Timestamp":"2026-01-02T00:00:01Z","ContainerStatus":{"ContainerID":"abc"}}},
		{"ID":"t2","ServiceID":"s1","Slot":2,"NodeID":"n2","CreatedAt":"2026-01-02T00:00:00Z","DesiredState":"running","Status":{"State":"rejected","Timestamp":"2026-01-02T00:00:01Z","Err":"no such image"}},
		{"ID":"g1","ServiceID":"s2","NodeID":"n1","CreatedAt":"2026-01-02T00:00:00Z","DesiredState":"running","Status":{"State":"running"}},
		{"ID":"g2","ServiceID":"s2","NodeID":"n2","CreatedAt":"2026-01-02T00:00:00Z","DesiredState":"running","Status":{"State":"running"}}]`
	nodes = `[{"ID":"n1","Description":{"Hostname":"one"}},{"ID":"n2","Description":{"Hostname":"two"}}]`
)

func TestSwarmManager(t *testing.T) {
	fake := enginetest.NewFake(t)
	fake.Swarm, fake.Services, fake.Tasks, fake.Nodes = json.RawMessage(managerInfo), json.RawMessage(services), json.RawMessage(tasks), json.RawMessage(nodes)
	got := collect(t, docker.New(at(fake.Socket)))
	if diff := cmp.Diff(&report.Swarm{NodeID: "n1", NodeRole: "manager", LocalState: "active", ControlAvailable: true, ClusterID: "c1", ClusterName: "default", Scope: "cluster"}, got.Host.Swarm); diff != "" {
		t.Errorf("swarm (-want +got):\n%s", diff)
	}
	type line struct {
		ID, Service, Node, State, Error, Container string
		Slot                                       int
	}
	var lines []line
	for _, task := range got.Tasks {
		lines = append(lines, line{task.ID, task.ServiceName, task.NodeName, task.CurrentState, task.Error, task.ContainerName, task.Slot})
	}
	want := []line{
		{"t1", "shop_web", "one", "running", "", "shop_web.1.t1", 1}, {"t2", "shop_web", "two", "rejected", "no such image", "", 2},
		{"g1", "agent", "one", "running", "", "", 0}, {"g2", "agent", "two", "running", "", "", 0},
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	if len(got.Services) != 2 || got.Services[0].Mode != "global" || got.Services[0].RunningTasks != 2 || got.Services[0].DesiredTasks != 2 {
		t.Errorf("services = %+v", got.Services)
	}
	web := got.Services[1]
	if web.Stack != "shop" || web.Mode != "replicated" || web.DesiredTasks != 2 || web.RunningTasks != 1 || len(web.EndpointPorts) != 1 || web.UpdateStatus == nil || web.UpdateStatus.State != "completed" {
		t.Errorf("web = %+v", web)
	}
}

func TestSwarmWorker(t *testing.T) {
	fake := enginetest.NewFake(t)
	fake.Swarm = json.RawMessage(workerInfo)
	fake.Add(enginetest.Container{Name: "shop_web.2.t2", Running: true, Config: map[string]any{"Image": "app:1@sha256:a", "Labels": map[string]string{
		"com.docker.swarm.task.id": "t2", "com.docker.swarm.task.name": "shop_web.2.t2", "com.docker.swarm.service.id": "s1",
		"com.docker.swarm.service.name": "shop_web", "com.docker.swarm.node.id": "n2", "com.docker.stack.namespace": "shop",
	}}})
	fake.Add(enginetest.Container{Name: "other", Running: true})
	got := collect(t, docker.New(at(fake.Socket)))
	if swarm := got.Host.Swarm; swarm == nil || swarm.NodeRole != "worker" || swarm.Scope != "node" || swarm.LocalState != "active" {
		t.Errorf("swarm = %+v", swarm)
	}
	if len(got.Services) != 1 || got.Services[0].Name != "shop_web" || got.Services[0].Stack != "shop" || got.Services[0].RunningTasks != 1 {
		t.Errorf("services = %+v", got.Services)
	}
	if len(got.Tasks) != 1 || got.Tasks[0].Slot != 2 || got.Tasks[0].NodeName != "machine" || got.Tasks[0].CurrentState != "running" {
		t.Errorf("tasks = %+v", got.Tasks)
	}
}

func TestManagerWithoutQuorum(t *testing.T) {
	fake := enginetest.NewFake(t)
	fake.Swarm = json.RawMessage(managerInfo)
	fake.Services = json.RawMessage(`{"message":"no quorum"}`) // no list
	got := collect(t, docker.New(at(fake.Socket)))
	if swarm := got.Host.Swarm; swarm == nil || swarm.Scope != "node" || swarm.Error == "" || got.Detail == nil || got.Detail.Degraded[0].Part != "swarm" {
		t.Errorf("swarm = %+v, detail %+v", swarm, got.Detail)
	}
}

func TestJoiningAndLeavingASwarmIsSeenAtOnce(t *testing.T) {
	fake := enginetest.NewFake(t)
	module := docker.New(at(fake.Socket))
	fake.Become(json.RawMessage(`{"LocalNodeState":"inactive"}`), false)
	if got := collect(t, module).Host.Swarm; got.LocalState != "inactive" {
		t.Fatalf("swarm = %+v", got)
	}
	run(t, module)
	enginetest.Eventually(t, "events are followed", func() bool { return fake.Listeners() == 1 })
	fake.Services, fake.Tasks, fake.Nodes = json.RawMessage(services), json.RawMessage(tasks), json.RawMessage(nodes)
	fake.Become(json.RawMessage(managerInfo), true)
	enginetest.Eventually(t, "the engine is a manager", func() bool {
		got := collect(t, module)
		return got.Host.Swarm.NodeRole == "manager" && len(got.Services) == 2
	})
	asked := fake.Requests("GET /info")
	collect(t, module)
	if now := fake.Requests("GET /info"); now != asked {
		t.Errorf("asked %d times more although nothing happened", now-asked)
	}

	fake.Services = json.RawMessage(`{"message":"This node is not a swarm manager."}`)
	fake.Become(json.RawMessage(`{"LocalNodeState":"inactive"}`), false)
	got := collect(t, module)
	if got.Host.Swarm.LocalState != "inactive" || got.Host.Swarm.Error != "" || len(got.Services) != 0 || len(got.Tasks) != 0 {
		t.Errorf("after it left: swarm %+v, services %+v", got.Host.Swarm, got.Services)
	}
	if got.Detail != nil && len(got.Detail.Degraded) != 0 {
		t.Errorf("degraded = %+v", got.Detail.Degraded)
	}
}
