package metrics

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
)

// summedDir returns the folder of a closed store with sums of five minutes, and a query that reads them.
func summedDir(t *testing.T) (dir string, q Query) {
	t.Helper()
	dir = t.TempDir()
	s, stop := startModelStore(t, dir)
	h := mustIntern(t, s, Series{Name: modelGauge, Resource: "r"})
	to := floorTo(time.Now().UnixMilli(), 2*testHour)
	from := to - 8*testHour
	var batch []Sample
	for at := from; at < to; at += 10_000 {
		batch = append(batch, Sample{h, at, float64(at/10_000%977) / 3})
	}
	mustAppend(t, s, batch...)
	compactAndSum(t, s)
	if n := len(s.fine.Windows()); n < 3 {
		t.Fatalf("only %d windows are summed up", n)
	}
	stop()
	return dir, Query{Names: []string{modelGauge}, From: from, To: from + 6*testHour - 1, Step: fineResolution.Milliseconds()}
}

func compactAndSum(t testing.TB, s *Store) {
	t.Helper()
	if err := s.compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.roller.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// readsSums reports whether any part of a query is read from sums.
func readsSums(s *Store, q Query) bool {
	for _, seg := range s.plan(q) {
		if seg.tier != nil {
			return true
		}
	}
	return false
}

func fineBlocks(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, fineName, "0*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no blocks of sums: %v", err)
	}
	return names
}

func TestInterruptedSumsAreMadeAgain(t *testing.T) {
	tests := []struct {
		name        string
		harm        func(t *testing.T, dir string)
		quarantined int
	}{
		{"while a block is being written", func(t *testing.T, dir string) {
			unfinished := fineBlocks(t, dir)[0]
			if err := os.Rename(unfinished, unfinished+".tmp-for-creation"); err != nil {
				t.Fatal(err)
			}
		}, 0},
		{"between a block and the removal of what it stands for", func(t *testing.T, dir string) {
			copyAsSuccessor(t, fineBlocks(t, dir)[1])
		}, 0},
		{"while a block is being removed", func(t *testing.T, dir string) {
			gone := fineBlocks(t, dir)[2]
			if err := os.Rename(gone, gone+".tmp-for-deletion"); err != nil {
				t.Fatal(err)
			}
		}, 0},
		{"a damaged block", func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(fineBlocks(t, dir)[0], "index"), 40); err != nil {
				t.Fatal(err)
			}
		}, 1},
		{"everything lost", func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, fineName)); err != nil {
				t.Fatal(err)
			}
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, q := summedDir(t)
			s := openTest(t, Options{Dir: dir})
			want := mustSelect(t, s, q)
			if !readsSums(s, q) || len(want) != 1 || len(want[0].Points) != 72 {
				t.Fatalf("sums read %v, %d series", readsSums(s, q), len(want))
			}
			windows := s.fine.Windows()
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			tt.harm(t, dir)
			s = openTest(t, Options{Dir: dir})
			for _, when := range []string{"before", "after"} {
				if diff := cmp.Diff(want, mustSelect(t, s, q), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
					t.Errorf("%s summing up again (-want +got):\n%s", when, diff)
				}
				compactAndSum(t, s)
			}
			if diff := cmp.Diff(windows, s.fine.Windows()); diff != "" {
				t.Errorf("windows (-want +got):\n%s", diff)
			}
			if got := s.Stats().Repairs.Quarantined; len(got) != tt.quarantined {
				t.Errorf("quarantined %v, want %d", got, tt.quarantined)
			}
		})
	}
}

// copyAsSuccessor makes a copy of a block that says it stands for it.
func copyAsSuccessor(t *testing.T, block string) {
	t.Helper()
	id := ulid.Make()
	dir := filepath.Join(filepath.Dir(block), id.String())
	if err := os.CopyFS(dir, os.DirFS(block)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "meta.json")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var meta tsdb.BlockMeta
	if err := json.Unmarshal(raw, &meta); err != nil {
		t.Fatal(err)
	}
	meta.Compaction.Parents = []tsdb.BlockDesc{{ULID: meta.ULID, MinTime: meta.MinTime, MaxTime: meta.MaxTime}}
	meta.ULID = id
	if raw, err = json.Marshal(meta); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSumsOutliveSamples(t *testing.T) {
	dir, q := summedDir(t)
	s := openTest(t, Options{Dir: dir})
	want := mustSelect(t, s, q)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	blocks, err := filepath.Glob(filepath.Join(dir, "0*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range append(blocks, filepath.Join(dir, "wal")) { // the log holds more than is not in blocks
		if err := os.RemoveAll(block); err != nil {
			t.Fatal(err)
		}
	}
	s = openTest(t, Options{Dir: dir})
	for _, step := range []time.Duration{0, time.Second, time.Minute, 5 * time.Minute} {
		q.Step = step.Milliseconds()
		if diff := cmp.Diff(want, mustSelect(t, s, q), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
			t.Errorf("with step %s (-want +got):\n%s", step, diff)
		}
	}
	q.Step = time.Hour.Milliseconds()
	hours := mustSelect(t, s, q)
	if len(hours) != 1 || len(hours[0].Points) != 6 {
		t.Fatalf("by hours: %+v", hours)
	}
	var highest float64
	for _, p := range want[0].Points[:12] {
		highest = max(highest, p.Max)
	}
	if got := hours[0].Points[0].Max; got != highest {
		t.Errorf("the highest value of the first hour is %g, want %g", got, highest)
	}
}

func TestSumsAreRemovedByAgeAndBySize(t *testing.T) {
	dir, _ := summedDir(t)
	s := openTest(t, Options{Dir: dir, FineRetention: 5 * time.Hour})
	before := s.fine.Windows()
	if err := s.roller.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := s.fine.Windows()
	oldest := time.Now().Add(-5 * time.Hour).UnixMilli()
	if len(after) == 0 || len(after) >= len(before) || after[0].To < oldest {
		t.Errorf("kept for 5 hours: %v, before: %v", after, before)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	dir, _ = summedDir(t)
	s = openTest(t, Options{Dir: dir, FineMaxBytes: 1})
	if err := s.roller.Pass(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.fine.Windows(); len(got) != 1 || got[0] != before[len(before)-1] {
		t.Errorf("bound to a byte: %v, want the newest of %v", got, before)
	}
}
