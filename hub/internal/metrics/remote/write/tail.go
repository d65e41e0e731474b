package write

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
)

// A sample is one value on its way out.
type sample struct {
	series *series
	at     int64 // Unix milliseconds
	value  float64
}

// A series is what the log says of one, and how far it has been sent.
type series struct {
	labels labels.Labels
	// segment is where the log defined it last, -1 for its checkpoint.
	segment int
	// newest is the time of the newest sample that was read; 0: none.
	newest int64
}

// A tail reads samples from the write-ahead log of a TSDB, see
// https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/wal.md, from a position on and while it is written
// to. It survives what happens to the log: segments that are removed, cut off or begun anew. One goroutine uses it.
type tail struct {
	dir string
	log hclog.Logger
	// at is before what comes next.
	at position
	// gaps counts how often segments were gone before they had been read.
	gaps int
	// unknown counts samples of series that the log does not define, which only damage does.
	unknown uint64

	series     map[chunks.HeadSeriesRef]*series
	checkpoint string // whose series are known
	loaded     bool

	open    io.Closer // the segment that reader reads; nil: none
	reader  *wlog.LiveReader
	metrics *wlog.LiveReaderMetrics
	decoder record.Decoder
	defined []record.RefSeries // reused from record to record
	stored  []record.RefSample // reused from record to record
}

// newTail returns a tail of the log in a folder.
func newTail(dir string, at position, log hclog.Logger) *tail {
	return &tail{
		dir: dir, log: log, at: at, series: map[chunks.HeadSeriesRef]*series{},
		metrics: wlog.NewLiveReaderMetrics(nil), decoder: record.NewDecoder(nil, slog.New(slog.DiscardHandler)),
	}
}

// read appends samples to out until there are at least limit or the log has come to its end. After an error it may be
// called again.
func (t *tail) read(out []sample, limit int) ([]sample, error) {
	for len(out) < limit {
		var err error
		if !t.loaded {
			if out, err = t.load(out); err != nil || !t.loaded {
				return out, err
			}
		}
		if t.reader == nil {
			if err = t.openSegment(); err != nil {
				return out, err
			}
		}
		var more bool
		if out, more, err = t.readSegment(out, limit); err != nil || !more {
			return out, err
		}
	}
	return out, nil
}

// close lets go of the file.
func (t *tail) close() {
	if t.open != nil {
		_ = t.open.Close() // it was read only
	}
	t.open, t.reader = nil, nil
}

// load learns the series that the log knows before the position. Where what follows the position is gone, it begins
// with the oldest samples there are: those in the checkpoint, which holds what was still needed of removed segments.
func (t *tail) load(out []sample) ([]sample, error) {
	first, last, err := wlog.Segments(t.dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && first < 0 {
		return out, nil // not begun yet
	}
	if err != nil {
		return out, fmt.Errorf("list log: %w", err)
	}
	known := t.at.Segment >= first && t.at.Segment <= last
	if !known && t.at.Segment >= 0 {
		t.gaps++
	}
	if out, err = t.readCheckpoint(out, !known); err != nil {
		return out, err
	}
	if !known {
		t.at = position{Segment: first}
	}
	for segment := first; segment < t.at.Segment; segment++ {
		if err := t.learn(segment); err != nil {
			return out, err
		}
	}
	t.loaded = true
	return out, nil
}

// readCheckpoint learns the series of the newest checkpoint, and reads its samples if they are wanted.
func (t *tail) readCheckpoint(out []sample, samples bool) ([]sample, error) {
	dir, _, err := wlog.LastCheckpoint(t.dir)
	if errors.Is(err, record.ErrNotFound) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("find checkpoint: %w", err)
	}
	segments, err := wlog.NewSegmentsReader(dir)
	if err != nil {
		return out, fmt.Errorf("open checkpoint: %w", err)
	}
	defer segments.Close()
	r := wlog.NewReader(segments)
	for r.Next() {
		if out, err = t.take(r.Record(), -1, samples, out); err != nil {
			return out, err
		}
	}
	if err := r.Err(); err != nil {
		return out, fmt.Errorf("read checkpoint: %w", err)
	}
	t.checkpoint = dir
	return out, nil
}

// learn reads the series that a finished segment defines. What is behind damage is lost to the TSDB as well.
func (t *tail) learn(segment int) error {
	file, err := wlog.OpenReadSegment(wlog.SegmentName(t.dir, segment))
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	defer file.Close()
	r := wlog.NewLiveReader(slog.New(slog.DiscardHandler), t.metrics, file)
	for r.Next() {
		if _, err := t.take(r.Record(), segment, false, nil); err != nil {
			return err
		}
	}
	return nil
}

