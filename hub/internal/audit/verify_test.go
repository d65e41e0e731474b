package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func key(seq int) string { return fmt.Sprintf("%016x", seq) }

// TestTamperingIsFound does one thing to a log of 12 events and wants the number of the first that is wrong.
func TestTamperingIsFound(t *testing.T) {
	tests := []struct {
		name   string
		tamper func(records map[string][]byte)
		want   uint64
	}{
		{"nothing", func(map[string][]byte) {}, 0},
		{"first removed", func(r map[string][]byte) { delete(r, key(1)) }, 1},
		{"one removed", func(r map[string][]byte) { delete(r, key(5)) }, 5},
		{"last removed", func(r map[string][]byte) { delete(r, key(12)) }, 12},
		{"all removed", func(r map[string][]byte) {
			for i := range 13 {
				delete(r, key(i))
			}
		}, 1},
		{"two exchanged", func(r map[string][]byte) { r[key(5)], r[key(8)] = r[key(8)], r[key(5)] }, 5},
		{"one copied over another", func(r map[string][]byte) { r[key(6)] = r[key(3)] }, 6},
		{"one more", func(r map[string][]byte) { r[key(13)] = r[key(12)] }, 13},
		{"emptied", func(r map[string][]byte) { r[key(4)] = nil }, 4},
		{"changed with its own hash", func(r map[string][]byte) { r[key(4)] = rehash(r[key(4)], "anna", "emma") }, 5},
		{"last changed with its own hash", func(r map[string][]byte) { r[key(12)] = rehash(r[key(12)], "anna", "emma") }, 12},
		{"shortened with the head", func(r map[string][]byte) {
			r["head"] = []byte(key(11) + " " + string(r[key(11)][len(r[key(11)])-66:len(r[key(11)])-2]))
		}, 12},
		{"oldest removed with an anchor", func(r map[string][]byte) {
			r["anchor"] = []byte(key(3) + " " + string(r[key(3)][len(r[key(3)])-66:len(r[key(3)])-2]))
			for i := range 4 {
				delete(r, key(i))
			}
		}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db := open(t, t.TempDir())
			log := audit.New(audit.Options{Records: db})
			add(t, log, 12)
			rewrite(t, db, tt.tamper)
			report, err := log.Verify(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if report.At != tt.want || (report.Problem != "") != (tt.want > 0) {
				t.Errorf("got %+v, want a problem at %d", report, tt.want)
			}
		})
	}
}

// rehash changes the text of an event and gives it the hash it has now.
func rehash(text []byte, from, to string) []byte {
	body := append(text[:len(text)-75:len(text)-75], '}')
	body = bytes.Replace(body, []byte(from), []byte(to), 1)
	sum := sha256.Sum256(body)
	return append(body[:len(body)-1], `,"hash":"`+hex.EncodeToString(sum[:])+`"}`...)
}

