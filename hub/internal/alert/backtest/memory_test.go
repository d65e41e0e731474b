package backtest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/backtest"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// memory is a store that has what it is given, and sums only from before rawSince.
type memory struct {
	series   map[string][]metrics.Point // of the one guest, by metric
	rawSince time.Time
	queries  []metrics.Query
	err      error
}

func (m *memory) Stats() metrics.Stats { return metrics.Stats{OldestRaw: m.rawSince} }

const sumLength = int64(300_000)

func (m *memory) Select(ctx context.Context, q metrics.Query) ([]metrics.Result, error) {
	m.queries = append(m.queries, q)
	if m.err != nil || ctx.Err() != nil {
		return nil, errors.Join(m.err, context.Cause(ctx))
	}
	var found []metrics.Result
	for name, points := range m.series {
		if !slices.Contains(q.Names, name) {
			continue
		}
		var out []metrics.Point
		for _, p := range points {
			if p.At < q.From-q.From%max(q.Step, 1) || p.At > q.To {
				continue
			}
			start := p.At - p.At%max(q.Step, sumLength)
			if n := len(out); q.Step == 0 && p.At >= m.rawSince.UnixMilli() {
				out = append(out, p)
			} else if n > 0 && out[n-1].At == start {
				out[n-1].Min, out[n-1].Max = min(out[n-1].Min, p.Min), max(out[n-1].Max, p.Max)
				out[n-1].Avg = (out[n-1].Min + out[n-1].Max) / 2 // good enough for values of two levels
			} else {
				out = append(out, metrics.Point{At: start, Avg: p.Avg, Min: p.Min, Max: p.Max})
			}
		}
		found = append(found, metrics.Result{Series: metrics.Series{Name: name, Resource: "pve-lab/qemu/100", Kind: "vm"}, Points: out})
	}
	return found, nil
}

// noon is the beginning of what is measured in these tests.
var noon = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

// measure stores values a minute apart.
func (m *memory) measure(name string, values ...float64) *memory {
	if m.series == nil {
		m.series = map[string][]metrics.Point{}
	}
	for i, v := range values {
		m.series[name] = append(m.series[name], metrics.Point{At: noon.Add(time.Duration(i) * time.Minute).UnixMilli(), Avg: v, Min: v, Max: v})
	}
	return m
}

// minutes repeats values: minutes(5, 0.1, 2, 0.9) is five minutes at 0.1 and two at 0.9.
func minutes(pairs ...float64) (out []float64) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, slices.Repeat([]float64{pairs[i+1]}, int(pairs[i]))...)
	}
	return out
}

