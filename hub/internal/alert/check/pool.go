package check

import (
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// judgePools looks at the ZFS pools that an agent sees, in the words of ZFS.
func (h hostLook) judgePools() {
	for i := range h.detail.Pools {
		h.judgePool(&h.detail.Pools[i])
	}
}

func (h hostLook) judgePool(pool *resource.Pool) {
	level, message := levelOfPool(pool)
	if level == "" && !h.open || level != "" && h.poolToldByHypervisor(pool.Name) {
		return
	}
	id := h.partID("pool", deviceName(pool.Name))
	h.is(state{
		Type: alert.PoolState, Part: pool.Name, AlertID: id, ID: id, Name: h.subject.Name + " - " + pool.Name, Level: level,
		Message: message, Unknown: pool.State == "", Value: float64(poolErrors(pool)),
		Extra: func() map[string]any { return poolMetadata(pool) },
	})
}

// levelOfPool says how bad a pool is, and why. Lost data is critical in a pool that works, too.
func levelOfPool(pool *resource.Pool) (alert.Level, string) {
	label := "ZFS pool '" + pool.Name + "'"
	switch strings.ToUpper(pool.State) {
	case "", "ONLINE":
	case "FAULTED", "UNAVAIL", "SUSPENDED", "REMOVED":
		return alert.Critical, label + " is " + pool.State + poolParts(pool)
	default:
		return alert.Warning, label + " is " + pool.State + poolParts(pool)
	}
	if pool.Errors != "" {
		return alert.Critical, label + " has lost data: " + pool.Errors
	}
	if n := poolErrors(pool); n > 0 {
		return alert.Warning, label + " has " + counted(int(n), "device error")
	}
	return "", ""
}

// poolParts names the devices that are the reason.
func poolParts(pool *resource.Pool) string {
	if len(pool.Devices) == 0 {
		return ""
	}
	names := make([]string, len(pool.Devices))
	for i, device := range pool.Devices {
		names[i] = device.Name + " " + device.State
	}
	return ": " + listed(names, 5)
}

func poolErrors(pool *resource.Pool) uint64 {
	return pool.ReadErrors + pool.WriteErrors + pool.ChecksumErrors
}

// poolToldByHypervisor says that Proxmox VE reports the same pool as a storage, and alerts come of that.
func (h hostLook) poolToldByHypervisor(name string) bool {
	if h.links.NodeID(h.entry) == "" {
		return false
	}
	node := v5.LinkName(h.entry)
	for e := range h.OfKind(resource.KindStorage) {
		storage, _ := e.Detail.(*resource.Storage)
		if storage != nil && storage.ZFS != nil && storage.ZFS.Name == name && !e.Stale && strings.EqualFold(storage.Node, node) {
			return true
		}
	}
	return false
}

func poolMetadata(pool *resource.Pool) map[string]any {
	return map[string]any{
		"pool_name": pool.Name, "pool_state": pool.State, "pool_errors": pool.Errors,
		"read_errors": pool.ReadErrors, "write_errors": pool.WriteErrors, "checksum_errors": pool.ChecksumErrors,
	}
}
