package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	charts, err := ReadCharts(t.Context(), store, Request{Snapshot: snap, Now: now, Span: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
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
	fast := charts.AppendJSON(nil)
	if diff := cmp.Diff(string(plain), string(fast)); diff != "" {
		t.Errorf("(-json.Marshal +AppendJSON):\n%s", diff)
	}
	viewtest.CheckShape(t, "testdata/shapes/charts-1h.json", fast)
}

func TestChartsOfManyResourcesStayBounded(t *testing.T) {
	snap := viewtest.NewFleet(t, 300, 10).Inventory.Snapshot()
	store := &memory{}
	if _, err := ReadCharts(t.Context(), store, Request{Snapshot: snap, Now: viewtest.Epoch(), Span: 24 * time.Hour}); err != nil {
		t.Fatal(err)
	}
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
	if len(all.Metrics) != 2 || all.Metrics["temperature"][0].Value != 50 {
		t.Errorf("got %+v, want cpu and temperature", all.Metrics)
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

func BenchmarkChartsJSON(b *testing.B) {
	charts, _ := newCharts(viewtest.Epoch())
	for i := range 500 {
		lines := Lines{}
		for _, m := range wireMetrics() {
			points := make([]Point, 100)
			for j := range points {
				points[j] = Point{Timestamp: int64(j) * 10_000, Value: float64(i*j%10000) / 100}
			}
			lines[m.wire] = points
		}
		charts.HostData[fmt.Sprint("host-", i)] = lines
	}
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = charts.AppendJSON(out[:0])
	}
	b.SetBytes(int64(len(out)))
}
