package promapi

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// floats is a sample of a fake series.
type floats struct {
	at    int64
	value float64
}

func (f floats) ST() int64                     { return 0 }
func (f floats) T() int64                      { return f.at }
func (f floats) F() float64                    { return f.value }
func (f floats) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (f floats) H() *histogram.Histogram       { return nil }
func (f floats) FH() *histogram.FloatHistogram { return nil }
func (f floats) Copy() chunks.Sample           { return f }

// fixed is a storage with the given series.
type fixed struct {
	series []storage.Series
	err    error
	block  bool // Select waits for the end of its context
}

func (f fixed) Querier(int64, int64) (storage.Querier, error) { return f, f.err }
func (fixed) Close() error                                    { return nil }

func (f fixed) Select(ctx context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	if f.block {
		<-ctx.Done()
		return storage.ErrSeriesSet(ctx.Err())
	}
	var found []storage.Series
	for _, s := range f.series {
		if matches(s.Labels(), matchers) {
			found = append(found, s)
		}
	}
	return &list{series: found}
}

// list is a set of the series in a slice.
type list struct {
	series []storage.Series
	next   int
}

func (l *list) Next() bool                      { l.next++; return l.next <= len(l.series) }
func (l *list) At() storage.Series              { return l.series[l.next-1] }
func (*list) Err() error                        { return nil }
func (*list) Warnings() annotations.Annotations { return nil }

func matches(lset labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(lset.Get(m.Name)) {
			return false
		}
	}
	return true
}

func (f fixed) LabelValues(_ context.Context, name string, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	var values []string
	for _, s := range f.series {
		if value := s.Labels().Get(name); value != "" && matches(s.Labels(), matchers) {
			values = append(values, value)
		}
	}
	return values, nil, nil
}

func (f fixed) LabelNames(_ context.Context, _ *storage.LabelHints, matchers ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	var names []string
	for _, s := range f.series {
		if matches(s.Labels(), matchers) {
			s.Labels().Range(func(l labels.Label) { names = append(names, l.Name) })
		}
	}
	return names, nil, nil
}

const now = int64(1_700_000_000_500)

func sampleStorage() fixed {
	var all []storage.Series
	for i, id := range []string{"a", "b", "c"} {
		var values []chunks.Sample
		for n := range int64(5) {
			values = append(values, floats{now - (4-n)*60_000, float64(i) + float64(n)/4})
		}
		all = append(all, storage.NewListSeries(labels.FromStrings("__name__", "pulse_x", "resource", id), values))
	}
	return fixed{series: all}
}

