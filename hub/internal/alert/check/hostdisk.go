package check

import (
	"math"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// judgeDisks looks at what SMART says of the disks. What a sleeping disk was like is not known.
func (h hostLook) judgeDisks() {
	for i := range h.detail.Sensors.Disks {
		disk := &h.detail.Sensors.Disks[i]
		h.judgeTemperature(disk)
		h.judgeHealth(disk)
	}
}

func (h hostLook) judgeTemperature(disk *resource.DiskHealth) {
	value := float64(disk.Temperature)
	if !h.concerns(alert.DiskTemperature, value) {
		return
	}
	name := deviceName(disk.Device)
	h.judge(metric{
		Type: alert.DiskTemperature, Value: value, Part: name, Unknown: disk.Standby || disk.Temperature == 0,
		ID: "host:" + h.entry.ID + "/disk_temp:" + name, Name: h.subject.Name + " - " + disk.Device,
		Label: "Disk " + disk.Device + " temperature", Unit: "°C", Kinds: hostDiskKinds,
		Extra: func() map[string]any {
			metadata := diskMetadata(disk)
			metadata["metric"], metadata["temperature"] = "diskTemperature", disk.Temperature
			return metadata
		},
	})
}

func (h hostLook) judgeHealth(disk *resource.DiskHealth) {
	level, unknown := alert.Level(""), disk.Standby
	switch health := strings.ToUpper(disk.Health); {
	case health == "", health == "UNKNOWN":
		unknown = true
	case health == "PASSED", health == "OK", saysFailedWrongly(disk.Model):
	case h.toldByHypervisor(disk.Serial):
		return
	default:
		level = alert.Critical
	}
	if level == "" && !h.open {
		return
	}
	name := deviceName(disk.Device)
	id := h.partID("disk-health", name)
	h.is(state{
		Type: alert.DiskHealth, Part: name, AlertID: id, ID: id, Name: h.subject.Name + " - " + disk.Device, Level: level, Unknown: unknown,
		Message: "Disk " + disk.Device + inBrackets(disk.Model) + " says of its health: " + disk.Health,
		Extra:   func() map[string]any { return diskMetadata(disk) },
	})
}

// judgeWear looks at how much of its rated life a disk has left.
func (h hostLook) judgeWear() {
	for i := range h.detail.Wear {
		wear := &h.detail.Wear[i]
		level, left := alert.Level(""), 0.0
		if wear.Wear != nil {
			left = math.Round(percent(max(1-*wear.Wear, 0))*10) / 10 // as the message says it
			if left < wearLimit {
				level = alert.Warning
			}
		}
		if level == "" && !h.open {
			continue
		}
		h.tellWear(wear, left, level)
	}
}

func (h hostLook) tellWear(wear *resource.DiskWear, left float64, level alert.Level) {
	disk := h.diskCalled(wear.Device)
	if level != "" && h.toldByHypervisor(disk.Serial) {
		return
	}
	name := deviceName(wear.Device)
	id := h.partID("disk-wearout", name)
	h.is(state{
		Type: alert.DiskWearout, Part: name, AlertID: id, ID: id, Name: h.subject.Name + " - " + wear.Device, Level: level,
		Unknown: wear.Wear == nil, Value: left, Trigger: wearLimit,
		Message: "Disk " + wear.Device + inBrackets(disk.Model) + " has " + decimal(left) + "% of its rated life left",
		Extra: func() map[string]any {
			metadata := diskMetadata(disk)
			metadata["disk_wearout"] = left
			return metadata
		},
	})
}

// diskCalled returns what SMART says of a disk, or its name alone.
func (h hostLook) diskCalled(device string) *resource.DiskHealth {
	for i := range h.detail.Sensors.Disks {
		if disk := &h.detail.Sensors.Disks[i]; deviceName(disk.Device) == deviceName(device) {
			return disk
		}
	}
	return &resource.DiskHealth{Device: device}
}

// toldByHypervisor says that Proxmox VE reports the same disk, and alerts come of that.
func (h hostLook) toldByHypervisor(serial string) bool {
	if serial == "" || h.links.NodeID(h.entry) == "" {
		return false
	}
	for e := range h.OfKind(resource.KindDisk) {
		if disk, _ := e.Detail.(*resource.Disk); disk != nil && disk.Serial == serial && !e.Stale {
			return true
		}
	}
	return false
}

func diskMetadata(disk *resource.DiskHealth) map[string]any {
	return map[string]any{
		"disk_path": disk.Device, "disk_model": disk.Model, "disk_serial": disk.Serial, "disk_type": disk.Transport,
		"disk_health": disk.Health,
	}
}
