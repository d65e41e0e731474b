package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/report"
)

// Scopes of what is said about a Swarm.
const (
	scopeNode    = "node"
	scopeCluster = "cluster"
)

// Bounds of what is said about a Swarm.
const (
	maxServices = 300
	maxTasks    = 600
)

// Labels Swarm gives the containers of its tasks, and a stack to its services.
const (
	labelService     = "com.docker.swarm.service.id"
	labelServiceName = "com.docker.swarm.service.name"
	labelTask        = "com.docker.swarm.task.id"
	labelTaskName    = "com.docker.swarm.task.name"
	labelNode        = "com.docker.swarm.node.id"
	labelStack       = "com.docker.stack.namespace"
)

// readSwarm says what part the node has in a Swarm and, if it has one, which services and tasks it knows of: a manager
// all, any other node what the labels of its containers tell.
func (c *collection) readSwarm(ctx context.Context) {
	if c.client.Runtime() != engine.Docker || c.module.facts.at.IsZero() {
		return
	}
	err := c.tellSwarm(ctx)
	if err != nil && c.module.facts.at.Before(c.began) { // a manager that leaves its Swarm says so to nobody
		c.askInfo(ctx)
		err = c.tellSwarm(ctx)
	}
	if err != nil {
		c.degrade("swarm", err)
	}
}

// tellSwarm does so with what the engine said about itself last. The error is that of a manager that does not say what
// managers know.
func (c *collection) tellSwarm(ctx context.Context) error {
	info := c.module.facts.info.Swarm
	swarm := &report.Swarm{
		NodeID: info.NodeID, NodeRole: "worker", LocalState: info.LocalNodeState, ControlAvailable: info.ControlAvailable,
		ClusterID: info.Cluster.ID, ClusterName: info.Cluster.Spec.Name, Scope: scopeNode, Error: info.Error,
	}
	c.result.Host.Swarm = swarm
	c.result.Services, c.result.Tasks = nil, nil
	if info.LocalNodeState != "active" {
		return nil
	}
	var err error
	if info.ControlAvailable {
		swarm.NodeRole = "manager"
		if err = c.readCluster(ctx); err == nil {
			swarm.Scope = scopeCluster
			return nil
		}
		swarm.Error = err.Error()
	}
	c.result.Services, c.result.Tasks = fromLabels(c.result.Containers, info.NodeID, c.result.Host.Name)
	return err
}

// readCluster asks the manager.
func (c *collection) readCluster(ctx context.Context) error {
	services, err := c.client.Services(ctx)
	if err != nil {
		return fmt.Errorf("list services: %w", err)
	}
	tasks, err := c.client.Tasks(ctx)
	if err != nil {
		return fmt.Errorf("list tasks: %w", err)
	}
	nodes, err := c.client.Nodes(ctx)
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	slices.SortFunc(services, func(a, b engine.Service) int { return strings.Compare(a.Spec.Name, b.Spec.Name) })
	names := map[string]string{}
	for _, service := range services {
		names[service.ID] = service.Spec.Name
		c.result.Services = append(c.result.Services, reportService(service, tasks))
	}
	hosts := map[string]string{}
	for _, node := range nodes {
		hosts[node.ID] = node.Description.Hostname
	}
	for _, task := range current(tasks) {
		c.result.Tasks = append(c.result.Tasks, reportTask(task, names, hosts))
	}
	c.result.Services = c.result.Services[:min(len(c.result.Services), maxServices)]
	c.result.Tasks = c.result.Tasks[:min(len(c.result.Tasks), maxTasks)]
	return nil
}

// slot is the place of a task: that of a replica, or a node for services that run everywhere.
type slot struct {
	service, node string
	number        int
}

// current returns the newest task of each slot: the engine also remembers those it replaced. Tasks that ought to run
// come first, so that they are not the ones that are cut.
func current(tasks []engine.Task) []engine.Task {
	newest := map[slot]engine.Task{}
	for _, task := range tasks {
		place := slot{service: task.ServiceID, number: task.Slot}
		if task.Slot == 0 {
			place.node = task.NodeID
		}
		if before, found := newest[place]; !found || task.CreatedAt.After(before.CreatedAt) {
			newest[place] = task
		}
	}
	kept := make([]engine.Task, 0, len(newest))
	for _, task := range newest {
		kept = append(kept, task)
	}
	rank := func(task engine.Task) int {
		if task.DesiredState == "running" {
			return 0
		}
		return 1
	}
	slices.SortFunc(kept, func(a, b engine.Task) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.ServiceID, b.ServiceID), cmp.Compare(a.Slot, b.Slot), strings.Compare(a.NodeID, b.NodeID))
	})
	return kept
}

