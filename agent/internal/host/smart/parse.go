package smart

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/internal/host/outcome"
	"github.com/pulse-hub/pulse/agent/report"
)

// errUnsupported means that the disk does not assess itself.
var errUnsupported = errors.New("the disk does not assess itself")

// asleep matches how smartctl says that it did not wake a disk.
var asleep = regexp.MustCompile(`Device is in (STANDBY|SLEEP)`)

// answer is the part of smartctl's JSON (man smartctl, 7.x) that is used.
type answer struct {
	Smartctl struct {
		ExitStatus int      `json:"exit_status"`
		Output     []string `json:"output"`
		Messages   []struct {
			String   string `json:"string"`
			Severity string `json:"severity"`
		} `json:"messages"`
	} `json:"smartctl"`
	Device struct {
		Protocol string `json:"protocol"`
	} `json:"device"`
	ModelName     string        `json:"model_name"`
	SCSIModelName string        `json:"scsi_model_name"`
	SerialNumber  string        `json:"serial_number"`
	WWN           worldWideName `json:"wwn"`
	LogicalUnitID string        `json:"logical_unit_id"`
	UserCapacity  struct {
		Bytes count `json:"bytes"`
	} `json:"user_capacity"`
	LogicalBlockSize count `json:"logical_block_size"`
	RotationRate     count `json:"rotation_rate"`
	SmartStatus      *struct {
		Passed bool `json:"passed"`
	} `json:"smart_status"`
	Temperature struct {
		Current float64 `json:"current"`
	} `json:"temperature"`
	PowerOnTime struct {
		Hours count `json:"hours"`
	} `json:"power_on_time"`
	EnduranceUsed  *percentNow `json:"endurance_used"`
	SpareAvailable *percentNow `json:"spare_available"`

	ataAnswer
	NVMe *nvmeLog `json:"nvme_smart_health_information_log"`

	SCSIGrownDefects  count                 `json:"scsi_grown_defect_list"`
	SCSIEnduranceUsed *float64              `json:"scsi_percentage_used_endurance_indicator"`
	SCSIErrors        map[string]scsiErrors `json:"scsi_error_counter_log"`
}

// worldWideName is the name of a SATA disk in three parts.
type worldWideName struct {
	NAA count `json:"naa"`
	OUI count `json:"oui"`
	ID  count `json:"id"`
}

// Parse reads what "smartctl -n standby -i -A -H --json=o" wrote about the named disk. Errors say what smartctl said.
func Parse(name string, raw []byte) (Disk, error) {
	var from answer
	if err := json.Unmarshal(raw, &from); err != nil {
		return Disk{}, fmt.Errorf("decode answer: %w", err)
	}
	health := report.SMART{
		Device: name, Model: first(from.ModelName, from.SCSIModelName), Serial: strings.TrimSpace(from.SerialNumber),
		WWN: from.wwn(), Type: kind(from.Device.Protocol),
	}
	if from.sleeps() {
		health.Standby = true
		return Disk{Health: health, Wear: report.DiskWear{Device: name}}, nil
	}
	if err := from.problem(); err != nil {
		return Disk{}, err
	}
	health.Temperature = temperature(from.Temperature.Current)
	health.Health = "UNKNOWN"
	if from.SmartStatus != nil {
		health.Health = map[bool]string{true: "PASSED", false: "FAILED"}[from.SmartStatus.Passed]
	}
	return Disk{Health: health, Wear: from.wear(name)}, nil
}

func (a *answer) sleeps() bool {
	for _, line := range a.Smartctl.Output {
		if asleep.MatchString(line) {
			return true
		}
	}
	for _, message := range a.Smartctl.Messages {
		if asleep.MatchString(message.String) {
			return true
		}
	}
	return false
}

// problem returns why there is no assessment. Of the bits of the exit status the first two mean that the disk could not
// be asked; all others are remarks about its health.
func (a *answer) problem() error {
	const notAsked = 0b11
	if a.Smartctl.ExitStatus&notAsked == 0 {
		return nil
	}
	for _, message := range a.Smartctl.Messages {
		switch text := message.String; {
		case strings.Contains(text, "Permission denied"), strings.Contains(text, "Operation not permitted"):
			return outcome.Forbidden("no permission to ask the disk", nil)
		case strings.Contains(text, "Unable to detect device type"), strings.Contains(text, "lacks SMART"), strings.Contains(text, "Unknown USB bridge"):
			return errUnsupported
		case message.Severity == "error":
			return fmt.Errorf("smartctl: %s", text[:min(len(text), 200)])
		}
	}
	return fmt.Errorf("smartctl: exit status %d", a.Smartctl.ExitStatus)
}

func (a *answer) wwn() string {
	if a.WWN == (worldWideName{}) {
		return strings.TrimPrefix(a.LogicalUnitID, "0x")
	}
	return fmt.Sprintf("%x%06x%09x", a.WWN.NAA, a.WWN.OUI, a.WWN.ID)
}

// kind translates smartctl's name of a protocol.
func kind(protocol string) string {
	return map[string]string{"ATA": "sata", "SCSI": "sas", "NVMe": "nvme"}[protocol]
}

// temperature leaves out what no disk survives.
func temperature(celsius float64) int {
	if !(celsius > -50 && celsius < 200) {
		return 0
	}
	return int(math.Round(celsius))
}

// percentNow is a share with its present value in percent.
type percentNow struct {
	Current float64 `json:"current_percent"`
}

// count is a number of something. Values that do not fit, and what is no number at all, do not cost the answer.
type count uint64

// UnmarshalJSON reads a number; too great ones become the greatest, and all others that are no count become zero.
func (c *count) UnmarshalJSON(raw []byte) error {
	value, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		value = 0
	}
	*c = count(value)
	return nil
}
