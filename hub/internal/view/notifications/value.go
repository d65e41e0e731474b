package notifications

import (
	"math"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// Values returns the value of an alert and what it is compared with, with their units, for people: "91.2%", "12.3 MB/s",
// "81 °C", "3 days". Both are empty for states, the threshold also where there is none.
func Values(a *alert.Alert) (value, threshold string) {
	if a.Value == 0 && a.Trigger == 0 || a.Type == alert.RAID && a.Trigger == 0 { // how many devices failed is in its sentence
		return "", ""
	}
	unit := unitOf(a)
	if a.Trigger != 0 {
		threshold = spoken(a.Trigger, unit)
	}
	return spoken(a.Value, unit), threshold
}

// unitOf returns what is written behind values of an alert; in words for one and for more, divided by a bar.
func unitOf(a *alert.Alert) string {
	switch a.Type {
	case alert.CPU, alert.Memory, alert.Disk, alert.Usage, alert.DiskWearout, alert.ContainerMemoryLimit, alert.ServiceHealth, alert.RAID:
		return "%"
	case alert.DiskRead, alert.DiskWrite, alert.NetworkIn, alert.NetworkOut:
		return " MB/s"
	case alert.Temperature, alert.DiskTemperature:
		return " °C"
	case alert.BackupAge, alert.BackupMissing, alert.CertificateExpiry:
		return " day| days"
	case alert.SnapshotAge:
		if a.Metadata["primaryMetric"] == "size" {
			return " GiB"
		}
		return " day| days"
	case alert.MessageAge:
		return " minute| minutes"
	case alert.AnomalySpamIn, alert.AnomalySpamOut, alert.AnomalyVirusIn, alert.AnomalyVirusOut:
		return " an hour"
	}
	return ""
}

// spoken writes a number with one digit behind the point, or none where that is 0, and a unit.
func spoken(v float64, unit string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	text := strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	if text == "-0" {
		text = "0"
	}
	one, more, counted := strings.Cut(unit, "|")
	if counted && text != "1" {
		return text + more
	}
	return text + one
}
