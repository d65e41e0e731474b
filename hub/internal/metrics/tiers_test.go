package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const (
	modelGauge   = "pulse_model_watts" // a unit that is not rounded
	modelCounter = "pulse_model_events_total"
)

// A tierModel is a store and what it should hold, by metric, resource and time.
type tierModel struct {
	rng    *rand.Rand
	dir    string
	s      *Store
	stop   func()
	held   map[string]map[string]map[int64]float64
	base   int64
	newest int64
}

func newTierModel(t *testing.T, seed uint64) *tierModel {
	m := &tierModel{
		rng: rand.New(rand.NewPCG(seed, 0)), dir: t.TempDir(),
		base: time.Now().Add(-6 * day).UnixMilli(), held: map[string]map[string]map[int64]float64{modelGauge: {}, modelCounter: {}},
	}
	m.newest = m.base
	m.open(t)
	return m
}

func (m *tierModel) open(t *testing.T) {
	t.Helper()
	s, stop := startModelStore(t, m.dir)
	m.s, m.stop = s, stop
}

// grow appends what happens in some minutes, and now and then what comes late.
func (m *tierModel) grow(t *testing.T) {
	t.Helper()
	end := min(m.newest+m.rng.Int64N(3*testHour), time.Now().UnixMilli())
	var batch []Sample
	for at := m.newest + 1; at <= end; at += 20_000 + m.rng.Int64N(80_000) {
		batch = append(batch, m.sample(t, at))
	}
	m.newest = max(m.newest, end)
	if m.rng.IntN(3) == 0 {
		window := DefaultOutOfOrderWindow.Milliseconds() - testHour
		from := max(m.base, m.newest-window)
		for range 1 + m.rng.IntN(30) {
			batch = append(batch, m.sample(t, from+m.rng.Int64N(m.newest-from+1)))
		}
	}
	mustAppend(t, m.s, batch...)
	if r := m.s.Stats().Rejected; r.Total() != 0 {
		t.Fatalf("rejected %+v", r)
	}
}

func (m *tierModel) sample(t *testing.T, at int64) Sample {
	metric := modelGauge
	if m.rng.IntN(3) == 0 {
		metric = modelCounter
	}
	resource := fmt.Sprint("r", m.rng.IntN(4))
	if m.held[metric][resource] == nil {
		m.held[metric][resource] = make(map[int64]float64)
	}
	value, known := m.held[metric][resource][at]
	if !known {
		value = m.rng.NormFloat64() * 100
		m.held[metric][resource][at] = value
	}
	series := Series{Name: metric, Resource: resource}
	if resource == "r3" { // a label that sorts before the metric's name
		series.Extra = []Label{{"Zone", "a"}}
	}
	return Sample{mustIntern(t, m.s, series), at, value}
}

func (m *tierModel) compare(t *testing.T) {
	t.Helper()
	span := m.newest - m.base + 1
	for _, metric := range []string{modelGauge, modelCounter} {
		steps := []time.Duration{0, time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 24 * time.Hour}
		q := Query{Names: []string{metric}, From: m.base + m.rng.Int64N(span), Step: steps[m.rng.IntN(len(steps))].Milliseconds()}
		q.To = min(m.newest, q.From+m.rng.Int64N(span))
		got := make(map[string][]Point)
		for _, r := range mustSelect(t, m.s, q) {
			got[r.Resource] = r.Points
		}
		want := make(map[string][]Point)
		for resource, samples := range m.held[metric] {
			if points := modelSelect(samples, q); len(points) > 0 {
				want[resource] = points
			}
		}
		if metric == modelCounter {
			m.lasts(want, q)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
			t.Fatalf("select %+v in %+v (-want +got):\n%s", q, m.s.plan(q), diff)
		}
	}
}

// lasts replaces each point by the last value of its bucket.
func (m *tierModel) lasts(points map[string][]Point, q Query) {
	for resource, all := range points {
		for i, p := range all {
			last := int64(math.MinInt64)
			for at := range m.held[modelCounter][resource] {
				if at >= p.At && at < p.At+max(q.Step, 1) && at <= q.To {
					last = max(last, at)
				}
			}
			v := m.held[modelCounter][resource][last]
			all[i] = Point{p.At, v, v, v}
		}
	}
}

// TestTiersAgainstModel does random things to a store that sums up, and to a map, and compares what both answer.
func TestTiersAgainstModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	m := newTierModel(t, seed)
	rounds := 160
	if testing.Short() {
		rounds = 60
	}
	for round := range rounds {
		switch op := m.rng.IntN(20); {
		case op < 2:
			m.stop()
			m.open(t)
		case op == 2:
			if err := m.s.db.CompactOOOHead(t.Context()); err != nil {
				t.Fatalf("round %d: compact late samples: %v", round, err)
			}
		case op < 5:
			if err := m.s.compact(t.Context()); err != nil {
				t.Fatalf("round %d: compact: %v", round, err)
			}
		case op < 8:
			m.pass(t)
		case op < 15:
			m.grow(t)
		default:
			m.compare(t)
		}
	}
	m.pass(t)
	for range 20 {
		m.compare(t)
	}
	stats := m.s.Stats()
	t.Logf("%d blocks, fine %+v, coarse %+v", stats.Blocks, stats.Fine, stats.Coarse)
	if stats.Fine.Blocks == 0 || !testing.Short() && stats.Coarse.Blocks == 0 {
		t.Error("nothing was summed up")
	}
	m.stop()
}

// pass sums up, beside the store's own goroutine, which does so every few seconds.
func (m *tierModel) pass(t *testing.T) {
	t.Helper()
	if err := m.s.roller.Pass(t.Context()); err != nil {
		t.Fatalf("sum up: %v", err)
	}
}
