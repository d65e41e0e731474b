package check

import (
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// checkCeph looks at a Ceph cluster.
func checkCeph(b *bench) {
	detail, _ := b.entry.Detail.(*resource.Ceph)
	if detail == nil || b.isToldByAnother(detail.FSID) {
		return
	}
	seen := b.see("")
	b.identify(b.contractID(), policy.Target{})
	if !seen {
		return
	}
	s := state{Type: alert.CephHealth, AlertID: "ceph-health-" + b.subject.ID}
	switch detail.Health {
	case "HEALTH_OK":
	case "HEALTH_WARN":
		s.Level = alert.Warning
	case "HEALTH_ERR":
		s.Level = alert.Critical
	default:
		s.Unknown = true
	}
	s.Message = fmt.Sprintf("Ceph cluster '%s' is in %s%s", b.subject.Name, detail.Health, because(detail.HealthMessage))
	s.Extra = func() map[string]any {
		return map[string]any{
			"fsid": detail.FSID, "health": detail.Health, "healthMessage": detail.HealthMessage,
			"osds": detail.OSDs, "osdsUp": detail.OSDsUp, "osdsIn": detail.OSDsIn,
		}
	}
	b.is(s)
}

// isToldByAnother says whether another source tells of the same cluster now: the first one does it for all.
func (b *bench) isToldByAnother(fsid string) bool {
	for e := range b.OfKind(resource.KindCeph) {
		if e.Key == b.entry.Key {
			return false
		}
		if other, _ := e.Detail.(*resource.Ceph); fsid != "" && other != nil && other.FSID == fsid && b.sees(e, "") {
			return true
		}
	}
	return false
}
