// Package read answers queries for stored series out of another system that speaks the Prometheus HTTP API, for hubs
// whose history lives there.
package read

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote"
)

// Errors of Select beside those of package metrics. Test with [errors.Is].
var (
	// ErrUnreachable is returned when the other system does not answer, or not in time, or with less than an answer.
	ErrUnreachable = errors.New("the remote metrics store does not answer")
	// ErrRefused is returned when it answers that it will not; the text has its reason.
	ErrRefused = errors.New("the remote metrics store refuses the query")
)

// Bounds of one query.
const (
	// DefaultTimeout is how long one may take.
	DefaultTimeout = 20 * time.Second
	// maxSteps is how many steps a Prometheus takes in one.
	maxSteps = 11_000
	// maxAnswer is how much is read of one answer, in bytes.
	maxAnswer = 256 << 20
	// concurrent is how many requests one query sends at a time.
	concurrent = 4
)

// Options say where series are. Only the URL of Endpoint is required: what precedes "/api/v1".
type Options struct {
	remote.Endpoint
	// Labels are those that series have there beyond ours, as remote write adds them: only series with them are ours.
	Labels map[string]string
	// Timeout bounds one query; 0 is DefaultTimeout.
	Timeout time.Duration
	// MaxPoints bounds the points of one answer; 0 is metrics.DefaultMaxPoints.
	MaxPoints int
}

// A Store reads series of the other system. It is safe for concurrent use.
type Store struct {
	options Options
	api     promv1.API
}

// New returns a Store without asking anything. It fails with remote.ErrEndpoint, or when certificates cannot be read.
func New(options Options) (*Store, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	if options.Timeout <= 0 {
		options.Timeout = DefaultTimeout
	}
	if options.MaxPoints <= 0 {
		options.MaxPoints = metrics.DefaultMaxPoints
	}
	http, err := options.Client(options.Timeout)
	if err != nil {
		return nil, err
	}
	http.Transport = bounded{http.Transport}
	client, err := api.NewClient(api.Config{Address: options.URL, Client: http})
	if err != nil {
		return nil, fmt.Errorf("%w: address cannot be read", remote.ErrEndpoint)
	}
	return &Store{options: options, api: promv1.NewAPI(client)}, nil
}

// Select reads series like metrics.Store.Select, with two differences: the last bucket goes to its end even if the
// query does not, and nothing is known of damage. It fails with metrics.ErrBadQuery, metrics.ErrTooManyPoints,
// ErrUnreachable, ErrRefused, or the error of ctx.
func (s *Store) Select(ctx context.Context, q metrics.Query) ([]metrics.Result, error) {
	if len(q.Names) == 0 || q.From > q.To || q.Step < 0 {
		return nil, fmt.Errorf("%w: %d names, from %d to %d, step %d", metrics.ErrBadQuery, len(q.Names), q.From, q.To, q.Step)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.options.Timeout, ErrUnreachable)
	defer cancel()
	var results []metrics.Result
	var err error
	if q.Step == 0 {
		results, err = s.samples(ctx, q)
	} else {
		results, err = s.buckets(ctx, q)
	}
	if err != nil {
		return nil, err
	}
	points := 0
	for i := range results {
		points += len(results[i].Points)
	}
	if points > s.options.MaxPoints {
		return nil, metrics.ErrTooManyPoints
	}
	slices.SortFunc(results, compare)
	return results, nil
}

// samples reads every sample.
func (s *Store) samples(ctx context.Context, q metrics.Query) ([]metrics.Result, error) {
	// A range leaves its beginning out.
	expression := fmt.Sprintf("%s[%dms]", selector(q.Names, q, s.options.Labels), q.To-q.From+1)
	value, _, _, err := s.api.Query(ctx, expression, time.UnixMilli(q.To))
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("%w: it has no series", ErrUnreachable)
	}
	results := make([]metrics.Result, 0, len(matrix))
	for _, stream := range matrix {
		if stream == nil { // "null" in the answer
			continue
		}
		result := metrics.Result{Series: s.seriesOf(stream.Metric, ""), Points: make([]metrics.Point, 0, len(stream.Values))}
		for _, p := range stream.Values {
			if at := int64(p.Timestamp); at >= q.From {
				result.Points = append(result.Points, point(at, float64(p.Value)))
			}
		}
		results = append(results, result)
	}
	return results, nil
}

func point(at int64, value float64) metrics.Point {
	return metrics.Point{At: at, Avg: value, Min: value, Max: value}
}