func rewrite(t *testing.T, db *store.DB, change func(map[string][]byte)) {
	t.Helper()
	err := db.Update(t.Context(), func(tx store.Tx) error {
		records, err := tx.List(t.Context(), store.Audit, "")
		if err != nil {
			return err
		}
		byKey := map[string][]byte{}
		for _, record := range records {
			byKey[record.Key] = record.Value
			if err := tx.Delete(t.Context(), store.Audit, record.Key); err != nil {
				return err
			}
		}
		change(byKey)
		for key, value := range byKey {
			if err := tx.Put(t.Context(), store.Audit, key, value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryByteCounts(t *testing.T) {
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db, MaxEvents: 100})
	add(t, log, 104) // so that there is an anchor
	records, err := db.List(t.Context(), store.Audit, "")
	if err != nil {
		t.Fatal(err)
	}
	undo := errors.New("undo")
	for _, record := range records {
		isMark := record.Key == "anchor" || record.Key == "head"
		if strings.HasPrefix(record.Key, "subject/") || !isMark && record.Key != key(50) && record.Key != key(104) {
			continue
		}
		for at := range record.Value {
			for _, flip := range []byte{0x01, 0x20} {
				damaged := bytes.Clone(record.Value)
				damaged[at] ^= flip
				err := db.Update(t.Context(), func(tx store.Tx) error {
					if err := tx.Put(t.Context(), store.Audit, record.Key, damaged); err != nil {
						return err
					}
					report, err := audit.New(audit.Options{Records: within{tx}}).Verify(t.Context())
					if err != nil {
						return err
					}
					if report.Problem == "" || !isMark && key(int(report.At)) != record.Key {
						t.Errorf("%s with byte %d changed to %q: %+v", record.Key, at, damaged[at], report)
					}
					return undo
				})
				if !errors.Is(err, undo) {
					t.Fatal(err)
				}
			}
		}
	}
}

// within is the store as a transaction sees it.
type within struct{ tx store.Tx }

func (w within) View(_ context.Context, fn func(store.Reader) error) error { return fn(w.tx) }
func (w within) Update(_ context.Context, fn func(store.Tx) error) error   { return fn(w.tx) }

// failing lets so many writes through and then none.
type failing struct {
	store.Tx
	left int
}

var errKilled = errors.New("killed")

func (f *failing) Put(ctx context.Context, b store.Bucket, key string, value []byte) error {
	if f.left--; f.left < 0 {
		return errKilled
	}
	return f.Tx.Put(ctx, b, key, value)
}

func (f *failing) Delete(ctx context.Context, b store.Bucket, key string) error {
	if f.left--; f.left < 0 {
		return errKilled
	}
	return f.Tx.Delete(ctx, b, key)
}

// TestKilledBetweenAnyTwoWrites ends a transaction that adds and trims after each of its writes, as a crash would,
// and opens the store again.
func TestKilledBetweenAnyTwoWrites(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	add(t, audit.New(audit.Options{Records: db, MaxEvents: 100}), 100)
	for writes := 0; ; writes++ {
		log := audit.New(audit.Options{Records: db, MaxEvents: 100})
		err := db.Update(t.Context(), func(tx store.Tx) error {
			return log.AddTx(t.Context(), &failing{Tx: tx, left: writes}, audit.Event{Kind: "k", Subject: "s", What: "last"})
		})
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir)
		log = audit.New(audit.Options{Records: db, MaxEvents: 100})
		report := verified(t, log)
		if err == nil {
			if report.Checked != 99 || report.First != 4 || report.Last != 102 || writes < 8 {
				t.Errorf("after %d writes: %+v", writes, report)
			}
			return
		}
		if !errors.Is(err, errKilled) || report.Checked != 100 || report.Last != 100 {
			t.Fatalf("after %d writes: %v, %+v", writes, err, report)
		}
	}
}

func TestTrimmingByCount(t *testing.T) {
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db, MaxEvents: 500})
	fill(t, db, log, 3000, func(i int) audit.Event { return audit.Event{Kind: "k", Subject: fmt.Sprint("s", i%2), What: "x"} })
	report := verified(t, log)
	if report.Checked > 500 || report.Checked < 490 || report.Last-report.First+1 != report.Checked {
		t.Errorf("%+v", report)
	}
	about, err := log.About(t.Context(), "audit", "log", 1)
	if err != nil || len(about) != 1 || about[0].What != "trimmed" || about[0].Actor != "hub" || about[0].Outcome != "success" {
		t.Errorf("%+v, %v", about, err)
	}
	records, err := db.List(t.Context(), store.Audit, "subject/")
	if err != nil || uint64(len(records)) != report.Checked {
		t.Errorf("%d entries of the index for %d events, %v", len(records), report.Checked, err)
	}
}

func TestSmallerLimitTrimsInSteps(t *testing.T) {
	db := open(t, t.TempDir())
	fill(t, db, audit.New(audit.Options{Records: db}), 6000, func(int) audit.Event { return audit.Event{What: "x"} })
	log := audit.New(audit.Options{Records: db, MaxEvents: 100})
	add(t, log, 1)
	if report := verified(t, log); report.Checked != 1002 {
		t.Errorf("%+v", report)
	}
	add(t, log, 1)
	if report := verified(t, log); report.Checked > 100 {
		t.Errorf("%+v", report)
	}
}

