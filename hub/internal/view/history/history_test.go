package history

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// memory is a store that holds its series in memory and sums them up the slow way.
type memory struct {
	series []metrics.Result // raw: Avg is the value
	asked  []metrics.Query
}

func (m *memory) add(key, kind, name string, at time.Time, value float64, extra ...metrics.Label) {
	series := metrics.Series{Name: name, Resource: key, Kind: kind, Extra: extra}
	for i := range m.series {
		if cmp.Equal(m.series[i].Series, series) {
			m.series[i].Points = append(m.series[i].Points, metrics.Point{At: at.UnixMilli(), Avg: value})
			return
		}
	}
	m.series = append(m.series, metrics.Result{Series: series, Points: []metrics.Point{{At: at.UnixMilli(), Avg: value}}})
}

func (m *memory) Select(_ context.Context, q metrics.Query) ([]metrics.Result, error) {
	m.asked = append(m.asked, q)
	var results []metrics.Result
	for _, s := range m.series {
		if !slices.Contains(q.Names, s.Name) || len(q.Kinds) > 0 && !slices.Contains(q.Kinds, s.Kind) ||
			len(q.Resources) > 0 && !slices.Contains(q.Resources, s.Resource) || len(q.Extra) > 0 && !slices.Equal(q.Extra, s.Extra) {
			continue
		}
		if points := bucket(s.Points, q); len(points) > 0 {
			results = append(results, metrics.Result{Series: s.Series, Points: points})
		}
	}
	return results, nil
}

func bucket(raw []metrics.Point, q metrics.Query) []metrics.Point {
	var points []metrics.Point
	counts := []float64{}
	for _, p := range raw {
		if p.At < q.From || p.At > q.To {
			continue
		}
		at := p.At / q.Step * q.Step
		if n := len(points); n == 0 || points[n-1].At != at {
			points = append(points, metrics.Point{At: at, Min: math.Inf(1), Max: math.Inf(-1)})
			counts = append(counts, 0)
		}
		last := &points[len(points)-1]
		n := &counts[len(counts)-1]
		*n++
		last.Avg += (p.Avg - last.Avg) / *n
		last.Min, last.Max = min(last.Min, p.Avg), max(last.Max, p.Avg)
	}
	return points
}

func TestRanges(t *testing.T) {
	type parse func(string) time.Duration
	for _, test := range []struct {
		name  string
		parse parse
		text  string
		want  time.Duration
	}{
		{"chart", ChartRange, "5m", 5 * time.Minute}, {"chart", ChartRange, "7d", 168 * time.Hour},
		{"chart", ChartRange, "", time.Hour}, {"chart", ChartRange, "2h", time.Hour}, {"chart", ChartRange, "12h", 12 * time.Hour},
		{"storage", StorageRange, "90", 90 * time.Minute}, {"storage", StorageRange, "", time.Hour},
		{"storage", StorageRange, "1h", time.Minute}, {"storage", StorageRange, "-5", time.Hour},
		{"storage", StorageRange, "99999999", maxRange}, {"storage", StorageRange, "99999999999999999999", time.Hour},
		{"history", SpanOf, "", 24 * time.Hour}, {"history", SpanOf, "1d", 24 * time.Hour},
		{"history", SpanOf, "6h", 6 * time.Hour}, {"history", SpanOf, "30d", 720 * time.Hour},
		{"history", SpanOf, "90m", 90 * time.Minute}, {"history", SpanOf, "-1h", 24 * time.Hour},
		{"history", SpanOf, "rubbish", 24 * time.Hour}, {"history", SpanOf, "99999h", maxRange},
	} {
		if got := test.parse(test.text); got != test.want {
			t.Errorf("%s range %q: got %s, want %s", test.name, test.text, got, test.want)
		}
	}
}

func TestStepsAreWholeSecondsAndBound(t *testing.T) {
	for span := time.Second; span < maxRange; span = span*3/2 + time.Second {
		for _, points := range []int{minLinePoints, maxLinePoints, maxSeriesPoints} {
			step := stepFor(span, points)
			if step%time.Second != 0 || step <= 0 || span > step*time.Duration(points) {
				t.Errorf("step for %s in %d points is %s", span, points, step)
			}
		}
	}
}

