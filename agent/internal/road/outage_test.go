package roadtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/spool"
	"github.com/pulse-hub/pulse/agent/report"
)

// Parts of the outage, in samples: how long all is well, how long the agent runs between two of its deaths, and how
// long all is well again.
const (
	wellSamples, lostSamples, againSamples = 10, 8, 10
	// deaths is how often the agent is killed.
	deaths = 2
	// every is how often the agent takes a sample.
	every = time.Second
	// longestGap is the most that may be between two samples: a restart costs at most two of them.
	longestGap = 3 * every
)

// present follows what a hub says of the one machine it knows, across restarts of the hub.
type present struct {
	hub  atomic.Pointer[hub]
	end  chan struct{}
	wait sync.WaitGroup

	mu    sync.Mutex
	seen  int64 // the newest lastSeen, Unix ms
	wrong []string
}

func follow(t testing.TB, h *hub) *present {
	p := &present{end: make(chan struct{})}
	p.hub.Store(h)
	p.wait.Go(func() {
		tick := time.NewTicker(2 * lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.look()
			case <-p.end:
				return
			}
		}
	})
	t.Cleanup(sync.OnceFunc(func() {
		close(p.end)
		p.wait.Wait()
	}))
	return p
}

// look notes where the hub has gone back in time.
func (p *present) look() {
	var s state
	status, err := p.hub.Load().request(http.MethodGet, "/api/state", nil, nil, &s)
	if err != nil || status != http.StatusOK || len(s.Hosts) == 0 {
		return // it is away, or has just begun
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := s.Hosts[0].LastSeen; now < p.seen {
		p.wrong = append(p.wrong, fmt.Sprintf("%s after %s", clock(now), clock(p.seen)))
	} else {
		p.seen = now
	}
}

func (p *present) problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wrong
}

// spooled waits until so many reports more are on file than there were.
func spooled(t testing.TB, dir string, more int) {
	t.Helper()
	count := func() int {
		n, _, err := spool.Inspect(filepath.Join(dir, "spool", "host"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	until(t, time.Minute, func() string {
		if n := count(); n < before+more {
			return fmt.Sprintf("%d reports wait, %d did before", n, before)
		}
		return ""
	})
}

// delivered waits until so many reports more have been taken, the last of which is of now.
func delivered(t testing.TB, r *relay, more int) {
	t.Helper()
	before := len(r.deliveries())
	until(t, 90*time.Second, func() string {
		now := r.deliveries()
		if len(now) < before+more || time.Since(now[len(now)-1].at) > 2*every {
			return fmt.Sprintf("%d reports were taken, %d before", len(now), before)
		}
		return ""
	})
}

func TestOutage(t *testing.T) {
	t.Parallel()
	first, dir := newHub(t), t.TempDir()
	road := newRelay(t)
	road.to(t, first)
	options := agentOptions{dir: dir, url: road.URL, args: []string{"--interval", every.String()}}
	agent := startAgent(t, options)
	delivered(t, road, wellSamples)
	now := follow(t, first)

	first.kill()
	for range deaths {
		spooled(t, dir, lostSamples)
		agent.kill()
		agent = startAgent(t, options)
	}
	spooled(t, dir, lostSamples)
	second := startHub(t, first.dir)
	now.hub.Store(second)
	road.to(t, second)
	delivered(t, road, 3*lostSamples)
	delivered(t, road, againSamples)

	machine := second.state(t).Hosts[0]
	if age := time.Since(time.UnixMilli(machine.LastSeen)); machine.Status != "online" || age > 3*every {
		t.Errorf("after the outage: %+v, last seen %s ago", machine, age)
	}
	agent.stop(t)
	samples := distinct(road.deliveries())
	checkSamples(t, samples)
	until(t, 15*time.Second, func() string { return missing(second.history(t, machine.ID), samples) })
	t.Logf("%d samples in %s, each once in the history", len(samples), samples[len(samples)-1].at.Sub(samples[0].at).Round(time.Second))
	repeat(t, second, samples)
	for _, problem := range now.problems() {
		t.Errorf("the present went back: %s", problem)
	}
}

// checkSamples looks for samples that the agent has not taken, or has lost itself. Their numbers follow each other, and
// go on at a higher one when the agent is started again.
func checkSamples(t *testing.T, samples []delivery) {
	t.Helper()
	starts := 0
	for i, sample := range samples[1:] {
		before := samples[i]
		if gap := sample.at.Sub(before.at); gap > longestGap {
			t.Errorf("nothing in %s from %s on", gap, before.at.Format("15:04:05.000"))
		}
		switch {
		case before.sequence == 0: // it was sent before the hub had said that it wants numbers
		case sample.sequence < before.sequence:
			t.Errorf("number %d follows %d", sample.sequence, before.sequence)
		case sample.sequence != before.sequence+1:
			starts++
		}
	}
	if starts != deaths {
		t.Errorf("the numbers have %d gaps, want one for each of %d starts", starts, deaths)
	}
}

// repeat sends old reports again, as an agent does that got no answer, and as new ones that come late. Neither changes
// anything.
func repeat(t *testing.T, h *hub, samples []delivery) {
	t.Helper()
	before := h.state(t).Hosts[0]
	stored := h.history(t, before.ID)
	for _, old := range samples[:wellSamples] {
		h.send(t, old)
		h.send(t, delivery{body: withoutNumber(t, unpacked(t, old))})
	}
	if diff := cmp.Diff(before, h.state(t).Hosts[0]); diff != "" {
		t.Errorf("the present (-before +after old reports):\n%s", diff)
	}
	again := h.history(t, before.ID)
	if diff := cmp.Diff(stored, again[:min(len(again), len(stored))]); diff != "" || len(again) != len(stored) {
		t.Errorf("the history (-before +after old reports):\n%s", diff)
	}
}

// send sends a report as an agent does that says when it sends.
func (h *hub) send(t testing.TB, d delivery) {
	t.Helper()
	header := map[string]string{"Content-Type": "application/json", report.SentAtHeader: time.Now().UTC().Format(time.RFC3339Nano)}
	if d.packed {
		header["Content-Encoding"] = "gzip"
	}
	var answer struct{ Success bool }
	status, err := h.request(http.MethodPost, report.HostPath, header, d.body, &answer)
	if err != nil || status != http.StatusOK || !answer.Success {
		t.Fatalf("an old report gives %d %+v: %v", status, answer, err)
	}
}

// withoutNumber returns a report without that by which a hub knows it again.
func withoutNumber(t testing.TB, body []byte) []byte {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document map[string]any
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	delete(document, "sequence")
	changed, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}