// openSegment opens the segment of the position. Samples before its offset are skipped by readSegment.
func (t *tail) openSegment() error {
	file, err := wlog.OpenReadSegment(wlog.SegmentName(t.dir, t.at.Segment))
	if errors.Is(err, fs.ErrNotExist) {
		t.restart() // removed in between
	}
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	t.open, t.reader = file, wlog.NewLiveReader(slog.New(slog.DiscardHandler), t.metrics, file)
	return nil
}

// readSegment reads on in the open segment and moves to the next one at its end. It says whether there may be more.
func (t *tail) readSegment(out []sample, limit int) (_ []sample, more bool, err error) {
	// Asked before the end is met: what the end then hides was written before the next segment was begun.
	_, last, err := wlog.Segments(t.dir)
	if err != nil {
		return out, false, fmt.Errorf("list log: %w", err)
	}
	for t.reader.Next() {
		passed := t.reader.Offset() <= t.at.Offset
		if out, err = t.take(t.reader.Record(), t.at.Segment, !passed, out); err != nil {
			// A record that makes no sense is skipped: its checksum was right, so trying again does not help.
			t.log.Warn("a record of the log cannot be read", "segment", t.at.Segment, "error", err)
		}
		t.at.Offset = max(t.at.Offset, t.reader.Offset())
		if len(out) >= limit {
			return out, true, nil
		}
	}
	if err := t.reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		t.log.Debug("the log is damaged", "segment", t.at.Segment, "error", err)
		t.close() // to be read again: the TSDB may be about to repair it
	}
	if last <= t.at.Segment {
		t.checkReset(last)
		return out, false, nil
	}
	t.close()
	return out, true, t.advance()
}

// checkReset notices that the log was begun anew with lower numbers.
func (t *tail) checkReset(last int) {
	if last < t.at.Segment {
		t.close()
		t.restart()
	}
}

// advance moves to the next segment there is.
func (t *tail) advance() error {
	t.at = position{Segment: t.at.Segment + 1}
	first, _, err := wlog.Segments(t.dir)
	if err != nil {
		return fmt.Errorf("list log: %w", err)
	}
	if t.at.Segment < first {
		t.restart()
		return nil
	}
	return t.forget()
}

// restart makes the next read begin with what there is: the log went on without us.
func (t *tail) restart() {
	t.loaded = false
	clear(t.series)
}

// forget drops the series that neither a new checkpoint nor a later segment defines: the TSDB has dropped them too.
func (t *tail) forget() error {
	dir, index, err := wlog.LastCheckpoint(t.dir)
	if errors.Is(err, record.ErrNotFound) || filepath.Clean(dir) == t.checkpoint || index >= t.at.Segment {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find checkpoint: %w", err)
	}
	before := t.series
	t.series = make(map[chunks.HeadSeriesRef]*series, len(before))
	if _, err := t.readCheckpoint(nil, false); err != nil {
		t.series = before
		return err
	}
	for ref, s := range before {
		if kept := t.series[ref]; kept != nil {
			kept.newest = s.newest
		} else if s.segment > index {
			t.series[ref] = s
		}
	}
	return nil
}

// take handles one record of the log.
func (t *tail) take(raw []byte, segment int, samples bool, out []sample) ([]sample, error) {
	var err error
	switch t.decoder.Type(raw) {
	case record.Series:
		if t.defined, err = t.decoder.Series(raw, t.defined[:0]); err != nil {
			return out, fmt.Errorf("decode series: %w", err)
		}
		for _, d := range t.defined {
			t.define(d, segment)
		}
	case record.Samples, record.SamplesV2:
		if !samples {
			return out, nil
		}
		if t.stored, err = t.decoder.Samples(raw, t.stored[:0]); err != nil {
			return out, fmt.Errorf("decode samples: %w", err)
		}
		for _, s := range t.stored {
			found := t.series[s.Ref]
			if found == nil {
				t.unknown++
				continue
			}
			out = append(out, sample{found, s.T, s.V})
		}
	}
	return out, nil
}

func (t *tail) define(d record.RefSeries, segment int) {
	if known := t.series[d.Ref]; known != nil && labels.Equal(known.labels, d.Labels) {
		known.segment = segment
		return
	}
	t.series[d.Ref] = &series{labels: d.Labels, segment: segment}
}
