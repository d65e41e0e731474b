package proxmox

import (
	"context"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	// disksAge is how old the state of disks may be: asking runs smartctl on
	// every one of them and may wake those that sleep.
	disksAge = 30 * time.Minute
	// maxDisks bounds the disks of a node.
	maxDisks = 1000
)

// diskRow is a row of /nodes/{node}/disks/list.
type diskRow struct {
	Device  text   `json:"devpath"`
	Type    text   `json:"type"` // hdd, ssd, nvme, usb, unknown
	Health  text   `json:"health"`
	Wearout number `json:"wearout"` // percent of life that is LEFT; "N/A" where nobody knows
	RPM     number `json:"rpm"`     // -1 where nobody knows
	Size    number `json:"size"`
	Model   text   `json:"model"`
	Vendor  text   `json:"vendor"`
	Serial  text   `json:"serial"`
	WWN     text   `json:"wwn"`
	Used    text   `json:"used"`
	ByID    text   `json:"by_id_link"`
}

// collectStorage looks at the disks of the nodes, and at what the nodes say of
// their storages and pools, which the dataset status shows.
func (s *source) collectStorage(ctx context.Context, out *sdk.Snapshot) error {
	view, err := s.cluster.recent(ctx)
	if err != nil {
		return err
	}
	failed := s.eachNode(ctx, datasetStorage, view.online(), func(node string) error { return s.lookAtStorage(ctx, node) })
	tellFailures(out, failed)
	for _, node := range view.nodes {
		known := s.facts.node(node.name)
		for _, r := range known.disks {
			r.SeenAt = known.storageAt
			out.Put(r)
		}
	}
	return nil
}

// lookAtStorage asks a node for its storages, its pools and, now and then, for its disks.
func (s *source) lookAtStorage(ctx context.Context, node string) error {
	var rows []nodeStorage
	if err := s.get(ctx, s.limits.slow, &rows, "nodes", node, "storage"); err != nil {
		return err
	}
	for _, r := range rows {
		s.facts.updateStorage(storageID(node, string(r.Storage)), func(f *storageFacts) {
			f.active, f.enabled, f.usage = bool(r.Active), bool(r.Enabled), capacity(r.Used, r.Total)
			f.usage.Free = min(r.Avail.Bytes(), f.usage.Total)
		})
	}
	s.facts.updateNode(node, func(f *nodeFacts) { f.storageAt = s.now() })
	return eachStep(
		func() error { return s.readPools(ctx, node, rows) },
		func() error { return s.readThinPools(ctx, node, rows) },
		func() error { return s.readDisks(ctx, node) },
	)
}

// readDisks asks for the disks if what is known of them is old.
func (s *source) readDisks(ctx context.Context, node string) error {
	now := s.now()
	if now.Sub(s.facts.node(node).disksAt) < disksAge {
		return nil
	}
	var rows []diskRow
	if err := s.get(ctx, s.limits.slow, &rows, "nodes", node, "disks", "list"); err != nil {
		return err
	}
	var disks []resource.Resource
	for _, r := range rows[:min(len(rows), maxDisks)] {
		if r.Device != "" {
			disks = append(disks, r.resource(node, now))
		}
	}
	s.facts.updateNode(node, func(f *nodeFacts) { f.disks, f.disksAt = disks, now })
	return nil
}

// resource makes a resource of a row.
func (r *diskRow) resource(node string, at time.Time) resource.Resource {
	d := &resource.Disk{
		Node: node, Device: string(r.Device), Model: strings.TrimSpace(string(r.Model)), Serial: known(r.Serial), WWN: known(r.WWN),
		Transport: r.transport(), Size: r.Size.Bytes(), Health: r.health(), LifeLeft: r.lifeLeft(),
		RPM: max(r.RPM.Int(), 0), UsedFor: string(r.Used), CheckedAt: at,
	}
	out := resource.Resource{
		ID: "disk/" + node + "/" + d.Device, Kind: resource.KindDisk, Name: d.Device, ParentID: nodeID(node),
		Status: resource.StatusRunning, Detail: d,
	}
	if d.Health == healthFailed {
		out.Status, out.StatusReason = resource.StatusDegraded, "SMART says that the disk is failing"
	}
	return out
}

// What SMART says of a disk as a whole.
const (
	healthPassed  = "PASSED"
	healthFailed  = "FAILED"
	healthUnknown = "UNKNOWN"
)

// health brings the words for ATA and NVMe ("PASSED") and SAS ("OK") together.
// Only a clear failure is one: RAID controllers and USB bridges hide the disks.
func (r *diskRow) health() string {
	switch strings.ToUpper(strings.TrimSpace(string(r.Health))) {
	case healthPassed, "OK":
		return healthPassed
	case healthFailed, "FAILED!", "FAILING_NOW":
		return healthFailed
	}
	return healthUnknown
}

// lifeLeft returns the rated wear that is left, nil where nobody knows.
func (r *diskRow) lifeLeft() *float64 {
	if !r.Wearout.Known() {
		return nil
	}
	return new(bounded(r.Wearout.Float() / 100))
}

// transport tells how the disk is attached, as far as that can be seen.
func (r *diskRow) transport() string {
	link := string(r.ByID[strings.LastIndexByte(string(r.ByID), '/')+1:])
	switch {
	case r.Type == "nvme" || strings.HasPrefix(link, "nvme-") || strings.HasPrefix(string(r.Device), "/dev/nvme"):
		return "nvme"
	case r.Type == "usb" || strings.HasPrefix(link, "usb-"):
		return "usb"
	case strings.TrimSpace(string(r.Vendor)) == "ATA", strings.HasPrefix(link, "ata-"):
		return "sata"
	case strings.HasPrefix(link, "scsi-") && !strings.Contains(link, "QEMU"):
		return "sas"
	}
	return ""
}

// known returns a text, empty where the server writes that it does not know.
func known(t text) string {
	if t == "unknown" {
		return ""
	}
	return string(t)
}
