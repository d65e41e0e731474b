package host

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/shirou/gopsutil/v4/disk"

	"github.com/pulse-hub/pulse/agent/report"
)

// partition matches names of Linux partitions, for systems where /sys does not tell whole devices from parts.
var partition = regexp.MustCompile(`^((sd|hd|vd|xvd)[a-z]+\d+|(nvme\d+n\d+|mmcblk\d+|nbd\d+)p\d+|mmcblk\d+boot\d+)$`)

// virtualDevices are beginnings of names of devices without hardware of their own, or without a medium.
var virtualDevices = []string{"loop", "ram", "zram", "dm-", "sr", "fd", "cd", "pass"}

// devices reads the I/O counters of whole block devices.
type devices struct {
	counters func(ctx context.Context, names ...string) (map[string]disk.IOCountersStat, error)
	// whole lists the whole devices; empty when the system does not say.
	whole func() []string
}

func newDevices() *devices {
	return &devices{counters: disk.IOCountersWithContext, whole: listBlockDevices}
}

// listBlockDevices names the entries of /sys/block, which holds whole devices only. It is absent outside Linux and in
// some containers.
func listBlockDevices() []string {
	entries, err := os.ReadDir("/sys/block")
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (d *devices) collect(ctx context.Context, into *report.Host) error {
	names := slices.DeleteFunc(d.whole(), skipDevice)
	// Asking for certain devices spares the library reading the serial numbers of all others.
	counters, err := d.counters(ctx, names...)
	if isNotImplemented(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read disk counters: %w", err)
	}
	list := make([]report.DiskIO, 0, len(counters))
	for name, counter := range counters {
		if !skipDevice(name) {
			list = append(list, newDiskIO(name, counter))
		}
	}
	slices.SortFunc(list, func(a, b report.DiskIO) int { return cmp.Compare(a.Device, b.Device) })
	into.DiskIO = capped(list)
	return nil
}

// skipDevice reports whether the device is part of another one or has no hardware.
func skipDevice(name string) bool {
	return hasAnyPrefix(name, virtualDevices) || partition.MatchString(name)
}

func newDiskIO(name string, counter disk.IOCountersStat) report.DiskIO {
	return report.DiskIO{
		Device:      name,
		ReadBytes:   counter.ReadBytes,
		WriteBytes:  counter.WriteBytes,
		ReadOps:     counter.ReadCount,
		WriteOps:    counter.WriteCount,
		ReadTimeMs:  counter.ReadTime,
		WriteTimeMs: counter.WriteTime,
		IOTimeMs:    counter.IoTime,
	}
}

// isNotImplemented recognises the library's answer for what it cannot read on this system, which is no failure.
func isNotImplemented(err error) bool {
	return err != nil && err.Error() == "not implemented yet"
}