func TestTrimmingTellsOfDamage(t *testing.T) {
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db, MaxEvents: 100})
	add(t, log, 100)
	rewrite(t, db, func(r map[string][]byte) { r[key(1)], r[key(2)] = []byte("rubbish"), rehash(r[key(2)], "anna", "emma") })
	add(t, log, 1)
	about, err := log.About(t.Context(), "audit", "log", 1)
	if err != nil || len(about) != 1 || about[0].Outcome != audit.Failure || !strings.Contains(about[0].Detail, "event 1 was not as") {
		t.Errorf("%+v, %v", about, err)
	}
	verified(t, log)
}

func TestUnreadableHeadStopsTheLog(t *testing.T) {
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db})
	add(t, log, 3)
	rewrite(t, db, func(r map[string][]byte) { r["head"] = []byte("x") })
	if err := log.Add(t.Context(), audit.Event{What: "x"}); !errors.Is(err, audit.ErrDamaged) {
		t.Errorf("got %v, want %v", err, audit.ErrDamaged)
	}
	report, err := log.Verify(t.Context())
	if err != nil || report.Problem == "" {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestHeadFarAwayCostsNoTime(t *testing.T) {
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db})
	add(t, log, 3)
	rewrite(t, db, func(r map[string][]byte) { r["head"] = bytes.Replace(r["head"], []byte("0000"), []byte("0fff"), 1) })
	report, err := log.Verify(t.Context())
	if err != nil || report.At != 4 {
		t.Errorf("%+v, %v", report, err)
	}
	if _, err := log.Query(t.Context(), audit.Filter{}); err != nil {
		t.Error(err)
	}
	if err := log.Export(t.Context(), io.Discard, audit.Filter{}, audit.NDJSON); !errors.Is(err, audit.ErrDamaged) {
		t.Errorf("got %v, want %v", err, audit.ErrDamaged)
	}
}

func export(t *testing.T, log *audit.Log, filter audit.Filter, format string) string {
	t.Helper()
	var out strings.Builder
	if err := log.Export(t.Context(), &out, filter, format); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestExportCanBeVerified(t *testing.T) {
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db, MaxEvents: 700})
	fill(t, db, log, 1000, func(i int) audit.Event {
		return audit.Event{At: time.Unix(int64(i), 0), Kind: "k", Subject: fmt.Sprint("s", i%2), What: "x", Detail: "<&> ü\u2028"}
	})
	kept := verified(t, log)
	whole := export(t, log, audit.Filter{}, audit.NDJSON)
	lines := strings.SplitAfter(whole, "\n")
	at := len(lines) / 2
	join := func(parts ...[]string) string {
		var all strings.Builder
		for _, part := range parts {
			all.WriteString(strings.Join(part, ""))
		}
		return all.String()
	}
	bad := kept.First + uint64(at) - 1
	some := export(t, log, audit.Filter{Subject: "s1"}, audit.NDJSON)
	tests := []struct {
		name, file string
		partial    bool
		want       uint64
	}{
		{"whole", whole, false, 0},
		{"selection", some, true, 0},
		{"line removed", join(lines[:at], lines[at+1:]), false, bad},
		{"lines exchanged", join(lines[:at], lines[at+1:at+2], lines[at:at+1], lines[at+2:]), false, bad},
		{"line twice", join(lines[:at+1], lines[at:]), false, bad + 1},
		{"end cut off", join(lines[:at]), false, bad},
		{"within a line", join(lines[:at], []string{strings.Replace(lines[at], "ü", "u", 1)}, lines[at+1:]), false, bad},
		{"end of a line", strings.Replace(whole, lines[at], strings.TrimSuffix(lines[at], "\n"), 1), false, bad},
		{"selection within a line", strings.Replace(some, "ü", "u", 1), true, kept.First + kept.First%2},
		{"selection exchanged", exchange(some), true, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report, err := audit.VerifyFile(strings.NewReader(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			if report.Partial != tt.partial || tt.name != "selection exchanged" && report.At != tt.want {
				t.Errorf("got %+v, want a problem at %d", report, tt.want)
			}
			if (report.Problem != "") != (tt.name != "whole" && tt.name != "selection") {
				t.Errorf("got %+v", report)
			}
		})
	}
	report, err := audit.VerifyFile(strings.NewReader(whole))
	if err != nil || report.Checked != kept.Checked || report.Head != kept.Head {
		t.Errorf("got %+v, %v, want as in the store: %+v", report, err, kept)
	}
}

