package host

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/mem"
	gopsnet "github.com/shirou/gopsutil/v4/net"

	"github.com/pulse-hub/pulse/agent/report"
)

func TestProcessorComparesTwoCycles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		readings := [][]cpuTimes{
			{{10, 100, 5, 0}, {0, 100, 0, 0}}, {{15, 110, 5, 0}, {5, 110, 0, 0}}, {{15, 120, 10, 0}, {5, 120, 0, 0}},
			{{40, 145, 10, 10}, {30, 145, 0, 0}}, {{30, 146, 10, 10}, {30, 146, 0, 0}}, {{30, 147, 10, 10}}, {{31, 148, 10, 10}},
		}
		processor := &processor{times: func(context.Context) ([]cpuTimes, error) {
			next := readings[0]
			readings = readings[1:]
			return next, nil
		}}
		began := time.Now()
		for _, want := range []struct {
			busy, iowait, steal float64
			cores               []float64
		}{
			{50, 0, 0, []float64{50, 50}}, {0, 25, 0, []float64{0, 0}}, {100, 0, 20, []float64{100, 100}}, {0, 0, 0, []float64{0, 0}},
			{100, 0, 0, []float64{100}}, // one processor less: the comparison begins again
		} {
			got := report.Host{Detail: &report.HostDetail{}}
			if err := processor.collect(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			wantDetail := &report.HostDetail{Cores: want.cores, IOWaitPercent: want.iowait, StealPercent: want.steal}
			if diff := cmp.Diff(wantDetail, got.Detail); diff != "" || got.Metrics.CPUUsagePercent != want.busy {
				t.Errorf("cpu = %v, want %v; detail (-want +got):\n%s", got.Metrics.CPUUsagePercent, want.busy, diff)
			}
		}
		if waited := time.Since(began); waited != 2*firstSample {
			t.Errorf("five collections waited %s, want two first samples of %s", waited, firstSample)
		}
	})
}

func TestMemoryCountsCachesAsAvailable(t *testing.T) {
	tests := []struct {
		name         string
		cache, least uint64
		want         report.Memory
	}{
		{"no ZFS", 0, 0, report.Memory{TotalBytes: 1000, UsedBytes: 250, FreeBytes: 100, Usage: 25, SwapTotalBytes: 50, SwapUsedBytes: 30}},
		{"ZFS", 200, 50, report.Memory{TotalBytes: 1000, UsedBytes: 100, FreeBytes: 100, Usage: 10, SwapTotalBytes: 50, SwapUsedBytes: 30}},
		{"ZFS at its least", 40, 50, report.Memory{TotalBytes: 1000, UsedBytes: 250, FreeBytes: 100, Usage: 25, SwapTotalBytes: 50, SwapUsedBytes: 30}},
		{"figures that do not fit", 900, 0, report.Memory{TotalBytes: 1000, UsedBytes: 0, FreeBytes: 100, SwapTotalBytes: 50, SwapUsedBytes: 30}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			memory := &memory{
				virtual: func(context.Context) (*mem.VirtualMemoryStat, error) {
					return &mem.VirtualMemoryStat{Total: 1000, Available: 750, Free: 100, SwapTotal: 50, SwapFree: 20}, nil
				},
				cache: func() (size, least uint64) { return test.cache, test.least },
			}
			got := report.Host{Detail: &report.HostDetail{}}
			if err := memory.collect(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Metrics.Memory); diff != "" || got.Detail.ARCBytes != int64(test.cache) {
				t.Errorf("cache %d, memory (-want +got):\n%s", got.Detail.ARCBytes, diff)
			}
		})
	}
}

