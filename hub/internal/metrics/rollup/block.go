package rollup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/fileutil"
	"github.com/prometheus/prometheus/tsdb/index"
)

const (
	// creatingSuffix and deletingSuffix mark folders that are not blocks yet, or not any more.
	creatingSuffix = ".tmp-for-creation"
	deletingSuffix = ".tmp-for-deletion"
	// segmentBytes is the size of chunk files. Their room is taken at once, so it is what a nearly full disk must have.
	segmentBytes = 8 << 20
	metaVersion  = 1
)

// A blockWriter writes one block: all symbols, then all series with their chunks, both in order. Either commit or
// abort ends it.
type blockWriter struct {
	parent string
	tmp    string
	meta   tsdb.BlockMeta
	chunks *chunks.Writer
	index  *index.Writer
	ref    storage.SeriesRef
}

func newBlockWriter(ctx context.Context, parent string, window Window) (*blockWriter, error) {
	id := ulid.Make()
	w := &blockWriter{
		parent: parent,
		tmp:    filepath.Join(parent, id.String()+creatingSuffix),
		meta:   tsdb.BlockMeta{ULID: id, MinTime: window.From, MaxTime: window.To, Version: metaVersion},
	}
	if err := os.MkdirAll(w.tmp, 0o700); err != nil {
		return nil, fmt.Errorf("create block folder: %w", err)
	}
	var err error
	if w.chunks, err = chunks.NewWriter(filepath.Join(w.tmp, "chunks"), chunks.WithSegmentSize(segmentBytes)); err != nil {
		return nil, errors.Join(fmt.Errorf("create chunks: %w", err), w.abort())
	}
	if w.index, err = index.NewWriter(ctx, filepath.Join(w.tmp, "index")); err != nil {
		return nil, errors.Join(fmt.Errorf("create index: %w", err), w.abort())
	}
	return w, nil
}

// addSymbols takes every string that a label has as its name or value, sorted, each once.
func (w *blockWriter) addSymbols(sorted []string) error {
	for _, symbol := range sorted {
		if err := w.index.AddSymbol(symbol); err != nil {
			return fmt.Errorf("write symbol: %w", err)
		}
	}
	return nil
}

// add writes one series. Series come in order of their labels.
func (w *blockWriter) add(lset labels.Labels, metas []chunks.Meta) error {
	if err := w.chunks.WriteChunks(metas...); err != nil {
		return fmt.Errorf("write chunks: %w", err)
	}
	if err := w.index.AddSeries(w.ref, lset, metas...); err != nil {
		return fmt.Errorf("write series: %w", err)
	}
	w.ref++
	stats := &w.meta.Stats
	stats.NumSeries++
	stats.NumChunks += uint64(len(metas))
	for _, m := range metas {
		stats.NumSamples += uint64(m.Chunk.NumSamples())
	}
	return nil
}

// origin says what a block is made of.
type origin struct {
	level    int
	sources  []ulid.ULID      // raw blocks
	replaces []tsdb.BlockDesc // blocks of the same tier that the new one stands for
}

// commit makes the block appear in its tier, on disk for good, and returns its folder.
func (w *blockWriter) commit(from origin) (dir string, err error) {
	w.meta.Compaction.Level, w.meta.Compaction.Sources, w.meta.Compaction.Parents = from.level, from.sources, from.replaces
	w.meta.Stats.NumFloatSamples = w.meta.Stats.NumSamples
	dir = filepath.Join(w.parent, w.meta.ULID.String())
	if err := w.finish(dir); err != nil {
		return "", errors.Join(err, w.abort())
	}
	return dir, nil
}

func (w *blockWriter) finish(dir string) error {
	if err := w.closeFiles(); err != nil {
		return fmt.Errorf("end block: %w", err)
	}
	if err := writeMeta(w.tmp, &w.meta); err != nil {
		return err
	}
	if err := syncDir(w.tmp); err != nil {
		return err
	}
	if err := fileutil.Rename(w.tmp, dir); err != nil {
		return fmt.Errorf("rename block: %w", err)
	}
	return nil
}

// closeFiles may be called twice.
func (w *blockWriter) closeFiles() error {
	var problems []error
	if w.chunks != nil {
		problems = append(problems, w.chunks.Close())
		w.chunks = nil
	}
	if w.index != nil {
		problems = append(problems, w.index.Close())
		w.index = nil
	}
	return errors.Join(problems...)
}

// abort removes what has been written.
func (w *blockWriter) abort() error {
	_ = w.closeFiles() // nothing of it is kept
	if err := os.RemoveAll(w.tmp); err != nil {
		return fmt.Errorf("remove unfinished block: %w", err)
	}
	return nil
}

func writeMeta(dir string, meta *tsdb.BlockMeta) error {
	raw, err := json.MarshalIndent(meta, "", "\t")
	if err != nil {
		return fmt.Errorf("encode block description: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "meta.json"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("create block description: %w", err)
	}
	if _, err = file.Write(raw); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write block description: %w", err)
	}
	return nil
}

func syncDir(path string) error {
	dir, err := fileutil.OpenDir(path)
	if err != nil {
		return fmt.Errorf("open block folder: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync block folder: %w", err)
	}
	return nil
}
