package check

import (
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// checkService looks at a Swarm service: whether all its tasks run, and whether its last update went well.
func checkService(b *bench) {
	service, _ := b.entry.Detail.(*resource.Service)
	if service == nil {
		service = &resource.Service{}
	}
	missing := missingTasks(service)
	b.describe = func() map[string]any { return serviceMetadata(b, service, missing) }
	if !b.onEngine(policy.Target{}) {
		return
	}
	level, reason := b.levelOfGap(service, missing)
	updateLevel, updateReason := levelOfUpdate(service)
	if updateLevel.Above(level) || level == "" {
		level, reason = updateLevel, updateReason
	} else if updateReason != "" {
		reason += "; " + updateReason
	}
	if level == "" && !b.open || level != "" && b.toldByManager() {
		return
	}
	b.is(state{
		Type: alert.ServiceHealth, AlertID: "docker-service-health-" + b.subject.ID, Level: level,
		Value: missing, Trigger: b.thresholds.Docker.ServiceWarnGapPercent,
		Message: "Service '" + b.subject.Name + "' " + reason,
	})
}

// missingTasks returns how many of the tasks that ought to run do not, in percent. Tasks of jobs that are done are not
// missing.
func missingTasks(s *resource.Service) float64 {
	there := s.Running
	if strings.HasSuffix(s.Mode, "-job") {
		there += s.Completed
	}
	if s.Desired <= 0 || there >= s.Desired {
		return 0
	}
	return percent(float64(s.Desired-there) / float64(s.Desired))
}

func (b *bench) levelOfGap(s *resource.Service, missing float64) (alert.Level, string) {
	docker := &b.thresholds.Docker
	reason := fmt.Sprintf("runs %d of %d tasks", s.Running, s.Desired)
	switch {
	case missing <= 0:
	case docker.ServiceCriticalGapPercent > 0 && missing >= docker.ServiceCriticalGapPercent:
		return alert.Critical, reason
	case docker.ServiceWarnGapPercent > 0 && missing >= docker.ServiceWarnGapPercent:
		return alert.Warning, reason
	}
	return "", ""
}

// levelOfUpdate knows the states of an update by the names of the engine's API.
func levelOfUpdate(s *resource.Service) (alert.Level, string) {
	var level alert.Level
	switch strings.ToLower(s.UpdateState) {
	case "paused", "rollback_started", "rollback_paused":
		level = alert.Warning
	case "rollback_failed":
		level = alert.Critical
	default:
		return "", ""
	}
	reason := "has an update that is " + strings.ReplaceAll(strings.ToLower(s.UpdateState), "_", " ")
	if s.UpdateMessage != "" {
		reason += " (" + s.UpdateMessage + ")"
	}
	return level, reason
}

// toldByManager says that another manager of the same Swarm tells of the service too, and comes before this one.
func (b *bench) toldByManager() bool {
	here, known := b.Get(b.entry.ParentKey)
	if !known || swarmOf(here) == "" {
		return false
	}
	id := v5.ServiceID(b.entry)
	for other := range b.OfKind(resource.KindContainerHost) {
		if other.Key >= here.Key {
			return false
		}
		if swarmOf(other) != swarmOf(here) || b.lost(other) || hidden(other) {
			continue
		}
		for e := range b.Children(other.Key) {
			if e.Kind == resource.KindService && !e.Stale && v5.ServiceID(e) == id {
				return true
			}
		}
	}
	return false
}

// swarmOf returns the id of the Swarm that an engine manages; empty: none.
func swarmOf(e *inventory.Entry) string {
	if swarm := engineOf(e).Swarm; swarm != nil && swarm.ControlAvailable {
		return swarm.ClusterID
	}
	return ""
}

func serviceMetadata(b *bench, s *resource.Service, missing float64) map[string]any {
	return map[string]any{
		"resourceType": "DockerService", "hostId": b.entry.ParentID, "hostName": b.subject.Node,
		"serviceId": v5.ServiceID(b.entry), "serviceName": b.entry.Name, "stack": s.Stack, "mode": s.Mode, "image": s.Image,
		"desiredTasks": s.Desired, "runningTasks": s.Running, "missingTasksPercent": missing,
		"updateState": s.UpdateState, "updateMessage": s.UpdateMessage,
	}
}
