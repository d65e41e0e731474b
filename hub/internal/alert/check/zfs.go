package check

import (
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// poolOnline is the state of pools and devices that are in order.
const poolOnline = "ONLINE"

// pool judges the ZFS pool that a storage is on.
func (b *bench) pool(pool *resource.ZFSPool) {
	storage, place := b.subject.ID, b.subject.Name+" ("+pool.Name
	b.describe = func() map[string]any { return map[string]any{"pool_name": pool.Name} }
	b.is(state{
		Type: alert.ZFSPoolState, AlertID: "zfs-pool-state-" + storage, Name: place + ")", Level: zfsLevel(pool.State),
		Unknown: pool.State == "", Message: "ZFS pool '" + pool.Name + "' is " + pool.State,
		Extra: func() map[string]any { return map[string]any{"pool_state": pool.State} },
	})
	b.poolErrors(pool, place+")")
	for i := range pool.Devices {
		d := &pool.Devices[i]
		b.device(pool, d, place+"/"+d.Name+")")
	}
}

// zfsLevel says how bad a state of a pool or a device is.
func zfsLevel(word string) alert.Level {
	switch strings.ToUpper(word) {
	case "", poolOnline:
		return ""
	case "FAULTED", "UNAVAIL", "SUSPENDED":
		return alert.Critical
	}
	return alert.Warning
}

// poolErrors judges the errors of a pool. Their sum is the value: when it grows it has become worse.
func (b *bench) poolErrors(pool *resource.ZFSPool, name string) {
	sum := pool.ReadErrors + pool.WriteErrors + pool.ChecksumErrors
	s := state{
		Type: alert.ZFSPoolErrors, AlertID: "zfs-pool-errors-" + b.subject.ID, Name: name, Value: float64(sum),
		Message: "ZFS pool '" + pool.Name + "' has " + zfsErrors(pool.ReadErrors, pool.WriteErrors, pool.ChecksumErrors),
		Extra: func() map[string]any {
			return map[string]any{
				"pool_state": pool.State, "read_errors": pool.ReadErrors, "write_errors": pool.WriteErrors,
				"checksum_errors": pool.ChecksumErrors,
			}
		},
	}
	if sum > 0 {
		s.Level = alert.Warning
	}
	b.is(s)
}

// device judges a device of a pool. The state of a group of devices follows from theirs, and shows in that of the pool;
// its errors may be of no single device.
func (b *bench) device(pool *resource.ZFSPool, d *resource.ZFSDevice, name string) {
	level := zfsLevel(d.State)
	broken := level != "" && !isSpare(d.State) && !isGroup(d)
	switch {
	case broken:
	case d.ReadErrors+d.WriteErrors+d.ChecksumErrors > 0:
		level = alert.Warning
	default:
		level = ""
	}
	if level == "" && !b.open {
		return
	}
	message := "ZFS device '" + d.Name + "' in pool '" + pool.Name + "' is " + d.State
	if !broken {
		message = "ZFS device '" + d.Name + "' in pool '" + pool.Name + "' has " + zfsErrors(d.ReadErrors, d.WriteErrors, d.ChecksumErrors)
	}
	b.is(state{
		Type: alert.ZFSDevice, Part: pool.Name + "/" + d.Name, AlertID: "zfs-device-" + b.subject.ID + "-" + d.Name, Name: name,
		Level: level, Message: message,
		Extra: func() map[string]any {
			return map[string]any{
				"device_name": d.Name, "device_state": d.State, "device_type": d.Type,
				"read_errors": d.ReadErrors, "write_errors": d.WriteErrors, "checksum_errors": d.ChecksumErrors,
			}
		},
	})
}

// isSpare says whether a device stands by, or in for another one.
func isSpare(word string) bool { return word == "SPARE" || word == "AVAIL" || word == "INUSE" }

// isGroup says whether a device is made of others.
func isGroup(d *resource.ZFSDevice) bool {
	switch d.Type {
	case "mirror", "spare", "replacing", "logs", "cache", "special", "dedup":
		return true
	}
	return strings.HasPrefix(d.Type, "raidz") || strings.HasPrefix(d.Type, "draid")
}

// zfsErrors counts errors by what they happened at.
func zfsErrors(read, write, checksum uint64) string {
	parts := make([]string, 0, 3)
	for _, one := range []struct {
		n    uint64
		what string
	}{{read, "read error"}, {write, "write error"}, {checksum, "checksum error"}} {
		if one.n > 0 {
			parts = append(parts, counted(int(one.n), one.what))
		}
	}
	return strings.Join(parts, ", ")
}
