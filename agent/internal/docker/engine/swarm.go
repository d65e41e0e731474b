package engine

import (
	"context"
	"net/url"
	"time"
)

// Service is one service of a Swarm.
type Service struct {
	ID                   string
	CreatedAt, UpdatedAt time.Time
	Spec                 struct {
		Name         string
		Labels       map[string]string
		TaskTemplate struct{ ContainerSpec struct{ Image string } }
		Mode         struct {
			Replicated    *struct{ Replicas int }
			ReplicatedJob *struct{ TotalCompletions int }
			Global        *struct{}
			GlobalJob     *struct{}
		}
	}
	Endpoint     struct{ Ports []ServicePort }
	UpdateStatus *struct {
		State, Message string
		CompletedAt    time.Time
	}
	// ServiceStatus counts tasks; engines before 1.41 leave it out.
	ServiceStatus *struct{ RunningTasks, DesiredTasks, CompletedTasks int }
}

// ServicePort is one published port of a service.
type ServicePort struct {
	Name, Protocol            string
	TargetPort, PublishedPort uint32
	PublishMode               string
}

// Task is one task of a service.
type Task struct {
	ID                   string
	CreatedAt, UpdatedAt time.Time
	ServiceID, NodeID    string
	Slot                 int
	DesiredState         string
	Status               struct {
		Timestamp           time.Time
		State, Message, Err string
		ContainerStatus     struct{ ContainerID string }
	}
}

// Node is one machine of a Swarm.
type Node struct {
	ID          string
	Description struct{ Hostname string }
}

// Services lists the services of the Swarm with the counts of their tasks. Only managers know.
func (c *Client) Services(ctx context.Context) ([]Service, error) {
	var list []Service
	err := c.get(ctx, "/services", url.Values{"status": {"true"}}, &list)
	return list, err
}

// Tasks lists the tasks of the Swarm, also those that have ended and are remembered. Only managers know.
func (c *Client) Tasks(ctx context.Context) ([]Task, error) {
	var list []Task
	err := c.get(ctx, "/tasks", nil, &list)
	return list, err
}

// Nodes lists the machines of the Swarm. Only managers know.
func (c *Client) Nodes(ctx context.Context) ([]Node, error) {
	var list []Node
	err := c.get(ctx, "/nodes", nil, &list)
	return list, err
}
