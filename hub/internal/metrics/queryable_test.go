package metrics

import (
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

// A longStore is a store whose samples of a year and of a month ago are gone, and a memory of what it answered before.
type longStore struct {
	dir  string
	s    *Store
	stop func()
	// year, month and recent are the ends of the stretches of eight hours that have samples.
	year, month, recent time.Time
}

const (
	stretch = 8 * time.Hour
	longGap = 20 * time.Second
)

func newLongStore(t testing.TB) *longStore {
	t.Helper()
	now := time.Now().Truncate(2 * time.Hour)
	l := &longStore{dir: t.TempDir(), year: now.Add(-360 * day), month: now.Add(-30 * day), recent: now}
	for _, end := range []time.Time{l.year, l.month} {
		for from := end.Add(-stretch); from.Before(end); from = from.Add(sumWindow) {
			l.writeBlock(t, from, end)
		}
	}
	l.open(t, Options{Retention: 500 * day, FineRetention: 500 * day})
	h := mustIntern(t, l.s, longSeries(modelGauge, "r"))
	var batch []Sample
	stretchOf(l.recent.Add(-stretch), l.recent, l.recent, func(at time.Time, n float64) {
		batch = append(batch, Sample{h, at.UnixMilli(), gaugeAt(n)})
	})
	mustAppend(t, l.s, batch...)
	compactAndSum(t, l.s)
	return l
}

func longSeries(metric, resource string) Series {
	return Series{Name: metric, Resource: resource, Kind: "vm"}
}

// stretchOf gives times and the seconds since the beginning of the stretch. No sample lies on the border of buckets.
func stretchOf(from, to, end time.Time, give func(at time.Time, n float64)) {
	for at := from.Add(7 * time.Second); at.Before(to); at = at.Add(longGap) {
		give(at, at.Sub(end.Add(-stretch)).Seconds())
	}
}

func gaugeAt(n float64) float64 { return 100 + 50*math.Sin(n/4000) + math.Mod(n, 60)/60 }

// counterAt begins anew once, in the middle of the second hour.
func counterAt(n float64) float64 {
	if n < 5400 {
		return 1e6 + 3*n
	}
	return 3 * (n - 5400)
}

// writeBlock stores two hours of a stretch the way the TSDB does, which would take long over months without samples.
func (l *longStore) writeBlock(t testing.TB, from, end time.Time) {
	t.Helper()
	w, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), l.dir, sumWindow.Milliseconds())
	if err != nil {
		t.Fatal(err)
	}
	app := w.Appender(t.Context())
	add := func(series Series, at time.Time, value float64) {
		h, err := newHandle(series, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := app.Append(0, h.labels, at.UnixMilli(), value); err != nil {
			t.Fatal(err)
		}
	}
	stretchOf(from, from.Add(sumWindow), end, func(at time.Time, n float64) {
		add(longSeries(modelGauge, "r"), at, gaugeAt(n))
		add(longSeries(modelCounter, "r"), at, counterAt(n))
		if end.Equal(l.year) {
			add(Series{Name: "pulse_past_watts", Resource: "old", Kind: "vm", Extra: []Label{{"zone", "past"}}}, at, n)
		}
	})
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func (l *longStore) open(t testing.TB, opts Options) {
	t.Helper()
	opts.Dir = l.dir
	s, err := Open(opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(context.Background()) })
	l.s, l.stop = s, sync.OnceFunc(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		running.Wait()
	})
	t.Cleanup(l.stop)
}

// forget removes the samples that a hub would have removed by now, and the sums of five minutes of last year.
func (l *longStore) forget(t testing.TB) {
	t.Helper()
	old := blocksBefore(t, l.dir, l.month.UnixMilli())
	l.stop()
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	l.open(t, Options{})
	compactAndSum(t, l.s)
	if oldest := l.s.oldestRaw(); oldest <= l.month.UnixMilli() {
		t.Fatalf("samples are kept since %v", time.UnixMilli(oldest))
	}
	if w := l.s.fine.Windows(); len(w) == 0 || w[0].From <= l.year.UnixMilli() {
		t.Fatalf("sums of five minutes are of %v", w)
	}
}

// ask answers a query as a range of some steps; steps of 0 ask for the last moment only.
func (l *longStore) ask(t testing.TB, query string, end time.Time, step time.Duration, steps int) promql.Matrix {
	t.Helper()
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: parser.NewParser(parser.Options{}),
	})
	defer engine.Close()
	q, err := engine.NewRangeQuery(t.Context(), l.s.Queryable(), nil, query, end.Add(-time.Duration(steps)*step), end, max(step, time.Second))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer q.Close()
	result := q.Exec(t.Context())
	if result.Err != nil {
		t.Fatalf("%s: %v", query, result.Err)
	}
	matrix, err := result.Matrix()
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	var kept promql.Matrix // the query gives its memory back
	for _, s := range matrix {
		kept = append(kept, promql.Series{Metric: s.Metric, Floats: append([]promql.FPoint(nil), s.Floats...)})
	}
	return kept
}

