package report

import (
	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func swarm(s *wire.Swarm) *resource.Swarm {
	if s == nil {
		return nil
	}
	return &resource.Swarm{
		NodeID: s.NodeID, NodeRole: s.NodeRole, LocalState: s.LocalState, ControlAvailable: s.ControlAvailable,
		ClusterID: s.ClusterID, ClusterName: s.ClusterName, Scope: s.Scope, Error: s.Error,
	}
}

func serviceResource(s *wire.SwarmService, hostID string) resource.Resource {
	detail := &resource.Service{
		Stack: s.Stack, Image: s.Image, Mode: s.Mode,
		Desired: s.DesiredTasks, Running: s.RunningTasks, Completed: s.CompletedTasks,
		Ports: convert(s.EndpointPorts, func(p *wire.ServicePort) resource.ServicePort {
			return resource.ServicePort{
				Name: p.Name, Protocol: p.Protocol, Target: port(p.TargetPort), Published: port(p.PublishedPort), Mode: p.PublishMode,
			}
		}),
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
	if s.UpdateStatus != nil {
		detail.UpdateState, detail.UpdateMessage = s.UpdateStatus.State, s.UpdateStatus.Message
		detail.UpdateCompletedAt = s.UpdateStatus.CompletedAt
	}
	out := resource.Resource{
		ID: hostID + "/service/" + s.ID, Kind: resource.KindService, Name: orElse(s.Name, s.ID), ParentID: hostID,
		Labels: s.Labels, Status: resource.StatusRunning, Detail: detail,
	}
	out.Status, out.StatusReason = replicaStatus(s.DesiredTasks, s.RunningTasks+s.CompletedTasks)
	return out
}

// replicaStatus puts how many of something run into one word.
func replicaStatus(desired, running int) (resource.Status, string) {
	switch {
	case desired <= 0:
		return resource.StatusStopped, ""
	case running <= 0:
		return resource.StatusOffline, "nothing of it runs"
	case running < desired:
		return resource.StatusDegraded, "less of it runs than is wanted"
	}
	return resource.StatusRunning, ""
}

func tasks(all []wire.SwarmTask) []resource.Task {
	return convert(all, func(t *wire.SwarmTask) resource.Task {
		return resource.Task{
			ID: t.ID, ServiceID: t.ServiceID, ServiceName: t.ServiceName, Slot: t.Slot, NodeID: t.NodeID, NodeName: t.NodeName,
			DesiredState: t.DesiredState, CurrentState: t.CurrentState, Error: t.Error, Message: t.Message,
			ContainerID: t.ContainerID, ContainerName: t.ContainerName,
			CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, StartedAt: t.StartedAt, CompletedAt: t.CompletedAt,
		}
	})
}
