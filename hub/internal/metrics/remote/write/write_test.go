package write

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/remotetest"
)

// series is what the receiver calls the series that hub.append writes.
func seriesText(name string, extra ...string) string {
	return fmt.Sprintf(`{__name__=%q, %skind="vm", resource="r"}`, name, strings.Join(extra, ""))
}

func times(from int64, n int) []int64 {
	var all []int64
	for i := range n {
		all = append(all, from+int64(i)*1000)
	}
	return all
}

func expected(series string, at ...int64) []received {
	var all []received
	for _, t := range at {
		all = append(all, received{series, t, float64(t % 1000)})
	}
	return all
}

// equal compares what has come without regard to order.
func equal(t *testing.T, got, want []received) {
	t.Helper()
	order := func(a, b received) int {
		if c := strings.Compare(a.series, b.series); c != 0 {
			return c
		}
		return int(a.at - b.at)
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(received{})); diff != "" {
		t.Errorf("what has come (-want +got):\n%s", diff)
	}
}

func TestSamplesArriveInBothProtocols(t *testing.T) {
	start := time.Now().Add(-time.Hour).UnixMilli()
	for _, protocol := range []Protocol{V1, V2} {
		t.Run(string(protocol), func(t *testing.T) {
			h, r := newHub(t), newReceiver(t)
			target := to(r)
			target.Protocol, target.Labels = protocol, map[string]string{"hub": "home", "kind": "ours wins"}
			h.forward(target)
			all := times(start, 50)
			h.append(metrics.DiskUsedBytes, all...)
			equal(t, r.await(50), expected(seriesText(metrics.DiskUsedBytes, `hub="home", `), all...))
			if got := r.headers.Get("X-Prometheus-Remote-Write-Version"); got != protocol.version() {
				t.Errorf("the version is %q, want %q", got, protocol.version())
			}
		})
	}
}

func TestLateSamplesArriveInRequestsOfTheirOwn(t *testing.T) {
	h, r := newHub(t), newReceiver(t)
	start := time.Now().Add(-time.Hour).UnixMilli()
	var mixed bool
	r.refusing(func(samples []received) int {
		late := slices.ContainsFunc(samples, func(s received) bool { return s.at < start })
		fresh := slices.ContainsFunc(samples, func(s received) bool { return s.at >= start })
		mixed = mixed || late && fresh
		return 0
	})
	h.append("pulse_x", start)
	late := times(start-20_000, 10)
	h.append("pulse_x", append(late, start+1000)...)
	h.forward(to(r))
	equal(t, r.await(12), expected(seriesText("pulse_x"), append(late, start, start+1000)...))
	if mixed {
		t.Error("late samples came together with others")
	}
}

func TestWhatWaitsIsSentAfterAnOutage(t *testing.T) {
	h, r := newHub(t), newReceiver(t)
	start := time.Now().Add(-time.Hour).UnixMilli()
	r.refusing(func([]received) int { return http.StatusServiceUnavailable })
	w := h.forward(to(r))
	all := times(start, 30)
	h.append("pulse_x", all[:10]...)
	remotetest.Until(t, "samples wait on disk", func() bool { return len(w.Status()) == 1 && w.Status()[0].QueuedSamples == 10 })
	if s := w.Status()[0]; s.Error != "status 503: refused" || s.Retries == 0 || s.QueuedBytes == 0 || s.Sent != 0 {
		t.Errorf("the status is %+v", s)
	}
	// A new start of the hub, while which more is written.
	h.close()
	h.open()
	h.append("pulse_x", all[10:20]...)
	w = h.forward(to(r))
	remotetest.Until(t, "more waits on disk", func() bool { return len(w.Status()) == 1 && w.Status()[0].QueuedSamples == 20 })
	r.refusing(nil)
	h.append("pulse_x", all[20:]...)
	got := r.await(30)
	if !slices.IsSortedFunc(got, func(a, b received) int { return int(a.at - b.at) }) {
		t.Error("samples came out of order")
	}
	equal(t, got, expected(seriesText("pulse_x"), all...))
	remotetest.Until(t, "nothing waits", func() bool { return w.Status()[0].QueuedBytes == 0 && w.Status()[0].Error == "" })
	if s := w.Status()[0]; s.Sent != 30 || s.Failed+s.Dropped+s.Gaps > 0 {
		t.Errorf("the status is %+v", s)
	}
}

func TestNothingIsSentTwiceAfterAStop(t *testing.T) {
	h, r := newHub(t), newReceiver(t)
	start := time.Now().Add(-time.Hour).UnixMilli()
	all := times(start, 40)
	for i := range 4 {
		h.forward(to(r))
		h.append("pulse_x", all[10*i:10*i+10]...)
		r.await(10*i + 10)
		h.close()
		h.open()
	}
	h.forward(to(r))
	h.append("pulse_y", start)
	equal(t, r.await(41), append(expected(seriesText("pulse_x"), all...), expected(seriesText("pulse_y"), start)...))
}

