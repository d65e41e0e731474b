package metrics

import (
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/pulse-hub/pulse/hub/internal/metrics/rollup"
)

// Stats describe the store at one moment. Times are zero when the thing has not happened since Open, except that
// LastCompaction is remembered by the files.
type Stats struct {
	Dir       string
	DiskBytes int64
	// Series are those that got samples in the last hours; BlockSamples the samples in finished blocks, which leaves
	// out the last two to three hours.
	Series       int
	BlockSamples uint64
	Blocks       int
	// OldestSample is the time of the oldest sample or sum, OldestRaw of the oldest sample.
	OldestSample, OldestRaw time.Time
	// Appended, Rejected and Queued count samples since Open.
	Appended uint64
	Rejected Rejections
	Queued   int

	LastAppend, LastCompaction, LastRetention time.Time

	// Replaying says that recent samples are being read back and cannot be asked for yet; the numbers of blocks are 0.
	Replaying bool
	// Fine and Coarse are the sums of five minutes and of an hour.
	Fine, Coarse rollup.TierStats
	Writes       Writes

	Repairs      Repairs
	DamagedReads uint64 // series that Select could read only in part
}

// Repairs say what Open had to do to damaged files. The TSDB drops what follows damage in its logs; blocks and logs
// that could not be opened at all were moved to the folder "quarantine".
type Repairs struct {
	LogRepaired bool
	Quarantined []string // names in the quarantine folder
}

// Rejections count samples that were not stored, by reason.
type Rejections struct {
	NotFinite uint64 // NaN or infinite
	Future    uint64 // more than ten minutes ahead of our clock
	TooOld    uint64 // before the retention or the out-of-order window
	Conflict  uint64 // another value is stored at this time
	Invalid   uint64 // no handle, or refused by the TSDB for another reason
}

// Total is the sum of all reasons.
func (r Rejections) Total() uint64 {
	return r.NotFinite + r.Future + r.TooOld + r.Conflict + r.Invalid
}

// A rejection is the reason why a sample was not stored.
type rejection int

const (
	accepted rejection = iota
	notFinite
	future
	tooOld
	conflict
	invalid
)

func (r *Rejections) add(reason rejection) {
	switch reason {
	case notFinite:
		r.NotFinite++
	case future:
		r.Future++
	case tooOld:
		r.TooOld++
	case conflict:
		r.Conflict++
	default:
		r.Invalid++
	}
}

func (r *Rejections) merge(o Rejections) {
	r.NotFinite += o.NotFinite
	r.Future += o.Future
	r.TooOld += o.TooOld
	r.Conflict += o.Conflict
	r.Invalid += o.Invalid
}

// A tally counts what the writer and the readers did since Open. It is safe for concurrent use.
type tally struct {
	mu         sync.Mutex
	appended   uint64
	rejected   Rejections
	lastAppend time.Time
	damaged    uint64
	repairs    Repairs
}

func (t *tally) logRepaired() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.repairs.LogRepaired = true
}

func (t *tally) quarantined(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.repairs.Quarantined = append(t.repairs.Quarantined, name)
}

func (t *tally) add(appended uint64, rejected Rejections, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.appended += appended
	t.rejected.merge(rejected)
	if appended > 0 {
		t.lastAppend = at
	}
}

// addDamaged reports whether these are the first damaged reads.
func (t *tally) addDamaged(n int) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first = t.damaged == 0 && n > 0
	t.damaged += uint64(n)
	return first
}

func (t *tally) fill(s *Stats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.Appended, s.Rejected, s.LastAppend, s.DamagedReads = t.appended, t.rejected, t.lastAppend, t.damaged
	s.Repairs = Repairs{LogRepaired: t.repairs.LogRepaired, Quarantined: slices.Clone(t.repairs.Quarantined)}
}

// Stats gathers the numbers; it looks at the sizes of the log files, so not for every request.
func (s *Store) Stats() Stats {
	out := Stats{Dir: s.dir, Queued: s.queue.len(), Writes: s.meter.read(time.Now())}
	s.tally.fill(&out)
	if at := s.lastRetention.Load(); at != 0 {
		out.LastRetention = time.UnixMilli(at)
	}
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		out.Replaying = true
		return out
	}
	out.Fine, out.Coarse = s.fine.Stats(), s.coarse.Stats()
	out.DiskBytes = s.db.Head().Size() + out.Fine.DiskBytes + out.Coarse.DiskBytes
	out.Series = int(s.db.Head().NumSeries())
	for _, block := range s.db.Blocks() {
		meta := block.Meta()
		out.Blocks++
		out.DiskBytes += block.Size()
		out.BlockSamples += meta.Stats.NumSamples
		if made := ulid.Time(meta.ULID.Time()); made.After(out.LastCompaction) {
			out.LastCompaction = made
		}
	}
	if out.Blocks > 0 || out.Series > 0 {
		if at, err := s.db.StartTime(); err == nil {
			out.OldestRaw = time.UnixMilli(at)
		}
	}
	out.OldestSample = earliest(out.OldestRaw, out.Fine.Oldest, out.Coarse.Oldest)
	return out
}

// earliest returns the earliest time that is known.
func earliest(times ...time.Time) (first time.Time) {
	for _, at := range times {
		if first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// LastRollup returns when samples were last summed up, or merged if that was later.
func (s Stats) LastRollup() time.Time {
	last := s.LastCompaction
	for _, at := range []time.Time{s.Fine.LastRollup, s.Coarse.LastRollup} {
		if at.After(last) {
			last = at
		}
	}
	return last
}
