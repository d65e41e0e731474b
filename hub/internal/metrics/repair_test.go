package metrics

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const testHour = int64(time.Hour / time.Millisecond)

// filledDir returns the folder of a closed store with blocks and a log, and the time of its newest sample.
func filledDir(t *testing.T) (dir string, newest int64) {
	t.Helper()
	dir = t.TempDir()
	s, stop := startModelStore(t, dir)
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	newest = time.Now().UnixMilli()
	var batch []Sample
	for at := newest - 8*testHour; at <= newest; at += 10_000 {
		batch = append(batch, Sample{h, at, float64(at % 1000)})
	}
	mustAppend(t, s, batch...)
	mustAppend(t, s, Sample{h, newest - testHour + 1, 5}) // late, for the second log
	if err := s.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(s.db.Blocks()) < 2 {
		t.Fatalf("only %d blocks", len(s.db.Blocks()))
	}
	// The log has been cut down to what is in no block; it needs something to be damaged.
	other := mustIntern(t, s, Series{Name: Up, Resource: "other"})
	for at := newest - 1000; at <= newest; at++ {
		mustAppend(t, s, Sample{other, at, float64(at % 977)})
	}
	stop()
	return dir, newest
}

// globOne returns the first or last file that matches.
func globOne(t *testing.T, last bool, parts ...string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(parts...))
	if err != nil || len(names) == 0 {
		t.Fatalf("no file %v: %v", parts, err)
	}
	if last {
		return names[len(names)-1]
	}
	return names[0]
}

// oldestBlock returns the folder of the block with the oldest samples, which need not be the one made first.
func oldestBlock(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "0[0-9A-Z]*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no blocks: %v", err)
	}
	return slices.MinFunc(names, func(a, b string) int { return cmp.Compare(minTime(t, a), minTime(t, b)) })
}

func minTime(t *testing.T, blockDir string) int64 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(blockDir, "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	var meta struct{ MinTime int64 }
	if err := json.Unmarshal(raw, &meta); err != nil {
		t.Fatal(err)
	}
	return meta.MinTime
}

func overwrite(t *testing.T, path string, at int64, data string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(data), at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDamageDoesNotStopTheStore(t *testing.T) {
	tests := []struct {
		name        string
		damage      func(t *testing.T, dir string)
		quarantined int
		repaired    bool
		keepsOld    bool // the oldest block is still read
	}{
		{"log cut in a record", func(t *testing.T, dir string) {
			path := walSegment(t, dir)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			// The pages of a log end in zeros; the cut is before them.
			if err := os.Truncate(path, int64(len(bytes.TrimRight(content, "\x00"))-3)); err != nil {
				t.Fatal(err)
			}
		}, 0, true, true},
		{"log overwritten", func(t *testing.T, dir string) {
			overwrite(t, walSegment(t, dir), 100, strings.Repeat("x", 500))
		}, 0, true, true},
		{"log of late samples overwritten", func(t *testing.T, dir string) {
			overwrite(t, globOne(t, true, dir, "wbl", "0*"), 2, "xxxxxxxx")
		}, 0, true, true},
		{"log is not a folder", func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "wal")); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "wal"), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 2, false, true},
		{"index of a block cut", func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(oldestBlock(t, dir), "index"), 40); err != nil {
				t.Fatal(err)
			}
		}, 1, false, false},
		{"description of a block is not JSON", func(t *testing.T, dir string) {
			overwrite(t, filepath.Join(oldestBlock(t, dir), "meta.json"), 0, "xxxx")
		}, 1, false, false},
		{"chunks of a block missing", func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(oldestBlock(t, dir), "chunks")); err != nil {
				t.Fatal(err)
			}
		}, 1, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, newest := filledDir(t)
			tt.damage(t, dir)
			s := openTest(t, Options{Dir: dir})
			runTest(t, s)
			stats := s.Stats()
			if len(stats.Repairs.Quarantined) != tt.quarantined || stats.Repairs.LogRepaired != tt.repaired {
				t.Errorf("repairs = %+v, want %d quarantined, log repaired %v", stats.Repairs, tt.quarantined, tt.repaired)
			}
			for _, name := range stats.Repairs.Quarantined {
				if _, err := os.Stat(filepath.Join(dir, quarantineName, name)); err != nil {
					t.Errorf("quarantined file is not kept: %v", err)
				}
			}
			old := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: newest - 8*testHour, To: newest - 8*testHour})
			if got := len(old) > 0; got != tt.keepsOld {
				t.Errorf("oldest sample can be read = %v, want %v", got, tt.keepsOld)
			}
			h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
			mustAppend(t, s, Sample{h, newest + 1, 1})
			if got := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: newest + 1, To: newest + 1}); len(got) != 1 {
				t.Errorf("a new sample is not stored: %+v", got)
			}
		})
	}
}