func TestOneBadSampleDoesNotTakeOthersAlong(t *testing.T) {
	h, r := newHub(t), newReceiver(t)
	start := time.Now().Add(-time.Hour).UnixMilli()
	all := times(start, 64)
	r.refusing(func(samples []received) int {
		if slices.ContainsFunc(samples, func(s received) bool { return s.at == all[20] }) {
			return http.StatusBadRequest
		}
		return 0
	})
	h.append("pulse_x", all...)
	w := h.forward(to(r))
	r.await(63)
	equal(t, r.got(), expected(seriesText("pulse_x"), slices.Delete(slices.Clone(all), 20, 21)...))
	remotetest.Until(t, "the refusal is counted", func() bool { return w.Status()[0].Failed == 1 })
}

func TestTargetsAreReplacedWhileRunning(t *testing.T) {
	h, first, second := newHub(t), newReceiver(t), newReceiver(t)
	start := time.Now().Add(-time.Hour).UnixMilli()
	w := h.forward(to(first))
	h.append("pulse_x", start)
	first.await(1)
	if err := w.Replace([]Target{to(second)}); err != nil {
		t.Fatal(err)
	}
	second.await(1)
	h.append("pulse_x", start+1000)
	second.await(2)
	if got := len(first.got()); got != 1 {
		t.Errorf("a target that is gone got %d samples", got)
	}
	if err := w.Replace([]Target{to(second), to(second)}); !errors.Is(err, ErrTarget) {
		t.Errorf("the same target twice: %v", err)
	}
}

func TestTheTallyIsMeasured(t *testing.T) {
	h, r := newHub(t), newReceiver(t)
	w := h.forward(to(r))
	h.append("pulse_x", time.Now().UnixMilli())
	r.await(1)
	remotetest.Until(t, "it is counted", func() bool { return w.Status()[0].Sent == 1 })
	name := strings.TrimPrefix(r.URL, "http://")
	want := fmt.Sprintf(`# HELP pulse_remote_write_samples_total Samples by how they ended: sent, failed (refused for good) or dropped (the queue was full).
# TYPE pulse_remote_write_samples_total counter
pulse_remote_write_samples_total{result="dropped",target=%[1]q} 0
pulse_remote_write_samples_total{result="failed",target=%[1]q} 0
pulse_remote_write_samples_total{result="sent",target=%[1]q} 1
`, name)
	if err := testutil.CollectAndCompare(w.Collector(), strings.NewReader(want), "pulse_remote_write_samples_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.CollectAndLint(w.Collector()); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

func TestBadTargetsAreRefused(t *testing.T) {
	good := remote.Endpoint{URL: "https://store/api/v1/write"}
	for name, target := range map[string]Target{
		"no address":     {},
		"other scheme":   {Endpoint: remote.Endpoint{URL: "ftp://store"}},
		"password in it": {Endpoint: remote.Endpoint{URL: "https://a:hidden@store"}},
		"two ways in":    {Endpoint: remote.Endpoint{URL: good.URL, User: "a", BearerToken: "hidden"}},
		"half a pair":    {Endpoint: remote.Endpoint{URL: good.URL, CertFile: "a"}},
		"header":         {Endpoint: remote.Endpoint{URL: good.URL, Headers: map[string]string{"a b": "hidden"}}},
		"protocol":       {Endpoint: good, Protocol: "v3"},
		"label":          {Endpoint: good, Labels: map[string]string{"a-b": "c"}},
		"limit":          {Endpoint: good, Batch: -1},
	} {
		err := New(Options{}).Replace([]Target{target})
		if !errors.Is(err, ErrTarget) && !errors.Is(err, remote.ErrEndpoint) {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: the error has a secret: %v", name, err)
		}
	}
}

// TestRealServersTakeSamples looks at what both servers have after late and early samples were sent.
func TestRealServersTakeSamples(t *testing.T) {
	for name, start := range map[string]func(testing.TB) string{"prometheus": remotetest.Prometheus, "victoria-metrics": remotetest.VictoriaMetrics} {
		t.Run(name, func(t *testing.T) {
			address := start(t)
			h := newHub(t)
			now := time.Now().UnixMilli()
			h.append("pulse_x", times(now-600_000, 100)...)
			h.append("pulse_x", times(now-1_000_000, 100)...)
			w := h.forward(Target{Endpoint: remote.Endpoint{URL: address + "/api/v1/write"}})
			remotetest.Until(t, "everything is sent", func() bool { return len(w.Status()) == 1 && w.Status()[0].Sent >= 200 })
			if s := w.Status()[0]; s.Sent != 200 || s.Failed+s.Retries+s.Dropped > 0 {
				t.Errorf("the status is %+v", s)
			}
		})
	}
}
