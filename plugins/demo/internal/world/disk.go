package world

import (
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// disk is a physical disk of a node.
type disk struct {
	node, device, model, serial, wwn string
	transport, usedFor               string
	size                             uint64
	rpm                              int
	life                             float64 // ratio left, below 0: not known
	failed, standby                  bool
	warmth                           signal.Wave
}

// diskModel is a disk as its maker sells it.
type diskModel struct {
	device, model, transport, usedFor string
	size                              uint64
	rpm                               int
}

func clusterDisks() []diskModel {
	return []diskModel{
		{"/dev/nvme0n1", "Samsung PM9A3 1.92TB", "nvme", "ZFS", 1920383410176, 0},
		{"/dev/nvme1n1", "Samsung PM9A3 1.92TB", "nvme", "ZFS", 1920383410176, 0},
		{"/dev/sda", "Micron 5400 PRO 3.84TB", "sata", "LVM", 3840755982336, 0},
		{"/dev/sdb", "Micron 5400 PRO 3.84TB", "sata", "LVM", 3840755982336, 0},
	}
}

func standaloneDisks() []diskModel {
	return []diskModel{
		{"/dev/sda", "Crucial MX500 1TB", "sata", "ZFS", 1000204886016, 0},
		{"/dev/sdb", "Crucial MX500 1TB", "sata", "ZFS", 1000204886016, 0},
		{"/dev/sdc", "Seagate Exos 7E10 4TB", "sas", "ext4", 4000787030016, 7200},
		{"/dev/sdd", "WD Red Plus 4TB", "sata", "btrfs", 4000787030016, 5400},
	}
}

// diskCheck is when nodes look at their disks.
func diskCheck() signal.Cycle { return signal.Cycle{Every: 30 * time.Minute, Offset: 4 * time.Minute} }

func newDisks(s *Site) []*disk {
	var all []*disk
	models := standaloneDisks()
	if s.cluster {
		models = clusterDisks()
	}
	for _, n := range s.nodes {
		for i, m := range models {
			seed := n.seed.Child(m.device)
			d := &disk{
				node: n.name, device: m.device, model: m.model, transport: m.transport,
				usedFor: m.usedFor, size: m.size, rpm: m.rpm,
				serial: strings.ToUpper(seed.Hex("serial", 12)), wwn: "0x5" + seed.Hex("wwn", 15),
				life:   seed.Between("life", 0.62, 0.97),
				warmth: signal.NewWave(seed.Child("warmth"), signal.Shape{Base: 31, Daily: 5, Noise: 3, Burst: 6}),
			}
			if m.rpm > 0 {
				d.life = -1
				d.standby = m.rpm < 7200
			}
			d.failed = s.cluster && n.number == 2 && i == 1
			if d.failed {
				d.life = 0.03
			}
			all = append(all, d)
		}
	}
	return all
}

func (d *disk) celsius(at time.Time) int {
	if d.standby {
		return 0
	}
	return int(d.warmth.At(at))
}

func (d *disk) resource(at time.Time) resource.Resource {
	r := resource.Resource{
		ID: "disk/" + d.node + "/" + d.device, Kind: resource.KindDisk, Name: d.device,
		ParentID: "node/" + d.node, Status: resource.StatusRunning,
	}
	detail := &resource.Disk{
		Node: d.node, Device: d.device, Model: d.model, Serial: d.serial, WWN: d.wwn, Transport: d.transport,
		Size: d.size, Health: "PASSED", Temperature: d.celsius(at), RPM: d.rpm, UsedFor: d.usedFor,
		CheckedAt: diskCheck().Last(at),
	}
	r.Detail = detail
	if d.life >= 0 {
		detail.LifeLeft = new(d.life)
	}
	switch {
	case d.failed:
		detail.Health = "FAILED"
		r.Status, r.StatusReason = resource.StatusDegraded, "SMART says the disk is failing, 3 % of its rated life is left"
	case d.standby:
		detail.Health = "UNKNOWN"
	}
	return r
}
