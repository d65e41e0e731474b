package history

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// StoreStats is the answer of `/api/metrics-store/stats`. The counts by tier
// are from a store with tiers; ours keeps every sample as it came, so that all
// are raw.
type StoreStats struct {
	Enabled       bool      `json:"enabled"`
	DBPath        string    `json:"dbPath"`
	DBSize        int64     `json:"dbSize"`
	RawCount      uint64    `json:"rawCount"`
	MinuteCount   uint64    `json:"minuteCount"`
	HourlyCount   uint64    `json:"hourlyCount"`
	DailyCount    uint64    `json:"dailyCount"`
	TotalWrites   uint64    `json:"totalWrites"`
	BufferSize    int       `json:"bufferSize"`
	LastFlush     time.Time `json:"lastFlush"`
	LastRollup    time.Time `json:"lastRollup"`
	LastRetention time.Time `json:"lastRetention"`
}

// StatsOf renders what the store says of itself. RawCount is the larger of
// what finished blocks hold and what was appended since the start.
func StatsOf(stats metrics.Stats) StoreStats {
	return StoreStats{
		Enabled: true, DBPath: stats.Dir, DBSize: stats.DiskBytes,
		RawCount: max(stats.BlockSamples, stats.Appended), TotalWrites: stats.Appended, BufferSize: stats.Queued,
		LastFlush: unit.Time(stats.LastAppend), LastRollup: unit.Time(stats.LastCompaction),
		LastRetention: unit.Time(stats.LastRetention),
	}
}
