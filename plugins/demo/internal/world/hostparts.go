package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// sensors returns the readings of a machine at a processor load from 0 to 1.
func (h *host) sensors(load float64, at time.Time) resource.Sensors {
	if !h.spec.sensors {
		return resource.Sensors{}
	}
	pkg := h.machine.cool + 32*load
	s := resource.Sensors{
		Temperatures: map[string]float64{"cpu_package": pkg},
		Fans:         map[string]float64{"cpu_fan": 700 + 1400*load, "chassis_fan_1": 620 + 500*load},
		Power:        map[string]float64{"package": 18 + 90*load},
		Additional:   map[string]float64{"mainboard": 31 + 6*load, "nvme0": 37 + 9*load},
	}
	for core := range min(h.machine.cpus/2, 6) {
		s.Temperatures["cpu_core_"+strconv.Itoa(core)] = pkg - 3*h.seed.Nth(core).Float("core")
	}
	if h.spec.raid {
		s.Disks = h.disks(at)
	}
	return s
}

// bays is how many disks the file server has.
const bays = 7

// disks returns what SMART says of the disks of the file server: six members
// of the large array, one of them new, and a sleeping spare.
func (h *host) disks(at time.Time) []resource.DiskHealth {
	list := make([]resource.DiskHealth, bays)
	for i := range list {
		seed := h.seed.Nth(i)
		list[i] = resource.DiskHealth{
			Device: "/dev/sd" + string(rune('a'+i)), Model: "WDC WD40EFPX-68C6CN0", Serial: "WD-WX" + seed.Hex("serial", 10),
			WWN: "0x5" + seed.Hex("wwn", 15), Transport: "sata", Temperature: 33 + seed.Int("warm", 0, 5) + at.UTC().Hour()/8, Health: "PASSED",
		}
	}
	spare := &list[bays-1]
	spare.Standby, spare.Temperature, spare.Health = true, 0, "UNKNOWN"
	return list
}

// raid returns the arrays of the file server: the system on a mirror, and the
// shares on an array that takes in a new disk.
func (h *host) raid(at time.Time) []resource.RAIDArray {
	system := resource.RAIDArray{
		Device: "/dev/md0", Name: h.name + ":0", Level: "raid1", State: "clean", UUID: h.seed.UUID("md0"),
		TotalDevices: 2, ActiveDevices: 2, WorkingDevices: 2,
		Devices: []resource.RAIDDevice{
			{Device: "/dev/nvme0n1p2", State: "active sync", Slot: 0},
			{Device: "/dev/nvme1n1p2", State: "active sync", Slot: 1},
		},
	}
	rebuild := signal.Cycle{Every: 31 * time.Hour}
	shares := resource.RAIDArray{
		Device: "/dev/md1", Name: h.name + ":1", Level: "raid6", State: "clean, degraded, recovering", UUID: h.seed.UUID("md1"),
		TotalDevices: bays, ActiveDevices: 4, WorkingDevices: 6, FailedDevices: 1, SpareDevices: 2,
		Rebuild:      rebuild.Part(at),
		RebuildSpeed: strconv.Itoa(96000+int(24000*h.machine.load(at))) + "K/sec",
	}
	for i := range bays {
		member := resource.RAIDDevice{Device: "/dev/sd" + string(rune('a'+i)), State: "active sync", Slot: i}
		switch i {
		case 4:
			member.State = "spare rebuilding"
		case 5:
			member.State, member.Slot = "faulty", -1
		case 6:
			member.State, member.Slot = "spare", -1
		}
		shares.Devices = append(shares.Devices, member)
	}
	return []resource.RAIDArray{system, shares}
}
