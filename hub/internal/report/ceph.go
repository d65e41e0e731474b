package report

import (
	"maps"
	"slices"
	"strings"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// cephResource converts the cluster that a host reports to be part of.
func cephResource(c *wire.Ceph, hostID string) resource.Resource {
	detail := &resource.Ceph{
		FSID: c.FSID, Health: c.Health.Status, HealthMessage: cephMessage(&c.Health),
		Mons: c.MonMap.NumMons, Mgrs: c.MgrMap.NumMgrs,
		OSDs: c.OSDMap.NumOSDs, OSDsUp: c.OSDMap.NumUp, OSDsIn: c.OSDMap.NumIn, PGs: c.PGMap.NumPGs,
	}
	for _, p := range c.Pools {
		detail.Pools = append(detail.Pools, resource.CephPool{
			ID: p.ID, Name: p.Name, Stored: positive(p.BytesUsed), Available: positive(p.BytesAvailable),
			Objects: positive(p.Objects), UsedRatio: min(max(p.PercentUsed/100, 0), 1),
		})
	}
	for _, s := range c.Services {
		detail.Services = append(detail.Services, resource.CephService{Type: s.Type, Running: s.Running, Total: s.Total})
	}
	return resource.Resource{
		ID: hostID + "/ceph/" + c.FSID, Kind: resource.KindCeph, Name: "ceph", ParentID: hostID,
		Status: cephStatus(c.Health.Status), StatusReason: detail.HealthMessage,
		Usage: resource.Usage{Disk: resource.Capacity{
			Total: positive(c.PGMap.BytesTotal), Used: positive(c.PGMap.BytesUsed), Free: positive(c.PGMap.BytesAvailable),
		}},
		Detail: detail,
	}
}

func cephStatus(health string) resource.Status {
	switch health {
	case "HEALTH_OK":
		return resource.StatusRunning
	case "HEALTH_WARN", "HEALTH_ERR":
		return resource.StatusDegraded
	}
	return resource.StatusUnknown
}

// cephMessage joins what is wrong, in the order of the checks' names.
func cephMessage(health *wire.CephHealth) string {
	var messages []string
	for _, name := range slices.Sorted(maps.Keys(health.Checks)) {
		if message := health.Checks[name].Message; message != "" {
			messages = append(messages, message)
		}
	}
	for _, summary := range health.Summary {
		messages = append(messages, summary.Message)
	}
	return strings.Join(messages, "; ")
}
