package check

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Silence of engines and clusters: four intervals, but at least half a minute.
const (
	engineIntervals    = 4
	engineLeastSilence = 30 * time.Second
)

func checkContainerHost(b *bench) {
	if hidden(b.entry) {
		return
	}
	detail := engineOf(b.entry)
	hostname := engineName(b.entry)
	b.subject.Node = hostname
	b.describe = func() map[string]any {
		return map[string]any{
			"resourceType": "DockerHost", "hostId": b.entry.ID, "hostname": hostname, "displayName": b.subject.Name,
			"runtime": orElse(detail.Runtime, "docker"), "agentVersion": detail.Agent.Version,
		}
	}
	b.identify("docker:"+b.entry.ID, policy.Target{
		IDs: []string{b.entry.ID}, Node: hostname, Status: b.entry.Status.String(),
	})
	if b.thresholds.Disabled {
		return
	}
	limit := silenceLimit(detail.Agent.Interval, engineIntervals, engineLeastSilence)
	if machine := b.lostMachine(detail.MachineID); machine != nil {
		b.hiddenBy = alert.IdentityOf(machine.Key, alert.HostOffline, "")
		limit = max(limit, hostSilence(machine)) // not before the machine, which explains it
	}
	b.listen(silence{
		Type: alert.DockerHostOffline, AlertID: "docker-host-offline-" + b.entry.ID,
		Label: "Container host '" + b.subject.Name + "'", Limit: limit,
	})
}

// lostMachine returns the machine that the engine runs on, if that has an agent of its own and is out of touch as well.
func (b *bench) lostMachine(machineID string) *inventory.Entry {
	if machineID == "" || !outOfTouch(b.entry) {
		return nil
	}
	for e := range b.OfKind(resource.KindHost) {
		if hostOf(e).MachineID == machineID && outOfTouch(e) {
			return e
		}
	}
	return nil
}

// engineOf returns the detail of a container host, an empty one if it has none.
func engineOf(e *inventory.Entry) *resource.ContainerHost {
	if detail, _ := e.Detail.(*resource.ContainerHost); detail != nil {
		return detail
	}
	return &resource.ContainerHost{}
}

// engineName returns the name of the machine that an engine runs on.
func engineName(e *inventory.Entry) string { return orElse(engineOf(e).Hostname, e.Name) }

// onEngine prepares a look at what runs on a container host. It returns false when there is nothing to look at: it is
// hidden, or nothing new is known of it.
func (b *bench) onEngine(target policy.Target) bool {
	engine, known := b.Get(b.entry.ParentKey)
	if hidden(b.entry) || known && hidden(engine) {
		return false
	}
	if known {
		target.Node = engineName(engine)
		b.hiddenBy = alert.IdentityOf(engine.Key, alert.DockerHostOffline, "")
	}
	source, told := b.Source(b.entry.Source)
	if told {
		b.subject.Instance = source.Name
	}
	b.subject.Node = target.Node
	target.Status = b.entry.Status.String()
	b.identify(onEngineID(b.entry), target)
	if b.thresholds.Disabled {
		return false
	}
	b.unseen = !b.isRevived(b.entry) && (b.entry.Stale || told && source.Health == inventory.HealthFailed || known && outOfTouch(engine))
	return !b.unseen
}

// onEngineID returns the resource id of the API of what runs on a container host: "docker:<host>/<container>".
func onEngineID(e *inventory.Entry) string {
	if n := len(e.ParentID); n > 0 && len(e.ID) > n && e.ID[:n] == e.ParentID && e.ID[n] == '/' {
		return "docker:" + e.ID
	}
	return "docker:" + e.ParentID + "/" + e.ID
}
