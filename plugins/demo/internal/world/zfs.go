package world

import (
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// zfs returns the state of the node's pool. The pool of the node with the
// failed disk goes on without it.
func (n *node) zfs(at time.Time) *resource.ZFSPool {
	scrub := signal.Weekly(24 * time.Minute).Last(at)
	pool := &resource.ZFSPool{
		Name: "rpool", State: "ONLINE", Status: "all devices are healthy",
		Scan: "scrub repaired 0B in 00:31:12 with 0 errors on " + scrub.Format("Mon Jan 2 15:04:05 2006"),
	}
	mirror := resource.ZFSDevice{Name: "mirror-0", Type: "mirror", State: "ONLINE"}
	var members []resource.ZFSDevice
	for _, d := range n.site.disks {
		if d.node != n.name || d.usedFor != "ZFS" {
			continue
		}
		member := resource.ZFSDevice{Name: strings.TrimPrefix(d.device, "/dev/"), Type: "disk", State: "ONLINE"}
		if d.failed {
			member.State, member.Message = "FAULTED", "too many errors"
			member.ReadErrors, member.WriteErrors, member.ChecksumErrors = 38, 112, 7
			mirror.State, mirror.ReadErrors, mirror.WriteErrors, mirror.ChecksumErrors = "DEGRADED", 0, 0, 7
			pool.State, pool.Status = "DEGRADED", "One or more devices are faulted in response to persistent errors. Sufficient replicas exist for the pool to continue functioning in a degraded state."
			pool.ReadErrors, pool.WriteErrors, pool.ChecksumErrors = 38, 112, 7
			pool.Scan = "scrub repaired 896K in 00:47:55 with 0 errors on " + scrub.Format("Mon Jan 2 15:04:05 2006")
		}
		members = append(members, member)
	}
	pool.Devices = append([]resource.ZFSDevice{mirror}, members...)
	return pool
}
