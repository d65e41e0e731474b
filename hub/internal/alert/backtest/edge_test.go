package backtest_test

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/backtest"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
)

// TestLongAlerts goes on for longer than alerts are kept of which nothing is seen, after two that do not.
func TestLongAlerts(t *testing.T) {
	store := new(memory).measure(metrics.CPUUsageRatio, minutes(10, 0.2, 20, 0.88, 20, 0.2, 5, 0.88, 5, 0.2, 12*24*60, 0.88)...)
	store.rawSince = noon
	report, err := backtest.Run(t.Context(), backtest.Request{
		Store: store, Snapshot: oneGuest(t), From: noon, To: noon.AddDate(0, 0, 10),
		Policy: policyOf(t, func(c *policy.Config) { c.AutoAcknowledgeAfterHours = 0 }),
	})
	if err != nil || report.Firings != 3 || report.Goes != 1 || report.Longest < 9*24*time.Hour {
		t.Errorf("%+v, %v; want three of which the last goes on", report, err)
	}
	store = new(memory).measure(metrics.CPUUsageRatio, minutes(10, 0.2, 20, 0.88, 20, 0.2, 5, 0.88, 5, 0.2)...)
	store.rawSince = noon
	report, err = backtest.Run(t.Context(), backtest.Request{
		Store: store, Snapshot: oneGuest(t), From: noon, To: noon.AddDate(0, 0, 1), Policy: policyOf(t, nil),
	})
	if err != nil || report.Goes != 0 || report.Longest != 19*time.Minute || report.Total != 23*time.Minute {
		t.Errorf("%+v, %v; want two of 19 and 4 minutes", report, err)
	}
}

// TestNothingBeforeTheBeginning begins in the middle of an hour in which there was something.
func TestNothingBeforeTheBeginning(t *testing.T) {
	store := new(memory).measure(metrics.CPUUsageRatio, minutes(10, 0.2, 5, 0.88, 100, 0.2)...)
	for _, since := range []time.Time{noon, noon.AddDate(0, 1, 0)} {
		store.rawSince = since
		report, err := backtest.Run(t.Context(), backtest.Request{
			Store: store, Snapshot: oneGuest(t), Policy: policyOf(t, nil), From: noon.Add(20 * time.Minute), To: noon.AddDate(0, 0, 1),
		})
		if err != nil || report.Firings != 0 {
			t.Errorf("%+v, %v; want nothing", report, err)
		}
	}
}

// TestStoppedBeforeItWasBad has values of a guest that was said to be stopped before the hour they are from.
func TestStoppedBeforeItWasBad(t *testing.T) {
	store := new(memory).measure(metrics.CPUUsageRatio, minutes(60, 0.2, 3, 0.88, 10, 0.2)...)
	store.rawSince = noon
	for _, minute := range []int{50, 58, 64} {
		store.series[metrics.Up] = append(store.series[metrics.Up], metrics.Point{At: noon.Add(time.Duration(minute) * time.Minute).UnixMilli()})
	}
	report, err := backtest.Run(t.Context(), backtest.Request{
		Store: store, Snapshot: oneGuest(t), Policy: policyOf(t, nil), From: noon, To: noon.AddDate(0, 0, 1),
	})
	if err != nil || report.Firings != 0 {
		t.Errorf("%+v, %v; want nothing", report, err)
	}
}
