package openmetrics_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/metadata"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/openmetrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func newStore(t testing.TB) *metrics.Store {
	t.Helper()
	store, err := metrics.Open(metrics.Options{Dir: filepath.Join(t.TempDir(), "metrics")})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(t.Context()) })
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	return store
}

func write(t testing.TB, store *metrics.Store, series metrics.Series, at time.Time, value float64) {
	t.Helper()
	handle, err := store.Intern(series)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Append(t.Context(), []metrics.Sample{{Series: handle, At: at.UnixMilli(), Value: value}}); err != nil {
		t.Fatal(err)
	}
}

func newInventory(t testing.TB, resources ...resource.Resource) *inventory.Inventory {
	t.Helper()
	live := inventory.New(inventory.Options{})
	_, err := live.Apply(t.Context(), inventory.Observation{
		Source: inventory.SourceRef{ID: "lab", Type: "pve", Name: "lab"}, Dataset: "all", At: time.Now(), Complete: true, Resources: resources,
	})
	if err != nil {
		t.Fatal(err)
	}
	return live
}

func scrape(t testing.TB, handler http.Handler, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestPresentValuesAreServed(t *testing.T) {
	store := newStore(t)
	live := newInventory(t, resource.Resource{ID: "vm/100", Kind: resource.KindVM, Name: `web "1"`, Detail: &resource.Guest{Node: "pve1", VMID: 100}})
	now := time.Now()
	cpu := metrics.Series{Name: metrics.CPUUsageRatio, Resource: "lab/vm/100", Kind: "vm"}
	write(t, store, cpu, now.Add(-time.Minute), 0.25)
	write(t, store, cpu, now.Add(-2*time.Minute), 0.5)
	write(t, store, metrics.Series{Name: "pulse_reads_total", Resource: "lab/vm/100", Kind: "vm"}, now, 7)
	write(t, store, metrics.Series{Name: metrics.DiskUsedBytes, Resource: "lab/vm/100", Kind: "vm"}, now.Add(-10*time.Minute), 1)
	write(t, store, metrics.Series{Name: metrics.CPUUsageRatio, Resource: "lab/vm/gone", Kind: "vm"}, now, 1)
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	own := prometheus.NewRegistry()
	own.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pulse_pages", Help: "Pages connected."}, func() float64 { return 3 }))
	handler := openmetrics.Handler(openmetrics.Options{Queryable: store.Queryable(), Inventory: live, Own: own})

	text := scrape(t, handler, "")
	if got := text.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("the type is %q", got)
	}
	for _, want := range []string{
		"# HELP pulse_cpu_usage_ratio Share of all cores in use.\n# TYPE pulse_cpu_usage_ratio gauge\n",
		`pulse_cpu_usage_ratio{kind="vm",resource="lab/vm/100"} 0.25` + "\n",
		"# TYPE pulse_reads_total counter\n" + `pulse_reads_total{kind="vm",resource="lab/vm/100"} 7` + "\n",
		`pulse_resource_info{kind="vm",name="web \"1\"",resource="lab/vm/100",source="lab"} 1` + "\n",
		"pulse_pages 3\n",
	} {
		if !strings.Contains(text.Body.String(), want) {
			t.Errorf("there is no %s in\n%s", want, text.Body)
		}
	}
	for _, unwanted := range []string{"gone", metrics.DiskUsedBytes} {
		if strings.Contains(text.Body.String(), unwanted) {
			t.Errorf("there is %s in\n%s", unwanted, text.Body)
		}
	}
	open := scrape(t, handler, "application/openmetrics-text; version=1.0.0")
	if got := open.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text; version=1.0.0") {
		t.Errorf("the type is %q", got)
	}
	if body := open.Body.String(); !strings.Contains(body, "# TYPE pulse_reads counter\n") || !strings.HasSuffix(body, "# EOF\n") {
		t.Errorf("not in OpenMetrics:\n%s", body)
	}
}

func TestADoubledNameSpoilsItselfOnly(t *testing.T) {
	store := newStore(t)
	live := newInventory(t, resource.Resource{ID: "vm/100", Kind: resource.KindVM, Name: "web", Detail: &resource.Guest{VMID: 100}})
	write(t, store, metrics.Series{Name: "pulse_pages_total", Resource: "lab/vm/100"}, time.Now(), 1)
	write(t, store, metrics.Series{Name: metrics.Up, Resource: "lab/vm/100"}, time.Now(), 1)
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	own := prometheus.NewRegistry()
	own.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pulse_pages_total", Help: "Other."}, func() float64 { return 3 }))
	w := scrape(t, openmetrics.Handler(openmetrics.Options{Queryable: store.Queryable(), Inventory: live, Own: own}), "")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `pulse_up{resource="lab/vm/100"} 1`) {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
}

func TestMetricsAreDescribed(t *testing.T) {
	for name, want := range map[string]metadata.Metadata{
		metrics.DiskUsedBytes:      {Type: "gauge", Unit: "bytes", Help: "Space in use."},
		metrics.NetworkReceiveRate: {Type: "gauge", Help: "Received by all interfaces."},
		"pulse_reads_bytes_total":  {Type: "counter", Unit: "bytes"},
		"pulse_power_watts":        {Type: "gauge", Unit: "watts"},
		"pulse_plain":              {Type: "gauge"},
	} {
		if got := openmetrics.Describe(name); got != want {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
}

// BenchmarkScrape serves 10,000 series.
func BenchmarkScrape(b *testing.B) {
	store := newStore(b)
	var resources []resource.Resource
	for i := range 1000 {
		resources = append(resources, resource.Resource{ID: fmt.Sprint("vm/", i), Kind: resource.KindVM, Name: "web", Detail: &resource.Guest{VMID: i}})
		for j := range 10 {
			write(b, store, metrics.Series{Name: fmt.Sprint("pulse_metric_", j), Resource: fmt.Sprint("lab/vm/", i), Kind: "vm"}, time.Now(), float64(i))
		}
	}
	if err := store.Flush(b.Context()); err != nil {
		b.Fatal(err)
	}
	handler := openmetrics.Handler(openmetrics.Options{Queryable: store.Queryable(), Inventory: newInventory(b, resources...)})
	b.ReportAllocs()
	for b.Loop() {
		if w := scrape(b, handler, ""); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
	}
}
