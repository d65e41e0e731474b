package mdadm

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/report"
)

// Lines of /proc/mdstat (md(4), drivers/md/md.c of Linux).
var (
	statHead = regexp.MustCompile(`^(md\S*) : (active|inactive)((?: \([a-z-]+\))*)(.*)$`)
	// statMember is one member: its device, slot number and flags, such as "sde1[3](F)".
	statMember = regexp.MustCompile(`^([^\[\]]+)\[(\d+)\]((?:\([A-Z]\))*)$`)
	// statHealth is "[wanted/working]".
	statHealth   = regexp.MustCompile(`\[(\d{1,6})/(\d{1,6})\]`)
	statProgress = regexp.MustCompile(`(recovery|resync|reshape) *= *([0-9.]+)%.*?(?:speed=(\S+))?$`)
)

// ParseStat reads /proc/mdstat. Slots, names and ids are those the kernel knows; mdadm knows more.
func ParseStat(raw []byte) []report.RAIDArray {
	var arrays []report.RAIDArray
	var current *report.RAIDArray
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimRight(line, "\n")
		if head := statHead.FindStringSubmatch(line); head != nil {
			arrays = append(arrays, newArray(head[1], head[2], head[4]))
			current = &arrays[len(arrays)-1]
			continue
		}
		if current == nil || !strings.HasPrefix(line, " ") {
			current = nil
			continue
		}
		readStatLine(line, current)
	}
	return arrays
}

// newArray makes an array of the first line about it.
func newArray(name, state, rest string) report.RAIDArray {
	array := report.RAIDArray{Device: "/dev/" + name, State: map[string]string{"active": "clean", "inactive": "inactive"}[state], Devices: []report.RAIDDevice{}}
	for _, word := range strings.Fields(rest) {
		member := statMember.FindStringSubmatch(word)
		if member == nil {
			array.Level = word
			continue
		}
		addMember(&array, member[1], member[2], member[3])
	}
	return array
}

func addMember(array *report.RAIDArray, device, number, flags string) {
	entry := report.RAIDDevice{Device: "/dev/" + device, State: "active sync", Slot: -1}
	array.TotalDevices++
	switch {
	case strings.Contains(flags, "(F)"):
		entry.State = "faulty"
		array.FailedDevices++
	case strings.Contains(flags, "(S)"):
		entry.State = "spare"
		array.SpareDevices++
		array.WorkingDevices++
	default:
		// The kernel's number is not the position once a member has been replaced, but it is all there is here.
		if slot, err := strconv.Atoi(number); err == nil {
			entry.Slot = slot
		}
		array.WorkingDevices++
		array.ActiveDevices++
	}
	array.Devices = append(array.Devices, entry)
}

// readStatLine reads one of the indented lines about an array.
func readStatLine(line string, array *report.RAIDArray) {
	if health := statHealth.FindStringSubmatch(line); health != nil && strings.Contains(line, "blocks") {
		wanted, _ := strconv.Atoi(health[1]) // digits, by the pattern
		working, _ := strconv.Atoi(health[2])
		array.ActiveDevices = working
		if working < wanted {
			array.State += ", degraded"
		}
	}
	// A check reads all and repairs nothing unless asked; it is no rebuild, so the pattern leaves it out.
	if progress := statProgress.FindStringSubmatch(line); progress != nil {
		array.State += map[string]string{"recovery": ", recovering", "resync": ", resyncing", "reshape": ", reshaping"}[progress[1]]
		if percent, err := strconv.ParseFloat(progress[2], 64); err == nil && percent >= 0 && percent <= 100 {
			array.RebuildPercent = percent
		}
		array.RebuildSpeed = progress[3]
	}
}
