package history

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// StoreStats is the answer of `/api/metrics-store/stats`. The counts are by tier of the documented store, which ours
// has other ones for: RawCount are the samples as they came, which serve its minutes too, so that MinuteCount is 0;
// HourlyCount are sums of five minutes and DailyCount sums of an hour.
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
	// Engine says what the store is; clients of earlier versions do not ask.
	Engine Engine `json:"engine"`
}

// Engine describes the store in its own terms.
type Engine struct {
	Name string `json:"name"`
	// Replaying says that recent samples are being read back and cannot be asked for yet.
	Replaying bool   `json:"replaying"`
	Series    int    `json:"series"`
	Tiers     []Tier `json:"tiers"`
	// BytesWritten is what the hub has written to disk since it started, for whatever reason, and BytesWrittenPerDay
	// what that comes to in a day; absent where the system does not count or before there is anything to tell.
	BytesWritten       *uint64 `json:"bytesWritten,omitempty"`
	BytesWrittenPerDay *uint64 `json:"bytesWrittenPerDay,omitempty"`
	// Rejected are samples that were not stored since the start, by reason.
	Rejected map[string]uint64 `json:"rejected"`
	// Quarantined are damaged files that were set aside at the start.
	Quarantined []string `json:"quarantined"`
}

// Tier is one resolution of the store. Resolution is in seconds, 0 for samples as they came. Oldest is Unix ms, absent
// when the tier is empty.
type Tier struct {
	Name       string  `json:"name"`
	Resolution float64 `json:"resolution"`
	Blocks     int     `json:"blocks"`
	Points     uint64  `json:"points"`
	Bytes      int64   `json:"bytes"`
	Oldest     int64   `json:"oldest,omitempty"`
}

// StatsOf renders what the store says of itself. RawCount is the larger of
// what finished blocks hold and what was appended since the start.
func StatsOf(stats metrics.Stats) StoreStats {
	return StoreStats{
		Enabled: true, DBPath: stats.Dir, DBSize: stats.DiskBytes,
		RawCount: rawCount(stats), HourlyCount: stats.Fine.Buckets, DailyCount: stats.Coarse.Buckets,
		TotalWrites: stats.Appended, BufferSize: stats.Queued,
		LastFlush: unit.Time(stats.LastAppend), LastRollup: unit.Time(stats.LastRollup()),
		LastRetention: unit.Time(stats.LastRetention), Engine: engineOf(stats),
	}
}

func rawCount(stats metrics.Stats) uint64 { return max(stats.BlockSamples, stats.Appended) }

func engineOf(stats metrics.Stats) Engine {
	raw := Tier{
		Name: "raw", Blocks: stats.Blocks, Points: rawCount(stats), Oldest: millis(stats.OldestRaw),
		Bytes: stats.DiskBytes - stats.Fine.DiskBytes - stats.Coarse.DiskBytes,
	}
	engine := Engine{
		Name: "prometheus-tsdb", Replaying: stats.Replaying, Series: stats.Series,
		Tiers: []Tier{raw, tierOf("5m", stats.Fine), tierOf("1h", stats.Coarse)},
		Rejected: map[string]uint64{
			"not_finite": stats.Rejected.NotFinite, "future": stats.Rejected.Future, "too_old": stats.Rejected.TooOld,
			"conflict": stats.Rejected.Conflict, "invalid": stats.Rejected.Invalid,
		},
		Quarantined: append([]string{}, stats.Repairs.Quarantined...),
	}
	if stats.Writes.Known {
		engine.BytesWritten = &stats.Writes.Bytes
		if stats.Writes.PerDay > 0 {
			engine.BytesWrittenPerDay = &stats.Writes.PerDay
		}
	}
	return engine
}

func tierOf(name string, stats rollup.TierStats) Tier {
	return Tier{
		Name: name, Resolution: stats.Resolution.Seconds(), Blocks: stats.Blocks, Points: stats.Buckets,
		Bytes: stats.DiskBytes, Oldest: millis(stats.Oldest),
	}
}

func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}
