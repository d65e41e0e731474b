package check

import (
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// checkGuest looks at a virtual machine or a system container.
func checkGuest(b *bench) {
	e := b.entry
	detail := guestOf(e)
	if detail.Template {
		return
	}
	seen := b.see(detail.Node)
	if !seen && !b.open {
		return
	}
	b.subject.Node, b.noun = detail.Node, guestNoun(e.Kind)
	b.identify(b.contractID(), b.guestTarget(e, detail))
	if b.thresholds.Disabled {
		return
	}
	b.describe = resourceType(b.noun)
	b.poweredOff(detail, seen)
	if !seen {
		return
	}
	if e.Status == resource.StatusRunning || e.Status == resource.StatusDegraded {
		b.running(detail)
	}
	b.backupsOf(detail)
}

func guestOf(e *inventory.Entry) *resource.Guest {
	if detail, _ := e.Detail.(*resource.Guest); detail != nil {
		return detail
	}
	return &resource.Guest{}
}

// guestNoun is what the API calls a kind of guests.
func guestNoun(kind resource.Kind) string {
	if kind == resource.KindVM {
		return "VM"
	}
	return "Container"
}

// guestTarget returns a guest as rules look at it. What is measured is told where there are rules.
func (w *World) guestTarget(e *inventory.Entry, detail *resource.Guest) policy.Target {
	target := policy.Target{Node: detail.Node, Status: e.Status.String(), VMID: detail.VMID}
	if w.metricRules {
		target.Values = guestValues(e, detail)
	}
	return target
}

func guestValues(e *inventory.Entry, detail *resource.Guest) map[alert.Type]float64 {
	values := map[alert.Type]float64{}
	if cpu, known := deref(e.Usage.CPU); known {
		values[alert.CPU] = percent(cpu)
	}
	if ratio, known := e.Usage.Memory.Ratio(); known {
		values[alert.Memory] = percent(ratio)
	}
	if ratio, known := e.Usage.Disk.FullRatio(); known && detail.DiskUnknown == "" {
		values[alert.Disk] = percent(ratio)
	}
	if e.Rates != nil {
		eachRate(e.Rates, func(kind alert.Type, _ string, value float64) { values[kind] = value })
	}
	return values
}

// isBusy says whether something is done to the guest that stops it, or loads it, for a while. A guest that was
// suspended to disk keeps its lock, but that is a state and no work.
func isBusy(guest *resource.Guest) bool {
	switch guest.Lock {
	case "backup", "snapshot", "snapshot-delete", "rollback", "migrate", "suspending", "clone", "create", "disk", "fstrim":
		return true
	}
	return false
}

// poweredOff judges whether the guest runs. One that is paused, or suspended to disk, is not powered off.
func (b *bench) poweredOff(detail *resource.Guest, seen bool) {
	status := b.entry.Status
	s := state{
		Type: alert.PoweredOff, AlertID: "guest-powered-off-" + b.subject.ID, Confirm: 2, Connectivity: true,
		Unknown: !seen || isBusy(detail) || status == resource.StatusUnknown || status == resource.StatusOffline,
	}
	if !s.Unknown && status == resource.StatusStopped && detail.Lock != "suspended" {
		s.Level = b.thresholds.PoweredOff
		s.Message = b.noun + " '" + b.subject.Name + "' is powered off"
		s.Extra = func() map[string]any { return map[string]any{"monitorOnly": b.thresholds.MonitorOnly} }
	}
	b.is(s)
}

// running judges what is measured of a guest that runs.
func (b *bench) running(detail *resource.Guest) {
	e, kinds, busy := b.entry, guestKinds(), isBusy(detail)
	if isTransient(detail.DiskUnknown) {
		if _, on := b.thresholds.Metric(alert.Disk); on {
			b.unseen = true // its file systems, which have alerts of their own
		}
	}
	b.judgeCPU(&e.Usage, kinds, busy)
	b.judgeMemory(&e.Usage, kinds)
	b.guestDisks(detail, kinds)
	rates := e.Rates
	if rates == nil {
		rates = &resource.Rates{}
	}
	eachRate(rates, func(kind alert.Type, label string, value float64) {
		b.judge(metric{Type: kind, Value: value, Label: label, Unit: "MB/s", Kinds: kinds, Unknown: busy || e.Rates == nil})
	})
}

// guestKinds are the names by which delays of guests are looked up.
func guestKinds() []string { return []string{"guest"} }

// isTransient says whether a reason for which disks are not known is one that passes. Where nobody can ever tell, there
// is nothing to wait for.
func isTransient(reason string) bool {
	switch reason {
	case "", "agent-disabled", "no-filesystems", "special-filesystems-only", "permission-denied":
		return false
	}
	return true
}

// guestDisks judges the disks together, and each file system where there are several: one that is full does not show in
// the sum.
func (b *bench) guestDisks(detail *resource.Guest, kinds []string) {
	if !isTransient(detail.DiskUnknown) && detail.DiskUnknown != "" {
		return
	}
	b.judgeDisk(b.entry.Usage.Disk, kinds, detail.DiskUnknown != "")
	if len(detail.Filesystems) < 2 {
		return
	}
	var keys map[string]bool
	for i := range detail.Filesystems {
		fs := &detail.Filesystems[i]
		ratio, known := fs.FullRatio()
		if known && !b.concerns(alert.Disk, percent(ratio)) {
			continue
		}
		name := filesystemName(fs)
		if name == "" || keys[name] {
			continue
		}
		if keys == nil {
			keys = map[string]bool{}
		}
		keys[name] = true
		m := b.filesystem(detail.Filesystems, fs)
		m.Value, m.Unknown, m.Kinds = percent(ratio), !known, kinds
		b.judge(m)
	}
}

// filesystemName is what tells the file systems of a guest apart.
func filesystemName(fs *resource.Filesystem) string { return orElse(fs.Mountpoint, fs.Device) }

// filesystemKey returns the name of one of a guest's file systems as it stands in ids. Names that would look the same
// there get a checksum.
func filesystemKey(all []resource.Filesystem, name string) string {
	key := mountKey(name)
	for i := range all {
		if other := filesystemName(&all[i]); other != name && mountKey(other) == key {
			return key + "-" + checksum(name)
		}
	}
	return key
}

// filesystem returns the metric of one of a guest's file systems, without its value.
func (b *bench) filesystem(all []resource.Filesystem, fs *resource.Filesystem) metric {
	name := filesystemName(fs)
	return metric{
		Type: alert.Disk, Part: name, Label: "disk (" + name + ")",
		ID: b.subject.ID + "-disk-" + filesystemKey(all, name), Name: b.subject.Name + " (" + name + ")",
		Extra: func() map[string]any {
			return map[string]any{"mountpoint": fs.Mountpoint, "device": fs.Device, "filesystem": strings.ToLower(fs.Type)}
		},
	}
}
