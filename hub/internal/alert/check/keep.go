package check

import (
	"maps"
	"slices"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// maxKept bounds the bad parts that are remembered of one resource; alerts of further ones end as soon as the part is
// not told of.
const maxKept = 256

// sightings say when parts of a resource were last seen to be bad.
type sightings map[alert.Identity]time.Time

// note takes in what was found out about a part. It returns the sightings, which are made when they are needed.
func (s sightings) note(f *alert.Finding, at time.Time) sightings {
	_, known := s[f.Identity]
	switch {
	case f.Verdict == alert.Good:
		delete(s, f.Identity)
	case known, f.Verdict != alert.Unknown && len(s) < maxKept:
		if s == nil {
			s = sightings{}
		}
		s[f.Identity] = at
	}
	return s
}

// keep leaves alerts as they are whose part was bad a moment ago and is not told of now: what is told from time to time
// is missing at first when whoever tells it starts anew.
func (b *bench) keep(grace time.Duration, kinds ...alert.Type) {
	seen, now := b.memory.bad[b.entry.Key], b.entry.SeenAt
	told := map[alert.Identity]bool{}
	for i := range b.findings {
		if f := &b.findings[i]; slices.Contains(kinds, f.Type) {
			seen, told[f.Identity] = seen.note(f, now), true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		switch {
		case now.Sub(seen[id]) >= grace:
			delete(seen, id)
		case !told[id]:
			b.findings = append(b.findings, alert.Finding{Identity: id, Subject: b.subject, At: now})
		}
	}
	if len(seen) == 0 {
		delete(b.memory.bad, b.entry.Key)
		return
	}
	b.memory.bad[b.entry.Key] = seen
}

// sawBad says that a part of the resource was bad less than a grace ago.
func (b *bench) sawBad(id alert.Identity, grace time.Duration) bool {
	at, known := b.memory.bad[b.entry.Key][id]
	return known && b.entry.SeenAt.Sub(at) < grace
}
