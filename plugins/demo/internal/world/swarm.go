package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// swarm is a Docker Swarm.
type swarm struct {
	seed  signal.Seed
	nodes []*engine // the first one is the manager
	apps  []*swarmService
}

// swarmService is a service of a swarm with its slots.
type swarmService struct {
	seed              signal.Seed
	name, stack       string
	image, mode       string
	target, published uint16
	slots             []*swarmSlot
	rolledBack        bool
}

// swarmSlot is a place in which a service runs one task after another.
type swarmSlot struct {
	service   *swarmService
	slot      int
	engine    *engine
	container *container // nil: there is none for it
	done      bool       // its task was to end, and has
	broken    bool       // its tasks end with an error
}

// newSwarm returns the swarm of the engines; nil if there is none.
func newSwarm(seed signal.Seed, nodes []*engine) *swarm {
	if len(nodes) == 0 {
		return nil
	}
	s := &swarm{seed: seed, nodes: nodes}
	manager, last := nodes[0], nodes[len(nodes)-1]
	web := s.add(swarmService{name: "shop_web", stack: "shop", image: "registry.example.net/shop/web:5.2.0", mode: "replicated", target: 8080, published: 8090})
	web.slots = []*swarmSlot{{slot: 1, engine: manager}, {slot: 2, engine: last}, {slot: 3, engine: manager}}
	api := s.add(swarmService{name: "shop_api", stack: "shop", image: "registry.example.net/shop/api:5.3.0", mode: "replicated", target: 9000, published: 9010, rolledBack: true})
	api.slots = []*swarmSlot{{slot: 1, engine: last}, {slot: 2, engine: last, broken: true}}
	logs := s.add(swarmService{name: "logs_agent", stack: "logs", image: "docker.io/grafana/alloy:v1.11", mode: "global", target: 12345, published: 12345})
	logs.slots = []*swarmSlot{{slot: 1, engine: manager}, {slot: 2, engine: last}}
	job := s.add(swarmService{name: "shop_migrate", stack: "shop", image: "registry.example.net/shop/migrate:5.3.0", mode: "replicated-job", target: 8080, published: 8099})
	job.slots = []*swarmSlot{{slot: 1, engine: manager, done: true}}
	for _, service := range s.apps {
		for _, slot := range service.slots {
			slot.service = service
		}
	}
	return s
}

func (s *swarm) add(service swarmService) *swarmService {
	service.seed = s.seed.Child(service.name)
	s.apps = append(s.apps, &service)
	return &service
}

// slotsOn returns the slots for which the engine has a container.
func (s *swarm) slotsOn(e *engine) []*swarmSlot {
	var slots []*swarmSlot
	for _, service := range s.apps {
		for _, slot := range service.slots {
			if slot.engine == e && !slot.broken {
				slots = append(slots, slot)
			}
		}
	}
	return slots
}

func (s *swarm) nodeID(e *engine) string { return e.seed.Hex("swarm-node", 25) }

func (s *swarm) membership(e *engine) *resource.Swarm {
	m := &resource.Swarm{
		NodeID: s.nodeID(e), NodeRole: "worker", LocalState: "active", ClusterID: s.seed.Hex("cluster", 25), ClusterName: "default", Scope: "node",
	}
	if e.manager {
		m.NodeRole, m.ControlAvailable, m.Scope = "manager", true, "cluster"
	}
	if e.degraded {
		m.Error = "session with the manager was interrupted: context deadline exceeded"
	}
	return m
}

// deployed is when services are brought to a new version.
func deployed() signal.Cycle {
	return signal.Cycle{Every: 6 * day, Offset: 9*time.Hour + 12*time.Minute}
}

// services returns the services of the swarm as its manager lists them.
func (s *swarm) services(manager *engine, at time.Time) []resource.Resource {
	out := make([]resource.Resource, 0, len(s.apps))
	for _, service := range s.apps {
		out = append(out, service.resource(manager, at))
	}
	return out
}

func (s *swarmService) id() string { return s.seed.Hex("id", 25) }

func (s *swarmService) resource(manager *engine, at time.Time) resource.Resource {
	update := deployed().Last(at)
	d := &resource.Service{
		Stack: s.stack, Image: s.image, Mode: s.mode, Desired: len(s.slots),
		Ports:       []resource.ServicePort{{Name: "http", Protocol: "tcp", Target: s.target, Published: s.published, Mode: "ingress"}},
		UpdateState: "completed", UpdateMessage: "update completed", UpdateCompletedAt: update.Add(2 * time.Minute),
		CreatedAt: update.Add(-200 * day), UpdatedAt: update,
	}
	for _, slot := range s.slots {
		switch {
		case slot.done:
			d.Completed++
		case !slot.broken:
			d.Running++
		}
	}
	r := resource.Resource{
		ID: manager.name + "/service/" + s.id(), Kind: resource.KindService, Name: s.name, ParentID: manager.name,
		Status: resource.StatusRunning, Labels: map[string]string{"com.docker.stack.namespace": s.stack}, Detail: d,
	}
	if d.Running+d.Completed < d.Desired {
		r.Status = resource.StatusDegraded
		r.StatusReason = strconv.Itoa(d.Running) + " of " + strconv.Itoa(d.Desired) + " tasks run"
	}
	if s.rolledBack {
		d.UpdateState, d.UpdateMessage = "rollback_completed", "rollback completed: task failure or early exit"
	}
	return r
}

// tasks returns the newest task of every slot.
func (s *swarm) tasks(at time.Time) []resource.Task {
	var out []resource.Task
	for _, service := range s.apps {
		for _, slot := range service.slots {
			t := slot.task(at)
			t.NodeID = s.nodeID(slot.engine)
			out = append(out, t)
		}
	}
	return out
}

func (s *swarmSlot) taskID() string { return s.service.seed.Hex("task-"+strconv.Itoa(s.slot), 25) }

func (s *swarmSlot) task(at time.Time) resource.Task {
	created := deployed().Last(at)
	t := resource.Task{
		ID: s.taskID(), ServiceID: s.service.id(), ServiceName: s.service.name, Slot: s.slot, NodeName: s.engine.name,
		DesiredState: "running", CurrentState: "running", Message: "started",
		CreatedAt: created, StartedAt: created.Add(9 * time.Second), UpdatedAt: created.Add(9 * time.Second),
	}
	if s.container != nil {
		t.ContainerID, t.ContainerName = s.container.id, s.container.name
		t.CreatedAt, t.StartedAt = s.container.createdAt(at), s.container.startedAt(at)
		t.UpdatedAt = t.StartedAt
	}
	switch {
	case s.done:
		t.DesiredState, t.CurrentState, t.Message = "complete", "complete", "finished"
		t.CompletedAt = t.StartedAt.Add(48 * time.Second)
		if s.container != nil {
			t.CompletedAt = s.container.stoppedAt(at)
		}
		t.UpdatedAt = t.CompletedAt
	case s.broken:
		tries := signal.Cycle{Every: 95 * time.Second}
		t.CreatedAt = tries.Last(at)
		t.StartedAt, t.CompletedAt = t.CreatedAt, t.CreatedAt
		t.UpdatedAt, t.CurrentState, t.Message = t.CreatedAt, "failed", "started"
		t.Error = "task: non-zero exit (1): no such host: shop-db"
	}
	return t
}
