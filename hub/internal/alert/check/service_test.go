package check

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func swarmService(detail resource.Service) resource.Resource {
	return resource.Resource{
		ID: "h1/service/s1", ParentID: "h1", Kind: resource.KindService, Name: "shop", Status: resource.StatusRunning, Detail: &detail,
	}
}

func TestServices(t *testing.T) {
	const id = "docker-service-health-docker:h1/service/s1"
	bad := func(level alert.Level, missing float64, message string) outline {
		return outline{id, alert.Bad, level, missing, 10, "Service 'shop' " + message}
	}
	cases := map[string]struct {
		service resource.Service
		config  func(*policy.Config)
		want    outline
	}{
		"whole":             {service: resource.Service{Desired: 2, Running: 2}, want: outline{ID: id, Verdict: alert.Good, Trigger: 10}},
		"wants nothing":     {service: resource.Service{}, want: outline{ID: id, Verdict: alert.Good, Trigger: 10}},
		"too many":          {service: resource.Service{Desired: 2, Running: 3}, want: outline{ID: id, Verdict: alert.Good, Trigger: 10}},
		"small gap":         {service: resource.Service{Desired: 20, Running: 19}, want: outline{ID: id, Verdict: alert.Good, Value: 5, Trigger: 10}},
		"gap":               {service: resource.Service{Desired: 10, Running: 9}, want: bad(alert.Warning, 10, "runs 9 of 10 tasks")},
		"large gap":         {service: resource.Service{Desired: 2, Running: 1}, want: bad(alert.Critical, 50, "runs 1 of 2 tasks")},
		"job that is done":  {service: resource.Service{Mode: "replicated-job", Desired: 2, Running: 1, Completed: 1}, want: outline{ID: id, Verdict: alert.Good, Trigger: 10}},
		"update paused":     {service: resource.Service{Desired: 1, Running: 1, UpdateState: "paused", UpdateMessage: "task failed"}, want: bad(alert.Warning, 0, "has an update that is paused (task failed)")},
		"rolling back":      {service: resource.Service{UpdateState: "rollback_started"}, want: bad(alert.Warning, 0, "has an update that is rollback started")},
		"rollback failed":   {service: resource.Service{UpdateState: "rollback_failed"}, want: bad(alert.Critical, 0, "has an update that is rollback failed")},
		"updating":          {service: resource.Service{UpdateState: "updating"}, want: outline{ID: id, Verdict: alert.Good, Trigger: 10}},
		"gap and update":    {service: resource.Service{Desired: 2, Running: 1, UpdateState: "paused"}, want: bad(alert.Critical, 50, "runs 1 of 2 tasks; has an update that is paused")},
		"gap, worse update": {service: resource.Service{Desired: 10, Running: 9, UpdateState: "rollback_failed"}, want: bad(alert.Critical, 10, "has an update that is rollback failed")},
		"services off":      {service: resource.Service{Desired: 2}, config: func(c *policy.Config) { c.DisableAllDockerServices = true }},
		"override": {
			service: resource.Service{Desired: 2},
			config:  func(c *policy.Config) { c.Overrides["docker:h1/service/s1"] = policy.ThresholdConfig{Disabled: true} },
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := scene{source: engineSource(), resources: []resource.Resource{dockerHost(), swarmService(c.service)}, config: c.config}
			if diff := cmp.Diff(c.want, outlineOf(t, s.check(t, "h1/service/s1"), alert.ServiceHealth, "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestServiceMetadata(t *testing.T) {
	s := scene{source: engineSource(), resources: []resource.Resource{dockerHost(), swarmService(resource.Service{Desired: 2})}}
	f := findingOf(t, s.check(t, "h1/service/s1"), alert.ServiceHealth, "")
	wantKeys(t, f.Metadata, "resourceType", "hostId", "hostName", "serviceId", "serviceName", "stack", "mode", "image",
		"desiredTasks", "runningTasks", "missingTasksPercent", "updateState", "updateMessage")
	if f.Metadata["serviceId"] != "s1" || f.Subject.Node != "dock" {
		t.Errorf("service %v on %q", f.Metadata["serviceId"], f.Subject.Node)
	}
}

// Every manager of a Swarm tells of every service: the first of them that is in touch counts.
func TestServiceIsToldByOneManager(t *testing.T) {
	manager := func(id string) []resource.Resource {
		engine, service := dockerHost(), swarmService(resource.Service{Desired: 2})
		engine.ID, service.ID, service.ParentID = id, id+"/service/s1", id
		engine.Detail.(*resource.ContainerHost).Swarm = &resource.Swarm{ClusterID: "swarm", ControlAvailable: true}
		return []resource.Resource{engine, service}
	}
	for name, remembered := range map[string]bool{"both": false, "the first is silent": true} {
		t.Run(name, func(t *testing.T) {
			inv := viewtest.Inventory()
			scene{source: inventory.SourceRef{ID: "a", Type: "docker"}, resources: manager("m1"), remembered: remembered}.fill(t, inv)
			s := scene{source: inventory.SourceRef{ID: "b", Type: "docker"}, resources: manager("m2")}
			s.fill(t, inv)
			w := s.look(t, inv)
			first := findingOf(t, checkIn(t, New(), w, "m1/service/s1"), alert.ServiceHealth, "")
			second := findingOf(t, checkIn(t, New(), w, "m2/service/s1"), alert.ServiceHealth, "")
			if (first == nil) == (second == nil) || (second == nil) == remembered {
				t.Errorf("first %+v, second %+v", first, second)
			}
		})
	}
}
