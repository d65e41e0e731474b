package forecast

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

const giB = float64(1 << 30)

// start is the first hour of a made-up history: a Monday.
const start = int64(491_000 / weekHours * weekHours)

// history makes one value for each hour from a share of a day.
func history(days float64, used func(day float64) float64) []Hour {
	var hours []Hour
	for h := range int(days * dayHours) {
		hours = append(hours, Hour{At: start + int64(h), Used: used(float64(h)/dayHours) * giB})
	}
	return hours
}

// noise returns values around 0, the same in each run.
func noise(width float64) func() float64 {
	random := rand.New(rand.NewPCG(1, 2))
	return func() float64 { return random.NormFloat64() * width }
}

func TestForecasts(t *testing.T) {
	jitter := noise(2)
	walk := 0.0
	step := noise(0.3)
	for _, test := range []struct {
		name     string
		capacity float64 // GiB
		hours    []Hour
		want     Reason
		days     float64 // until full
		slack    float64 // how far off the days may be, and below what confidence
		least    Confidence
		most     Confidence
	}{
		{name: "steady growth", capacity: 100, hours: history(30, func(d float64) float64 { return 20 + d }), want: Growing, days: 50, slack: 0.5, least: High, most: High},
		{name: "growth with noise", capacity: 100, hours: history(30, func(d float64) float64 { return 20 + d + jitter() }), want: Growing, days: 50, slack: 5, least: Medium, most: High},
		{name: "growth during the day only", capacity: 100, hours: history(30, func(d float64) float64 {
			return 20 + math.Floor(d) + min(1, 2*(d-math.Floor(d)))
		}), want: Growing, days: 50, slack: 1.2, least: High, most: High},
		{name: "backups each night on what grows", capacity: 200, hours: history(30, func(d float64) float64 { return 20 + 2*d + 6*(d-math.Floor(d)) }), want: Growing, days: 57, slack: 2, least: High, most: High},
		{name: "pruned each week, no net growth", capacity: 100, hours: history(30, func(d float64) float64 { return 40 + 5*math.Mod(d, 7) }), want: NotGrowing, least: High, most: High},
		{name: "pruned each week, not quite all", capacity: 200, hours: history(30, func(d float64) float64 { return 40 + 5*math.Mod(d, 7) + 2*math.Floor(d/7) }), want: Growing, days: 400, slack: 60, least: Low, most: Medium},
		{name: "pruned each week, known for eleven days", capacity: 100, hours: history(11, func(d float64) float64 { return 40 + 5*math.Mod(d+4, 7) }), want: NotGrowing, least: Medium, most: Medium},
		{name: "cleaned up ten days ago", capacity: 100, hours: history(30, func(d float64) float64 {
			if d < 20 {
				return 40 + 2*d
			}
			return 30 + 2*(d-20)
		}), want: Growing, days: 25, slack: 1, least: Medium, most: Medium},
		{name: "cleaned up over three hours", capacity: 100, hours: history(30, func(d float64) float64 {
			return 20 + 2*d - 30*min(1, max(0, (d-20)*8))
		}), want: Growing, days: 25, slack: 1, least: Medium, most: Medium},
		{name: "cleaned up yesterday", capacity: 100, hours: history(30, func(d float64) float64 {
			if d < 29 {
				return 40 + 2*d
			}
			return 30 + 2*(d-29)
		}), want: AfterCleanup, least: Low, most: Low},
		{name: "flat", capacity: 100, hours: history(30, func(float64) float64 { return 50 }), want: NotGrowing, least: High, most: High},
		{name: "flat with noise", capacity: 100, hours: history(30, func(float64) float64 { return 50 + jitter() }), want: NotGrowing, least: High, most: High},
		{name: "one copy on what is flat", capacity: 100, hours: history(30, func(d float64) float64 { return 50 + 20*min(1, math.Floor(d/25)) }), want: NotGrowing, least: High, most: High},
		{name: "wandering about", capacity: 520, hours: history(30, func(float64) float64 { walk += step(); return 500 + walk }), least: Low, most: Low},
		{name: "shrinking", capacity: 100, hours: history(30, func(d float64) float64 { return 80 - d }), want: Shrinking, least: High, most: High},
		{name: "slower than can be told", capacity: 1000, hours: history(30, func(d float64) float64 { return 20 + d/100 }), want: NotGrowing, least: High, most: High},
		{name: "full already", capacity: 100, hours: history(30, func(d float64) float64 { return min(100, 80+d) }), want: Full, least: High, most: High},
		{name: "full since it is watched", capacity: 100, hours: history(1, func(float64) float64 { return 100 }), want: Full, least: High, most: High},
		{name: "four days", capacity: 100, hours: history(4, func(d float64) float64 { return 20 + d }), want: Growing, days: 76, slack: 1, least: Low, most: Low},
		{name: "far ahead of ten days", capacity: 1000, hours: history(10, func(d float64) float64 { return 20 + d }), want: Growing, days: 970, slack: 5, least: Low, most: Low},
		{name: "two days", capacity: 100, hours: history(2, func(d float64) float64 { return 20 + d }), want: TooLittleHistory, least: Low, most: Low},
		{name: "nothing", capacity: 100, want: TooLittleHistory, least: Low, most: Low},
		{name: "one value", capacity: 100, hours: history(1, func(float64) float64 { return 20 })[:1], want: TooLittleHistory, least: Low, most: Low},
	} {
		t.Run(test.name, func(t *testing.T) {
			now, used := startOf(start), 0.0
			if n := len(test.hours); n > 0 {
				now, used = startOf(test.hours[n-1].At+1), test.hours[n-1].Used
			}
			trend := Fit(test.hours)
			got := trend.Foresee(now, used, test.capacity*giB)
			if test.want != "" && got.Reason != test.want {
				t.Fatalf("got %s, want %s: %+v", got.Reason, test.want, trend)
			}
			if days := got.FullAt.Sub(now).Hours() / 24; test.want == Growing && math.Abs(days-test.days) > test.slack {
				t.Errorf("full in %.1f days, want %g: %+v", days, test.days, trend)
			}
			if (got.Reason == Growing || got.Reason == Full) == got.FullAt.IsZero() {
				t.Errorf("is %s with a full time of %v", got.Reason, got.FullAt)
			}
			order := []Confidence{Low, Medium, High}
			if at := slices.Index(order, got.Confidence); at < slices.Index(order, test.least) || at > slices.Index(order, test.most) {
				t.Errorf("confidence is %s, want %s to %s: %+v", got.Confidence, test.least, test.most, trend)
			}
		})
	}
}

