package mdadm

import (
	"errors"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/report"
)

// errNoDetail means that mdadm described no array.
var errNoDetail = errors.New("no description of an array")

// maxMembers bounds the members of one array.
const maxMembers = 256

// ParseDetail reads what "mdadm --detail" writes about one array (man mdadm, Detail.c of mdadm 4).
func ParseDetail(raw []byte) (report.RAIDArray, error) {
	array := report.RAIDArray{Devices: []report.RAIDDevice{}}
	inTable := false
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		switch fields := strings.Fields(line); {
		case inTable:
			addRow(&array, fields)
		case strings.HasPrefix(line, "Number") && strings.Contains(line, "RaidDevice"):
			inTable = true
		default:
			readFact(&array, line)
		}
	}
	if array.Level == "" && array.State == "" && array.UUID == "" {
		return report.RAIDArray{}, errNoDetail
	}
	return array, nil
}

// readFact reads one line of the form "name : value".
func readFact(array *report.RAIDArray, line string) {
	name, value, ok := strings.Cut(line, " : ")
	if !ok {
		return
	}
	value = strings.TrimSpace(value)
	number := func() int {
		count, err := strconv.Atoi(value)
		if err != nil || count < 0 {
			return 0
		}
		return count
	}
	switch strings.TrimSpace(name) {
	case "Raid Level":
		array.Level = value
	case "State":
		array.State = value
	case "Total Devices":
		array.TotalDevices = number()
	case "Active Devices":
		array.ActiveDevices = number()
	case "Working Devices":
		array.WorkingDevices = number()
	case "Failed Devices":
		array.FailedDevices = number()
	case "Spare Devices":
		array.SpareDevices = number()
	case "UUID":
		array.UUID = value
	case "Name":
		// "host:0  (local to host host)"
		array.Name, _, _ = strings.Cut(value, " ")
	}
}

// addRow reads one row of the table of members: number, major, minor, position, state in several words, device. A
// removed member has no device.
func addRow(array *report.RAIDArray, fields []string) {
	const fixed = 4
	if len(fields) <= fixed || len(array.Devices) == maxMembers {
		return
	}
	slot, err := strconv.Atoi(fields[3])
	if err != nil || slot < 0 {
		slot = -1
	}
	words := fields[fixed:]
	device := ""
	if last := words[len(words)-1]; strings.HasPrefix(last, "/") {
		device, words = last, words[:len(words)-1]
	}
	array.Devices = append(array.Devices, report.RAIDDevice{Device: device, State: strings.Join(words, " "), Slot: slot})
}
