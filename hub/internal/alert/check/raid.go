package check

import (
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// judgeArrays looks at Linux software RAID arrays, by the words that mdadm uses for their state.
func (h hostLook) judgeArrays() {
	for i := range h.detail.RAID {
		h.judgeArray(&h.detail.RAID[i])
	}
}

func (h hostLook) judgeArray(array *resource.RAIDArray) {
	s := stateOfArray(array, h.sparesBays(array))
	if s.Level == "" && !h.open {
		return
	}
	name := deviceName(array.Device)
	id := h.partID("raid", name)
	s.Type, s.Part, s.AlertID, s.ID = alert.RAID, name, id, id
	s.Name = h.subject.Name + " - " + array.Device
	if array.Level != "" {
		s.Name += " (" + array.Level + ")"
	}
	s.Extra = func() map[string]any { return arrayMetadata(array) }
	h.is(s)
}

// stateOfArray says how bad an array is: without redundancy is critical, on the way to it a warning. With bays an array
// is made for disks that nobody has put in, and degraded means nothing.
func stateOfArray(array *resource.RAIDArray, bays bool) state {
	text := strings.ToLower(array.State)
	label := "RAID array " + array.Device
	switch {
	case array.FailedDevices > 0:
		return state{
			Level: alert.Critical, Value: float64(array.FailedDevices),
			Message: fmt.Sprintf("%s has %d failed device(s)%s", label, array.FailedDevices, rebuilding(array)),
		}
	case containsAny(text, "failed", "broken"):
		return state{Level: alert.Critical, Message: label + " has failed: " + array.State}
	case strings.Contains(text, "degraded") && !bays:
		return state{Level: alert.Critical, Message: label + " is degraded" + members(array) + rebuilding(array)}
	case strings.Contains(text, "inactive"):
		// An array that the kernel alone describes may be a container of other arrays, which never runs itself.
		if array.Level == "" || array.Level == "container" {
			return state{Unknown: array.Level == ""}
		}
		return state{Level: alert.Critical, Message: label + " is not running"}
	case isRebuilding(array):
		return state{
			Level: alert.Warning, Value: percent(array.Rebuild), Trigger: 100,
			Message: fmt.Sprintf("%s is rebuilding: %.1f%% done%s", label, percent(array.Rebuild), speed(array)),
		}
	}
	return state{Unknown: text == ""}
}

// sparesBays says that the array spans every bay of the case, filled or not: the system's own arrays on the machines of
// one maker.
func (h hostLook) sparesBays(array *resource.RAIDArray) bool {
	if !strings.Contains(strings.ToLower(h.detail.OSName+" "+h.detail.Platform), "synology") {
		return false
	}
	name := deviceName(array.Device)
	return name == "md0" || name == "md1"
}

// isRebuilding leaves out checks, which read everything and repair nothing.
func isRebuilding(array *resource.RAIDArray) bool {
	text := strings.ToLower(array.State)
	if containsAny(text, "recover", "resync", "reshap", "rebuild") {
		return true
	}
	return array.Rebuild > 0 && array.Rebuild < 1 && !strings.Contains(text, "check")
}

func rebuilding(array *resource.RAIDArray) string {
	if !isRebuilding(array) {
		return ""
	}
	return fmt.Sprintf("; rebuilding, %.1f%% done%s", percent(array.Rebuild), speed(array))
}

func speed(array *resource.RAIDArray) string {
	if array.RebuildSpeed == "" {
		return ""
	}
	return " at " + array.RebuildSpeed
}

func members(array *resource.RAIDArray) string {
	if array.ActiveDevices == 0 {
		return ""
	}
	return fmt.Sprintf(" with %s left", counted(array.ActiveDevices, "active device"))
}

func containsAny(text string, words ...string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func arrayMetadata(array *resource.RAIDArray) map[string]any {
	metadata := map[string]any{
		"metric": "raid", "raidDevice": array.Device, "raidLevel": array.Level, "raidState": array.State,
		"raidTotalDevices": array.TotalDevices, "raidActiveDevices": array.ActiveDevices,
		"raidFailedDevices": array.FailedDevices, "raidSpareDevices": array.SpareDevices,
	}
	if isRebuilding(array) {
		metadata["raidRebuildPercent"] = percent(array.Rebuild)
	}
	return metadata
}
