//go:build linux

package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/stream"
)

const (
	loadHosts = 50
	// posters is how many reports are under way at a time.
	posters = 5
)

// accepted is a report that a hub said yes to.
type accepted struct {
	host     int
	at       int64 // its time, Unix ms
	cpu      float64
	answered time.Time
}

// load posts reports of many hosts and remembers what became of them. It
// outlives hubs: what it knows of ids and times holds for all of them.
type load struct {
	client *http.Client

	mu       sync.Mutex
	last     [loadHosts]int64
	ids      [loadHosts]string
	accepted []accepted
	refused  int // 503
	faults   []string
}

func newLoad() *load {
	return &load{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: posters}}}
}

// run posts as fast as the hub answers until ctx ends or the hub is gone.
func (l *load) run(ctx context.Context, url string) {
	defer l.client.CloseIdleConnections()
	var workers sync.WaitGroup
	defer workers.Wait()
	for worker := range posters {
		workers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if !l.post(url, worker+posters*(n%(loadHosts/posters))) {
					return
				}
			}
		})
	}
}

// post sends one report and says whether the hub still answers.
func (l *load) post(url string, host int) bool {
	sent := l.next(host)
	body, err := json.Marshal(hostReport(host, sent))
	if err != nil {
		panic(err) // it has nothing that cannot be written
	}
	request, err := http.NewRequest(http.MethodPost, url+wire.HostPath, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set("X-API-Token", token)
	response, err := l.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return false
	}
	sent.answered = time.Now()
	l.note(sent, response.StatusCode, raw)
	return true
}

// next makes the next reading of a host. Its time is later than that of any before.
func (l *load) next(host int) accepted {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last[host] = max(l.last[host]+1, time.Now().UnixMilli())
	return accepted{host: host, at: l.last[host], cpu: float64(l.last[host] % 1000)}
}

func (l *load) note(sent accepted, status int, raw []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var answer wire.HostAnswer
	switch err := json.Unmarshal(raw, &answer); {
	case status == http.StatusServiceUnavailable:
		l.refused++
	case status != http.StatusOK || err != nil:
		l.faults = append(l.faults, fmt.Sprintf("host %d: %d %s", sent.host, status, raw))
	case l.ids[sent.host] != "" && l.ids[sent.host] != answer.HostID:
		l.faults = append(l.faults, fmt.Sprintf("host %d was %s and is %s", sent.host, l.ids[sent.host], answer.HostID))
	default:
		l.ids[sent.host] = answer.HostID
		l.accepted = append(l.accepted, sent)
	}
}

// count returns how many reports were accepted and how many refused.
func (l *load) count() (accepted, refused int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.accepted), l.refused
}

// drop forgets what was accepted from a moment on: it may be lost.
func (l *load) drop(after time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.accepted[:0]
	for _, a := range l.accepted {
		if a.answered.Before(after) {
			kept = append(kept, a)
		}
	}
	l.accepted = kept
}

// hostReport is what an agent would send. Every third host is a clone: its
// machine id is that of others, so which id it gets depends on who came first.
func hostReport(host int, reading accepted) map[string]any {
	id := fmt.Sprintf("machine-%d", host)
	if host%3 == 0 {
		id = "clone"
	}
	body := report(reading.cpu/10, time.UnixMilli(reading.at))
	body["host"] = map[string]any{"id": id, "hostname": fmt.Sprintf("host-%d", host)}
	return body
}

// verify reads the series of a data folder that no hub uses and fails the test
// for each report that was accepted and is not there.
func (l *load) verify(t *testing.T, dir string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.faults) > 0 {
		t.Errorf("%d reports were answered wrongly, such as %q", len(l.faults), l.faults[:min(5, len(l.faults))])
	}
	stored := readCPU(t, dir)
	missing := 0
	for _, a := range l.accepted {
		id := l.ids[a.host]
		ratio, ok := stored["host:"+id+"/"+id][a.at]
		if ok && math.Abs(ratio-a.cpu/1000) < 0.0005 {
			continue
		}
		if missing++; missing <= 5 {
			t.Errorf("report of %s at %d, answered %s, is not in the history (found %v, %v)", id, a.at, a.answered.Format(time.StampMilli), ok, ratio)
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d accepted reports are lost", missing, len(l.accepted))
	}
	if len(l.accepted) == 0 {
		t.Error("no report was accepted, nothing was tested")
	}
}

// readCPU returns processor use by resource and time.
func readCPU(t *testing.T, dir string) map[string]map[int64]float64 {
	t.Helper()
	series, err := metrics.Open(metrics.Options{Dir: filepath.Join(dir, "metrics")})
	if err != nil {
		t.Fatal(err)
	}
	defer series.Close()
	now := time.Now()
	results, err := series.Select(t.Context(), metrics.Query{
		Names: []string{metrics.CPUUsageRatio}, From: now.Add(-time.Hour).UnixMilli(), To: now.Add(time.Hour).UnixMilli(),
	})
	if err != nil {
		t.Fatal(err)
	}
	byResource := map[string]map[int64]float64{}
	for _, result := range results {
		points := map[int64]float64{}
		for _, point := range result.Points {
			points[point.At] = point.Avg
		}
		byResource[result.Resource] = points
	}
	return byResource
}

// follow connects a client that reads until the hub or the test ends: a page
// when it speaks the page's protocol, else one of the clients there were before.
// Each frame is given to seen.
func (h *hub) follow(t *testing.T, protocol string, seen func(raw []byte)) {
	t.Helper()
	options := &websocket.DialOptions{}
	if protocol != "" {
		options.Subprotocols = []string{protocol}
	}
	ctx, cancel := context.WithCancel(context.Background())
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(h.url, "http")+"/ws?token="+token, options)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	c.SetReadLimit(64 << 20)
	first, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		var once sync.Once
		for {
			_, raw, err := c.Read(ctx)
			if err != nil {
				return
			}
			seen(raw)
			once.Do(func() { close(first) })
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		_ = c.CloseNow() // the hub may be gone
	})
	select {
	case <-first:
	case <-time.After(20 * time.Second):
		t.Fatal("the client is sent nothing")
	}
}

// watch connects a page and an older client.
func (h *hub) watch(t *testing.T) {
	t.Helper()
	h.follow(t, stream.Protocol, func([]byte) {})
	h.follow(t, "", func([]byte) {})
}
