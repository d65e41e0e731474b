package metrics

import (
	"cmp"
	"math"
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

// A segment is a part of a query's time and where it is read from.
type segment struct {
	rollup.Window
	tier *rollup.Tier // nil: the samples as they came
}

// plan divides the time of a query among the tiers and the samples, in order of time. There is at least one segment.
// The caller holds dbMu.
//
// The coarsest tier whose buckets fit into the steps comes first, where it is sure to have all samples; then finer ones;
// then the samples; and where those are gone, whatever there is.
func (s *Store) plan(q Query) []segment {
	left := spans{{From: q.From, To: q.To + 1}}
	whole := []segment{{Window: left[0]}}
	tiers := []*rollup.Tier{s.coarse, s.fine}
	if !slices.ContainsFunc(tiers, func(t *rollup.Tier) bool { return len(t.Windows()) > 0 }) {
		return whole
	}
	var out []segment
	take := func(part spans, tier *rollup.Tier) {
		for _, w := range part {
			out = append(out, segment{w, tier})
		}
		left = left.without(part)
	}
	doubtful := s.doubtful()
	for _, tier := range tiers {
		if q.Step > 0 && q.Step%tier.Resolution() == 0 {
			sure := spans(tier.Windows()).joined().without(doubtful.widened(tier.Resolution()))
			take(left.common(sure).narrowed(tier.Resolution()), tier)
		}
	}
	take(left.common(spans{{From: s.oldestRaw(), To: math.MaxInt64}}), nil)
	slices.Reverse(tiers)
	for _, tier := range tiers {
		take(left.common(spans(tier.Windows()).joined()), tier)
	}
	if len(out) == 0 {
		return whole
	}
	slices.SortFunc(out, func(a, b segment) int { return cmp.Compare(a.From, b.From) })
	return out
}

// doubtful returns the times for which there are samples that may not have been summed up.
func (s *Store) doubtful() spans {
	// Those not in blocks first: what gets there meanwhile is then counted twice rather than never.
	found := s.late.windows(math.MaxInt64)
	for _, b := range s.db.Blocks() {
		if meta := b.Meta(); !s.fine.Covers(meta.Compaction.Sources) {
			found = append(found, rollup.Window{From: meta.MinTime, To: meta.MaxTime})
		}
	}
	return found.joined()
}

// oldestRaw returns the time from which on samples are kept: the start of the hour of the oldest. Blocks are removed
// whole and begin with an hour, so that all of its sums are of samples that are there.
func (s *Store) oldestRaw() int64 {
	blocks := s.db.Blocks()
	if len(blocks) == 0 {
		return floorTo(min(s.db.Head().MinTime(), s.db.Head().MinOOOTime()), s.coarse.Resolution())
	}
	oldest := int64(math.MaxInt64)
	for _, b := range blocks {
		oldest = min(oldest, b.Meta().MinTime)
	}
	return floorTo(oldest, s.coarse.Resolution())
}

// spans are pieces of time, in order and apart from each other.
type spans []rollup.Window

// joined sorts pieces and joins those that touch.
func (s spans) joined() spans {
	sorted := slices.Clone(s)
	slices.SortFunc(sorted, func(a, b rollup.Window) int { return cmp.Compare(a.From, b.From) })
	var out spans
	for _, w := range sorted {
		if n := len(out); n > 0 && w.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, w.To)
			continue
		}
		if w.From < w.To {
			out = append(out, w)
		}
	}
	return out
}

// common returns what is in both.
func (s spans) common(other spans) spans {
	var out spans
	for _, a := range s {
		for _, b := range other {
			if w := (rollup.Window{From: max(a.From, b.From), To: min(a.To, b.To)}); w.From < w.To {
				out = append(out, w)
			}
		}
	}
	return out
}

// without returns what is not in other.
func (s spans) without(other spans) spans {
	out := s
	for _, cut := range other {
		var rest spans
		for _, w := range out {
			if w.From < min(w.To, cut.From) {
				rest = append(rest, rollup.Window{From: w.From, To: min(w.To, cut.From)})
			}
			if max(w.From, cut.To) < w.To {
				rest = append(rest, rollup.Window{From: max(w.From, cut.To), To: w.To})
			}
		}
		out = rest
	}
	return out
}

// widened moves the ends outward to multiples of step.
func (s spans) widened(step int64) spans {
	out := make(spans, len(s))
	for i, w := range s {
		out[i] = rollup.Window{From: floorTo(w.From, step), To: ceilTo(w.To, step)}
	}
	return out.joined()
}

// narrowed moves the ends inward to multiples of step.
func (s spans) narrowed(step int64) spans {
	var out spans
	for _, w := range s {
		if w = (rollup.Window{From: ceilTo(w.From, step), To: floorTo(w.To, step)}); w.From < w.To {
			out = append(out, w)
		}
	}
	return out
}

// ceilTo moves t up to a multiple of step.
func ceilTo(t, step int64) int64 { return -floorTo(-t, step) }
