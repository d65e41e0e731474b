package promapi_test

import (
	"context"
	"errors"
	"math"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/pulse-hub/pulse/hub/internal/metrics/remote"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/remotetest"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
	"github.com/pulse-hub/pulse/hub/internal/promapi"
)

// forward passes everything in the store on to an address and waits until it is there.
func forward(t *testing.T, f *fill, address string) {
	t.Helper()
	writer := write.New(write.Options{Dir: filepath.Join(t.TempDir(), "remote"), Log: filepath.Join(f.dir, "wal")})
	if err := writer.Replace([]write.Target{{Endpoint: remote.Endpoint{URL: address + "/api/v1/write"}}}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = writer.Run(ctx) })
	defer running.Wait()
	defer stop()
	remotetest.Until(t, "all samples are sent", func() bool {
		all := writer.Status()
		return len(all) == 1 && all[0].Sent+all[0].Failed >= uint64(f.samples)
	})
	if s := writer.Status()[0]; s.Sent != uint64(f.samples) || s.Failed+s.Dropped+s.Retries > 0 {
		t.Fatalf("status is %+v after %d samples", s, f.samples)
	}
}

func client(t testing.TB, address string) promv1.API {
	t.Helper()
	c, err := api.NewClient(api.Config{Address: address})
	if err != nil {
		t.Fatal(err)
	}
	return promv1.NewAPI(c)
}

// queries are of all parts of the language, over what newFill stores.
func queries() []string {
	return []string{
		`pulse_cpu_usage_ratio`,
		`pulse_cpu_usage_ratio{resource="lab/vm/101"}`,
		`pulse_cpu_usage_ratio{resource=~"lab/vm/10[1-3]", kind!="node"}`,
		`pulse_temperature_celsius{sensor="odd \"name\"\\"}`,
		`{__name__=~"pulse_(up|temperature_celsius)"}`,
		`pulse_disk_used_bytes`,
		`pulse_missing`,
		`1 + 2 ^ 3`,
		`vector(time())`,
		`pulse_cpu_usage_ratio * 100 > 50`,
		`pulse_cpu_usage_ratio > bool 0.5`,
		`pulse_memory_used_bytes offset 30m`,
		`pulse_memory_used_bytes @ end()`,
		`sum(pulse_memory_used_bytes)`,
		`sum by (kind) (pulse_memory_used_bytes)`,
		`avg without (resource) (pulse_cpu_usage_ratio)`,
		`count({kind="vm"}) by (__name__)`,
		`topk(2, pulse_cpu_usage_ratio)`,
		`bottomk(1, pulse_memory_used_bytes)`,
		`quantile(0.9, pulse_cpu_usage_ratio)`,
		`stddev(pulse_cpu_usage_ratio)`,
		`count_values("value", pulse_up)`,
		`group(pulse_up)`,
		`rate(pulse_reads_total[5m])`,
		`irate(pulse_reads_total[5m])`,
		`increase(pulse_reads_total[30m])`,
		`resets(pulse_reads_total[2h])`,
		`changes(pulse_up[1h])`,
		`delta(pulse_temperature_celsius[10m])`,
		`deriv(pulse_disk_used_bytes[30m])`,
		`predict_linear(pulse_disk_used_bytes[1h], 3600)`,
		`avg_over_time(pulse_cpu_usage_ratio[10m])`,
		`min_over_time(pulse_cpu_usage_ratio[10m])`,
		`max_over_time(pulse_cpu_usage_ratio[10m])`,
		`sum_over_time(pulse_disk_used_bytes[10m])`,
		`count_over_time(pulse_disk_used_bytes[1h])`,
		`quantile_over_time(0.5, pulse_temperature_celsius[15m])`,
		`last_over_time(pulse_up[10m])`,
		`absent(pulse_missing)`,
		`absent_over_time(pulse_cpu_usage_ratio[5m])`,
		`max_over_time(rate(pulse_reads_total[5m])[30m:1m])`,
		`pulse_cpu_usage_ratio and pulse_cpu_usage_ratio{resource="lab/vm/102"}`,
		`pulse_up or pulse_disk_used_bytes`,
		`pulse_memory_used_bytes unless on (resource) pulse_cpu_usage_ratio{resource="lab/vm/100"}`,
		`pulse_memory_used_bytes / on (resource) group_left pulse_cpu_usage_ratio`,
		`label_replace(pulse_up, "node", "$1", "resource", "lab/node/(.*)")`,
		`label_join(pulse_up, "both", "-", "kind", "resource")`,
		`clamp_max(round(pulse_temperature_celsius, 5), 50)`,
		`sort_desc(pulse_cpu_usage_ratio)`,
		`pulse_reads_total[1m]`,
		`timestamp(pulse_up)`,
	}
}