func TestCharts(t *testing.T) {
	snap := viewtest.World(t).Snapshot()
	now := viewtest.Epoch().Add(123 * time.Millisecond)
	store := &memory{}
	for i := range 400 {
		at := now.Add(time.Duration(i-400) * 9 * time.Second)
		store.add("pve-lab/qemu/101", "vm", metrics.CPUUsageRatio, at, 0.5)
		store.add("agents/nas-01", "host", metrics.NetworkReceiveRate, at, 1234.5678)
	}
	store.add("pve-lab/qemu/999", "vm", metrics.CPUUsageRatio, now, 1) // long gone
	charts, body := readCharts(t, store, Request{Snapshot: snap, Now: now, Span: time.Hour})
	line := charts.Data["lab:pve1:101"]["cpu"]
	if len(line) < 100 || len(line) > maxLinePoints+1 || line[0].Value != 50 || line[0].Timestamp%1000 != 0 {
		t.Errorf("cpu line has %d points, the first %+v", len(line), line[0])
	}
	if got := charts.HostData["nas-01"]["netin"][0].Value; got != 1234.57 {
		t.Errorf("netin is %g, want 1234.57", got)
	}
	want := []Point{{Timestamp: now.Unix() * 1000, Value: 25}}
	if diff := cmp.Diff(want, charts.Data["lab:pve1:101"]["memory"]); diff != "" {
		t.Errorf("a line without history (-want +got):\n%s", diff)
	}
	if got := charts.Stats.OldestDataTimestamp; got >= now.Add(-59*time.Minute).UnixMilli() {
		t.Errorf("oldest is %d, want an hour ago", got)
	}
	if diff := cmp.Diff(map[string]string{"lab:pve1:101": "vm", "lab:pve1:102": "vm", "lab:pve2:201": "container", "lab:pve2:202": "container"}, charts.GuestTypes); diff != "" {
		t.Errorf("guest types (-want +got):\n%s", diff)
	}
	plain, err := json.Marshal(charts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decoded(t, plain), decoded(t, body)); diff != "" {
		t.Errorf("(-json.Marshal +Write):\n%s", diff)
	}
	viewtest.CheckShape(t, "testdata/shapes/charts-1h.json", body)
}

func decoded(tb testing.TB, raw []byte) any {
	tb.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		tb.Fatalf("%v in %s", err, raw)
	}
	return value
}

// readCharts returns charts and how they are written.
func readCharts(tb testing.TB, store Store, request Request) (*Charts, []byte) {
	tb.Helper()
	var body bytes.Buffer
	if err := PlanCharts(request).Write(tb.Context(), store, &body); err != nil {
		tb.Fatal(err)
	}
	var charts Charts
	if err := json.Unmarshal(body.Bytes(), &charts); err != nil {
		tb.Fatalf("%v in %s", err, body.Bytes())
	}
	return &charts, body.Bytes()
}

func TestEveryKindHasItsWholeRange(t *testing.T) {
	snap, now := viewtest.World(t).Snapshot(), viewtest.Epoch()
	store := &memory{}
	kinds := map[string]string{}
	for e := range snap.All() {
		if _, known := presentValue(e, metrics.CPUUsageRatio); !known {
			continue
		}
		kinds[string(e.Kind)] = e.Key
		for day := range 7 {
			store.add(e.Key, string(e.Kind), metrics.CPUUsageRatio, now.Add(time.Duration(day-7)*24*time.Hour), 0.5)
		}
	}
	charts, _ := readCharts(t, store, Request{Snapshot: snap, Now: now, Span: 7 * 24 * time.Hour})
	lines := 0
	for _, group := range []map[string]Lines{
		charts.Data, charts.NodeData, charts.StorageData, charts.DockerData, charts.DockerHostData, charts.HostData, charts.ResourceData,
	} {
		for id, of := range group {
			if points := of["cpu"]; len(points) >= 7 {
				lines++
				if points[0].Timestamp > now.Add(-7*24*time.Hour).UnixMilli() {
					t.Errorf("%s begins at %d", id, points[0].Timestamp)
				}
			}
		}
	}
	if lines != len(store.series) {
		t.Errorf("%d of %d resources have their line, of the kinds %v", lines, len(store.series), kinds)
	}
	for id, of := range charts.ResourceData {
		if len(of) == 0 {
			t.Errorf("%s has no lines and is there", id)
		}
	}
}

