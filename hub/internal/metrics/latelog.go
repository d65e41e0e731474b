package metrics

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/record"
	"github.com/prometheus/prometheus/tsdb/wlog"
)

// A lateLog reads samples that came late from the logs of an earlier run and appends them again.
//
// The TSDB would do that too, but loses some (seen in v0.312 to v0.316), for it relies on files of chunks where the log
// has all there is:
//   - The log notes when late samples have been moved from memory to a chunk file, without saying to which if they are to
//     be written to a block next. What came before such a note is dropped when the log is read. The chunk file may lack
//     it, since it is written through a buffer that a kill loses.
//   - When the first late chunks that are written to blocks after a start are all in files of the run before, all files
//     are deleted and numbering begins again with 1 (ChunkDiskMapper.Truncate), but what has been written is remembered
//     by the old numbers (Head.minOOOMmapRef, DB.lastGarbageCollectedMmapRef). Chunks that are written afterwards pass
//     for it: they are not found, and dropped with the next compaction.
//
// So the TSDB is given neither the chunk files, which it makes again from its log of samples in order, nor the log of
// late ones. That is read here, and its samples pass through the front door. It is removed when all of them have.
type lateLog struct {
	store  *Store
	dirs   []string
	series map[chunks.HeadSeriesRef]labels.Labels
}

const latePrefix = "late-"

// takeLateLog sets the log of late samples aside, and with it what an earlier start has not finished, and deletes the
// chunk files. It is called while the TSDB is closed.
func (s *Store) takeLateLog() (*lateLog, error) {
	if err := os.RemoveAll(filepath.Join(s.dir, headChunksName)); err != nil {
		return nil, fmt.Errorf("remove chunks of recent samples: %w", err)
	}
	log := filepath.Join(s.dir, wlog.WblDirName)
	if hasBytes(log) {
		aside := filepath.Join(s.dir, latePrefix+strconv.FormatInt(time.Now().UnixNano(), 10))
		if err := os.Rename(log, aside); err != nil {
			return nil, fmt.Errorf("set log of late samples aside: %w", err)
		}
	}
	dirs, err := filepath.Glob(filepath.Join(s.dir, latePrefix+"*"))
	if err != nil {
		return nil, fmt.Errorf("list logs of late samples: %w", err)
	}
	l := &lateLog{store: s, dirs: dirs}
	if len(dirs) > 0 {
		l.readSeries(filepath.Join(s.dir, "wal"))
	}
	return l, nil
}

// hasBytes reports whether any file in a folder has content.
func hasBytes(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		info, err := e.Info()
		return err == nil && info.Size() > 0
	})
}

// readSeries learns the labels of all series in the log of samples in order. Where that is damaged it learns what comes
// before; the TSDB finds the damage again and says so.
func (l *lateLog) readSeries(dir string) {
	l.series = make(map[chunks.HeadSeriesRef]labels.Labels)
	collect := func(d *record.Decoder, kind record.Type, rec []byte) error {
		if kind != record.Series {
			return nil
		}
		all, err := d.Series(rec, nil)
		for _, one := range all {
			l.series[one.Ref] = one.Labels
		}
		return err
	}
	checkpoint, _, err := wlog.LastCheckpoint(dir)
	if err == nil {
		err = readLog(checkpoint, collect)
	}
	if err == nil || errors.Is(err, record.ErrNotFound) {
		err = readLog(dir, collect)
	}
	if err != nil {
		l.store.log.Debug("series of late samples are known in part", "error", err)
	}
}

// readLog calls visit for each record of a log.
func readLog(dir string, visit func(d *record.Decoder, kind record.Type, rec []byte) error) error {
	segments, err := wlog.NewSegmentsReader(dir)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	// It was only read from.
	defer segments.Close()
	decoder := record.NewDecoder(labels.NewSymbolTable(), slog.New(slog.DiscardHandler))
	reader := wlog.NewReader(segments)
	for reader.Next() {
		rec := reader.Record()
		if err := visit(&decoder, decoder.Type(rec), rec); err != nil {
			return fmt.Errorf("decode log: %w", err)
		}
	}
	if err := reader.Err(); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	return nil
}

// errLogWrite marks failures to append, which leave the TSDB in need of being opened again.
var errLogWrite = errors.New("late samples cannot be written again")

// restore appends the samples to the open TSDB and removes their logs. It fails with errLogWrite when they cannot be
// written at the moment; then nothing is removed.
func (l *lateLog) restore(db *tsdb.DB) error {
	for _, dir := range l.dirs {
		r := restorer{series: l.series, db: db}
		err := readLog(dir, r.record)
		if err == nil || !errors.Is(err, errLogWrite) {
			err = errors.Join(err, r.commit())
		}
		l.store.late.mark(r.windows)
		if errors.Is(err, errLogWrite) {
			return err
		}
		if err != nil {
			l.store.tally.logRepaired()
			l.store.log.Warn("damage in the log of late samples was cut out", "error", err)
		}
		if err := l.discard(dir, r.unknown); err != nil {
			return err
		}
		l.store.log.Debug("late samples were read back", "samples", r.restored)
	}
	return nil
}

// discard removes a log that has been read. It is moved to quarantine instead if it has samples of series that only a
// damaged log could have told.
func (l *lateLog) discard(dir string, unknown int) error {
	if unknown > 0 {
		l.store.log.Error("late samples of unknown series are moved to quarantine", "samples", unknown)
		return l.store.quarantine(filepath.Base(dir))
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove log of late samples: %w", err)
	}
	return nil
}

// A restorer appends samples of one log.
type restorer struct {
	series  map[chunks.HeadSeriesRef]labels.Labels
	db      *tsdb.DB
	app     storage.AppenderV2
	pending int

	windows           []int64
	restored, unknown int
}

// record appends the samples of a record; other records say nothing that is needed.
func (r *restorer) record(d *record.Decoder, kind record.Type, rec []byte) error {
	if kind != record.Samples && kind != record.SamplesV2 {
		return nil
	}
	samples, err := d.Samples(rec, nil)
	if err != nil {
		return err
	}
	for _, smp := range samples {
		lset, known := r.series[smp.Ref]
		if !known {
			r.unknown++
			continue
		}
		if err := r.append(lset, smp.T, smp.V); err != nil {
			return err
		}
	}
	return nil
}

func (r *restorer) append(lset labels.Labels, at int64, v float64) error {
	if r.app == nil {
		r.app = r.db.AppenderV2(context.Background())
	}
	// What cannot be stored any more has become too old since.
	if _, err := r.app.Append(0, lset, 0, at, v, nil, nil, storage.AOptions{}); err == nil {
		r.windows = addWindow(r.windows, at)
		r.restored++
	}
	if r.pending++; r.pending < commitSamples {
		return nil
	}
	return r.commit()
}

func (r *restorer) commit() error {
	if r.app == nil {
		return nil
	}
	app := r.app
	r.app, r.pending = nil, 0
	if err := app.Commit(); err != nil {
		return fmt.Errorf("%w: %w", errLogWrite, err)
	}
	return nil
}