// buckets reads each metric with a query of its own: what aggregates samples loses their metric's name.
func (s *Store) buckets(ctx context.Context, q metrics.Query) ([]metrics.Result, error) {
	if (q.To-q.From)/q.Step >= maxSteps {
		return nil, metrics.ErrTooManyPoints
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	found, problems := make([][]metrics.Result, len(q.Names)), make([]error, len(q.Names))
	var asking sync.WaitGroup
	turns := make(chan struct{}, concurrent)
	for i, name := range q.Names {
		turns <- struct{}{}
		asking.Go(func() {
			defer func() { <-turns }()
			found[i], problems[i] = s.metric(ctx, q, name)
			if problems[i] != nil {
				cancel() // one is enough to fail
			}
		})
	}
	asking.Wait()
	for _, err := range problems {
		if err != nil && !errors.Is(err, context.Canceled) {
			return nil, err
		}
	}
	return slices.Concat(found...), errors.Join(problems...)
}

// aggregation is the label that says what a value is, beside those of its series.
const aggregation = "pulse_aggregation"

// metric reads averages, smallest and largest values of one metric.
func (s *Store) metric(ctx context.Context, q metrics.Query, name string) ([]metrics.Result, error) {
	var parts []string
	for _, function := range []string{"avg", "min", "max"} {
		parts = append(parts, fmt.Sprintf(`label_replace(%s_over_time(%s[%dms]), %q, %q, "", "")`,
			function, selector([]string{name}, q, s.options.Labels), q.Step, aggregation, function))
	}
	// The bucket that begins at t has the samples up to the last millisecond before the next; a range leaves its
	// beginning out and has its end.
	last := time.Duration(q.Step-1) * time.Millisecond
	value, _, _, err := s.api.QueryRange(ctx, strings.Join(parts, " or "), promv1.Range{
		Start: time.UnixMilli(floorTo(q.From, q.Step)).Add(last), End: time.UnixMilli(floorTo(q.To, q.Step)).Add(last),
		Step: time.Duration(q.Step) * time.Millisecond,
	})
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	matrix, ok := value.(model.Matrix)
	if !ok {
		return nil, fmt.Errorf("%w: it has no series", ErrUnreachable)
	}
	return s.join(matrix, name, q.Step), nil
}

// join puts the three values of each bucket together.
func (s *Store) join(matrix model.Matrix, name string, step int64) []metrics.Result {
	byLabels := map[model.Fingerprint]*metrics.Result{}
	places := map[model.Fingerprint]map[int64]int{}
	var order []model.Fingerprint
	for _, stream := range matrix {
		if stream == nil { // "null" in the answer
			continue
		}
		what := stream.Metric[aggregation]
		delete(stream.Metric, aggregation)
		id := stream.Metric.Fingerprint()
		if byLabels[id] == nil {
			byLabels[id], places[id] = &metrics.Result{Series: s.seriesOf(stream.Metric, name)}, map[int64]int{}
			order = append(order, id)
		}
		result, place := byLabels[id], places[id]
		for _, p := range stream.Values {
			start := int64(p.Timestamp) - step + 1
			i, known := place[start]
			if !known {
				i = len(result.Points)
				place[start] = i
				result.Points = append(result.Points, point(start, float64(p.Value)))
			}
			switch what {
			case "min":
				result.Points[i].Min = float64(p.Value)
			case "max":
				result.Points[i].Max = float64(p.Value)
			default:
				result.Points[i].Avg = float64(p.Value)
			}
		}
	}
	results := make([]metrics.Result, 0, len(order))
	for _, id := range order {
		slices.SortFunc(byLabels[id].Points, func(a, b metrics.Point) int { return cmp.Compare(a.At, b.At) })
		results = append(results, *byLabels[id])
	}
	return results
}

// seriesOf reads a series out of labels, without those that only the other system has.
func (s *Store) seriesOf(lset model.Metric, name string) metrics.Series {
	series := metrics.Series{Name: name}
	for label, value := range lset {
		switch label {
		case model.MetricNameLabel:
			series.Name = string(value)
		case metrics.LabelResource:
			series.Resource = string(value)
		case metrics.LabelKind:
			series.Kind = string(value)
		default:
			if _, theirs := s.options.Labels[string(label)]; !theirs {
				series.Extra = append(series.Extra, metrics.Label{Name: string(label), Value: string(value)})
			}
		}
	}
	slices.SortFunc(series.Extra, func(a, b metrics.Label) int { return strings.Compare(a.Name, b.Name) })
	return series
}

// explain turns an error of the client into one of ours, without the address: it may hold a secret.
func (s *Store) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var answered *promv1.Error
	if errors.As(err, &answered) && answered.Type != promv1.ErrServer && answered.Type != promv1.ErrBadResponse {
		return fmt.Errorf("%w: %s: %s", ErrRefused, s.options.Name(), answered.Msg)
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("%w: %s: %w", ErrUnreachable, s.options.Name(), err)
}

// compare orders by name, then by labels.
func compare(a, b metrics.Result) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Resource, b.Resource), strings.Compare(a.Kind, b.Kind),
		slices.CompareFunc(a.Extra, b.Extra, func(a, b metrics.Label) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Value, b.Value))
		}))
}

// floorTo moves t down to a multiple of step.
func floorTo(t, step int64) int64 {
	down := t - t%step
	if t < 0 && down != t {
		down -= step
	}
	return down
}

// A bounded transport cuts off answers that are too large.
type bounded struct{ next http.RoundTripper }

// RoundTrip is part of http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, maxAnswer)
	}
	return answer, err
}
