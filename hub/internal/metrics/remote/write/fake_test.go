package write

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/klauspost/compress/snappy"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/prompb"
	writev2 "github.com/prometheus/prometheus/prompb/io/prometheus/write/v2"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/remotetest"
)

// received is one sample at a target.
type received struct {
	series string
	at     int64
	value  float64
}

// receiver is a target in memory that decodes with the messages of Prometheus.
type receiver struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	refuse  func(samples []received) int // the status of a refusal, 0 for none; nil: takes all
	all     []received
	headers http.Header
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{t: t}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, post *http.Request) {
	packed, err := io.ReadAll(post.Body)
	if err != nil {
		return // the sender has gone
	}
	raw, err := snappy.Decode(nil, packed)
	if err != nil {
		r.t.Errorf("a request is not compressed: %v", err)
	}
	samples, err := decode(post.Header.Get("Content-Type"), raw)
	if err != nil {
		r.t.Errorf("a request is not decoded: %v", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.headers = post.Header
	if r.refuse != nil {
		if status := r.refuse(samples); status != 0 {
			http.Error(w, "refused", status)
			return
		}
	}
	r.all = append(r.all, samples...)
	w.WriteHeader(http.StatusNoContent)
}

// described is what the tests know of every metric.
func described(string) metadata.Metadata {
	return metadata.Metadata{Type: model.MetricTypeGauge, Unit: "bytes", Help: "Space in use."}
}

func decode(contentType string, raw []byte) ([]received, error) {
	var out []received
	if contentType != V2.contentType() {
		var message prompb.WriteRequest
		if err := message.Unmarshal(raw); err != nil {
			return nil, err
		}
		for _, s := range message.Timeseries {
			b := labels.NewScratchBuilder(0)
			lset := s.ToLabels(&b, nil)
			for _, p := range s.Samples {
				out = append(out, received{lset.String(), p.Timestamp, p.Value})
			}
		}
		return out, nil
	}
	var message writev2.Request
	if err := message.Unmarshal(raw); err != nil {
		return nil, err
	}
	for _, s := range message.Timeseries {
		b := labels.NewScratchBuilder(0)
		lset, err := s.ToLabels(&b, message.Symbols)
		if err != nil {
			return nil, err
		}
		about, err := s.ToMetadata(message.Symbols)
		if err != nil {
			return nil, err
		}
		if about != described("") {
			return nil, fmt.Errorf("metadata is %+v", about)
		}
		for _, p := range s.Samples {
			out = append(out, received{lset.String(), p.Timestamp, p.Value})
		}
	}
	return out, nil
}

func (r *receiver) refusing(refuse func([]received) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = refuse
}

func (r *receiver) got() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]received(nil), r.all...)
}

// await waits until a number of samples has come, and returns them.
func (r *receiver) await(n int) []received {
	r.t.Helper()
	remotetest.Until(r.t, "all samples have come", func() bool { return len(r.got()) >= n })
	return r.got()
}

// hub is a store with a Writer beside it.
type hub struct {
	t     testing.TB
	dir   string
	store *metrics.Store
	stop  []func()
}

func newHub(t testing.TB) *hub {
	h := &hub{t: t, dir: t.TempDir()}
	h.open()
	t.Cleanup(func() { h.close() })
	return h
}

// open opens the store, as at a start of the hub.
func (h *hub) open() {
	h.t.Helper()
	store, err := metrics.Open(metrics.Options{Dir: filepath.Join(h.dir, "metrics")})
	if err != nil {
		h.t.Fatal(err)
	}
	h.store = store
	h.background(func(ctx context.Context) error { return store.Run(ctx) })
	h.stop = append(h.stop, func() {
		if err := store.Close(); err != nil {
			h.t.Error(err)
		}
	})
}

// forward runs a Writer with the given targets.
func (h *hub) forward(targets ...Target) *Writer {
	h.t.Helper()
	w := New(Options{Dir: filepath.Join(h.dir, "remote"), Log: filepath.Join(h.dir, "metrics", "wal"), Describe: described, Logger: hclog.NewNullLogger()})
	if err := w.Replace(targets); err != nil {
		h.t.Fatal(err)
	}
	h.background(w.Run)
	return w
}

func (h *hub) background(run func(context.Context) error) {
	ctx, cancel := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); err != nil && !errors.Is(err, metrics.ErrClosed) {
			h.t.Error(err)
		}
	})
	h.stop = append(h.stop, func() { cancel(); running.Wait() })
}

// close ends everything that runs, the last one first.
func (h *hub) close() {
	for i := len(h.stop) - 1; i >= 0; i-- {
		h.stop[i]()
	}
	h.stop = nil
}

// append stores values of one series at the given times.
func (h *hub) append(name string, times ...int64) {
	h.t.Helper()
	handle, err := h.store.Intern(metrics.Series{Name: name, Resource: "r", Kind: "vm"})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, at := range times {
		if err := h.store.Append(h.t.Context(), []metrics.Sample{{Series: handle, At: at, Value: float64(at % 1000)}}); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := h.store.Flush(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func to(r *receiver) Target { return Target{Endpoint: remote.Endpoint{URL: r.URL}} }
