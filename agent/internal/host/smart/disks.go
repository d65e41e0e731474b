package smart

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/command"
)

// noDisks are beginnings of names of block devices that are no disks, or disks of a hypervisor, which say nothing.
var noDisks = []string{"loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "rbd", "zd", "vd", "xvd", "mmcblk", "pmem", "drbd", "bcache"}

// listDisks walks /sys/block; where that does not exist smartctl is asked to scan.
func listDisks(ctx context.Context, sys string, run command.Run) ([]disk, error) {
	entries, err := os.ReadDir(filepath.Join(sys, "block"))
	if os.IsNotExist(err) {
		return scanDisks(ctx, run)
	}
	if err != nil {
		return nil, fmt.Errorf("list block devices: %w", err)
	}
	var disks []disk
	for _, entry := range entries {
		name := entry.Name()
		if isDisk(filepath.Join(sys, "block", name), name) {
			disks = append(disks, disk{name: name, path: "/dev/" + name})
		}
	}
	return disks, nil
}

// isDisk reports whether a block device is hardware that can be asked. A disk behind USB is left alone: many of the
// bridges hang when they are sent a command they do not know.
func isDisk(folder, name string) bool {
	if slices.ContainsFunc(noDisks, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		return false
	}
	if _, err := os.Stat(filepath.Join(folder, "device")); err != nil {
		return false
	}
	target, err := filepath.EvalSymlinks(folder)
	if err != nil || strings.Contains(target, "/usb") {
		return false
	}
	sectors, err := os.ReadFile(filepath.Join(folder, "size"))
	return err != nil || strings.TrimSpace(string(sectors)) != "0" // a reader without a card has no size
}

func scanDisks(ctx context.Context, run command.Run) ([]disk, error) {
	result, err := run(ctx, "smartctl", "--scan", "--json")
	if err != nil {
		return nil, err
	}
	paths, err := ParseScan(result.Stdout)
	if err != nil {
		return nil, err
	}
	disks := make([]disk, 0, len(paths))
	for _, path := range paths {
		disks = append(disks, disk{name: strings.TrimPrefix(path, "/dev/"), path: path})
	}
	return disks, nil
}

// ParseScan reads what "smartctl --scan --json" writes.
func ParseScan(raw []byte) ([]string, error) {
	var scan struct {
		Devices []struct {
			Name string `json:"name"`
			Type string `json:"type"`
		} `json:"devices"`
	}
	if err := json.Unmarshal(raw, &scan); err != nil {
		return nil, fmt.Errorf("decode list of disks: %w", err)
	}
	var paths []string
	for _, device := range scan.Devices {
		if strings.HasPrefix(device.Name, "/dev/") && !strings.HasPrefix(device.Type, "usb") && !slices.Contains(paths, device.Name) {
			paths = append(paths, device.Name)
		}
	}
	return paths, nil
}