func TestGapsAreNoFalls(t *testing.T) {
	hours := history(30, func(d float64) float64 { return 80 - d })
	hours = slices.Concat(hours[:10*dayHours], hours[20*dayHours:])
	trend := Fit(hours)
	if got := trend.Foresee(startOf(hours[len(hours)-1].At+1), 50*giB, 100*giB); got.Reason != Shrinking || got.Basis.Hours != len(hours) {
		t.Errorf("got %+v", got)
	}
}

func TestOldHistoryForetellsNothing(t *testing.T) {
	trend := Fit(history(30, func(d float64) float64 { return 20 + d }))
	if got := trend.Foresee(trend.Basis.To.Add(3*day), 50*giB, 100*giB); got.Reason != NoRecentHistory || !got.FullAt.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func FuzzFit(f *testing.F) {
	f.Add([]byte("sizes of a disk"), 1.5, 3e9)
	f.Add([]byte{0, 255, 0, 255}, 0.0, 0.0)
	f.Fuzz(func(t *testing.T, raw []byte, unit, capacity float64) {
		if math.IsNaN(unit) || math.Abs(unit) > 1e15 || math.IsNaN(capacity) {
			t.Skip()
		}
		var hours []Hour
		at := start
		for _, b := range raw {
			at += 1 + int64(b)%5/4*50
			hours = append(hours, Hour{At: at, Used: float64(b) * unit})
		}
		trend := Fit(hours)
		got := trend.Foresee(startOf(at), 0, capacity)
		if math.IsNaN(got.Growth) || got.Reason == "" || got.Basis.Hours > len(hours) || got.FullAt.After(startOf(at).Add(horizon)) {
			t.Errorf("%v: %+v", hours, got)
		}
	})
}

// shelf is a store with the same history for each resource that is asked for.
type shelf struct {
	points  []metrics.Point
	queries []metrics.Query
	fail    error
}

func (s *shelf) Select(_ context.Context, q metrics.Query) ([]metrics.Result, error) {
	s.queries = append(s.queries, q)
	var results []metrics.Result
	for _, key := range q.Resources {
		results = append(results,
			metrics.Result{Series: metrics.Series{Name: q.Names[0], Resource: key, Kind: "storage"}, Points: s.points},
			metrics.Result{Series: metrics.Series{Name: q.Names[0], Resource: key, Kind: "storage", Extra: []metrics.Label{{Name: "a", Value: "b"}}}})
	}
	return results, s.fail
}

func newShelf() *shelf {
	s := &shelf{}
	for _, h := range history(30, func(d float64) float64 { return 20 + d }) {
		s.points = append(s.points, metrics.Point{At: h.At * time.Hour.Milliseconds(), Avg: h.Used})
	}
	return s
}

func TestTrendsAreReadOnceAnHour(t *testing.T) {
	store := newShelf()
	f := New(store)
	now := startOf(start + 30*dayHours)
	subjects := []Subject{{Key: "a", Kind: "storage", Used: 50 * giB, Capacity: 100 * giB}, {Key: "b", Kind: "host", Used: 5, Capacity: 10}}
	ask := func(now time.Time, subjects []Subject, queries int) []Forecast {
		t.Helper()
		got, err := f.Of(t.Context(), now, subjects)
		if err != nil {
			t.Fatal(err)
		}
		if len(store.queries) != queries {
			t.Errorf("asked the store %d times, want %d", len(store.queries), queries)
		}
		return got
	}
	got := ask(now, subjects, 1)
	if got[0].Reason != Growing || got[1].Reason != TooLittleHistory {
		t.Errorf("got %+v", got)
	}
	ask(now.Add(50*time.Minute), subjects[:1], 1)
	ask(now.Add(50*time.Minute), append(subjects, Subject{Key: "c", Kind: "storage"}), 2)
	if q := store.queries[1]; !slices.Equal(q.Resources, []string{"c"}) {
		t.Errorf("asked for %v again", q.Resources)
	}
	ask(now.Add(time.Hour), subjects, 3)
	if q := store.queries[0]; q.To-q.From != Window.Milliseconds() || q.Step != time.Hour.Milliseconds() {
		t.Errorf("asked for %+v", q)
	}
}

// mounts is a store in which the file systems of one machine grow at speeds of their own.
type mounts struct{ perDay map[string]float64 }

func (m mounts) Select(_ context.Context, q metrics.Query) ([]metrics.Result, error) {
	var results []metrics.Result
	for mount, perDay := range m.perDay {
		r := metrics.Result{Series: metrics.Series{Name: metrics.FilesystemUsedBytes, Resource: "h", Kind: "host", Extra: []metrics.Label{{Name: metrics.LabelMount, Value: mount}}}}
		if mount == "" {
			r.Series = metrics.Series{Name: metrics.DiskUsedBytes, Resource: "h", Kind: "host"}
		}
		for _, h := range history(30, func(d float64) float64 { return 20 + perDay*d }) {
			r.Points = append(r.Points, metrics.Point{At: h.At * time.Hour.Milliseconds(), Avg: h.Used})
		}
		if slices.Contains(q.Names, r.Name) && slices.Contains(q.Resources, "h") {
			results = append(results, r)
		}
	}
	return results, nil
}

func TestEachFilesystemHasATrendOfItsOwn(t *testing.T) {
	f := New(mounts{map[string]float64{"": 1, "/": 0, "/var": 2, "/unknown to the inventory": 5}})
	now := startOf(start + 30*dayHours)
	subject := func(mount string) Subject {
		return Subject{Key: "h", Kind: "host", Mount: mount, Used: 50 * giB, Capacity: 100 * giB}
	}
	for range 2 { // the second time from memory
		got, err := f.Of(t.Context(), now, []Subject{subject(""), subject("/"), subject("/var"), subject("/new")})
		if err != nil {
			t.Fatal(err)
		}
		want := []Reason{Growing, NotGrowing, Growing, TooLittleHistory}
		for i := range want {
			if got[i].Reason != want[i] {
				t.Errorf("%d: got %+v, want %s", i, got[i], want[i])
			}
		}
		if whole, part := got[0].FullAt.Sub(now), got[2].FullAt.Sub(now); math.Abs(whole.Hours()/24-50) > 1 || math.Abs(part.Hours()/24-10) > 1 {
			t.Errorf("full in %v and %v, want 50 and 10 days", whole, part)
		}
	}
}

func TestAFailureIsNotKept(t *testing.T) {
	store := newShelf()
	f := New(store)
	store.fail = metrics.ErrReplaying
	subjects := []Subject{{Key: "a", Kind: "storage", Used: 50 * giB, Capacity: 100 * giB}}
	now := startOf(start + 30*dayHours)
	if _, err := f.Of(t.Context(), now, subjects); !errors.Is(err, metrics.ErrReplaying) {
		t.Errorf("got %v, want ErrReplaying", err)
	}
	store.fail = nil
	if got, err := f.Of(t.Context(), now, subjects); err != nil || got[0].Reason != Growing {
		t.Errorf("got %+v, %v", got, err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	f.turn <- struct{}{}
	if _, err := f.Of(canceled, now, subjects); !errors.Is(err, context.Canceled) {
		t.Errorf("while another one reads: got %v, want Canceled", err)
	}
}

// BenchmarkForecasts makes the trends of 10,000 resources with 30 days of history, without the reading of it.
func BenchmarkForecasts(b *testing.B) {
	store := newShelf()
	subjects := make([]Subject, 10_000)
	for i := range subjects {
		subjects[i] = Subject{Key: fmt.Sprint("r", i), Kind: "storage", Used: 50 * giB, Capacity: 100 * giB}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(store).Of(b.Context(), startOf(start+30*dayHours), subjects); err != nil {
			b.Fatal(err)
		}
	}
}