func ask(t testing.TB, a *API, method, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	var r *http.Request
	if method == http.MethodPost {
		r = httptest.NewRequestWithContext(t.Context(), method, "/api/v1/"+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r = httptest.NewRequestWithContext(t.Context(), method, "/api/v1/"+path+"?"+form.Encode(), nil)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

func at(ms int64) func() time.Time { return func() time.Time { return time.UnixMilli(ms) } }

func TestAnswers(t *testing.T) {
	a := New(Options{Queryable: sampleStorage(), Now: at(now), Version: "3.1.4", Describe: func(string) metadata.Metadata {
		return metadata.Metadata{Type: model.MetricTypeGauge, Unit: "bytes", Help: "What."}
	}})
	form := func(pairs ...string) url.Values {
		out := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			out.Add(pairs[i], pairs[i+1])
		}
		return out
	}
	for _, tc := range []struct {
		name, path string
		form       url.Values
		want       string
	}{
		{
			"vector at the present", "query", form("query", `pulse_x{resource="b"}`),
			`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"pulse_x","resource":"b"},"value":[1700000000.500,"2"]}]}}`,
		},
		{
			"nothing", "query", form("query", "pulse_y"), `{"status":"success","data":{"resultType":"vector","result":[]}}`,
		},
		{
			"scalar", "query", form("query", "1/0", "time", "1.5"), `{"status":"success","data":{"resultType":"scalar","result":[1.500,"+Inf"]}}`,
		},
		{
			"text", "query", form("query", `"a\"b"`, "time", "0"), `{"status":"success","data":{"resultType":"string","result":[0,"a\"b"]}}`,
		},
		{
			"samples", "query", form("query", `pulse_x{resource="a"}[61s]`, "time", "1700000000.5"),
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"pulse_x","resource":"a"},"values":[[1699999940.500,"0.75"],[1700000000.500,"1"]]}]}}`,
		},
		{
			"range", "query_range", form("query", `sum(pulse_x)`, "start", "2023-11-14T22:13:20Z", "end", "1700000060", "step", "1m"),
			`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1700000000,"5.25"],[1700000060,"6"]]}]}}`,
		},
		{
			"range of nothing", "query_range", form("query", `pulse_y`, "start", "0", "end", "60", "step", "60"),
			`{"status":"success","data":{"resultType":"matrix","result":[]}}`,
		},
		{
			"cut", "query", form("query", `count by (resource) (pulse_x)`, "limit", "1"),
			`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"resource":"a"},"value":[1700000000.500,"1"]}]},"warnings":["results truncated due to limit"]}`,
		},
		{
			"an info", "query", form("query", `rate(pulse_x{resource="a"}[5m])`),
			`{"status":"success","data":{"resultType":"vector","result":[{"metric":{"resource":"a"},"value":[1700000000.500,"0.0033333333333333335"]}]},` +
				`"infos":["PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"pulse_x\" (1:6)"]}`,
		},
		{
			"series", "series", form("match[]", `pulse_x{resource=~"a|b"}`, "match[]", `{resource="a"}`),
			`{"status":"success","data":[{"__name__":"pulse_x","resource":"a"},{"__name__":"pulse_x","resource":"b"}]}`,
		},
		{
			"cut series", "series", form("match[]", `pulse_x`, "limit", "2"),
			`{"status":"success","data":[{"__name__":"pulse_x","resource":"a"},{"__name__":"pulse_x","resource":"b"}],"warnings":["results truncated due to limit"]}`,
		},
		{"labels", "labels", nil, `{"status":"success","data":["__name__","resource"]}`},
		{"labels of none", "labels", form("match[]", "pulse_y"), `{"status":"success","data":[]}`},
		{"values", "label/resource/values", form("match[]", `{resource!="c",resource!=""}`), `{"status":"success","data":["a","b"]}`},
		{"values of an escaped name", "label/U__resource/values", form("limit", "1"), `{"status":"success","data":["a"],"warnings":["results truncated due to limit"]}`},
		{"metadata", "metadata", nil, `{"status":"success","data":{"pulse_x":[{"type":"gauge","unit":"bytes","help":"What."}]}}`},
		{"metadata of another", "metadata", form("metric", "y"), `{"status":"success","data":{}}`},
		{"formatted", "format_query", form("query", `sum(x)by(a)`), `{"status":"success","data":"sum by (a) (x)"}`},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if method == http.MethodPost && (strings.HasPrefix(tc.path, "label/") || tc.path == "metadata") {
				continue
			}
			w := ask(t, a, method, tc.path, tc.form)
			if got := strings.ReplaceAll(w.Body.String(), "\n", ""); w.Code != http.StatusOK || got != tc.want {
				t.Errorf("%s, %s: %d\n%s, want\n%s", tc.name, method, w.Code, got, tc.want)
			}
		}
	}
	if w := ask(t, a, http.MethodGet, "status/buildinfo", nil); !strings.Contains(w.Body.String(), `"version":"3.1.4"`) {
		t.Errorf("the version is %s", w.Body)
	}
}

func TestRefusals(t *testing.T) {
	form := func(pairs ...string) url.Values {
		out := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			out.Add(pairs[i], pairs[i+1])
		}
		return out
	}
	full := sampleStorage()
	for _, tc := range []struct {
		name, path string
		form       url.Values
		storage    fixed
		status     int
		kind       string
	}{
		{"no query", "query", nil, full, 400, "bad_data"},
		{"syntax", "query", form("query", "sum("), full, 400, "bad_data"},
		{"time", "query", form("query", "1", "time", "soon"), full, 400, "bad_data"},
		{"NaN", "query", form("query", "1", "time", "NaN"), full, 400, "bad_data"},
		{"timeout", "query", form("query", "1", "timeout", "long"), full, 400, "bad_data"},
		{"limit", "query", form("query", "1", "limit", "-1"), full, 400, "bad_data"},
		{"lookback", "query", form("query", "1", "lookback_delta", "x"), full, 400, "bad_data"},
		{"no start", "query_range", form("query", "1", "end", "1", "step", "1"), full, 400, "bad_data"},
		{"end before start", "query_range", form("query", "1", "start", "2", "end", "1", "step", "1"), full, 400, "bad_data"},
		{"no step", "query_range", form("query", "1", "start", "0", "end", "1", "step", "0"), full, 400, "bad_data"},
		{"endless step", "query_range", form("query", "1", "start", "0", "end", "1", "step", "1e300"), full, 400, "bad_data"},
		{"too fine", "query_range", form("query", "1", "start", "0", "end", "11002", "step", "1"), full, 400, "bad_data"},
		{"no selector", "series", nil, full, 400, "bad_data"},
		{"everything", "series", form("match[]", `{a=~".*"}`), full, 400, "bad_data"},
		{"selector", "labels", form("match[]", `{`), full, 400, "bad_data"},
		{"span", "labels", form("start", "2", "end", "1"), full, 400, "bad_data"},
		{"label", "label/%FF/values", nil, full, 400, "bad_data"},
		{"many to many", "query", form("query", `pulse_x * on () pulse_x`), full, 422, "execution"},
		{"too many samples", "query", form("query", `pulse_x[5m]`), full, 422, "execution"},
		{"too slow", "query", form("query", `pulse_x`, "timeout", "10ms"), fixed{block: true}, 503, "timeout"},
		{"replaying", "query", form("query", `pulse_x`), fixed{err: fmt.Errorf("open: %w", metrics.ErrReplaying)}, 503, "unavailable"},
		{"closed", "labels", nil, fixed{err: metrics.ErrClosed}, 503, "unavailable"},
		{"broken", "labels", nil, fixed{err: errors.New("broken")}, 422, "execution"},
	} {
		a := New(Options{Queryable: tc.storage, Now: at(now), MaxSamples: 10})
		w := ask(t, a, http.MethodGet, tc.path, tc.form)
		var got envelope
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Errorf("%s: %v in %s", tc.name, err, w.Body)
		}
		if w.Code != tc.status || got.Status != "error" || got.ErrorType != tc.kind || got.Error == "" {
			t.Errorf("%s: %d %s, want %d %s", tc.name, w.Code, w.Body, tc.status, tc.kind)
		}
	}
}

func TestAnswersAreCompressed(t *testing.T) {
	a := New(Options{Queryable: sampleStorage(), Now: at(now)})
	for header, packed := range map[string]bool{"gzip, deflate": true, "": false, "gzip;q=0": false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/query?query=pulse_x", nil)
		r.Header.Set("Accept-Encoding", header)
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		var body io.Reader = w.Body
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("%q: compressed %t, want %t", header, got, packed)
		}
		if packed {
			unpacked, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = unpacked
		}
		if text, err := io.ReadAll(body); err != nil || !json.Valid(text) {
			t.Errorf("%q: %q, %v", header, text, err)
		}
	}
}

func TestQueriesWaitTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, 1)
		leave, err := g.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second := make(chan error)
		go func() {
			leave, err := g.enter(t.Context())
			if err == nil {
				leave()
			}
			second <- err
		}()
		synctest.Wait()
		if _, err := g.enter(t.Context()); !errors.Is(err, errCrowded) {
			t.Errorf("the third gets %v, want %v", err, errCrowded)
		}
		leave()
		if err := <-second; err != nil {
			t.Errorf("the second gets %v", err)
		}
		leave, err = g.enter(t.Context())
		if err != nil {
			t.Errorf("after all have left: %v", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := g.enter(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("one that does not want to wait gets %v", err)
		}
		leave()
		if len(g.present)+len(g.running) > 0 {
			t.Error("turns are left over")
		}
	})
}

func TestServerVersionFollowsTheLibrary(t *testing.T) {
	for module, want := range map[string]string{
		"v0.300.0": "3.0.0", "v0.316.1": "3.16.1", "v0.305.0-rc.1": fallbackVersion, "v1.2.3": fallbackVersion, "": fallbackVersion, "v0.54.1": fallbackVersion,
	} {
		if got := serverVersion(module); got != want {
			t.Errorf("%q belongs to %s, want %s", module, got, want)
		}
	}
}

func TestNumbersAreWrittenLikePrometheus(t *testing.T) {
	for value, want := range map[float64]string{
		0: "0", 1.5: "1.5", -2: "-2", 1e20: "100000000000000000000", 1e21: "1e+21", 1e-6: "0.000001", 1e-7: "1e-07", math.Inf(-1): "-Inf",
	} {
		if got := string(appendValue(nil, value)); got != want {
			t.Errorf("%g is %s, want %s", value, got, want)
		}
	}
	for ms, want := range map[int64]string{0: "0", 1: "0.001", -1500: "-1.500", 1000: "1"} {
		if got := string(appendSeconds(nil, ms)); got != want {
			t.Errorf("%d ms are %s, want %s", ms, got, want)
		}
	}
}

func TestTimesOfEverAreTaken(t *testing.T) {
	for text, want := range map[string]time.Time{
		"-292273086-05-16T16:47:06Z": earliest, "292277025-08-18T07:12:54.999999999Z": latest, "1e300": latest, "-1e300": earliest,
		"12.345": time.UnixMilli(12345).UTC(), "1970-01-01T00:00:01Z": time.Unix(1, 0).UTC(),
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?at="+url.QueryEscape(text), nil)
		got, err := timeOf(r, "at", time.Time{})
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzParameters(f *testing.F) {
	f.Add("1.5", "30s", "10", `{a="b"}`)
	f.Add("2023-11-14T22:13:20Z", "1e9", "-1", `{`)
	f.Add("-292273086-05-16T16:47:06Z", "NaN", "", "")
	a := New(Options{Queryable: fixed{}})
	f.Fuzz(func(t *testing.T, moment, length, limit, selector string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Form = url.Values{"start": {moment}, "end": {moment}, "step": {length}, "limit": {limit}, "match[]": {selector}}
		if at, err := timeOf(r, "start", earliest); err == nil && (at.Year() < -1 || at.Year() > 10_000) {
			t.Errorf("%q is %v", moment, at)
		}
		if s, err := stepsOf(r); err == nil && (s.step < time.Millisecond || s.end.Before(s.start)) {
			t.Errorf("%q and %q make %+v", moment, length, s)
		}
		if n, err := limitOf(r); err == nil && n < 0 {
			t.Errorf("%q is %d", limit, n)
		}
		sets, err := a.matchersOf(r)
		for _, set := range sets {
			if err == nil && !selective(set) {
				t.Errorf("%q selects everything", selector)
			}
		}
	})
}

// BenchmarkEncode writes the result of a range query over 100 series with 500 points each.
func BenchmarkEncode(b *testing.B) {
	var all []storage.Series
	for i := range 100 {
		var values []chunks.Sample
		for n := range int64(500) {
			values = append(values, floats{now + n*15_000, float64(i) + float64(n)/7})
		}
		all = append(all, storage.NewListSeries(labels.FromStrings("__name__", "pulse_x", "resource", fmt.Sprint(i)), values))
	}
	a := New(Options{Queryable: fixed{series: all}})
	form := url.Values{"query": {"pulse_x"}, "start": {"1700000000.5"}, "end": {"1700007485.5"}, "step": {"15"}}
	b.ReportAllocs()
	for b.Loop() {
		if w := ask(b, a, http.MethodGet, "query_range", form); w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