func oneGuest(t *testing.T, more ...resource.Resource) *inventory.Snapshot {
	t.Helper()
	inv := inventory.New(inventory.Options{})
	_, err := inv.Apply(t.Context(), inventory.Observation{
		Source: pve, Dataset: "all", At: noon, Complete: true, Resources: append(more, resource.Resource{
			ID: "qemu/100", Kind: resource.KindVM, Name: "web", Status: resource.StatusStopped, // now, that is
			Detail: &resource.Guest{Node: "pve1", VMID: 100, Lock: "backup"},
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return inv.Snapshot()
}

// story says what has happened: the kind, the minute, and the value.
func story(events []alert.Event) []string {
	out := []string{}
	for _, e := range events {
		if e.Kind == alert.Told {
			continue
		}
		line := fmt.Sprintf("%s %.1f", e.Kind, e.At.Sub(noon).Minutes())
		if e.Alert != nil {
			line += fmt.Sprintf(" %s %.0f", e.Alert.Type, e.Alert.Value)
		}
		if e.Ending != "" {
			line += " " + string(e.Ending)
		}
		out = append(out, line)
	}
	return out
}

func TestWhatIsLookedAt(t *testing.T) {
	atOnce := func(c *policy.Config) { c.TimeThreshold, c.TimeThresholds = 0, nil }
	for _, tt := range []struct {
		name     string
		store    *memory
		change   func(*policy.Config)
		sumsOnly bool
		want     []string
	}{
		{
			"a peak that holds", new(memory).measure(metrics.CPUUsageRatio, minutes(12, 0.2, 3, 0.88, 9, 0.2)...), nil, false,
			[]string{"pending 12.0", "fired 13.0 cpu 88", "resolved 15.0 cpu 20 cleared"},
		},
		{
			"a peak that does not", new(memory).measure(metrics.CPUUsageRatio, minutes(12, 0.2, 1, 0.88, 9, 0.2)...), nil, false,
			[]string{"pending 12.0", "dropped 13.0"},
		},
		{
			"it goes on", new(memory).measure(metrics.MemoryUsageRatio, minutes(12, 0.2, 48, 0.88)...), nil, false,
			[]string{"pending 12.0", "fired 13.0 memory 88"},
		},
		{
			"it stops, and comes back", new(memory).measure(metrics.CPUUsageRatio, minutes(12, 0.2, 30, 0.88)...).measure(metrics.Up, minutes(20, 1, 7, 0, 15, 1)...),
			nil, false, []string{"pending 12.0", "fired 13.0 cpu 88", "resolved 20.0 cpu 88 not-checked", "pending 27.0", "fired 28.0 cpu 88"},
		},
		{
			"it is over seven days later", new(memory).measure(metrics.DiskUsageRatio, minutes(3, 0.95)...),
			func(c *policy.Config) { c.AutoAcknowledgeAfterHours = 0 }, false, []string{"pending 0.0", "fired 1.0 disk 95", "resolved 10082.0 disk 95 too-old"},
		},
		{
			"sums: bad for long", new(memory).measure(metrics.CPUUsageRatio, minutes(10, 0.2, 10, 0.88, 10, 0.2)...), nil, true,
			[]string{"pending 10.0", "fired 15.0 cpu 88", "resolved 20.0 cpu 20 cleared"},
		},
		{
			"sums: a peak", new(memory).measure(metrics.CPUUsageRatio, minutes(12, 0.2, 1, 0.88, 12, 0.2)...), nil, true, []string{},
		},
		{
			"sums: a peak that counts at once", new(memory).measure(metrics.CPUUsageRatio, minutes(12, 0.2, 1, 0.88, 12, 0.2)...), atOnce, true,
			[]string{"fired 10.0 cpu 88", "resolved 15.0 cpu 20 cleared"},
		},
		{
			"sums: stopped", new(memory).measure(metrics.CPUUsageRatio, minutes(20, 0.88)...).measure(metrics.Up, minutes(20, 1, 10, 0)...), nil, true,
			[]string{"pending 0.0", "fired 5.0 cpu 88", "resolved 20.0 cpu 88 not-checked"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.store.rawSince = noon
			if tt.sumsOnly {
				tt.store.rawSince = noon.AddDate(0, 1, 0)
			}
			request := backtest.Request{
				Store: tt.store, Snapshot: oneGuest(t), Policy: policyOf(t, tt.change), From: noon, To: noon.Add(time.Hour), Events: true,
			}
			if strings.Contains(tt.name, "days") {
				request.To = noon.AddDate(0, 0, 8)
			}
			report, err := backtest.Run(t.Context(), request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, story(report.Events)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if guessed := !report.ApproximateBefore.IsZero(); guessed != tt.sumsOnly {
				t.Errorf("approximate before %v", report.ApproximateBefore)
			}
			request.Events, report.Events = false, nil
			without, err := backtest.Run(t.Context(), request)
			if diff := gocmp.Diff(report, without); diff != "" || err != nil {
				t.Errorf("without events (-with +without): %v\n%s", err, diff)
			}
		})
	}
}

// TestOnlyWhatMattersIsRead has a day of which ten minutes are interesting.
func TestOnlyWhatMattersIsRead(t *testing.T) {
	store := new(memory).measure(metrics.CPUUsageRatio, minutes(600, 0.2, 10, 0.88, 800, 0.2)...)
	store.rawSince = noon
	if _, err := backtest.Run(t.Context(), backtest.Request{
		Store: store, Snapshot: oneGuest(t), Policy: policyOf(t, nil), From: noon, To: noon.AddDate(0, 0, 1), Types: []alert.Type{alert.CPU},
	}); err != nil {
		t.Fatal(err)
	}
	if len(store.queries) > 4 {
		t.Errorf("read %d times", len(store.queries))
	}
	for _, q := range store.queries {
		if q.Step == 0 && q.To-q.From > (2*time.Hour).Milliseconds() {
			t.Errorf("read samples of %v", time.Duration(q.To-q.From)*time.Millisecond)
		}
	}
}

func TestBackupsOfTheGuest(t *testing.T) {
	task := func(id, node string, vmid int, minute float64) resource.Resource {
		at := noon.Add(time.Duration(minute * float64(time.Minute)))
		return resource.Resource{ID: id, Kind: resource.KindBackupTask, Name: id, Detail: &resource.BackupTask{
			Node: node, VMID: vmid, Start: at, End: at.Add(5 * time.Minute), Result: "OK",
		}}
	}
	store := new(memory).measure(metrics.CPUUsageRatio, minutes(10, 0.2, 5, 0.88, 10, 0.2, 5, 0.88, 10, 0.2, 5, 0.88, 10, 0.2)...)
	store.rawSince = noon
	report, err := backtest.Run(t.Context(), backtest.Request{
		Store: store, Policy: policyOf(t, nil), From: noon, To: noon.Add(time.Hour),
		Snapshot: oneGuest(t, task("a", "pve1", 100, 9), task("b", "pve1", 0, 24), task("c", "pve2", 0, 39), task("d", "pve1", 101, 39)),
	})
	if err != nil || report.Firings != 3 || report.DuringBackups != 2 {
		t.Errorf("%+v, %v; want 2 of 3 during backups", report, err)
	}
}

func TestNarrowing(t *testing.T) {
	store := new(memory).measure(metrics.CPUUsageRatio, minutes(30, 0.88)...).measure(metrics.MemoryUsageRatio, minutes(30, 0.95)...)
	store.rawSince = noon
	for name, tt := range map[string]struct {
		narrow func(*backtest.Request)
		want   int
	}{
		"not at all":       {func(*backtest.Request) {}, 2},
		"a type":           {func(r *backtest.Request) { r.Types = []alert.Type{alert.Memory} }, 1},
		"a key":            {func(r *backtest.Request) { r.Keys = []string{"pve-lab/qemu/100"} }, 2},
		"another key":      {func(r *backtest.Request) { r.Keys = []string{"pve-lab/qemu/101"} }, 0},
		"a resource":       {func(r *backtest.Request) { r.Resource = "lab:pve1:100" }, 2},
		"another resource": {func(r *backtest.Request) { r.Resource = "lab:pve1:10" }, 0},
		"a time":           {func(r *backtest.Request) { r.To = noon.Add(30 * time.Second) }, 0},
		"switched off":     {func(r *backtest.Request) { r.Policy = policyOf(t, func(c *policy.Config) { c.Enabled = false }) }, 0},
		"without guests": {func(r *backtest.Request) {
			r.Policy = policyOf(t, func(c *policy.Config) { c.DisableAllGuests = true })
		}, 0},
	} {
		r := backtest.Request{Store: store, Snapshot: oneGuest(t), Policy: policyOf(t, nil), From: noon, To: noon.Add(time.Hour)}
		tt.narrow(&r)
		report, err := backtest.Run(t.Context(), r)
		if err != nil || report.Firings != tt.want {
			t.Errorf("%s: %+v, %v; want %d", name, report, err, tt.want)
		}
	}
}

func TestFailures(t *testing.T) {
	broken := errors.New("disk on fire")
	gone, leave := context.WithCancelCause(t.Context())
	leave(broken)
	for name, tt := range map[string]struct {
		ctx    context.Context
		change func(*backtest.Request)
		want   error
	}{
		"the store":      {t.Context(), func(r *backtest.Request) { r.Store = &memory{err: broken} }, broken},
		"the caller":     {gone, func(*backtest.Request) {}, broken},
		"the wrong time": {t.Context(), func(r *backtest.Request) { r.To = r.From.Add(-1) }, backtest.ErrBadRequest},
		"too much time":  {t.Context(), func(r *backtest.Request) { r.To = r.From.AddDate(1, 0, 0) }, backtest.ErrBadRequest},
	} {
		r := backtest.Request{Store: &memory{}, Snapshot: oneGuest(t), Policy: policyOf(t, nil), From: noon, To: noon.Add(time.Hour)}
		tt.change(&r)
		if _, err := backtest.Run(tt.ctx, r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestProgress(t *testing.T) {
	var told [][2]int
	r := backtest.Request{Store: &memory{}, Snapshot: oneGuest(t), Policy: policyOf(t, nil), From: noon, To: noon.Add(time.Hour)}
	r.Progress = func(done, total int) { told = append(told, [2]int{done, total}) }
	if _, err := backtest.Run(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([][2]int{{1, 1}}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
