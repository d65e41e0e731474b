// Package coverage says how well the backups of each guest keep up with what
// was planned, and which backups are of guests that are no more.
package coverage

import (
	"cmp"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/hub/internal/view/v5"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// State is how well a guest is covered.
type State string

// The states.
const (
	Covered     State = "covered"     // its last backup is as young as it should be
	Overdue     State = "overdue"     // a job should have made a younger one
	Unprotected State = "unprotected" // it has no young backup, and nothing is going to make one
	Unknown     State = "unknown"     // too little is known to say
)

// Coverage is how all guests are covered. No list in it is nil.
type Coverage struct {
	Guests  []Guest  `json:"guests"`
	Orphans []Orphan `json:"orphans" description:"Backups whose guest exists nowhere. Empty until every hypervisor was seen."`
	Summary Summary  `json:"summary"`
}

// Guest is how one guest is covered.
type Guest struct {
	ID                string     `json:"id" description:"As in the state."`
	VMID              int        `json:"vmid"`
	Name              string     `json:"name"`
	Node              string     `json:"node"`
	Instance          string     `json:"instance"`
	Type              string     `json:"type" enum:"qemu,lxc"`
	InJob             *bool      `json:"inJob" description:"Whether a backup job that is enabled includes it; null: not known."`
	Jobs              []Job      `json:"jobs"`
	LastBackup        *time.Time `json:"lastBackup"`
	LastBackupStorage string     `json:"lastBackupStorage" description:"The storage, or the datastore and its namespace; empty: not known."`
	Verified          *bool      `json:"verified" description:"Whether the last backup was found good; null: nobody has looked."`
	Backups           int        `json:"backups" description:"Points in time it can be brought back to, as far as known."`
	State             State      `json:"state" enum:"covered,overdue,unprotected,unknown"`
	Reason            string     `json:"reason"`
}

// Job is a backup job that includes a guest.
type Job struct {
	ID       string     `json:"id"`
	Storage  string     `json:"storage"`
	Enabled  bool       `json:"enabled"`
	NextRun  *time.Time `json:"nextRun"`
	Interval int64      `json:"intervalSeconds,omitempty" description:"Longest time between two runs; absent: not known."`
}

// Orphan is a group of backups whose guest exists nowhere.
type Orphan struct {
	Instance   string     `json:"instance" description:"That knows the backups."`
	Storage    string     `json:"storage,omitempty"`
	Datastore  string     `json:"datastore,omitempty"`
	Namespace  string     `json:"namespace,omitempty"`
	VMID       int        `json:"vmid"`
	Type       string     `json:"type" enum:"qemu,lxc"`
	Backups    int        `json:"backups"`
	LastBackup *time.Time `json:"lastBackup"`
	SizeBytes  uint64     `json:"sizeBytes"`
}

// Summary counts guests by their state, and the groups of orphans.
type Summary struct {
	Covered     int `json:"covered"`
	Overdue     int `json:"overdue"`
	Unprotected int `json:"unprotected"`
	Unknown     int `json:"unknown"`
	Orphans     int `json:"orphans"`
}

// Of returns how the guests of a snapshot are covered at a moment. Templates are left out.
func Of(snap *inventory.Snapshot, now time.Time) Coverage {
	history, jobs := newHistory(snap), newJobs(snap)
	c := Coverage{Guests: []Guest{}}
	for _, kind := range []resource.Kind{resource.KindVM, resource.KindContainer} {
		for e := range snap.OfKind(kind) {
			if detail := guestDetail(e); !detail.Template {
				one := &subject{entry: e, detail: detail, instance: instanceOf(snap, e.Source), now: now}
				one.backups, one.plan = history.of(one), jobs.of(one)
				c.Guests = append(c.Guests, one.guest(snap, history))
			}
		}
	}
	slices.SortStableFunc(c.Guests, func(a, b Guest) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.VMID, b.VMID))
	})
	c.Orphans = orphans(snap, history.names)
	c.Summary.count(&c)
	return c
}

func (s *Summary) count(c *Coverage) {
	s.Orphans = len(c.Orphans)
	for i := range c.Guests {
		switch c.Guests[i].State {
		case Covered:
			s.Covered++
		case Overdue:
			s.Overdue++
		case Unprotected:
			s.Unprotected++
		case Unknown:
			s.Unknown++
		}
	}
}

// subject is a guest with all that is known of its backups.
type subject struct {
	entry    *inventory.Entry
	detail   *resource.Guest
	instance string
	now      time.Time
	backups  restorePoints
	plan     plan
}

func (s *subject) guest(snap *inventory.Snapshot, h *history) Guest {
	g := Guest{
		ID: v5.ID(snap, s.entry), VMID: s.detail.VMID, Name: s.entry.Name, Node: s.detail.Node, Instance: s.instance,
		Type: typeOf(string(s.entry.Kind)), InJob: s.plan.included, Jobs: s.plan.shown(), LastBackup: unit.Known(s.backups.last),
		LastBackupStorage: s.backups.place, Verified: s.backups.verified, Backups: s.backups.count,
	}
	g.State, g.Reason = s.judge(h.sees(s.entry.Source))
	return g
}

// typeOf gives the hypervisor's name for a type of guest.
func typeOf(kind string) string {
	if kind == string(resource.KindVM) {
		return "qemu"
	}
	return "lxc"
}

func guestDetail(e *inventory.Entry) *resource.Guest {
	if detail, _ := e.Detail.(*resource.Guest); detail != nil {
		return detail
	}
	return &resource.Guest{}
}

// instanceOf returns the name of a source.
func instanceOf(snap *inventory.Snapshot, id string) string {
	if source, ok := snap.Source(id); ok && source.Name != "" {
		return source.Name
	}
	return id
}