// TestLogCutAnywhere cuts the log at many places, as a crash of the machine can, and wants the samples before the cut.
func TestLogCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	s, stop := startModelStore(t, dir)
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	const count = 50
	start := time.Now().UnixMilli() - testHour
	for i := range int64(count) {
		mustAppend(t, s, Sample{h, start + i, float64(i)})
	}
	stop()
	path := walSegment(t, dir)
	size := fileSize(t, path)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// The segment ends in padding; what is after the last sample cannot matter.
	for size > 0 && whole[size-1] == 0 {
		size--
	}
	last := 0
	for cut := int64(0); cut <= size; cut += max(1, size/60) {
		cutDir := t.TempDir()
		if err := os.CopyFS(cutDir, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(cutDir, "wal", filepath.Base(path)), cut); err != nil {
			t.Fatal(err)
		}
		got := samplesIn(t, cutDir, start, start+count)
		if got < last {
			t.Errorf("cut at %d of %d: %d samples, fewer than the %d of an earlier cut", cut, size, got, last)
		}
		last = got
	}
	if got := samplesIn(t, dir, start, start+count); got != count {
		t.Errorf("uncut: %d samples, want %d", got, count)
	}
	if last < count/2 {
		t.Errorf("only %d samples at the last cut", last)
	}
}

// samplesIn opens the store in dir and counts samples, which have to be the first ones without a gap.
func samplesIn(t *testing.T, dir string, from, to int64) int {
	t.Helper()
	s, err := Open(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	results := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: from, To: to})
	if len(results) == 0 {
		return 0
	}
	for i, p := range results[0].Points {
		if p.At != from+int64(i) {
			t.Fatalf("sample %d is at %d, want %d", i, p.At, from+int64(i))
		}
	}
	return len(results[0].Points)
}

// walSegment returns the largest segment of the log.
func walSegment(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "wal", "0*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no log: %v", err)
	}
	return slices.MaxFunc(names, func(a, b string) int { return int(fileSize(t, a) - fileSize(t, b)) })
}

func fileSize(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestDamagedChunksAreLeftOutOfAnswers(t *testing.T) {
	dir, newest := filledDir(t)
	chunks := globOne(t, false, dir, "0[0-9A-Z]*", "chunks", "000001")
	overwrite(t, chunks, fileSize(t, chunks)/2, strings.Repeat("x", 200))
	s := openTest(t, Options{Dir: dir})
	got := mustSelect(t, s, Query{Names: []string{DiskUsedBytes}, From: newest - 8*testHour, To: newest})
	if len(got) != 1 || !got[0].Incomplete || len(got[0].Points) == 0 {
		t.Fatalf("got %d results, want one that is incomplete and not empty", len(got))
	}
	if n := s.Stats().DamagedReads; n != 1 {
		t.Errorf("damaged reads = %d, want 1", n)
	}
}

func TestOldBlocksAreRemoved(t *testing.T) {
	dir, newest := filledDir(t)
	s := openTest(t, Options{Dir: dir, Retention: 3 * time.Hour, FineRetention: 3 * time.Hour})
	runTest(t, s)
	before := s.Stats()
	h := mustIntern(t, s, Series{Name: DiskUsedBytes, Resource: "r"})
	mustAppend(t, s, Sample{h, newest - testHour + 2, 1})
	// Writing a block makes the TSDB look for old ones, which it does every minute otherwise.
	if err := s.db.CompactOOOHead(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := s.Stats()
	if !after.OldestSample.After(before.OldestSample) || time.UnixMilli(newest).Sub(after.OldestSample) > 6*time.Hour {
		t.Errorf("oldest sample is from %v, and was from %v", after.OldestSample, before.OldestSample)
	}
	if after.LastRetention.IsZero() || after.LastCompaction.IsZero() {
		t.Errorf("times of retention %v and compaction %v are not known", after.LastRetention, after.LastCompaction)
	}
}

func TestOpenRefusesAFolderInUse(t *testing.T) {
	dir := t.TempDir()
	openTest(t, Options{Dir: dir})
	if s, err := Open(Options{Dir: dir}); !errors.Is(err, ErrInUse) {
		t.Errorf("second open = %v, %v, want %v", s, err, ErrInUse)
	}
}

func TestOpenNeedsAFolder(t *testing.T) {
	if _, err := Open(Options{}); err == nil {
		t.Error("open without a folder succeeded")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: file}); err == nil {
		t.Error("open of a file succeeded")
	}
}

func TestIsDamage(t *testing.T) {
	tests := []struct {
		err  error
		want bool
	}{
		{errors.New("invalid checksum"), true},
		{fs.ErrNotExist, true},
		{&fs.PathError{Op: "open", Err: syscall.ENOENT}, true},
		{&fs.PathError{Op: "mkdir", Err: syscall.ENOTDIR}, true},
		{&fs.PathError{Op: "open", Err: syscall.EACCES}, false},
		{&fs.PathError{Op: "write", Err: syscall.ENOSPC}, false},
		{&fs.PathError{Op: "open", Err: syscall.EMFILE}, false},
		{&fs.PathError{Op: "read", Err: syscall.EIO}, false},
	}
	for _, tt := range tests {
		if got := isDamage(tt.err); got != tt.want {
			t.Errorf("isDamage(%v) = %v, want %v", tt.err, got, tt.want)
		}
	}
}