// refusedQueries are refused by Prometheus and by us, as the same kind of error.
func refusedQueries() []string {
	return []string{
		`sum(`, `pulse_up{`, `rate(pulse_up)`, `unknown(pulse_up)`, `pulse_up + on () pulse_temperature_celsius`,
		`pulse_memory_used_bytes * on (kind) pulse_cpu_usage_ratio`, ``,
	}
}

// about compares numbers like the engines of different versions: they do not add up in the same order.
func about() cmp.Options {
	near := func(a, b model.SampleValue) bool {
		x, y := float64(a), float64(b)
		return x == y || math.IsNaN(x) && math.IsNaN(y) || math.Abs(x-y) <= 1e-9*max(math.Abs(x), math.Abs(y))
	}
	return cmp.Options{
		cmp.Comparer(near),
		// A vector compares itself, exactly; a plain list does not.
		cmp.Transformer("list", func(v model.Vector) []*model.Sample { return v }),
		cmp.Comparer(func(a, b model.SamplePair) bool { return a.Timestamp == b.Timestamp && near(a.Value, b.Value) }),
		cmp.Comparer(func(a, b *model.Sample) bool {
			return a.Metric.Equal(b.Metric) && a.Timestamp == b.Timestamp && near(a.Value, b.Value)
		}),
	}
}

func TestAnswersAreThoseOfPrometheus(t *testing.T) {
	prometheus := remotetest.Prometheus(t)
	theirs := client(t, prometheus)
	f := newFill(t)
	server := httptest.NewServer(promapi.New(promapi.Options{Queryable: f.Queryable()}).Handler())
	defer server.Close()
	ours := client(t, server.URL)
	forward(t, f, prometheus)

	for _, query := range queries() {
		got, _, _, err := ours.Query(t.Context(), query, f.end)
		want, _, _, wantErr := theirs.Query(t.Context(), query, f.end)
		if err != nil || wantErr != nil {
			t.Errorf("%s: %v, want %v", query, err, wantErr)
			continue
		}
		if diff := cmp.Diff(sorted(query, want), sorted(query, got), about()); diff != "" {
			t.Errorf("%s (-theirs +ours):\n%s", query, diff)
		}
		if got.Type() != model.ValVector && got.Type() != model.ValScalar {
			continue
		}
		span := promv1.Range{Start: f.end.Add(-90 * time.Minute), End: f.end, Step: 5 * time.Minute}
		got, _, _, err = ours.QueryRange(t.Context(), query, span)
		want, _, _, wantErr = theirs.QueryRange(t.Context(), query, span)
		if err != nil || wantErr != nil {
			t.Errorf("%s over a range: %v, want %v", query, err, wantErr)
			continue
		}
		if diff := cmp.Diff(want, got, about()); diff != "" {
			t.Errorf("%s over a range (-theirs +ours):\n%s", query, diff)
		}
	}
	for _, query := range refusedQueries() {
		_, _, _, err := ours.Query(t.Context(), query, f.end)
		_, _, _, wantErr := theirs.Query(t.Context(), query, f.end)
		if got, want := kindOf(err), kindOf(wantErr); got != want || got == "" {
			t.Errorf("%s fails with %v, want %v", query, err, wantErr)
		}
	}
}