func TestPromQLOverTiers(t *testing.T) {
	l := newLongStore(t)
	tests := []struct {
		query string
		step  time.Duration
		steps int
		// month and year are how far off an answer may be, as a share of the right one.
		month, year float64
	}{
		// A moment has the average of its five minutes, or of its hour.
		{`pulse_model_watts{resource="r"}`, 0, 0, 0.05, 0.15},
		{`pulse_model_watts{resource="r"}`, time.Minute, 300, 0.1, 0.4},
		{`sum(pulse_model_watts)`, 0, 0, 0.05, 0.15},
		{`max_over_time(pulse_model_watts{resource="r"}[3h:1m])`, 0, 0, 0.02, 0.2},
		// Over whole buckets these are those of the samples.
		{`avg_over_time(pulse_model_watts{resource="r"}[1h])`, time.Hour, 6, 1e-9, 1e-9},
		{`avg_over_time(pulse_model_watts{resource="r"}[6h])`, 0, 0, 1e-9, 1e-9},
		{`max_over_time(pulse_model_watts{resource="r"}[1h])`, time.Hour, 6, 1e-9, 1e-9},
		{`min_over_time(pulse_model_watts{resource="r"}[2h])`, time.Hour, 5, 1e-9, 1e-9},
		{`sum_over_time(pulse_model_watts{resource="r"}[1h])`, time.Hour, 6, 1e-9, 1e-9},
		{`count_over_time(pulse_model_watts{resource="r"}[1h])`, time.Hour, 6, 1e-9, 1e-9},
		{`avg_over_time(pulse_model_watts{resource="r"}[1h] offset 1h)`, time.Hour, 5, 1e-9, 1e-9},
		// Over parts of them they are near.
		{`avg_over_time(pulse_model_watts{resource="r"}[10m])`, 7 * time.Minute, 50, 0.05, 0.4},
		{`max_over_time(pulse_model_watts{resource="r"}[5m])`, 7 * time.Minute, 50, 0.05, 0.7},
		// Counters rise evenly here. Where one begins anew, what it rose before that in the same bucket is not known.
		{`rate(pulse_model_events_total[5m])`, 0, 0, 0.02, 0.02},
		{`rate(pulse_model_events_total[1h])`, 0, 0, 0.02, 0.02},
		{`increase(pulse_model_events_total[1h])`, 0, 0, 0.02, 0.02},
		{`increase(pulse_model_events_total[6h])`, 0, 0, 0.02, 0.02},
		{`increase(pulse_model_events_total[7h])`, 0, 0, 0.02, 0.08},
		{`irate(pulse_model_events_total[5m])`, 0, 0, 0.02, 0.02},
		{`pulse_model_events_total`, 0, 0, 0.02, 0.02},
		{`sum(rate(pulse_model_events_total[30m]))`, time.Minute, 30, 0.02, 0.02},
	}
	type answers struct{ month, year promql.Matrix }
	want := make([]answers, len(tests))
	for i, tt := range tests {
		want[i] = answers{l.ask(t, tt.query, l.month, tt.step, tt.steps), l.ask(t, tt.query, l.year, tt.step, tt.steps)}
	}
	l.forget(t)
	for i, tt := range tests {
		for _, at := range []struct {
			name      string
			end       time.Time
			want      promql.Matrix
			tolerance float64
		}{{"month", l.month, want[i].month, tt.month}, {"year", l.year, want[i].year, tt.year}} {
			got := l.ask(t, tt.query, at.end, tt.step, tt.steps)
			if len(at.want) == 0 {
				t.Errorf("%s a %s ago: nothing to compare with", tt.query, at.name)
			}
			if diff := cmp.Diff(at.want, got, cmpopts.EquateApprox(at.tolerance, 0), cmp.Comparer(labels.Equal)); diff != "" {
				t.Errorf("%s a %s ago (-samples +sums):\n%s", tt.query, at.name, diff)
			}
		}
	}
}

