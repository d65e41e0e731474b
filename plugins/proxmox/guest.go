package proxmox

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// putGuests adds the guests of a view, templates excepted.
func (s *source) putGuests(v *view, out *sdk.Snapshot) {
	online := map[string]bool{}
	for _, name := range v.online() {
		online[name] = true
	}
	for _, row := range v.guests() {
		out.Put(s.guest(v, row, online[string(row.Node)]))
	}
}

// guest makes a resource of a guest's row and what was learnt inside it.
func (s *source) guest(v *view, row *resourceRow, nodeOnline bool) resource.Resource {
	id := row.guestID()
	known, _ := s.facts.guest(id)
	r := resource.Resource{
		ID: id, Kind: row.kind(), Name: guestName(row), ParentID: nodeID(string(row.Node)),
		Status: guestStatus(row), Tags: tags(row.Tags),
	}
	detail := &resource.Guest{
		Node: string(row.Node), VMID: row.vmid(), CPUs: row.MaxCPU.Int(), Lock: string(row.Lock),
		HAState: string(row.HAState), OCI: known.oci,
	}
	r.Detail = detail
	s.addLabels(&r, row)
	if !nodeOnline && r.Status == resource.StatusUnknown {
		r.StatusReason = "its node is offline"
	}
	r.Usage = usageOf(row, r.Status)
	known.describe(&r, detail, row)
	if r.Status == resource.StatusRunning || r.Status == resource.StatusPaused {
		r.Uptime = row.Uptime.Seconds()
		r.Usage.Counters = &resource.Traffic{
			NetIn: row.NetIn.Bytes(), NetOut: row.NetOut.Bytes(), DiskRead: row.DiskRead.Bytes(), DiskWrite: row.DiskWrite.Bytes(),
		}
		r.Usage.Rates = s.pace.rates(id, sample{at: v.at, uptime: r.Uptime, counters: *r.Usage.Counters})
	}
	s.judgeGuest(&r, row, id)
	return r
}

// judgeGuest looks for what is wrong with a guest that runs.
func (s *source) judgeGuest(r *resource.Resource, row *resourceRow, id string) {
	if row.HAState == "error" && r.Status == resource.StatusRunning {
		r.Status, r.StatusReason = resource.StatusDegraded, "high availability: error"
		if words := s.facts.highAvailability().services[id]; words != "" {
			r.StatusReason = "high availability: " + words
		}
	}
	if r.Status == resource.StatusPaused && row.Lock != "" {
		r.StatusReason = "locked: " + string(row.Lock)
	}
}

func (s *source) addLabels(r *resource.Resource, row *resourceRow) {
	labels := map[string]string{}
	if row.Pool != "" {
		labels["pool"] = string(row.Pool)
	}
	if s.facts.withoutJob(r.ID) {
		labels["backup_job"] = "none"
	}
	if len(labels) > 0 {
		r.Labels = labels
	}
}

func guestName(row *resourceRow) string {
	if row.Name != "" {
		return string(row.Name)
	}
	return "guest " + strconv.Itoa(row.vmid())
}

// guestStatus knows the states of QEMU's run state machine, too.
func guestStatus(row *resourceRow) resource.Status {
	switch row.Status {
	case "running":
		return resource.StatusRunning
	case "stopped", "shutdown":
		return resource.StatusStopped
	case "paused", "suspended", "prelaunch", "inmigrate", "postmigrate", "finish-migrate", "save-vm", "restore-vm":
		return resource.StatusPaused
	case "io-error", "internal-error", "guest-panicked", "watchdog":
		return resource.StatusDegraded
	}
	return resource.StatusUnknown
}

// usageOf returns what the row tells. Of a guest whose node is gone nothing but its sizes is known.
func usageOf(row *resourceRow, status resource.Status) resource.Usage {
	switch status {
	case resource.StatusUnknown:
		return resource.Usage{}
	case resource.StatusStopped:
		return resource.Usage{
			CPU: new(0.0), Memory: capacity(number{}, row.MaxMemory), Disk: capacity(row.Disk, row.MaxDisk),
		}
	}
	return resource.Usage{
		CPU: ratio(row.CPU), Memory: capacity(row.Memory, row.MaxMemory), Disk: capacity(row.Disk, row.MaxDisk),
	}
}

// tags splits a list of tags and leaves repetitions out.
func tags(list text) []string {
	fields := list.Fields()
	var unique []string
	for _, tag := range fields {
		if tag = strings.TrimSpace(tag); !slices.Contains(unique, tag) {
			unique = append(unique, tag)
		}
	}
	return unique
}