func reportService(service engine.Service, tasks []engine.Task) report.SwarmService {
	result := report.SwarmService{
		ID: service.ID, Name: service.Spec.Name, Stack: service.Spec.Labels[labelStack],
		Image: service.Spec.TaskTemplate.ContainerSpec.Image, Mode: mode(service), Labels: service.Spec.Labels,
		CreatedAt: service.CreatedAt, UpdatedAt: service.UpdatedAt,
	}
	if status := service.ServiceStatus; status != nil {
		result.DesiredTasks, result.RunningTasks, result.CompletedTasks = status.DesiredTasks, status.RunningTasks, status.CompletedTasks
	} else {
		count(&result, tasks)
	}
	for _, port := range service.Endpoint.Ports {
		result.EndpointPorts = append(result.EndpointPorts, report.ServicePort(port))
	}
	if update := service.UpdateStatus; update != nil && update.State != "" {
		result.UpdateStatus = &report.ServiceUpdateStatus{State: update.State, Message: update.Message, CompletedAt: update.CompletedAt}
	}
	return result
}

func mode(service engine.Service) string {
	switch modes := service.Spec.Mode; {
	case modes.Global != nil:
		return "global"
	case modes.GlobalJob != nil:
		return "global-job"
	case modes.ReplicatedJob != nil:
		return "replicated-job"
	}
	return "replicated"
}

// count counts the tasks of a service for an engine that does not.
func count(service *report.SwarmService, tasks []engine.Task) {
	for _, task := range tasks {
		if task.ServiceID != service.ID {
			continue
		}
		if task.DesiredState == "running" {
			service.DesiredTasks++
		}
		switch task.Status.State {
		case "running":
			service.RunningTasks++
		case "complete":
			service.CompletedTasks++
		}
	}
}

func reportTask(task engine.Task, services, hosts map[string]string) report.SwarmTask {
	status := task.Status
	result := report.SwarmTask{
		ID: task.ID, ServiceID: task.ServiceID, ServiceName: services[task.ServiceID], Slot: task.Slot,
		NodeID: task.NodeID, NodeName: hosts[task.NodeID], DesiredState: task.DesiredState, CurrentState: status.State,
		Error: status.Err, Message: status.Message, ContainerID: status.ContainerStatus.ContainerID,
		CreatedAt: task.CreatedAt, UpdatedAt: task.UpdatedAt,
	}
	if result.ContainerID != "" {
		result.ContainerName = result.ServiceName + "." + cmp.Or(number(task.Slot), task.NodeID) + "." + task.ID
	}
	switch status.State {
	case "running":
		result.StartedAt = status.Timestamp
	case "complete", "failed", "shutdown", "rejected", "orphaned", "remove":
		result.CompletedAt = status.Timestamp
	}
	return result
}

// number returns the text of a number other than zero.
func number(value int) string {
	if value == 0 {
		return ""
	}
	return strconv.Itoa(value)
}

// fromLabels returns what the labels of this node's containers say.
func fromLabels(containers []report.Container, nodeID, nodeName string) ([]report.SwarmService, []report.SwarmTask) {
	services := map[string]*report.SwarmService{}
	var tasks []report.SwarmTask
	for _, container := range containers {
		labels := container.Labels
		if labels[labelTask] == "" {
			continue
		}
		service := services[labels[labelService]]
		if service == nil {
			service = &report.SwarmService{ID: labels[labelService], Name: labels[labelServiceName], Stack: labels[labelStack], Image: container.Image}
			services[service.ID] = service
		}
		if container.State == "running" {
			service.RunningTasks++
			service.DesiredTasks++
		}
		tasks = append(tasks, report.SwarmTask{
			ID: labels[labelTask], ServiceID: service.ID, ServiceName: service.Name, Slot: slotOf(labels[labelTaskName], service.Name),
			NodeID: cmp.Or(labels[labelNode], nodeID), NodeName: nodeName, CurrentState: container.State,
			ContainerID: container.ID, ContainerName: container.Name, CreatedAt: container.CreatedAt,
			StartedAt: container.StartedAt, CompletedAt: container.FinishedAt,
		})
	}
	var found []report.SwarmService
	for _, service := range services {
		found = append(found, *service)
	}
	slices.SortFunc(found, func(a, b report.SwarmService) int { return strings.Compare(a.Name, b.Name) })
	return found[:min(len(found), maxServices)], tasks[:min(len(tasks), maxTasks)]
}

// slotOf reads the slot from a task's name, <service>.<slot>.<task>; zero for services that run everywhere, whose names
// hold the node there.
func slotOf(task, service string) int {
	rest, found := strings.CutPrefix(task, service+".")
	if !found {
		return 0
	}
	text, _, _ := strings.Cut(rest, ".")
	slot, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return slot
}
