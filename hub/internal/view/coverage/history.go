package coverage

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// history knows the backups of all guests.
type history struct {
	index *backups.Index[[]*inventory.Entry]
	names backups.Names
	// visible are the sources of guests of which backups are known.
	visible map[string]bool
}

func newHistory(snap *inventory.Snapshot) *history {
	h := &history{index: backups.NewIndex[[]*inventory.Entry](), names: backups.NamesIn(snap), visible: map[string]bool{}}
	for e := range snap.OfKind(resource.KindBackup) {
		if subject, ok := backups.SubjectOf(e); ok {
			h.index.Add(subject, func(list []*inventory.Entry) []*inventory.Entry { return append(list, e) })
		}
	}
	for _, kind := range []resource.Kind{resource.KindVM, resource.KindContainer} {
		for e := range snap.OfKind(kind) {
			if local, remote := h.index.Of(e, instanceOf(snap, e.Source), h.names); len(local)+len(remote) > 0 {
				h.visible[e.Source] = true
			}
		}
	}
	return h
}

// sees says whether backups of any guest of the source are known.
func (h *history) sees(source string) bool { return h.visible[source] }

// restorePoints are the backups of one guest.
type restorePoints struct {
	count int
	last  time.Time // zero: none
	// place is where the last one is, and verified whether it was found good; nil: nobody has looked.
	place    string
	verified *bool
	// stale says that what is known of the last one is old.
	stale bool
}

// of gathers the backups of a guest. Several that show the same moment are the
// same backup, or copies of it: a hypervisor and a backup server both know
// what the one keeps on the other.
func (h *history) of(s *subject) restorePoints {
	local, remote := h.index.Of(s.entry, s.instance, h.names)
	moments := map[int64]bool{}
	var points restorePoints
	for _, list := range [][]*inventory.Entry{local, remote} {
		for _, e := range list {
			moments[backups.Detail(e).At.Unix()] = true
			points.include(e)
		}
	}
	points.count = len(moments)
	if s.detail.LastBackup.After(points.last) {
		points.last, points.place, points.verified, points.stale = s.detail.LastBackup, "", nil, false
	}
	return points
}

// include takes a backup in if it is the last one, or another view of that.
func (p *restorePoints) include(e *inventory.Entry) {
	b := backups.Detail(e)
	switch difference := b.At.Unix() - p.last.Unix(); {
	case difference > 0 || p.last.IsZero():
		*p = restorePoints{last: b.At, place: placeOf(b), verified: verified(b), stale: e.Stale}
	case difference == 0:
		p.stale = p.stale && e.Stale
		if found := verified(b); p.verified == nil || found != nil && !*found {
			p.verified = found // a copy that is bad is worth knowing
		}
	}
}

func verified(b *resource.Backup) *bool {
	switch {
	case b.Verified():
		return new(true)
	case b.Verification == "failed":
		return new(false)
	}
	return nil
}

// placeOf names where a backup is: the storage, or the datastore with the namespace.
func placeOf(b *resource.Backup) string {
	switch {
	case b.Storage != "":
		return b.Storage
	case b.Namespace != "":
		return b.Datastore + "/" + b.Namespace
	}
	return b.Datastore
}
