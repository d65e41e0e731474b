package check

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// A Measure is a metric of a resource that has a threshold and whose values are kept. It is not changed.
type Measure struct {
	// Stored says where the values are, Resource whose they are: the key of an inventory entry.
	Stored   Stored
	Resource string
	// Limit is what they are held against.
	Limit policy.Limit
	// Subject is the resource; the outline may be about a part of it.
	Subject alert.Subject

	outline alert.Finding
}

// Outline returns what is found out whatever the value is.
func (m *Measure) Outline() *alert.Finding { return &m.outline }

// Find returns what is found out of a value in the unit of the threshold, as a Checker does, but for sentence and
// metadata.
func (m *Measure) Find(at time.Time, value float64) alert.Finding {
	f := m.outline
	f.Verdict, f.Level = m.Limit.Judge(value)
	f.At, f.Value = at, value
	return f
}

// Measures returns what is measured of a resource and kept, each with the limit that applies to the resource as it is
// now. A resource that is out of sight, stopped or busy is looked at as if it ran: it did at some time.
func (w *World) Measures(e *inventory.Entry) []Measure {
	look := lookAt(e.Kind)
	if look == nil || !w.Policy.Enabled() {
		return nil
	}
	then, memory := *w, newMemory()
	then.revived, then.Open = e.Key, nil
	b := then.bench(&memory, revive(e))
	var out []Measure
	b.measured = func(m *metric, limit policy.Limit) {
		stored, kept := StoredAs(m.Type, m.Part)
		if !kept || m.Part != "" && e.Kind != resource.KindHost {
			return
		}
		stored.Reserved = reserved(e, m.Part)
		f := b.outline(m, limit)
		f.Category = policy.CategoryOf(f.Type)
		out = append(out, Measure{Stored: stored, Resource: orElse(m.Teller, e.Key), Limit: limit, Subject: b.subject, outline: f})
	}
	look(&b)
	if b.thresholds.Disabled {
		return nil
	}
	return out
}

// isRevived says that an entry is to be looked at as if it were there.
func (w *World) isRevived(e *inventory.Entry) bool { return w.revived != "" && w.revived == e.Key }

// revive returns an entry as it may be while all is well with it, with a value for everything that can be measured.
func revive(e *inventory.Entry) *inventory.Entry {
	copied, is := *e, *e.Resource
	is.Status = resource.StatusRunning
	copied.Resource, copied.Stale = &is, false
	if is.Usage.CPU == nil {
		is.Usage.CPU = new(float64)
	}
	if copied.Rates == nil {
		copied.Rates = &resource.Rates{}
	}
	switch detail := is.Detail.(type) {
	case *resource.Guest:
		guest := *detail
		guest.Lock, guest.DiskUnknown = "", ""
		is.Detail = &guest
	case *resource.AppContainer:
		container := *detail
		container.State = "running"
		is.Detail = &container
	case *resource.BackupServer:
		server := *detail
		server.Connection = ""
		is.Detail = &server
	}
	return &copied
}

// reserved is how many bytes of a file system of a machine only its administrator may fill.
func reserved(e *inventory.Entry, mountpoint string) float64 {
	if mountpoint == "" {
		return 0
	}
	for _, fs := range hostOf(e).Filesystems {
		if fs.Mountpoint == mountpoint && fs.Used+fs.Free > 0 && fs.Used+fs.Free < fs.Total {
			return float64(fs.Total - fs.Used - fs.Free)
		}
	}
	return 0
}