// sorted puts series in order where the query gives them none.
func sorted(query string, v model.Value) model.Value {
	vector, ok := v.(model.Vector)
	if ok && !strings.HasPrefix(query, "sort") && !strings.HasPrefix(query, "topk") && !strings.HasPrefix(query, "bottomk") {
		sort.Sort(vector)
	}
	return v
}

// kindOf returns the kind of an error that the API has answered.
func kindOf(err error) promv1.ErrorType {
	var answered *promv1.Error
	if errors.As(err, &answered) {
		return answered.Type
	}
	return ""
}

func TestLabelsAreThoseOfPrometheus(t *testing.T) {
	prometheus := remotetest.Prometheus(t)
	theirs := client(t, prometheus)
	f := newFill(t)
	server := httptest.NewServer(promapi.New(promapi.Options{Queryable: f.Queryable()}).Handler())
	defer server.Close()
	ours := client(t, server.URL)
	forward(t, f, prometheus)

	some := []string{`{kind="vm"}`, `pulse_temperature_celsius`}
	for _, tc := range []struct {
		name string
		ask  func(promv1.API) (any, error)
	}{
		{"all names", func(c promv1.API) (any, error) {
			names, _, _, err := c.LabelNames(t.Context(), nil, time.Time{}, time.Time{})
			return names, err
		}},
		{"some names", func(c promv1.API) (any, error) {
			names, _, _, err := c.LabelNames(t.Context(), some, f.end.Add(-back), f.end)
			return names, err
		}},
		{"metrics", func(c promv1.API) (any, error) {
			v, _, _, err := c.LabelValues(t.Context(), "__name__", nil, f.end.Add(-back), f.end)
			return v, err
		}},
		{"some values", func(c promv1.API) (any, error) {
			v, _, _, err := c.LabelValues(t.Context(), "resource", some, f.end.Add(-back), f.end)
			return v, err
		}},
		{"values of nothing", func(c promv1.API) (any, error) {
			v, _, _, err := c.LabelValues(t.Context(), "nothing", nil, f.end.Add(-back), f.end)
			return v, err
		}},
		{"series", func(c promv1.API) (any, error) {
			v, _, _, err := c.Series(t.Context(), some, f.end.Add(-back), f.end)
			return v, err
		}},
		{"series of ever", func(c promv1.API) (any, error) {
			v, _, _, err := c.Series(t.Context(), some, time.Unix(math.MinInt64/1000+62135596801, 0).UTC(), time.Unix(math.MaxInt64/1000-62135596801, 0).UTC())
			return v, err
		}},
		{"formatted", func(c promv1.API) (any, error) { return c.FormatQuery(t.Context(), `sum(  up)by(a)`) }},
	} {
		got, err := tc.ask(ours)
		want, wantErr := tc.ask(theirs)
		if err != nil || wantErr != nil {
			t.Errorf("%s: %v, want %v", tc.name, err, wantErr)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-theirs +ours):\n%s", tc.name, diff)
		}
	}
}

func TestPromtoolWorks(t *testing.T) {
	promtool := remotetest.Promtool(t)
	f := newFill(t)
	server := httptest.NewServer(promapi.New(promapi.Options{Queryable: f.Queryable()}).Handler())
	defer server.Close()
	from, at := strconv.FormatInt(f.end.Unix()-60, 10), strconv.FormatInt(f.end.Unix(), 10)
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"query", "instant", "--time=" + at, server.URL, "count(pulse_cpu_usage_ratio)"}, "{} => 5 @"},
		{[]string{"query", "range", "--start=" + from, "--end=" + at, "--step=1m", server.URL, "count(pulse_cpu_usage_ratio)"}, "5 @["},
		{[]string{"query", "series", "--match=pulse_up", server.URL}, `{__name__="pulse_up", kind="node", resource="lab/node/pve1"}`},
		{[]string{"query", "labels", server.URL, "kind"}, "node\nstorage\nvm"},
	} {
		out, err := exec.CommandContext(t.Context(), promtool, tc.args...).CombinedOutput()
		if err != nil || !strings.Contains(string(out), tc.want) {
			t.Errorf("promtool %v: %v, said %q, want %q", tc.args, err, out, tc.want)
		}
	}
}