func exchange(file string) string {
	lines := strings.SplitAfter(file, "\n")
	lines[3], lines[4] = lines[4], lines[3]
	return strings.Join(lines, "")
}

func TestOtherFilesAreRefused(t *testing.T) {
	for _, file := range []string{"", "\n", "{}\n", "seq,at\n", strings.Repeat("x", 1<<17)} {
		if _, err := audit.VerifyFile(strings.NewReader(file)); err == nil {
			t.Errorf("%.20q was taken for an export", file)
		}
	}
	log := audit.New(audit.Options{Records: open(t, t.TempDir())})
	if err := log.Export(t.Context(), io.Discard, audit.Filter{}, "xml"); !errors.Is(err, audit.ErrFormat) {
		t.Errorf("got %v, want %v", err, audit.ErrFormat)
	}
}

func TestEmptyLogIsInOrder(t *testing.T) {
	log := audit.New(audit.Options{Records: open(t, t.TempDir())})
	if report := verified(t, log); report != (audit.Report{}) {
		t.Errorf("%+v", report)
	}
	report, err := audit.VerifyFile(strings.NewReader(export(t, log, audit.Filter{}, audit.NDJSON)))
	if err != nil || report != (audit.Report{}) {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestTableHoldsNoFormulas(t *testing.T) {
	log := audit.New(audit.Options{Records: open(t, t.TempDir())})
	if err := log.Add(t.Context(), audit.Event{Actor: "=1+1", Kind: "k", Subject: `-a,"b"`, What: "x", Detail: "two\nlines"}); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(export(t, log, audit.Filter{}, audit.CSV))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v, %v", rows, err)
	}
	if rows[1][2] != "'=1+1" || rows[1][7] != `'-a,"b"` || rows[1][10] != "two\nlines" {
		t.Errorf("%q", rows[1])
	}
}

// slow trims the log while it is being exported.
type slow struct {
	log  *audit.Log
	t    *testing.T
	done bool
}

func (s *slow) Write(p []byte) (int, error) {
	if !s.done {
		s.done = true
		add(s.t, s.log, 400)
	}
	return len(p), nil
}

func TestTrimmingEndsAnExport(t *testing.T) {
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db, MaxEvents: 600})
	fill(t, db, log, 600, func(int) audit.Event { return audit.Event{What: "x", Detail: strings.Repeat("x", 100)} })
	if err := log.Export(t.Context(), &slow{log: log, t: t}, audit.Filter{}, audit.NDJSON); !errors.Is(err, audit.ErrTrimmed) {
		t.Errorf("got %v, want %v", err, audit.ErrTrimmed)
	}
}

func FuzzVerifyFile(f *testing.F) {
	db := open(f, f.TempDir())
	log := audit.New(audit.Options{Records: db})
	add(f, log, 4)
	var whole bytes.Buffer
	if err := log.Export(context.Background(), &whole, audit.Filter{}, audit.NDJSON); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte(`{"format":"pulse-audit/1","filtered":true}` + "\n{}\n"))
	f.Add([]byte(`{"format":"pulse-audit/1"}` + "\n" + `{"seq":18446744073709551615}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		report, err := audit.VerifyFile(bytes.NewReader(file))
		if err != nil || report.Problem != "" || report.Partial {
			return
		}
		if report.Checked > 0 && report.Last-report.First+1 != report.Checked {
			t.Errorf("in order although events are missing: %+v", report)
		}
	})
}