func TestOnlyWholeDevicesAreReported(t *testing.T) {
	all := []string{"sda", "sda1", "sdaa", "sdaa12", "vda", "xvda", "xvda1", "nvme0n1", "nvme0n1p2", "mmcblk0", "mmcblk0p1", "mmcblk0boot0", "md0", "dm-0", "loop3", "ram1", "zram0", "sr0", "ada0", "C:", "disk0"}
	want := []string{"C:", "ada0", "disk0", "md0", "mmcblk0", "nvme0n1", "sda", "sdaa", "vda", "xvda"}
	devices := &devices{
		whole: func() []string { return nil },
		counters: func(context.Context, ...string) (map[string]disk.IOCountersStat, error) {
			counters := map[string]disk.IOCountersStat{}
			for _, name := range all {
				counters[name] = disk.IOCountersStat{ReadBytes: 1, WriteBytes: 2, ReadCount: 3, WriteCount: 4, ReadTime: 5, WriteTime: 6, IoTime: 7}
			}
			return counters, nil
		},
	}
	var got report.Host
	if err := devices.collect(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, device := range got.DiskIO {
		names = append(names, device.Device)
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("devices (-want +got):\n%s", diff)
	}
	first := report.DiskIO{Device: "C:", ReadBytes: 1, WriteBytes: 2, ReadOps: 3, WriteOps: 4, ReadTimeMs: 5, WriteTimeMs: 6, IOTimeMs: 7}
	if diff := cmp.Diff(first, got.DiskIO[0]); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
}

// fakeNIC is an interface with the addresses given in CIDR notation.
func fakeNIC(name string, flags net.Flags, addresses ...string) nic {
	mac, _ := net.ParseMAC("02:00:00:00:00:01")
	return nic{name: name, mac: mac, flags: flags, addresses: func() ([]net.Addr, error) {
		var list []net.Addr
		for _, each := range addresses {
			ip, network, err := net.ParseCIDR(each)
			if err != nil {
				return nil, err
			}
			list = append(list, &net.IPNet{IP: ip, Mask: network.Mask})
		}
		return list, nil
	}}
}

func TestInterfaces(t *testing.T) {
	gone := fakeNIC("gone0", net.FlagUp)
	gone.addresses = func() ([]net.Addr, error) { return nil, os.ErrNotExist }
	interfaces := &interfaces{
		list: func() ([]nic, error) {
			return []nic{
				fakeNIC("lo", net.FlagUp|net.FlagLoopback, "127.0.0.1/8"),
				gone,
				fakeNIC("eth0", net.FlagUp, "192.0.2.2/24", "fd00::2/64"),
				fakeNIC("eno2", net.FlagUp),
				fakeNIC("tunl0", 0),
				fakeNIC("veth12ab", net.FlagUp, "fe80::1/64"),
				fakeNIC("fwln100i0", net.FlagUp),
				fakeNIC("docker0", 0, "172.17.0.1/16"),
			}, nil
		},
		counters: func(context.Context) ([]gopsnet.IOCountersStat, error) {
			return []gopsnet.IOCountersStat{
				{Name: "lo", BytesRecv: 9}, {Name: "eth0", BytesRecv: 1, BytesSent: 2}, {Name: "eno2", BytesSent: 3}, {Name: "veth12ab", BytesSent: 4},
			}, nil
		},
	}
	var got report.Host
	if err := interfaces.collect(t.Context(), &got); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error = %v, want that of the vanished interface", err)
	}
	const mac = "02:00:00:00:00:01"
	want := []report.NIC{
		{Name: "eth0", MAC: mac, Addresses: []string{"192.0.2.2/24", "fd00::2/64"}, RxBytes: 1, TxBytes: 2},
		{Name: "eno2", MAC: mac, TxBytes: 3},
		{Name: "docker0", MAC: mac, Addresses: []string{"172.17.0.1/16"}},
	}
	if diff := cmp.Diff(want, got.Network); diff != "" {
		t.Errorf("network (-want +got):\n%s", diff)
	}
}

// fakeSystem answers from memory and counts how often the platform is asked.
func fakeSystem(asked *int) system {
	return system{
		hostname: func() (string, error) { return "os-name", nil },
		platform: func(context.Context) (string, string, string, error) {
			*asked++
			return "debian", "debian", "12.11", nil
		},
		kernel: func(context.Context) (string, error) { return "6.1", nil },
		arch:   func() (string, error) { return "x86_64", nil },
		cores:  func(context.Context) (int, error) { return 2, nil },
		uptime: func(context.Context) (uint64, error) { return 7, nil },
	}
}

func TestIdentity(t *testing.T) {
	facts := report.HostInfo{
		ID: "m", Hostname: "os-name", DisplayName: "os-name", MachineID: "m", Platform: "debian", OSName: "debian", OSVersion: "12.11",
		KernelVersion: "6.1", Architecture: "x86_64", CPUCount: 2, UptimeSeconds: 7,
	}
	tests := []struct {
		name    string
		options Options
		agent   string
		change  func(*report.HostInfo)
	}{
		{"machine id", Options{HostID: "m", MachineID: "m"}, "m", func(*report.HostInfo) {}},
		{"clone", Options{HostID: "m-1", MachineID: "m"}, "m-1", func(info *report.HostInfo) { info.ID = "m-1" }},
		{"configured", Options{HostID: "m", MachineID: "m", AgentID: "a", Hostname: "h", ReportIP: "10.0.0.5"}, "a", func(info *report.HostInfo) {
			info.Hostname, info.DisplayName, info.ReportIP = "h", "h", "10.0.0.5"
		}},
		{"hostname", Options{}, "os-name", func(info *report.HostInfo) { info.ID, info.MachineID = "", "" }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var asked int
			identity := newIdentity(test.options)
			identity.system = fakeSystem(&asked)
			var got report.Host
			if err := identity.collect(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			want := facts
			test.change(&want)
			if diff := cmp.Diff(want, got.Host); diff != "" {
				t.Errorf("host (-want +got):\n%s", diff)
			}
			if got.Agent.ID != test.agent || got.Agent.Hostname != want.Hostname {
				t.Errorf("agent = %+v, want id %q", got.Agent, test.agent)
			}
		})
	}
}

func TestIdentityIsReadHourlyAndRetriedAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked int
		identity := newIdentity(Options{HostID: "m"})
		identity.system = fakeSystem(&asked)
		broken := errors.New("broken")
		identity.system.kernel = func(context.Context) (string, error) { return "", broken }
		var got report.Host
		if err := identity.collect(t.Context(), &got); !errors.Is(err, broken) {
			t.Errorf("collect = %v, want the kernel's error", err)
		}
		if got.Host.OSVersion != "12.11" || got.Agent.ID != "m" {
			t.Errorf("one unreadable fact cost the others: %+v", got.Host)
		}
		identity.system.kernel = func(context.Context) (string, error) { return "6.1", nil }
		for range 2 * int(identityLife/time.Minute) {
			if err := identity.collect(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute) // the bubble's clock
		}
		if asked != 3 {
			t.Errorf("platform was read %d times in two hours, want 3", asked)
		}
		if got.Host.KernelVersion != "6.1" {
			t.Errorf("kernel = %q, want it read again", got.Host.KernelVersion)
		}
	})
}
