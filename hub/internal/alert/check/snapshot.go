package check

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// bytesPerGiB is the unit in which people say how large snapshots may be.
const bytesPerGiB = 1 << 30

// checkSnapshot looks at a snapshot of a guest: how old it is, and how large.
func checkSnapshot(b *bench) {
	detail, _ := b.entry.Detail.(*resource.Snapshot)
	if detail == nil || !b.see("") && !b.open {
		return
	}
	b.noun = guestNoun(resource.KindContainer)
	if detail.GuestType == "qemu" {
		b.noun = guestNoun(resource.KindVM)
	}
	guest := b.places.guests[guestNumber{b.entry.Source, detail.VMID}]
	if guest != nil && guestOf(guest).Template {
		return
	}
	b.belongTo(guest)
	config := b.thresholds.Snapshot
	if b.unseen || !config.Enabled || b.thresholds.Disabled {
		return
	}
	about := snapshotAbout{detail: detail}
	if guest != nil {
		about.guest = guest.Name
	}
	b.snapshotAge(&about, &config)
}

// belongTo makes the rules and thresholds of a guest those of what is checked, which has no thresholds of its own. The
// guest may be nil, when it is not known.
func (b *bench) belongTo(guest *inventory.Entry) {
	target := policy.Target{Kind: b.entry.Kind}
	b.subject.Instance = b.instance()
	b.subject.Key, b.subject.Kind = b.entry.Key, b.entry.Kind
	if guest != nil {
		target = b.guestTarget(guest, guestOf(guest))
		target.Kind, target.Name, target.Tags, target.Instance = guest.Kind, guest.Name, guest.Tags, b.subject.Instance
		target.IDs = []string{v5.ID(b.Snapshot, guest)}
		b.subject.Tags = guest.Tags
	}
	b.thresholds = b.Policy.For(target)
}

// snapshotAbout is a snapshot and the name of its guest.
type snapshotAbout struct {
	detail *resource.Snapshot
	guest  string
}

// identifySnapshot fills in what the API calls the snapshot.
func (b *bench) identifySnapshot(about *snapshotAbout) {
	node, vmid := about.detail.Node, strconv.Itoa(about.detail.VMID)
	about.guest = orElse(about.guest, "guest "+vmid)
	b.subject.Node, b.subject.Name = node, about.guest+" ("+b.entry.Name+")"
	b.subject.ID = b.subject.Instance + "-" + node + "-" + vmid + "-" + b.entry.Name
}

// snapshotAge judges the age and the size, whichever is worse. It ages by the clock: it is not told anew.
func (b *bench) snapshotAge(about *snapshotAbout, config *policy.SnapshotConfig) {
	age := b.Now.Sub(about.detail.At)
	days, size := age.Hours()/24, float64(about.detail.Size)/bytesPerGiB
	byAge, ageLimit := levelAt(days, config.WarningDays, config.CriticalDays)
	bySize, sizeLimit := levelAt(size, config.WarningSizeGiB, config.CriticalSizeGiB)
	if about.detail.At.IsZero() {
		byAge = ""
	}
	if byAge == "" && bySize == "" && !b.open {
		return
	}
	s := state{
		Type: alert.SnapshotAge, ByClock: true, Level: byAge, Value: days, Trigger: ageLimit,
	}
	b.identifySnapshot(about)
	s.AlertID = "snapshot-age-" + b.subject.ID
	primary := "age"
	s.Message = fmt.Sprintf("Snapshot '%s' of %s '%s' is %s old", b.entry.Name, b.noun, about.guest, spoken(age))
	if bySize.Above(byAge) {
		primary, s.Level, s.Value, s.Trigger = "size", bySize, size, sizeLimit
		s.Message = fmt.Sprintf("Snapshot '%s' of %s '%s' takes %s GiB", b.entry.Name, b.noun, about.guest, decimal(size))
	}
	s.Extra = func() map[string]any {
		return map[string]any{
			"primaryMetric": primary, "snapshotName": b.entry.Name, "snapshotCreatedAt": about.detail.At.UTC().Format(time.RFC3339),
			"snapshotAgeDays": days, "snapshotSizeGiB": size, "guestName": about.guest, "vmid": about.detail.VMID,
		}
	}
	b.is(s)
}