// TestNamesThatOnlyTiersHave looks for what was measured last year and never since.
func TestNamesThatOnlyTiersHave(t *testing.T) {
	l := newLongStore(t)
	l.forget(t)
	q, err := l.s.Queryable().Querier(l.year.Add(-day).UnixMilli(), time.Now().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	values := func(name string, matchers ...*labels.Matcher) []string {
		t.Helper()
		found, _, err := q.LabelValues(t.Context(), name, nil, matchers...)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	names, _, err := q.LabelNames(t.Context(), &storage.LabelHints{Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	hidden := labels.MustNewMatcher(labels.MatchEqual, rollup.LabelAggregate, rollup.AggregateAvg)
	absent := labels.MustNewMatcher(labels.MatchEqual, rollup.LabelAggregate, "")
	past := labels.MustNewMatcher(labels.MatchEqual, "zone", "past")
	for _, tt := range []struct {
		name      string
		got, want []string
	}{
		{"names", names, []string{model.MetricNameLabel, LabelKind, LabelResource, "zone"}},
		{"metrics", values(model.MetricNameLabel), []string{modelCounter, modelGauge, "pulse_past_watts"}},
		{"resources", values(LabelResource, past), []string{"old"}},
		{"the label for aggregates", values(rollup.LabelAggregate), nil},
		{"resources of aggregates", values(LabelResource, hidden), nil},
		{"resources of anything but aggregates", values(LabelResource, absent), []string{"old", "r"}},
		{"series of aggregates", seriesIn(t, q, hidden), nil},
		{"series", seriesIn(t, q, labels.MustNewMatcher(labels.MatchEqual, LabelKind, "vm")), []string{
			`{__name__="pulse_model_events_total", kind="vm", resource="r"}`, `{__name__="pulse_model_watts", kind="vm", resource="r"}`,
			`{__name__="pulse_past_watts", kind="vm", resource="old", zone="past"}`,
		}},
	} {
		if diff := cmp.Diff(tt.want, tt.got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func seriesIn(t testing.TB, q storage.Querier, matchers ...*labels.Matcher) (all []string) {
	t.Helper()
	set := q.Select(t.Context(), true, &storage.SelectHints{Start: 0, End: math.MaxInt64 - 1, Func: "series"}, matchers...)
	for set.Next() {
		all = append(all, set.At().Labels().String())
	}
	if err := set.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestMomentsHaveOneSource crosses from sums of an hour to those of five minutes and on to samples.
func TestMomentsHaveOneSource(t *testing.T) {
	end := time.Now().Truncate(2 * time.Hour)
	l, begin, first := openWithSeams(t, end)
	for _, tt := range []struct {
		query string
		step  time.Duration
		want  func(seconds float64) float64
		off   float64
	}{
		// In the first five minutes after the sums of an hour it is not known how a counter rose.
		{"rate(pulse_model_events_total[1h])", 5 * time.Minute, func(float64) float64 { return 1 }, 0.1},
		{"count_over_time(pulse_model_watts[1h])", time.Hour, func(float64) float64 { return 120 }, 0},
		{"pulse_model_watts", 5 * time.Minute, func(seconds float64) float64 { return seconds }, 3600},
		{"pulse_model_events_total", 5 * time.Minute, func(seconds float64) float64 { return seconds }, 60},
	} {
		steps := int(end.Sub(first) / tt.step)
		got := l.ask(t, tt.query, end, tt.step, steps)
		if len(got) != 1 || len(got[0].Floats) != steps+1 {
			t.Errorf("%s: %d series, want one with %d points", tt.query, len(got), steps+1)
			continue
		}
		for _, p := range got[0].Floats {
			if want := tt.want(time.UnixMilli(p.T).Sub(begin).Seconds()); math.Abs(p.F-want) > tt.off {
				t.Errorf("%s at %v is %v, want %v", tt.query, time.UnixMilli(p.T), p.F, want)
				break
			}
		}
	}
}

// openWithSeams opens a store of three days that has sums of an hour, then sums of five minutes, then samples. The
// values are the seconds since begin; from first on all are there.
func openWithSeams(t *testing.T, end time.Time) (l *longStore, begin, first time.Time) {
	t.Helper()
	l = &longStore{dir: t.TempDir()}
	l.open(t, Options{})
	begin = end.Add(-3 * day)
	gauge := mustIntern(t, l.s, Series{Name: modelGauge, Resource: "r"})
	counter := mustIntern(t, l.s, Series{Name: modelCounter, Resource: "r"})
	var batch []Sample
	for at := begin.Add(7 * time.Second); at.Before(end); at = at.Add(30 * time.Second) {
		seconds := at.Sub(begin).Seconds()
		batch = append(batch, Sample{gauge, at.UnixMilli(), seconds}, Sample{counter, at.UnixMilli(), seconds})
	}
	mustAppend(t, l.s, batch...)
	compactAndSum(t, l.s)
	l.stop()
	l.open(t, Options{}) // whose log has no trace of these samples, so that none counts as late
	compactAndSum(t, l.s)
	coarse := l.s.coarse.Windows()
	if len(coarse) == 0 {
		t.Fatal("no sums of an hour")
	}
	old := blocksBefore(t, l.dir, end.Add(-30*time.Hour).UnixMilli())
	old = append(old, blocksBefore(t, filepath.Join(l.dir, fineName), coarse[0].To-6*testHour)...)
	l.stop()
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	l.open(t, Options{})
	sources := map[*rollup.Tier]bool{}
	for _, seg := range l.s.plan(Query{From: begin.UnixMilli(), To: end.UnixMilli()}) {
		sources[seg.tier] = true
	}
	if len(sources) != 3 {
		t.Fatalf("%d sources, want 3", len(sources))
	}
	return l, begin, time.UnixMilli(max(coarse[0].From, begin.UnixMilli())).Add(2 * time.Hour)
}

// blocksBefore returns the folders of the blocks in a folder that begin before a time.
func blocksBefore(t testing.TB, dir string, before int64) (found []string) {
	t.Helper()
	descriptions, err := filepath.Glob(filepath.Join(dir, "0*", "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range descriptions {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var meta tsdb.BlockMeta
		if err := json.Unmarshal(raw, &meta); err != nil {
			t.Fatal(err)
		}
		if meta.MinTime < before {
			found = append(found, filepath.Dir(path))
		}
	}
	return found
}
