package smart

import (
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/agent/report"
)

// Units in which disks count what was written.
const (
	nvmeUnit = 512_000 // a thousand blocks of 512 bytes (NVM Express base specification, SMART log)
	mib      = 1 << 20
	gib      = 1 << 30
)

// nvmeLog is the health log of an NVMe disk.
type nvmeLog struct {
	PercentageUsed   *float64 `json:"percentage_used"`
	AvailableSpare   *float64 `json:"available_spare"`
	MediaErrors      count    `json:"media_errors"`
	DataUnitsWritten count    `json:"data_units_written"`
	PowerOnHours     count    `json:"power_on_hours"`
}

// scsiErrors are the error counters of one direction of a SAS disk.
type scsiErrors struct {
	Uncorrected count  `json:"total_uncorrected_errors"`
	Gigabytes   string `json:"gigabytes_processed"`
}

// ataAnswer holds the vendor's attributes of a SATA disk.
type ataAnswer struct {
	Attributes struct {
		Table []attribute `json:"table"`
	} `json:"ata_smart_attributes"`
}

// attribute is one vendor attribute: a value from 1 to 253, where more is better, and a raw value of the vendor's choice.
type attribute struct {
	ID    int     `json:"id"`
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Raw   struct {
		String string `json:"string"`
		Value  count  `json:"value"`
	} `json:"raw"`
}

// number returns the raw value: the first number of its text, as smartctl knows how vendors pack several into one.
func (a *attribute) number() uint64 {
	digits, _, _ := strings.Cut(strings.TrimSpace(a.Raw.String), " ")
	if value, err := strconv.ParseUint(digits, 10, 64); err == nil {
		return value
	}
	return uint64(a.Raw.Value)
}

// lifeLeft are beginnings of names of attributes whose value is the part of its life a flash disk has left, in percent.
var lifeLeft = []string{
	"SSD_Life_Left", "Media_Wearout_Indicator", "Wear_Leveling_Count", "Percent_Lifetime_Remain", "Remaining_Lifetime_Perc", "Perc_Rated_Life_Remain",
}

// wear gathers what the answer says about the disk's age.
func (a *answer) wear(name string) report.DiskWear {
	wear := report.DiskWear{
		Device: name, SizeBytes: int64(min(a.UserCapacity.Bytes, 1<<63-1)), Rotational: a.RotationRate > 0,
		PowerOnHours: uint64(a.PowerOnTime.Hours),
	}
	a.ataWear(&wear)
	a.scsiWear(&wear)
	a.nvmeWear(&wear)
	if a.EnduranceUsed != nil {
		wear.WearPercent = share(&a.EnduranceUsed.Current)
	}
	if a.SpareAvailable != nil {
		wear.SparePercent = share(&a.SpareAvailable.Current)
	}
	return wear
}

func (a *answer) nvmeWear(wear *report.DiskWear) {
	log := a.NVMe
	if log == nil {
		return
	}
	wear.WearPercent, wear.SparePercent = share(log.PercentageUsed), share(log.AvailableSpare)
	wear.UncorrectableErrors = uint64(log.MediaErrors)
	wear.WrittenBytes = times(uint64(log.DataUnitsWritten), nvmeUnit)
	wear.PowerOnHours = max(wear.PowerOnHours, uint64(log.PowerOnHours))
}

func (a *answer) scsiWear(wear *report.DiskWear) {
	if a.SCSIEnduranceUsed != nil {
		wear.WearPercent = share(a.SCSIEnduranceUsed)
	}
	wear.ReallocatedSectors += uint64(a.SCSIGrownDefects)
	for _, direction := range a.SCSIErrors {
		wear.UncorrectableErrors = max(wear.UncorrectableErrors, uint64(direction.Uncorrected))
	}
	if written, err := strconv.ParseFloat(a.SCSIErrors["write"].Gigabytes, 64); err == nil && written > 0 && written < 1e9 {
		wear.WrittenBytes = uint64(written * 1e9)
	}
}

func (a *answer) ataWear(wear *report.DiskWear) {
	for i := range a.Attributes.Table {
		each := &a.Attributes.Table[i]
		switch {
		case each.ID == 5:
			wear.ReallocatedSectors = each.number()
		case each.ID == 197:
			wear.PendingSectors = each.number()
		case each.ID == 198:
			wear.UncorrectableErrors = each.number()
		case each.ID == 199:
			wear.CRCErrors = each.number()
		case each.Name == "Total_LBAs_Written":
			wear.WrittenBytes = times(each.number(), max(uint64(a.LogicalBlockSize), 512))
		case each.Name == "Host_Writes_32MiB":
			wear.WrittenBytes = times(each.number(), 32*mib)
		case each.Name == "Host_Writes_GiB", each.Name == "Total_Writes_GiB", each.Name == "Lifetime_Writes_GiB":
			wear.WrittenBytes = times(each.number(), gib)
		}
		if !wear.Rotational && wear.WearPercent == nil && hasAnyPrefix(each.Name, lifeLeft) && each.Value <= 100 {
			used := 100 - each.Value
			wear.WearPercent = share(&used)
		}
	}
}

func hasAnyPrefix(name string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// share returns a share in percent if it is one; disks may be used beyond what they are rated for, up to 255.
func share(percent *float64) *float64 {
	if percent == nil || !(*percent >= 0 && *percent <= 255) {
		return nil
	}
	value := *percent
	return &value
}

// times multiplies, and returns zero for what does not fit: such a count is not to be believed.
func times(a, b uint64) uint64 {
	if a == 0 || a > (1<<63)/b {
		return 0
	}
	return a * b
}
