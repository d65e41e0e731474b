package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/report"
)

// fleet makes the reports of a number of hosts. A report is about 2 kB, as the
// agent's own.
type fleet struct {
	hosts []report.Host
	locks []sync.Mutex // by host: a host sends one report at a time
}

func newFleet(n int) *fleet {
	f := &fleet{hosts: make([]report.Host, n), locks: make([]sync.Mutex, n)}
	for i := range f.hosts {
		f.hosts[i] = host(i)
	}
	return f
}

func host(i int) report.Host {
	name := fmt.Sprintf("bench-%04d", i)
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
	h := report.Host{}
	h.Agent = report.HostAgent{ID: id, Version: "1.0.0", Type: "unified", IntervalSeconds: 30, Hostname: name}
	h.Host = report.HostInfo{
		ID: id, Hostname: name, DisplayName: name, MachineID: id, Platform: "debian", OSName: "Debian GNU/Linux", OSVersion: "12.11",
		KernelVersion: "6.1.0-21-amd64", Architecture: "x86_64", CPUCount: 8, UptimeSeconds: 86_400, LoadAverage: []float64{0.5, 0.4, 0.3},
	}
	for d, mount := range []string{"/", "/home", "/srv"} {
		h.Disks = append(h.Disks, report.Disk{Device: fmt.Sprintf("/dev/sda%d", d+1), Mountpoint: mount, Filesystem: "ext4", Type: "ext4", TotalBytes: 500 << 30, UsedBytes: 200 << 30, FreeBytes: 300 << 30, Usage: 40})
	}
	for _, device := range []string{"sda", "sdb"} {
		h.DiskIO = append(h.DiskIO, report.DiskIO{Device: device, ReadBytes: 4 << 30, WriteBytes: 9 << 30, ReadOps: 84_224, WriteOps: 31_096, ReadTimeMs: 72_656, WriteTimeMs: 116_015, IOTimeMs: 22_168})
	}
	h.Network = []report.NIC{
		{Name: "eth0", MAC: "02:00:00:00:00:01", Addresses: []string{"192.0.2.2/24", "fd00::2/64"}, RxBytes: 5 << 30, TxBytes: 1 << 30},
		{Name: "eth1", MAC: "02:00:00:00:00:02", Addresses: []string{"198.51.100.2/24"}, RxBytes: 5 << 30, TxBytes: 1 << 30},
	}
	h.Sensors.TemperatureCelsius = map[string]float64{"cpu_package": 48, "cpu_core_0": 47, "cpu_core_1": 46, "nvme0": 39}
	h.Tags = []string{"bench", "rack:1"}
	return h
}

// body returns the next report of host i with everything moved on that moves
// on a living machine. The caller holds the host's lock.
func (f *fleet) body(i int, at time.Time) ([]byte, error) {
	h := &f.hosts[i]
	h.Timestamp = at
	h.Metrics.CPUUsagePercent = 100 * rand.Float64()
	h.Metrics.Memory = report.Memory{TotalBytes: 64 << 30, UsedBytes: 16<<30 + rand.Int64N(1<<30), FreeBytes: 40 << 30, Usage: 25 + rand.Float64()}
	h.Host.UptimeSeconds += 10
	for d := range h.DiskIO {
		h.DiskIO[d].ReadBytes += rand.Uint64N(1 << 20)
		h.DiskIO[d].WriteBytes += rand.Uint64N(1 << 20)
	}
	for n := range h.Network {
		h.Network[n].RxBytes += rand.Uint64N(1 << 20)
		h.Network[n].TxBytes += rand.Uint64N(1 << 20)
	}
	h.Disks[0].UsedBytes += 4096
	h.Sensors.TemperatureCelsius["cpu_package"] = 40 + 20*rand.Float64()
	return json.Marshal(h)
}