func TestPeaksSurvive(t *testing.T) {
	snap, now := viewtest.World(t).Snapshot(), viewtest.Epoch()
	store := &memory{}
	for i := range 7 * 24 * 60 {
		at, cpu, memory := now.Add(-time.Duration(i+1)*time.Minute), 0.1, 0.1
		if i == 5000 {
			cpu, memory = 0.99, 0.99
		}
		store.add("agents/nas-01", "host", metrics.CPUUsageRatio, at, cpu)
		store.add("agents/nas-01", "host", metrics.MemoryUsageRatio, at, memory)
	}
	for i := range store.series {
		slices.Reverse(store.series[i].Points)
	}
	highest := func(points []Point) float64 {
		return slices.MaxFunc(points[:len(points)-1], func(a, b Point) int { return cmpFloat(a.Value, b.Value) }).Value
	}
	week, _ := readCharts(t, store, Request{Snapshot: snap, Now: now, Span: 7 * 24 * time.Hour})
	if got := highest(week.HostData["nas-01"]["cpu"]); got != 99 {
		t.Errorf("of a minute at 99 percent a week of cpu shows %g", got)
	}
	if got := highest(week.HostData["nas-01"]["memory"]); got > 20 {
		t.Errorf("a week of memory shows %g, want averages", got)
	}
	last := week.HostData["nas-01"]["cpu"]
	e, _ := snap.Get("agents/nas-01")
	if got := last[len(last)-1]; got.Timestamp != second(e.SeenAt) || got.Value != wireMetrics()[0].value(*e.Usage.CPU) {
		t.Errorf("the line ends with %+v, want the present", got)
	}
}

func cmpFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// brokenPipe fails after some writes.
type brokenPipe struct{ left int }

