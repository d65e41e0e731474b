package docker

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/docker/engine"
	"github.com/pulse-hub/pulse/agent/internal/docker/usage"
)

func TestProcessorShare(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	type step struct {
		started, at time.Duration // since start
		cpu         time.Duration
		want        float64
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"first the whole life, then the time between", []step{{0, 100 * time.Second, 10 * time.Second, 10}, {0, 110 * time.Second, 25 * time.Second, 150}}},
		{"restart", []step{{0, 100 * time.Second, 50 * time.Second, 50}, {105 * time.Second, 110 * time.Second, time.Second, 20}}},
		{"counter that goes back", []step{{0, 100 * time.Second, 50 * time.Second, 50}, {0, 200 * time.Second, 20 * time.Second, 10}}},
		{"too soon again", []step{{0, 100 * time.Second, 50 * time.Second, 50}, {0, 100*time.Second + time.Millisecond, 60 * time.Second, 50}, {0, 110 * time.Second, 51 * time.Second, 10}}},
		{"clock that goes back", []step{{0, -time.Second, time.Second, 0}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var current sample
			for i, step := range test.steps {
				current = current.next(start.Add(step.started), usage.Usage{At: start.Add(step.at), CPU: step.cpu})
				if math.Abs(current.percent-step.want) > 1e-9 {
					t.Errorf("step %d: %v percent, want %v", i, current.percent, step.want)
				}
			}
		})
	}
}

func TestMemoryWithoutCache(t *testing.T) {
	tests := []struct {
		name                       string
		usage, second, first, want uint64
	}{
		{"version 2", 100, 30, 0, 70},
		{"version 1 also has that of the group alone", 100, 10, 40, 60},
		{"more cache than use", 10, 30, 0, 0},
	}
	for _, test := range tests {
		var stats engine.Stats
		stats.MemoryStats.Usage = test.usage
		stats.MemoryStats.Stats.InactiveFile, stats.MemoryStats.Stats.TotalInactiveFile = test.second, test.first
		if got := fromStats(stats).MemoryBytes; got != int64(test.want) {
			t.Errorf("%s: %d bytes, want %d", test.name, got, test.want)
		}
	}
}

func TestMasked(t *testing.T) {
	tests := []struct{ variable, want string }{
		{"PATH=/bin", "PATH=/bin"},
		{"DB_PASSWORD=x", "DB_PASSWORD=***"},
		{"apiKey=x", "apiKey=***"},
		{"EMPTY_TOKEN=", "EMPTY_TOKEN="},
		{"NOVALUE", "NOVALUE="},
		{"URL=postgres://bob:pw@db:5432/x?a=b@c", "URL=postgres://***@db:5432/x?a=b@c"},
		{"URL=postgres://bob:p@w@db/x", "URL=postgres://***@db/x"},
		{"URL=https://token@github.com/x", "URL=***"},
		{"URL=https://github.com/x", "URL=https://github.com/x"},
		{"URL=amqp://u:p%zz@h", "URL=***"},
		{"LONG=" + strings.Repeat("x", 2000), "LONG=***"},
	}
	for _, test := range tests {
		if diff := cmp.Diff([]string{test.want}, masked([]string{test.variable})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.variable, diff)
		}
	}
	if masked(nil) != nil || len(masked(make([]string, 1000))) != maxEnvironment {
		t.Error("bounds of the environment do not hold")
	}
}

func FuzzMasked(f *testing.F) {
	f.Add("URL=a://b:geheim@c/d")
	f.Add("PASSWORD=geheim")
	f.Add("x=://geheim@")
	f.Fuzz(func(t *testing.T, variable string) {
		told := masked([]string{variable})[0]
		name, value, _ := strings.Cut(variable, "=")
		if isSensitive(name) && value != "" && !strings.HasSuffix(told, "="+mask) {
			t.Errorf("masked(%q) = %q", variable, told)
		}
	})
}

func TestSlotOf(t *testing.T) {
	tests := []struct {
		task, service string
		want          int
	}{
		{"web.2.abc", "web", 2}, {"shop_web.10.abc", "shop_web", 10}, {"web.nodeid.abc", "web", 0}, {"other", "web", 0},
	}
	for _, test := range tests {
		if got := slotOf(test.task, test.service); got != test.want {
			t.Errorf("slotOf(%q) = %d", test.task, got)
		}
	}
}

func TestTooManyEventsMakeAllStale(t *testing.T) {
	subject := newChanges()
	subject.begin()
	before := subject.take()
	for i := range maxTouched + 1 {
		subject.touch(string(rune(i)))
	}
	if after := subject.take(); after.epoch == before.epoch || len(after.touched) > maxTouched {
		t.Errorf("epoch %d after %d, %d ids", after.epoch, before.epoch, len(after.touched))
	}
}
