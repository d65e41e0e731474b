package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

func open(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "pulse.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// add writes events, numbered in their detail, about two things in turn.
func add(t testing.TB, log *audit.Log, n int) {
	t.Helper()
	for i := range n {
		subject := []string{"acme.nas", "acme.ups"}[i%2]
		err := log.Add(context.Background(), audit.Event{
			Actor: "anna", Kind: "plugin", Subject: subject, What: "approved", Detail: fmt.Sprint(i),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fill writes many events in few transactions.
func fill(t testing.TB, db *store.DB, log *audit.Log, n int, event func(i int) audit.Event) {
	t.Helper()
	for from := 0; from < n; from += 5000 {
		err := db.Update(context.Background(), func(tx store.Tx) error {
			for i := from; i < min(from+5000, n); i++ {
				if err := log.AddTx(context.Background(), tx, event(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func seqs(events []audit.Event) []uint64 {
	all := []uint64{}
	for _, event := range events {
		all = append(all, event.Seq)
	}
	return all
}

func verified(t testing.TB, log *audit.Log) audit.Report {
	t.Helper()
	report, err := log.Verify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if report.Problem != "" {
		t.Fatalf("event %d: %s", report.At, report.Problem)
	}
	return report
}

func TestEventsOfOneThingComeNewestFirst(t *testing.T) {
	log := audit.New(audit.Options{Records: open(t, t.TempDir())})
	add(t, log, 10)
	got, err := log.About(t.Context(), "plugin", "acme.nas", 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []audit.Event{
		{Seq: 9, Actor: "anna", Kind: "plugin", Subject: "acme.nas", What: "approved", Detail: "8", Outcome: audit.Success},
		{Seq: 7, Actor: "anna", Kind: "plugin", Subject: "acme.nas", What: "approved", Detail: "6", Outcome: audit.Success},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(audit.Event{}, "At", "Prev", "Hash")); diff != "" {
		t.Error(diff)
	}
	if got[0].At.IsZero() || len(got[0].Hash) != 64 || len(got[0].Prev) != 64 {
		t.Errorf("time, hash or link missing: %+v", got[0])
	}
	if none, err := log.About(t.Context(), "plugin", "other", 5); err != nil || none == nil || len(none) != 0 {
		t.Errorf("got %v, %v, want an empty list", none, err)
	}
}

func TestMissingMembersComeFromTheCaller(t *testing.T) {
	caller := audit.Caller{Actor: "anna", Via: "session", Credential: "session:7", From: "192.0.2.1", Request: "r1"}
	at := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	tests := []struct {
		name        string
		ctx         context.Context
		event, want audit.Event
	}{
		{
			"nobody", t.Context(), audit.Event{What: "x"},
			audit.Event{Actor: "hub", Via: "hub", What: "x", Outcome: "success"},
		},
		{
			"caller", audit.With(t.Context(), caller), audit.Event{What: "x", Outcome: audit.Failure},
			audit.Event{Actor: "anna", Via: "session", Credential: "session:7", From: "192.0.2.1", Request: "r1", What: "x", Outcome: "failure"},
		},
		{
			"own", audit.With(t.Context(), caller), audit.Event{Actor: "bob", Via: "basic", Credential: "c", From: "f", Request: "r2", What: "x"},
			audit.Event{Actor: "bob", Via: "basic", Credential: "c", From: "f", Request: "r2", What: "x", Outcome: "success"},
		},
		{
			"hub during a request", audit.With(t.Context(), caller), audit.Event{Actor: "hub", What: "x"},
			audit.Event{Actor: "hub", Via: "hub", From: "192.0.2.1", Request: "r1", What: "x", Outcome: "success"},
		},
	}
	log := audit.New(audit.Options{Records: open(t, t.TempDir()), Now: func() time.Time { return at }})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := log.Add(tt.ctx, tt.event); err != nil {
				t.Fatal(err)
			}
			got, err := log.Query(t.Context(), audit.Filter{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			tt.want.At = at
			if diff := cmp.Diff([]audit.Event{tt.want}, got, cmpopts.IgnoreFields(audit.Event{}, "Seq", "Prev", "Hash")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoted(t *testing.T) {
	log := audit.New(audit.Options{Records: open(t, t.TempDir())})
	if audit.Noted(t.Context()) {
		t.Error("a context without a caller is noted")
	}
	ctx := audit.With(t.Context(), audit.Caller{Actor: "anna"})
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	if audit.Noted(ctx) {
		t.Error("noted before anything was added")
	}
	if err := log.Add(inner, audit.Event{What: "x"}); err != nil {
		t.Fatal(err)
	}
	if !audit.Noted(ctx) {
		t.Error("not noted although an event was added")
	}
	other := audit.With(ctx, audit.Caller{Actor: "bob"})
	if audit.Noted(other) {
		t.Error("noted for another caller")
	}
}

func TestEventGoesWithItsTransaction(t *testing.T) {
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db})
	add(t, log, 3)
	enough := errors.New("enough")
	err := db.Update(t.Context(), func(tx store.Tx) error {
		for range 3 {
			if err := log.AddTx(t.Context(), tx, audit.Event{What: "lost"}); err != nil {
				return err
			}
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Fatal(err)
	}
	add(t, log, 1)
	if report := verified(t, log); report.Checked != 4 || report.Last != 4 {
		t.Errorf("%+v", report)
	}
}

func TestLongEventsAreCut(t *testing.T) {
	log := audit.New(audit.Options{Records: open(t, t.TempDir())})
	long := strings.Repeat("\x01ä", 40_000)
	value, err := json.Marshal(map[string]string{"a": long})
	if err != nil {
		t.Fatal(err)
	}
	events := []audit.Event{
		{Actor: long, Via: long, Credential: long, From: long, Kind: long, Subject: long, What: long, Request: long},
		{Detail: long}, {Before: value, After: value, Detail: long}, {Before: json.RawMessage("{not json"), Subject: "bad \xff"},
	}
	for i, event := range events {
		if err := log.Add(t.Context(), event); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
	}
	got, err := log.Query(t.Context(), audit.Filter{})
	if err != nil || len(got) != len(events) {
		t.Fatalf("%d events, %v", len(got), err)
	}
	for _, event := range got {
		text, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > audit.MaxEvent+64 { // JSON of Go writes some signs longer
			t.Errorf("event %d has %d bytes", event.Seq, len(text))
		}
	}
	if !strings.HasSuffix(got[3].Subject, "…") || !strings.HasSuffix(got[2].Detail, "…") || !strings.Contains(string(got[1].After), "…") {
		t.Error("what was cut has no mark")
	}
	if about, err := log.About(t.Context(), got[3].Kind, got[3].Subject, 5); err != nil || len(about) != 1 {
		t.Errorf("an event with a subject that was cut is not found by it: %v, %v", about, err)
	}
	verified(t, log)
}

func TestQuery(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	db := open(t, t.TempDir())
	log := audit.New(audit.Options{Records: db})
	fill(t, db, log, 1000, func(i int) audit.Event {
		event := audit.Event{
			At: start.Add(time.Duration(i) * time.Hour), Actor: []string{"anna", `b"ob <x>`, "hub"}[i%3], Kind: "user", What: "changed",
			Subject: fmt.Sprint("u", i%7), Detail: fmt.Sprint("Number ", i),
		}
		if i%10 == 0 {
			event.Outcome, event.What = audit.Failure, "refused"
		}
		return event
	})
	tests := []struct {
		name   string
		filter audit.Filter
		want   []uint64
	}{
		{"newest", audit.Filter{Limit: 3}, []uint64{1000, 999, 998}},
		{"page", audit.Filter{Limit: 3, Before: 257}, []uint64{256, 255, 254}},
		{"end", audit.Filter{Before: 3}, []uint64{2, 1}},
		{"before the first", audit.Filter{Before: 1}, []uint64{}},
		{"beyond the last", audit.Filter{Before: 1 << 60, Limit: 1}, []uint64{1000}},
		{"actor", audit.Filter{Actor: `b"ob <x>`, Limit: 2}, []uint64{998, 995}},
		{"part of an actor", audit.Filter{Actor: "ann"}, []uint64{}},
		{"what and outcome", audit.Filter{What: "refused", Outcome: "failure", Limit: 2}, []uint64{991, 981}},
		{"subject without a kind", audit.Filter{Subject: "u3", Limit: 2}, []uint64{998, 991}},
		{"subject", audit.Filter{Kind: "user", Subject: "u3", Limit: 2, Before: 991}, []uint64{984, 977}},
		{"subject and actor", audit.Filter{Kind: "user", Subject: "u3", Actor: "anna", Limit: 2}, []uint64{991, 970}},
		{"text", audit.Filter{Text: "nUMBER 98", Limit: 2}, []uint64{990, 989}},
		{"text that JSON writes differently", audit.Filter{Text: `B"OB <`, Limit: 1}, []uint64{998}},
		{"text from long ago", audit.Filter{Text: "number 3", Limit: 1, Before: 20}, []uint64{4}},
		{"time", audit.Filter{Since: start.Add(10 * time.Hour), Until: start.Add(12 * time.Hour)}, []uint64{12, 11}},
		{"time that is over", audit.Filter{Since: start.Add(2000 * time.Hour)}, []uint64{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := log.Query(t.Context(), tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, seqs(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	got, err := log.Query(t.Context(), audit.Filter{Limit: 5000})
	if err != nil || len(got) != audit.MaxLimit {
		t.Errorf("%d events, %v, want %d", len(got), err, audit.MaxLimit)
	}
}

func TestEventsOfEarlierVersionsAreTakenOver(t *testing.T) {
	for _, first := range []string{"add", "run"} {
		t.Run(first, func(t *testing.T) {
			db := open(t, t.TempDir())
			for i, text := range []string{
				`{"at":"2025-01-02T03:04:05Z","actor":"anna","kind":"plugin","subject":"acme.nas","what":"approved","detail":"1.0"}`,
				`no JSON`,
				`{"at":"2025-01-02T03:04:06Z","actor":"hub","kind":"plugin","subject":"acme.nas","what":"keeps failing"}`,
			} {
				if err := db.Put(t.Context(), store.Events, fmt.Sprint("01J", i), []byte(text)); err != nil {
					t.Fatal(err)
				}
			}
			log := audit.New(audit.Options{Records: db})
			if first == "run" {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(0, cancel)
				if err := log.Run(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if err := log.Add(t.Context(), audit.Event{Actor: "bob", Kind: "plugin", Subject: "acme.nas", What: "removed"}); err != nil {
				t.Fatal(err)
			}
			got, err := log.About(t.Context(), "plugin", "acme.nas", 5)
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, event := range got {
				told = append(told, event.Actor+" "+event.Via+" "+event.What)
			}
			if diff := cmp.Diff([]string{"bob  removed", "hub before keeps failing", "anna before approved"}, told); diff != "" {
				t.Error(diff)
			}
			if old, err := db.List(t.Context(), store.Events, ""); err != nil || len(old) != 0 {
				t.Errorf("%d old records are left, %v", len(old), err)
			}
			verified(t, log)
		})
	}
}

func TestManyWritersMakeOneChain(t *testing.T) {
	log := audit.New(audit.Options{Records: open(t, t.TempDir()), MaxEvents: 150})
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 25 {
				event := audit.Event{Actor: fmt.Sprint("w", w), Kind: "k", Subject: fmt.Sprint(i), What: "x"}
				if err := log.Add(t.Context(), event); err != nil {
					t.Error(err)
				}
				if _, err := log.Query(t.Context(), audit.Filter{Limit: 5}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	report := verified(t, log)
	if report.Checked > 150 || report.Last < 200 {
		t.Errorf("%+v", report)
	}
}

func BenchmarkAdd(b *testing.B) {
	db := open(b, b.TempDir())
	log := audit.New(audit.Options{Records: db})
	event := audit.Event{Actor: "anna", Kind: "plugin", Subject: "acme.nas", What: "approved", Detail: "1.0"}
	b.ReportAllocs()
	err := db.Update(b.Context(), func(tx store.Tx) error { // without the flush to disk, which is the store's
		for b.Loop() {
			if err := log.AddTx(b.Context(), tx, event); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func BenchmarkQuery(b *testing.B) {
	db := open(b, b.TempDir())
	log := audit.New(audit.Options{Records: db})
	fill(b, db, log, 100_000, func(i int) audit.Event {
		return audit.Event{Actor: "anna", Kind: "plugin", Subject: fmt.Sprint("p", i%1000), What: "approved", Detail: "something has been changed"}
	})
	for _, bench := range []struct {
		name   string
		filter audit.Filter
		want   int
	}{
		{"page", audit.Filter{Before: 50_000}, 100},
		{"subject", audit.Filter{Kind: "plugin", Subject: "p7", Limit: 50}, 50},
		{"nothing", audit.Filter{Actor: "bob"}, 0},
		{"text", audit.Filter{Text: "nowhere"}, 0},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				got, err := log.Query(b.Context(), bench.filter)
				if err != nil || len(got) != bench.want {
					b.Fatalf("%d events, %v", len(got), err)
				}
			}
		})
	}
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			verified(b, log)
		}
	})
}
