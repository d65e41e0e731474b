package v5

import (
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Memory is the use of memory, in bytes and percent.
type Memory struct {
	Total     uint64  `json:"total"`
	Used      uint64  `json:"used"`
	Free      uint64  `json:"free"`
	Usage     float64 `json:"usage"`
	Balloon   uint64  `json:"balloon,omitempty"`
	SwapUsed  uint64  `json:"swapUsed,omitempty"`
	SwapTotal uint64  `json:"swapTotal,omitempty"`
}

// Disk is the use of a file system or of a guest's disks, in bytes and
// percent; a Usage of -1 means that the used part is not known.
type Disk struct {
	Total      uint64  `json:"total"`
	Used       uint64  `json:"used"`
	Free       uint64  `json:"free"`
	Usage      float64 `json:"usage"`
	Mountpoint string  `json:"mountpoint,omitempty"`
	Type       string  `json:"type,omitempty"`
	Device     string  `json:"device,omitempty"`
}

// unknownUsage is the Usage of a disk of which only the size is known.
const unknownUsage = -1

// NIC is a network interface with its cumulative counters in bytes.
type NIC struct {
	Name      string   `json:"name"`
	MAC       string   `json:"mac,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	RxBytes   uint64   `json:"rxBytes,omitempty"`
	TxBytes   uint64   `json:"txBytes,omitempty"`
	SpeedMbps uint64   `json:"speedMbps,omitempty"`
}

// DiskIO is the counters of a block device since boot.
type DiskIO struct {
	Device      string `json:"device"`
	ReadBytes   uint64 `json:"readBytes,omitempty"`
	WriteBytes  uint64 `json:"writeBytes,omitempty"`
	ReadOps     uint64 `json:"readOps,omitempty"`
	WriteOps    uint64 `json:"writeOps,omitempty"`
	ReadTimeMs  int64  `json:"readTimeMs,omitempty"`
	WriteTimeMs int64  `json:"writeTimeMs,omitempty"`
	IOTimeMs    int64  `json:"ioTimeMs,omitempty"`
}

func memoryPercent(c resource.Capacity) float64 {
	ratio, _ := c.Ratio()
	return unit.Percent(ratio)
}

func diskPercent(c resource.Capacity) float64 {
	ratio, _ := c.FullRatio()
	return unit.Percent(ratio)
}

// memoryOf returns nil when the size is not known.
func memoryOf(usage *resource.Usage, balloon uint64) *Memory {
	if usage.Memory.Total == 0 {
		return nil
	}
	return &Memory{
		Total: usage.Memory.Total, Used: usage.Memory.Used, Free: usage.Memory.Free,
		Usage: memoryPercent(usage.Memory), Balloon: balloon,
		SwapUsed: usage.Swap.Used, SwapTotal: usage.Swap.Total,
	}
}

// diskOf returns nil when the size is not known.
func diskOf(c resource.Capacity) *Disk {
	if c.Total == 0 {
		return nil
	}
	return &Disk{Total: c.Total, Used: c.Used, Free: c.Free, Usage: diskPercent(c)}
}

// Disks converts mounted file systems; nil for none.
func Disks(filesystems []resource.Filesystem) []Disk {
	return convert(filesystems, func(fs *resource.Filesystem) Disk {
		return Disk{
			Total: fs.Total, Used: fs.Used, Free: fs.Free, Usage: diskPercent(fs.Capacity),
			Mountpoint: fs.Mountpoint, Type: fs.Type, Device: fs.Device,
		}
	})
}

// NICs converts network interfaces; nil for none.
func NICs(interfaces []resource.Interface) []NIC {
	return convert(interfaces, func(i *resource.Interface) NIC {
		return NIC{
			Name: i.Name, MAC: i.MAC, Addresses: i.Addresses,
			RxBytes: i.RxBytes, TxBytes: i.TxBytes, SpeedMbps: i.SpeedBits / 1_000_000,
		}
	})
}

func diskIO(counters []resource.DiskIO) []DiskIO {
	return convert(counters, func(d *resource.DiskIO) DiskIO {
		return DiskIO{
			Device: d.Device, ReadBytes: d.ReadBytes, WriteBytes: d.WriteBytes,
			ReadOps: d.ReadOps, WriteOps: d.WriteOps,
			ReadTimeMs: d.ReadTime.Milliseconds(), WriteTimeMs: d.WriteTime.Milliseconds(),
			IOTimeMs: d.BusyTime.Milliseconds(),
		}
	})
}

// convert maps a list; an empty one gives nil, which JSON then leaves out.
func convert[From, To any](from []From, one func(*From) To) []To {
	if len(from) == 0 {
		return nil
	}
	to := make([]To, len(from))
	for i := range from {
		to[i] = one(&from[i])
	}
	return to
}
