package read_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/read"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/remotetest"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
)

// filled returns a store with an hour of samples, the folder of its log, their number and the time of the last.
func filled(t *testing.T) (store *metrics.Store, log string, count int, end int64) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "metrics")
	store, err := metrics.Open(metrics.Options{Dir: dir})
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
	end = time.Now().Truncate(time.Minute).UnixMilli()
	for i, series := range []metrics.Series{
		{Name: metrics.CPUUsageRatio, Resource: "lab/vm/100", Kind: "vm"},
		{Name: metrics.CPUUsageRatio, Resource: "lab/vm/101", Kind: "vm"},
		{Name: metrics.DiskUsageRatio, Resource: "lab/vm/100", Kind: "vm"},
		{Name: metrics.CPUUsageRatio, Resource: "lab/node/a.b", Kind: "node"},
		{Name: metrics.TemperatureCelsius, Resource: "lab/node/a.b", Kind: "node", Extra: []metrics.Label{{Name: "sensor", Value: `c"p\u`}}},
	} {
		handle, err := store.Intern(series)
		if err != nil {
			t.Fatal(err)
		}
		var batch []metrics.Sample
		for n := range int64(240) {
			if n/20 != 5 { // five minutes without any
				batch = append(batch, metrics.Sample{Series: handle, At: end - n*15_000, Value: 0.5 + 0.5*math.Sin(float64(n+int64(i)))})
			}
		}
		if err := store.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		count += len(batch)
	}
	if err := store.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store, filepath.Join(dir, "wal"), count, end
}

// send passes everything on with a label that tells the hub.
func send(t *testing.T, log, address string, count int) {
	t.Helper()
	writer := write.New(write.Options{Dir: t.TempDir(), Log: log})
	target := write.Target{Endpoint: remote.Endpoint{URL: address + "/api/v1/write"}, Labels: map[string]string{"hub": "home"}}
	if err := writer.Replace([]write.Target{target}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = writer.Run(ctx) })
	defer running.Wait()
	defer stop()
	remotetest.Until(t, "all samples are sent", func() bool {
		all := writer.Status()
		return len(all) == 1 && all[0].Sent >= uint64(count)
	})
}

func near() cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return a == b || math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b)) })
}

func TestRemoteAnswersAreThoseOfTheStore(t *testing.T) {
	for name, start := range map[string]func(testing.TB) string{"prometheus": remotetest.Prometheus, "victoria-metrics": remotetest.VictoriaMetrics} {
		t.Run(name, func(t *testing.T) {
			address := start(t)
			local, log, count, end := filled(t)
			send(t, log, address, count)
			there, err := read.New(read.Options{Endpoint: remote.Endpoint{URL: address}, Labels: map[string]string{"hub": "home"}})
			if err != nil {
				t.Fatal(err)
			}
			all := []string{metrics.CPUUsageRatio, metrics.DiskUsageRatio, metrics.TemperatureCelsius}
			hour := time.Hour.Milliseconds()
			for _, q := range []metrics.Query{
				{Names: all, From: end - hour, To: end, Step: 60_000},
				{Names: all, From: end - hour - 7, To: end, Step: 300_000},
				{Names: all, From: end - 2*hour, To: end - 3*hour/2, Step: 60_000},
				{Names: all, Kinds: []string{"vm"}, From: end - hour/2, To: end, Step: 90_000},
				{Names: all[:1], Resources: []string{"lab/node/a.b", "lab/vm/101"}, Kinds: []string{"vm", "node"}, From: end - hour, To: end, Step: 600_000},
				{Names: all, Extra: []metrics.Label{{Name: "sensor", Value: `c"p\u`}}, From: end - hour, To: end, Step: 60_000},
				{Names: all, From: end - hour, To: end},
				{Names: all[:1], Resources: []string{"lab/vm/100"}, From: end - 15_000, To: end},
				{Names: []string{"pulse_missing"}, From: end - hour, To: end, Step: 60_000},
			} {
				want, err := local.Select(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				var got []metrics.Result
				remotetest.Until(t, "fresh samples are seen", func() bool {
					got, err = there.Select(t.Context(), q)
					return err != nil || len(got) >= len(want)
				})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(append([]metrics.Result{}, want...), append([]metrics.Result{}, got...), near()); diff != "" {
					t.Errorf("%+v (-local +remote):\n%s", q, diff)
				}
			}
		})
	}
}

func TestFailuresAreTold(t *testing.T) {
	const query = metrics.CPUUsageRatio
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); fmt.Fprint(w, body) }
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		query   metrics.Query
		want    error
	}{
		"no names":   {answer(200, ""), metrics.Query{To: 1}, metrics.ErrBadQuery},
		"bad span":   {answer(200, ""), metrics.Query{Names: []string{query}, From: 2, To: 1}, metrics.ErrBadQuery},
		"too fine":   {answer(200, ""), metrics.Query{Names: []string{query}, To: 1e9, Step: 1}, metrics.ErrTooManyPoints},
		"refused":    {answer(422, `{"status":"error","errorType":"execution","error":"too many samples"}`), metrics.Query{Names: []string{query}, To: 1000, Step: 10}, read.ErrRefused},
		"broken":     {answer(500, `oops`), metrics.Query{Names: []string{query}, To: 1000, Step: 10}, read.ErrUnreachable},
		"not JSON":   {answer(200, `<html>`), metrics.Query{Names: []string{query}, To: 1000}, read.ErrUnreachable},
		"other type": {answer(200, `{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}`), metrics.Query{Names: []string{query}, To: 1000}, read.ErrUnreachable},
		"too many": {
			answer(200, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[0.1,"1"],[0.2,"2"]]}]}}`),
			metrics.Query{Names: []string{query}, To: 1000}, metrics.ErrTooManyPoints,
		},
		"slow": {func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client goes
			<-r.Context().Done()
		}, metrics.Query{Names: []string{query}, To: 1000, Step: 10}, read.ErrUnreachable},
	} {
		server := httptest.NewServer(tc.handler)
		store, err := read.New(read.Options{Endpoint: remote.Endpoint{URL: server.URL + "?secret=hidden"}, Timeout: time.Second / 2, MaxPoints: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Select(t.Context(), tc.query)
		if !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		} else if strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: the error has a secret: %v", name, err)
		}
		server.Close()
	}
	if _, err := read.New(read.Options{}); !errors.Is(err, remote.ErrEndpoint) {
		t.Errorf("without an address: %v", err)
	}
}
