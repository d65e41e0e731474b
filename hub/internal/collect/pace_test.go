package collect

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestIntervalFollowsHowThingsGo(t *testing.T) {
	usual := Adaptive{Enabled: true}.withDefaults()
	status := Dataset{Name: "status", Interval: 10 * time.Second}
	slow := Dataset{Name: "backups", Interval: 5 * time.Minute}
	tests := []struct {
		name     string
		adaptive Adaptive
		dataset  Dataset
		before   time.Duration
		strain   strain
		want     time.Duration
	}{
		{"switched off", DefaultAdaptive(), status, 10 * time.Second, strain{age: 0, waiting: 1}, 10 * time.Second},
		// 0.6 · 5 s + 0.4 · 10 s
		{"never seen", usual, status, 10 * time.Second, strain{age: -1, waiting: 1}, 7 * time.Second},
		// 0.6 · 300 s + 0.4 · 10 s
		{"just seen", usual, status, 10 * time.Second, strain{age: 0, waiting: 1}, 184 * time.Second},
		// 0.6 · (5 + 295/2) s + 0.4 · 100 s
		{"half stale", usual, status, 100 * time.Second, strain{age: 150 * time.Second, waiting: 1}, 131500 * time.Millisecond},
		// 0.6 · (300/1.6) s + 0.4 · 100 s: a failure makes it shorter
		{"after a failure", usual, status, 100 * time.Second, strain{age: 0, failures: 1, waiting: 1}, 152500 * time.Millisecond},
		// 0.6 · 5 s · 1.5 + 0.4 · 10 s: others that wait make it longer
		{"with a queue", usual, status, 10 * time.Second, strain{age: -1, waiting: 6}, 8500 * time.Millisecond},
		{"not longer than the longest", usual, status, 300 * time.Second, strain{age: 0, waiting: 100}, 300 * time.Second},
		{"not shorter than the shortest", usual, status, 5 * time.Second, strain{age: -1, failures: 9, waiting: 1}, 5 * time.Second},
		// thirty times the interval: thirty times the bounds
		{"slow dataset, never seen", usual, slow, 5 * time.Minute, strain{age: -1, waiting: 1}, 210 * time.Second},
		{"slow dataset, just seen", usual, slow, 150 * time.Minute, strain{age: 0, waiting: 1}, 150 * time.Minute},
		{"what the plugin allows", usual, Dataset{Interval: 10 * time.Second, MinInterval: 10 * time.Second}, 10 * time.Second,
			strain{age: -1, waiting: 1}, 10 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := steady(&tt.dataset)
			before.interval = tt.before
			got := tt.adaptive.next(&tt.dataset, before, tt.strain)
			if got.interval.Round(time.Millisecond) != tt.want {
				t.Errorf("interval is %s, want %s", got.interval, tt.want)
			}
		})
	}
}

func TestSpreadKeepsTheBounds(t *testing.T) {
	r := rhythm{interval: 100 * time.Second, least: 96 * time.Second, most: 103 * time.Second}
	got := []time.Duration{r.spread(0), r.spread(0.5), r.spread(1)}
	if diff := cmp.Diff([]time.Duration{96 * time.Second, 100 * time.Second, 103 * time.Second}, got); diff != "" {
		t.Error(diff)
	}
	free := steady(&Dataset{Interval: 100 * time.Second})
	if free.spread(0) != 95*time.Second || free.spread(1) != 105*time.Second {
		t.Errorf("a steady interval is spread from %s to %s", free.spread(0), free.spread(1))
	}
}

func TestShortIntervalsAreRetriedQuickly(t *testing.T) {
	for _, tt := range []struct {
		adaptive Adaptive
		want     Retry
	}{
		{Adaptive{}, DefaultRetry()},
		{Adaptive{Max: 10 * time.Second}, DefaultRetry()},
		{Adaptive{Enabled: true}, DefaultRetry()},
		{Adaptive{Enabled: true, Max: 15 * time.Second}, quickRetry()},
	} {
		if got := tt.adaptive.withDefaults().retry(); got != tt.want {
			t.Errorf("%+v retries by %+v", tt.adaptive, got)
		}
	}
}

func TestDueTasksAreCounted(t *testing.T) {
	now := time.Now()
	var q queue
	for i := range 10 {
		q.add(&task{due: now.Add(time.Duration(i-4) * time.Second)})
	}
	if got := q.due(now); got != 5 {
		t.Errorf("%d tasks are due, want 5", got)
	}
	if got := (&queue{}).due(now); got != 0 {
		t.Errorf("%d tasks of an empty queue are due", got)
	}
}
