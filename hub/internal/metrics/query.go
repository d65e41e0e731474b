package metrics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// Errors of Select. Test with [errors.Is].
var (
	// ErrBadQuery is returned for a query without names, with From after To, or with a negative Step.
	ErrBadQuery = errors.New("query is not valid")
	// ErrTooManyPoints is returned when the answer would hold more than Options.MaxPoints points.
	ErrTooManyPoints = errors.New("query asks for too many points")
)

// A Query says which series to read, over what time, and how fine. All given conditions must hold.
type Query struct {
	Names     []string // any of these metrics; at least one
	Resources []string // any of these resources; none means all
	Kinds     []string // any of these kinds; none means all
	Extra     []Label  // each of these labels has this value
	// From and To bound the times of samples in Unix milliseconds, both included.
	From, To int64
	// Step is the length of a bucket in milliseconds; buckets begin at multiples of it. From is moved back to the
	// start of its bucket, so that only the last bucket can be a part. 0 asks for every sample.
	Step int64
}

// A Result is one series with at least one point in the time asked for.
type Result struct {
	Series
	// Points are in order of time. They belong to the caller.
	Points []Point
	// Incomplete says that damaged files kept some samples from being read.
	Incomplete bool
}

// A Point is one sample, or sums up those of one bucket. Of a counter, which its name tells by ending in _total, a
// bucket has the last value, three times: the average of a count means nothing.
type Point struct {
	At            int64 // Unix milliseconds: of the sample, or of the start of the bucket
	Avg, Min, Max float64
}

// Select reads series, sorted by name and labels. Buckets without samples have no point. It sees every sample that was
// written before it began. It fails with ErrBadQuery, ErrTooManyPoints, ErrReplaying, or the error of ctx.
//
// Where steps allow it, sums are read instead of samples, which gives the same answer sooner. Where samples are not kept
// any more, sums are all there is: without a step, or with one that is no multiple of theirs, each sum counts as one
// sample at the start of its bucket, with its average, minimum and maximum.
func (s *Store) Select(ctx context.Context, q Query) ([]Result, error) {
	matchers, err := q.matchers()
	if err != nil {
		return nil, err
	}
	if q.Step > 0 {
		q.From = floorTo(q.From, q.Step)
	}
	q.To = min(q.To, math.MaxInt64-1)
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		return nil, ErrReplaying
	}
	segments := s.plan(q)
	if len(segments) > 1 || segments[0].tier != nil {
		return s.selectSegments(ctx, q, segments)
	}
	r := reader{query: q, room: s.opts.MaxPoints}
	var results []Result
	err = s.readRaw(ctx, q.From, q.To, matchers, func(set storage.ChunkSeriesSet) error {
		results, err = r.readAll(ctx, set)
		return err
	})
	s.noteDamage(&r)
	return results, err
}

// readRaw selects series of samples as they came. The caller holds dbMu.
func (s *Store) readRaw(ctx context.Context, from, to int64, matchers []*labels.Matcher, read func(storage.ChunkSeriesSet) error) error {
	querier, err := s.db.ChunkQuerier(from, to)
	if err != nil {
		return fmt.Errorf("open querier: %w", err)
	}
	// Closing a querier ends its hold on blocks; its error concerns nothing that was read.
	defer querier.Close()
	// Trimming would encode the first and the last chunk anew; the reader skips samples outside instead.
	hints := &storage.SelectHints{Start: from, End: to, DisableTrimming: true}
	return read(querier.Select(ctx, true, hints, matchers...))
}

func (s *Store) noteDamage(r *reader) {
	if s.tally.addDamaged(r.damaged) {
		s.log.Error("stored samples are damaged and left out of answers", "error", r.damage)
	}
}

func (q Query) matchers() ([]*labels.Matcher, error) {
	if len(q.Names) == 0 || q.From > q.To || q.Step < 0 {
		return nil, fmt.Errorf("%w: %d names, from %d to %d, step %d", ErrBadQuery, len(q.Names), q.From, q.To, q.Step)
	}
	var out []*labels.Matcher
	for _, c := range []struct {
		label string
		any   []string
	}{{model.MetricNameLabel, q.Names}, {LabelResource, q.Resources}, {LabelKind, q.Kinds}} {
		if len(c.any) == 0 {
			continue
		}
		m, err := matchAny(c.label, c.any)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	for _, l := range q.Extra {
		out = append(out, labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value))
	}
	return out, nil
}

// matchAny matches a label with one of several values. The TSDB turns an alternation of plain words into look-ups.
func matchAny(label string, values []string) (*labels.Matcher, error) {
	if len(values) == 1 {
		return labels.MustNewMatcher(labels.MatchEqual, label, values[0]), nil
	}
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = regexp.QuoteMeta(v)
	}
	m, err := labels.NewMatcher(labels.MatchRegexp, label, strings.Join(quoted, "|"))
	if err != nil {
		return nil, fmt.Errorf("%w: values of %s", ErrBadQuery, label)
	}
	return m, nil
}

// floorTo moves t down to a multiple of step.
func floorTo(t, step int64) int64 {
	down := t - t%step
	if t < 0 && down != t {
		down -= step
	}
	return down
}
