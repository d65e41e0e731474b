package roadtest

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/pulse-hub/pulse/agent/report"
)

// delivery is a host report that a hub has taken.
type delivery struct {
	sequence uint64
	at       time.Time // when the sample was taken, by its own word
	arrived  time.Time
	cpu      float64 // percent
	body     []byte  // as it was on the wire
	packed   bool
}

// relay stands between an agent and a hub, and notes which host reports the hub takes.
type relay struct {
	*httptest.Server
	hub atomic.Pointer[url.URL]

	mu    sync.Mutex
	taken []delivery
}

func newRelay(t testing.TB) *relay {
	t.Helper()
	r := &relay{}
	proxy := &httputil.ReverseProxy{
		Rewrite:      func(request *httputil.ProxyRequest) { request.SetURL(r.hub.Load()) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // as if there were no relay
		ErrorLog:     log.New(io.Discard, "", 0),
	}
	r.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		r.pass(t, proxy, writer, request)
	}))
	r.Config.ErrorLog = log.New(io.Discard, "", 0)
	r.Start()
	t.Cleanup(r.Close)
	return r
}

// to sends what comes to that hub from now on.
func (r *relay) to(t testing.TB, h *hub) {
	t.Helper()
	target, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	r.hub.Store(target)
}

// pass hands a request on, and notes the report in it if it is answered well.
func (r *relay) pass(t testing.TB, proxy http.Handler, writer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	request.Body = io.NopCloser(bytes.NewReader(body))
	answer := &statusWriter{ResponseWriter: writer, status: http.StatusOK}
	proxy.ServeHTTP(answer, request)
	if request.URL.Path != report.HostPath || answer.status != http.StatusOK {
		return
	}
	d := delivery{arrived: time.Now(), body: body, packed: request.Header.Get("Content-Encoding") == "gzip"}
	var host report.Host
	if err := json.Unmarshal(unpacked(t, d), &host); err != nil {
		t.Errorf("the hub took what is no report: %v", err)
		return
	}
	d.sequence, d.at, d.cpu = host.Sequence, host.Timestamp, host.Metrics.CPUUsagePercent
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken = append(r.taken, d)
}

func unpacked(t testing.TB, d delivery) []byte {
	if !d.packed {
		return d.body
	}
	reader, err := gzip.NewReader(bytes.NewReader(d.body))
	if err != nil {
		t.Errorf("the hub took what is not packed: %v", err)
		return nil
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		t.Errorf("the hub took what is packed badly: %v", err)
	}
	return body
}

// deliveries returns what was taken, in the order of arrival.
func (r *relay) deliveries() []delivery {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.taken)
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