func (b *brokenPipe) Write(p []byte) (int, error) {
	if b.left--; b.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

func TestChartsAreReadInPieces(t *testing.T) {
	snap := viewtest.NewFleet(t, 2*chartBatch+1, 0).Inventory.Snapshot()
	store := &memory{}
	plan := PlanCharts(Request{Snapshot: snap, Now: viewtest.Epoch(), Span: time.Hour})
	if err := plan.Write(t.Context(), store, &brokenPipe{left: 1}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v, want the error of the writer", err)
	}
	if len(store.asked) != 2 {
		t.Errorf("read %d times before the second piece could not be written", len(store.asked))
	}
	for _, query := range store.asked {
		if len(query.Resources) > chartBatch {
			t.Errorf("read %d resources at once", len(query.Resources))
		}
	}
}

func TestChartsOfManyResourcesStayBounded(t *testing.T) {
	snap := viewtest.NewFleet(t, 300, 10).Inventory.Snapshot()
	store := &memory{}
	readCharts(t, store, Request{Snapshot: snap, Now: viewtest.Epoch(), Span: 24 * time.Hour})
	lines := 300*7 + 300*3 + 3000*3
	for _, query := range store.asked {
		if points := (query.To - query.From) / query.Step; points > int64(maxChartPoints/lines)+1 {
			t.Errorf("asked for %d points a line with %d lines", points, lines)
		}
	}
}

func TestStorageCharts(t *testing.T) {
	snap, now := viewtest.World(t).Snapshot(), viewtest.Epoch()
	store := &memory{}
	for i := range 10 {
		at := now.Add(time.Duration(i-10) * time.Minute)
		store.add("pve-lab/storage/pve1/local-zfs", "storage", metrics.DiskUsageRatio, at, 0.25)
		store.add("pve-lab/storage/pve1/local-zfs", "storage", metrics.DiskTotalBytes, at, 1000)
		if i != 5 {
			store.add("pve-lab/storage/pve1/local-zfs", "storage", metrics.DiskUsedBytes, at, 250)
		}
	}
	charts, err := ReadStorageCharts(t.Context(), store, Request{Snapshot: snap, Now: now, Span: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	lines := charts["lab-pve1-local-zfs"]
	if len(lines.Usage) != 10 || len(lines.Avail) != 9 || lines.Usage[0].Value != 25 || lines.Avail[0].Value != 750 {
		t.Errorf("got %+v", lines)
	}
	encoded, err := json.Marshal(map[string]*StorageLines{"lab-pve1-local-zfs": lines})
	if err != nil {
		t.Fatal(err)
	}
	viewtest.CheckShape(t, "testdata/shapes/storage-charts.json", encoded)
	empty, err := json.Marshal(charts["lab-pve1-nas"])
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"usage":null,"used":null,"total":null,"avail":null}`; string(empty) != want {
		t.Errorf("without history: got %s, want %s", empty, want)
	}
}

func TestHistory(t *testing.T) {
	snap, now := viewtest.World(t).Snapshot(), viewtest.Epoch()
	store := &memory{}
	for i := range 20 {
		at := now.Add(time.Duration(i-20) * time.Second)
		store.add("agents/nas-01", string(resource.KindHost), metrics.CPUUsageRatio, at, float64(i)/100)
		store.add("agents/nas-01", string(resource.KindHost), metrics.TemperatureCelsius, at, 50, metrics.Label{Name: "sensor", Value: "cpu"})
		store.add("agents/nas-01", string(resource.KindHost), metrics.TemperatureCelsius, at, 90, metrics.Label{Name: "sensor", Value: "nvme0"})
	}
	read := func(query Query) any {
		t.Helper()
		answer, err := ReadHistory(t.Context(), store, snap, now, query)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	all := read(Query{ResourceType: "host", ResourceID: "nas-01", Range: "1h"}).(*History)
	if len(all.Metrics) != 3 || all.Metrics["temperature"][0].Value != 50 || all.Metrics["temperature{sensor=nvme0}"][0].Value != 90 {
		t.Errorf("got %+v, want cpu and two temperatures", all.Metrics)
	}
	sensor := read(Query{ResourceType: "host", ResourceID: "nas-01", Metric: "temperature{sensor=nvme0}"}).(*MetricHistory)
	if len(sensor.Points) == 0 || sensor.Points[0].Value != 90 {
		t.Errorf("one sensor: got %+v", sensor)
	}
	first := all.Metrics["cpu"][0]
	if first.Min > first.Value || first.Max < first.Value || first.Min == first.Max {
		t.Errorf("got %+v, want min < value < max", first)
	}
	if all.End-all.Start != time.Hour.Milliseconds() {
		t.Errorf("covers %d ms, want an hour", all.End-all.Start)
	}
	one := read(Query{ResourceType: "host", ResourceID: "nas-01", Metric: "cpu"}).(*MetricHistory)
	if len(one.Points) == 0 || one.Range != "" || one.End-one.Start != 24*time.Hour.Milliseconds() {
		t.Errorf("got %+v", one)
	}
	for what, query := range map[string]Query{
		"unknown resource": {ResourceType: "host", ResourceID: "nope"}, "unknown type": {ResourceType: "x", ResourceID: "nas-01"},
		"unknown metric": {ResourceType: "host", ResourceID: "nas-01", Metric: "mood"},
	} {
		encoded, err := json.Marshal(read(query))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Metrics map[string]any
			Points  []any
		}
		if err := json.Unmarshal(encoded, &answer); err != nil {
			t.Fatal(err)
		}
		if len(answer.Metrics) > 0 || len(answer.Points) > 0 || query.Metric != "" && answer.Points == nil || query.Metric == "" && answer.Metrics == nil {
			t.Errorf("%s: got %s", what, encoded)
		}
	}
	for _, query := range []Query{{ResourceType: "host"}, {ResourceID: "nas-01"}} {
		if _, err := ReadHistory(t.Context(), store, snap, now, query); !errors.Is(err, ErrIncomplete) {
			t.Errorf("%+v: got %v, want ErrIncomplete", query, err)
		}
	}
	for file, query := range map[string]Query{
		"metrics-history-all":    {ResourceType: "dockerContainer", ResourceID: "docker-01/0123456789ab", Range: "1h"},
		"metrics-history-single": {ResourceType: "node", ResourceID: "lab-cluster-pve1", Metric: "cpu"},
	} {
		encoded, err := json.Marshal(read(query))
		if err != nil {
			t.Fatal(err)
		}
		viewtest.CheckShape(t, fmt.Sprintf("testdata/shapes/%s.json", file), encoded)
	}
}

func TestStoreStats(t *testing.T) {
	encoded, err := json.Marshal(StatsOf(metrics.Stats{Dir: "/var/lib/pulse/metrics", DiskBytes: 5, Appended: 7, BlockSamples: 9}))
	if err != nil {
		t.Fatal(err)
	}
	viewtest.CheckShape(t, "testdata/shapes/metrics-store-stats.json", encoded)
}

// BenchmarkWriteCharts encodes the lines of 500 hosts of 100 points.
func BenchmarkWriteCharts(b *testing.B) {
	snap, now := viewtest.NewFleet(b, 500, 0).Inventory.Snapshot(), viewtest.Epoch()
	points := make([]metrics.Point, 100)
	for i := range points {
		points[i] = metrics.Point{At: now.Add(time.Duration(i-100) * 36 * time.Second).UnixMilli(), Avg: float64(i*i%10000) / 10000}
	}
	store := &fixed{points}
	plan := PlanCharts(Request{Snapshot: snap, Now: now, Span: time.Hour})
	var written count
	b.ReportAllocs()
	for b.Loop() {
		written = 0
		if err := plan.Write(b.Context(), store, &written); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(written))
}

// fixed has the same points for every series that is asked for.
type fixed struct{ points []metrics.Point }

func (f *fixed) Select(_ context.Context, q metrics.Query) ([]metrics.Result, error) {
	results := make([]metrics.Result, 0, len(q.Names)*len(q.Resources))
	for _, key := range q.Resources {
		for _, name := range q.Names {
			results = append(results, metrics.Result{Series: metrics.Series{Name: name, Resource: key, Kind: "host"}, Points: f.points})
		}
	}
	return results, nil
}

// count is a writer that counts bytes.
type count int

func (c *count) Write(p []byte) (int, error) {
	*c += count(len(p))
	return len(p), nil
}
