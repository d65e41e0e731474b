package check

import (
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Silence of machines: six intervals, but at least a minute.
const (
	hostIntervals    = 6
	hostLeastSilence = time.Minute
)

// maxUnits is how many failed units a message names.
const maxUnits = 5

// Names by which delays of machines are looked up.
var (
	hostKinds     = []string{"host"}
	hostDiskKinds = []string{"host disk", "host"}
)

// partGrace is for how long what an agent tells from time to time may be missing: just after it starts it has not
// looked at everything.
const partGrace = 2 * time.Minute

// hostLook is a look at a machine with an agent.
type hostLook struct {
	*bench
	detail *resource.Host
}

func checkHost(b *bench) {
	if hidden(b.entry) {
		return
	}
	h := hostLook{b, hostOf(b.entry)}
	hostname := orElse(h.detail.Hostname, b.entry.Name)
	b.subject.Node, b.subject.Instance = hostname, h.detail.Platform
	b.describe = h.metadata
	b.identify("host:"+b.entry.ID, policy.Target{
		IDs: []string{b.entry.ID}, Node: hostname, Status: b.entry.Status.String(),
	})
	if b.thresholds.Disabled {
		return
	}
	b.listen(silence{
		Type: alert.HostOffline, AlertID: "host-offline-" + b.entry.ID, Label: "Host '" + b.subject.Name + "'",
		Limit: hostSilence(b.entry),
	})
	if b.unseen {
		return
	}
	h.judgeProcessor()
	h.judgeMemory()
	h.judgeFilesystems()
	h.judgeDisks()
	h.judgeWear()
	h.judgeArrays()
	h.judgePools()
	h.judgeUnits()
	h.judgeUpdates()
	b.keep(partGrace, alert.Disk, alert.DiskTemperature, alert.DiskHealth, alert.DiskWearout, alert.RAID, alert.PoolState, alert.FailedUnits,
		alert.UpdateAvailable)
}

// hostOf returns the detail of a machine with an agent, an empty one if it has none.
func hostOf(e *inventory.Entry) *resource.Host {
	if detail, _ := e.Detail.(*resource.Host); detail != nil {
		return detail
	}
	return &resource.Host{}
}

// hostSilence is for how long nothing may be heard of a machine.
func hostSilence(e *inventory.Entry) time.Duration {
	return silenceLimit(hostOf(e).Agent.Interval, hostIntervals, hostLeastSilence)
}

func (h hostLook) metadata() map[string]any {
	d := h.detail
	return map[string]any{
		"resourceType": "Host", "hostId": h.entry.ID, "hostname": h.subject.Node, "displayName": h.subject.Name,
		"platform": d.Platform, "osName": d.OSName, "osVersion": d.OSVersion, "architecture": d.Architecture,
		"agentVersion": d.Agent.Version,
	}
}

// partID begins the ids of alerts about parts of the machine.
func (h hostLook) partID(what, part string) string {
	return "host-" + h.entry.ID + "-" + what + "-" + part
}

func (h hostLook) judgeProcessor() {
	cpu := h.entry.Usage.CPU
	if cpu == nil {
		h.judge(metric{Type: alert.CPU, Unknown: true})
		return
	}
	value := percent(*cpu)
	if !h.concerns(alert.CPU, value) {
		return
	}
	h.judge(metric{
		Type: alert.CPU, Value: value, Label: "Host cpu", Kinds: hostKinds,
		Extra: func() map[string]any {
			return map[string]any{"metric": "cpu", "cpuUsagePercent": value, "cpuCount": h.detail.CPUs}
		},
	})
}

func (h hostLook) judgeMemory() {
	memory := h.entry.Usage.Memory
	ratio, known := memory.Ratio()
	value := percent(ratio)
	if !h.concerns(alert.Memory, value) {
		return
	}
	h.judge(metric{
		Type: alert.Memory, Value: value, Label: "Host memory", Kinds: hostKinds, Unknown: !known,
		Extra: func() map[string]any {
			return map[string]any{
				"metric": "memory", "memoryUsagePercent": value, "memoryUsedBytes": memory.Used, "memoryTotalBytes": memory.Total,
			}
		},
	})
}

func (h hostLook) judgeFilesystems() {
	for i := range h.detail.Filesystems {
		fs := &h.detail.Filesystems[i]
		ratio, known := fs.FullRatio()
		if value := percent(ratio); h.concerns(alert.Disk, value) && !h.covered(i) {
			h.judgeFilesystem(fs, value, known)
		}
	}
}

func (h hostLook) judgeFilesystem(fs *resource.Filesystem, value float64, known bool) {
	h.judge(metric{
		Type: alert.Disk, Value: value, Part: fs.Mountpoint, Unknown: !known,
		ID: "host:" + h.entry.ID + "/disk:" + h.mountKey(fs.Mountpoint), Name: h.subject.Name + " - " + fs.Mountpoint,
		Label: "Host disk " + fs.Mountpoint, Kinds: hostDiskKinds,
		Extra: func() map[string]any {
			return map[string]any{
				"metric": "disk", "mountpoint": fs.Mountpoint, "device": fs.Device, "filesystem": fs.Type,
				"diskUsagePercent": value, "diskUsedBytes": fs.Used, "diskTotalBytes": fs.Total,
			}
		},
	})
}

// covered says that a file system is mounted twice in one place: the first that is named counts.
func (h hostLook) covered(i int) bool {
	all := h.detail.Filesystems
	return slices.ContainsFunc(all[:i], func(fs resource.Filesystem) bool { return fs.Mountpoint == all[i].Mountpoint })
}

// mountKey is unique on this machine: mount points that would look the same get a checksum.
func (h hostLook) mountKey(mountpoint string) string {
	key := mountKey(mountpoint)
	if slices.ContainsFunc(h.detail.Filesystems, func(other resource.Filesystem) bool {
		return other.Mountpoint != mountpoint && mountKey(other.Mountpoint) == key
	}) {
		return key + "-" + checksum(mountpoint)
	}
	return key
}

func (h hostLook) judgeUnits() {
	units, level := h.detail.FailedUnits, alert.Warning
	if len(units) == 0 {
		if !h.open || h.sawBad(alert.IdentityOf(h.entry.Key, alert.FailedUnits, ""), partGrace) {
			return // none, or not told yet
		}
		level = ""
	}
	h.is(state{
		Type: alert.FailedUnits, AlertID: "host-" + h.entry.ID + "-failed-units", Level: level, Value: float64(len(units)),
		Message: counted(len(units), "systemd unit") + " failed on '" + h.subject.Name + "': " + listed(units, maxUnits),
		Extra:   func() map[string]any { return map[string]any{"metric": "failed-units", "failedUnits": units} },
	})
}

// updateDelay is how long an update that closes security holes may wait: machines that update themselves do so once a day.
const updateDelay = 48 * time.Hour

// judgeUpdates judges updates that close security holes, and those that wait for a restart.
func (h hostLook) judgeUpdates() {
	pending := h.detail.Packages
	if pending == nil {
		return
	}
	level := alert.Warning
	message := "'" + h.subject.Name + "' has to restart to finish an update"
	switch {
	case pending.Security > 0:
		message = counted(pending.Security, "security update") + " for '" + h.subject.Name + "' not installed"
	case !pending.RebootRequired:
		level = ""
	}
	h.is(state{
		Type: alert.UpdateAvailable, AlertID: "host-" + h.entry.ID + "-updates", Level: level, Value: float64(pending.Security),
		Message: message, Delay: updateDelay,
		Extra: func() map[string]any {
			return map[string]any{
				"metric": "updates", "manager": pending.Manager, "available": pending.Available, "security": pending.Security,
				"rebootRequired": pending.RebootRequired,
			}
		},
	})
}
