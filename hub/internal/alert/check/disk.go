package check

import (
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// wearLimit is below how many percent of its rated life a disk is worn out.
const wearLimit = 10

// checkDisk looks at a physical disk of a node.
func checkDisk(b *bench) {
	detail, _ := b.entry.Detail.(*resource.Disk)
	if detail == nil || !b.see(detail.Node) && !b.open {
		return
	}
	b.subject.Node = detail.Node
	b.identify(b.contractID(), policy.Target{Node: detail.Node})
	b.subject.Name = orElse(detail.Model, "Disk") + " (" + detail.Device + ")"
	if b.unseen {
		return
	}
	b.describe = func() map[string]any {
		return map[string]any{
			"disk_path": detail.Device, "disk_model": detail.Model, "disk_serial": detail.Serial, "disk_type": detail.Transport,
			"disk_health": detail.Health, "disk_size": detail.Size, "disk_used": detail.UsedFor,
		}
	}
	b.diskHealth(detail)
	b.wearout(detail)
}

// diskHealth judges what SMART says of a disk. Some say nothing at times: that is no better and no worse.
func (b *bench) diskHealth(detail *resource.Disk) {
	s := state{Type: alert.DiskHealth, AlertID: "disk-health-" + b.subject.ID}
	switch {
	case detail.Health == "" || detail.Health == "UNKNOWN":
		s.Unknown = true
	case detail.Health != "PASSED" && detail.Health != "OK" && !saysFailedWrongly(detail.Model):
		s.Level = alert.Critical
		s.Message = fmt.Sprintf("Disk %s on node '%s' reports %s%s", detail.Device, detail.Node, detail.Health, inBrackets(detail.Model))
	}
	b.is(s)
}

// saysFailedWrongly says whether a model has a firmware that is known to report failures that are none.
func saysFailedWrongly(model string) bool {
	model = strings.ToLower(model)
	return strings.Contains(model, "samsung") && (strings.Contains(model, " 980") || strings.Contains(model, " 990"))
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// wearout judges how much of its life a disk has left.
func (b *bench) wearout(detail *resource.Disk) {
	left, known := deref(detail.LifeLeft)
	s := state{
		Type: alert.DiskWearout, AlertID: "disk-wearout-" + b.subject.ID, Value: percent(left), Trigger: wearLimit, Unknown: !known,
		Extra: func() map[string]any { return map[string]any{"wearout": int(percent(left) + 0.5)} },
	}
	if known && percent(left) < wearLimit {
		s.Level = alert.Warning
		s.Message = fmt.Sprintf("Disk %s on node '%s' has %.0f%% of its life left%s",
			detail.Device, detail.Node, percent(left), inBrackets(detail.Model))
	}
	b.is(s)
}
