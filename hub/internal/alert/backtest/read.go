package backtest

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/check"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// The lengths of sums that are kept, in milliseconds.
const (
	hour        = int64(time.Hour / time.Millisecond)
	fiveMinutes = int64(5 * time.Minute / time.Millisecond)
)

// A window is what is known of a value over some time, in the unit of its threshold.
type window struct {
	// at is the start, in Unix milliseconds, and end the start of the next one.
	at, end int64
	// min is +Inf and max -Inf where there was no value.
	min, max, avg float64
	// down says that the resource did not run all the time.
	down bool
}

func (w *window) empty() bool { return w.max < w.min }

// A sample is one value in the unit of its threshold, or says that the resource was not running.
type sample struct {
	at    int64
	value float64
	down  bool
}

// A reader reads history. It is a value without a state of its own, and may be shared.
type reader struct {
	store    Store
	from, to int64
	// rawSince is from which time on samples are kept as they came.
	rawSince int64
}

// seriesKey tells the series of an answer apart.
type seriesKey struct {
	resource, name, extra string
}

// sums are series in steps of one length.
type sums struct {
	step   int64
	series map[seriesKey][]metrics.Point
}

func keyOf(resource, name string, extra []metrics.Label) seriesKey {
	if len(extra) == 0 {
		return seriesKey{resource: resource, name: name}
	}
	var b strings.Builder
	for _, l := range extra {
		b.WriteString(l.Name + "\x00" + l.Value + "\x00")
	}
	return seriesKey{resource, name, b.String()}
}

// sums reads what is measured, summed up in steps, and whether the resources ran.
func (r *reader) sums(ctx context.Context, measures []*check.Measure, q span) (sums, error) {
	names, resources := []string{metrics.Up}, []string{}
	for _, m := range measures {
		names = append(names, m.Stored.Name)
		if m.Stored.Whole != "" {
			names = append(names, m.Stored.Whole)
		}
		resources = append(resources, m.Resource)
	}
	found, err := r.store.Select(ctx, metrics.Query{
		Names: unique(names), Resources: unique(resources), From: q.from, To: min(q.to, r.to), Step: q.step,
	})
	if err != nil {
		return sums{}, err
	}
	out := sums{q.step, make(map[seriesKey][]metrics.Point, len(found))}
	for i := range found {
		out.series[keyOf(found[i].Resource, found[i].Name, found[i].Extra)] = found[i].Points
	}
	return out, nil
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// windows appends the windows of one measure, in order.
func (s *sums) windows(list []window, m *check.Measure) []window {
	parts := s.series[keyOf(m.Resource, m.Stored.Name, m.Stored.Extra)]
	wholes := s.series[keyOf(m.Resource, m.Stored.Whole, m.Stored.Extra)]
	ups := s.series[keyOf(m.Resource, metrics.Up, nil)]
	for len(parts) > 0 || len(ups) > 0 {
		w := window{at: math.MaxInt64, min: math.Inf(1), max: math.Inf(-1)}
		if len(parts) > 0 {
			w.at = parts[0].At
		}
		if len(ups) > 0 && ups[0].At <= w.at {
			w.at, w.down, ups = ups[0].At, ups[0].Min < 1, ups[1:]
		}
		if len(parts) > 0 && parts[0].At == w.at {
			for len(wholes) > 0 && wholes[0].At < w.at {
				wholes = wholes[1:]
			}
			w.fill(m, parts[0], wholes)
			parts = parts[1:]
		}
		w.end = w.at + s.step
		if !w.empty() || w.down {
			list = append(list, w)
		}
	}
	return list
}

// fill takes in what is known of the value; the wholes begin with the one of the window, if there is one.
func (w *window) fill(m *check.Measure, part metrics.Point, wholes []metrics.Point) {
	whole := metrics.Point{}
	if len(wholes) > 0 && wholes[0].At == w.at {
		whole = wholes[0]
	}
	least, known := m.Stored.Value(part.Min, whole.Max)
	most, knownToo := m.Stored.Value(part.Max, whole.Min)
	if !known || !knownToo {
		return
	}
	w.min, w.max = least, most
	average, _ := m.Stored.Value(part.Avg, whole.Avg)
	w.avg = min(max(average, least), most) // it is rounded when it is stored
}

// samples appends what was observed of one measure from a moment to another, both included, in order of time. Whether
// the resource ran is looked up only if it is doubtful.
func (r *reader) samples(ctx context.Context, m *check.Measure, q span) ([]sample, error) {
	names := []string{m.Stored.Name}
	if m.Stored.Whole != "" {
		names = append(names, m.Stored.Whole)
	}
	query := metrics.Query{
		Names: names, Resources: []string{m.Resource}, Extra: m.Stored.Extra, From: max(q.from, r.from), To: min(q.to, r.to),
	}
	found, err := r.store.Select(ctx, query)
	if err != nil {
		return nil, err
	}
	out := join(m, found)
	if !q.doubtful {
		return out, nil
	}
	query.Names, query.Extra = []string{metrics.Up}, nil
	query.From -= fiveMinutes // the state at the beginning
	ups, err := r.store.Select(ctx, query)
	if err != nil || len(ups) == 0 {
		return out, err
	}
	return withDowns(out, ups[0].Points, max(q.from, r.from)), nil
}

// A span is a time to read, in Unix milliseconds.
type span struct {
	from, to int64
	// step is the length of sums.
	step int64
	// doubtful says that the resource may not have run.
	doubtful bool
}

// join makes samples of a series, or of two that were stored together.
func join(m *check.Measure, found []metrics.Result) []sample {
	var parts, wholes []metrics.Point
	for i := range found {
		if keyOf("", found[i].Name, found[i].Extra) == keyOf("", m.Stored.Name, m.Stored.Extra) {
			parts = found[i].Points
		} else if found[i].Name == m.Stored.Whole {
			wholes = found[i].Points
		}
	}
	out := make([]sample, 0, len(parts))
	for _, p := range parts {
		for len(wholes) > 0 && wholes[0].At < p.At {
			wholes = wholes[1:]
		}
		whole := 0.0
		if len(wholes) > 0 && wholes[0].At == p.At {
			whole = wholes[0].Avg
		}
		if value, known := m.Stored.Value(p.Avg, whole); known {
			out = append(out, sample{at: p.At, value: value})
		}
	}
	return out
}

// withDowns drops the samples from times in which the resource did not run, and adds that it did not. What is said of a
// moment holds until more is said.
func withDowns(samples []sample, ups []metrics.Point, from int64) []sample {
	out := make([]sample, 0, len(samples)+len(ups))
	down := false
	for len(samples) > 0 || len(ups) > 0 {
		if len(ups) > 0 && (len(samples) == 0 || ups[0].At <= samples[0].at) {
			down = ups[0].Avg < 1
			if down && ups[0].At >= from {
				out = append(out, sample{at: ups[0].At, down: true})
			}
			ups = ups[1:]
			continue
		}
		if !down {
			out = append(out, samples[0])
		}
		samples = samples[1:]
	}
	return out
}
