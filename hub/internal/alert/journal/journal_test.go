package journal_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// A disk is a real store that counts transactions that write, and can be full.
type disk struct {
	*store.DB
	updates int
	full    bool
}

func (d *disk) Update(ctx context.Context, fn func(store.Tx) error) error {
	d.updates++
	return d.DB.Update(ctx, func(tx store.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if d.full {
			return store.ErrNoSpace
		}
		return nil
	})
}

func open(t testing.TB) *disk {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(filepath.Join(dir, "pulse.db"), store.Options{KeyFile: filepath.Join(dir, "key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &disk{DB: db}
}

func load(t testing.TB, records journal.Records) (*journal.Journal, *engine.State) {
	t.Helper()
	j := journal.New(records, hclog.NewNullLogger())
	state, err := j.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return j, state
}

func keep(t testing.TB, j *journal.Journal, state *engine.State, events []alert.Event) {
	t.Helper()
	if err := j.Append(t.Context(), state, events); err != nil {
		t.Fatal(err)
	}
}

// TestARestartAtAnyPointChangesNothing runs past a checkpoint.
func TestARestartAtAnyPointChangesNothing(t *testing.T) {
	d, l := open(t), newLife(t, 7)
	j, _ := load(t, d)
	for step := 0; l.engine.State().Number < 720; step++ {
		keep(t, j, l.engine.State(), l.step())
		again, state := load(t, d)
		if want, got := l.state(), stateText(t, state); got != want {
			t.Fatalf("after step %d:\n got %s\nwant %s", step, got, want)
		}
		if diff := cmp.Diff(summaries(j), summaries(again)); step%10 == 0 && diff != "" {
			t.Fatalf("incidents after step %d (-before +after):\n%s", step, diff)
		}
		if l.random.IntN(20) == 0 { // go on as the hub does after a restart
			j, l.engine = again, engine.New(state)
		}
	}
	if left, err := d.List(t.Context(), store.AlertLog, ""); err != nil || len(left) > 600 {
		t.Errorf("the log has %d events: %v", len(left), err)
	}
}

// summaries are all incidents in short, the newest first.
func summaries(j *journal.Journal) []string {
	var out []string
	for _, i := range j.History(journal.Query{}) {
		out = append(out, fmt.Sprint(i.ID(), i.Alert.ID, i.Alert.Level, i.Alert.Value, i.Alert.AcknowledgedBy, i.EndedAt.UnixMilli(), i.Ending, i.EndedBy, i.Events, i.Newest))
	}
	return out
}

// TestIncidentsAreWhatEventsSay compares incidents with the events they sum up.
func TestIncidentsAreWhatEventsSay(t *testing.T) {
	d, l := open(t), newLife(t, 11)
	j, _ := load(t, d)
	byAlert := map[uint64][]alert.Event{}
	for l.engine.State().Number < 900 {
		events := l.step()
		keep(t, j, l.engine.State(), events)
		for _, e := range events {
			if e.Alert != nil {
				byAlert[e.Alert.Number] = append(byAlert[e.Alert.Number], e)
			}
		}
	}
	found := j.History(journal.Query{})
	if len(found) != len(byAlert) || len(found) < 20 {
		t.Fatalf("got %d incidents, want %d", len(found), len(byAlert))
	}
	for _, i := range found {
		events := byAlert[i.Alert.Number]
		timeline, err := j.Timeline(t.Context(), i.Alert.Number)
		if err != nil {
			t.Fatal(err)
		}
		if len(timeline) != len(events) || i.Events != len(events) {
			t.Errorf("alert %d: timeline of %d and count of %d, want %d", i.Alert.Number, len(timeline), i.Events, len(events))
		}
		last := events[len(events)-1]
		if over := last.Kind == alert.Resolved; over == i.Open() || over && (i.Ending != last.Ending || i.EndedBy != last.User || !i.EndedAt.Equal(last.At)) {
			t.Errorf("alert %d ended %v %q by %q, want %+v", i.Alert.Number, i.EndedAt, i.Ending, i.EndedBy, last)
		}
		worst := slices.ContainsFunc(events, func(e alert.Event) bool { return e.Alert.Level == alert.Critical })
		if worst != (i.Alert.Level == alert.Critical) {
			t.Errorf("alert %d: level is %s, critical before: %v", i.Alert.Number, i.Alert.Level, worst)
		}
		if same, known := j.ByIncidentID(i.ID()); !known || same.Alert.Number != i.Alert.Number {
			t.Errorf("%s is not found by its id", i.ID())
		}
	}
}

func TestIdleWritesNothing(t *testing.T) {
	d, l := open(t), newLife(t, 3)
	j, state := load(t, d)
	keep(t, j, state, nil)
	if d.updates != 0 {
		t.Errorf("nothing happened and was written in %d transactions", d.updates)
	}
	var events []alert.Event
	for len(events) == 0 {
		events = l.step()
	}
	keep(t, j, l.engine.State(), events)
	if d.updates != 1 {
		t.Errorf("%d events took %d transactions, want 1", len(events), d.updates)
	}
}

func TestFullDiskLosesNothing(t *testing.T) {
	d, l := open(t), newLife(t, 5)
	j, _ := load(t, d)
	var waiting []alert.Event
	for l.engine.State().Number < 700 {
		waiting = append(waiting, l.step()...)
		d.full = l.random.IntN(3) > 0
		before := summaries(j)
		err := j.Append(t.Context(), l.engine.State(), waiting)
		switch {
		case len(waiting) == 0:
		case !d.full && err != nil:
			t.Fatal(err)
		case d.full && !errors.Is(err, store.ErrNoSpace):
			t.Fatalf("full disk gave %v", err)
		case d.full:
			if diff := cmp.Diff(before, summaries(j)); diff != "" {
				t.Fatalf("what was not kept is shown:\n%s", diff)
			}
			continue
		}
		waiting = nil
	}
	d.full = false
	keep(t, j, l.engine.State(), waiting)
	again, state := load(t, d)
	if stateText(t, state) != l.state() {
		t.Error("the state is another one after the disk was full")
	}
	if diff := cmp.Diff(summaries(j), summaries(again)); diff != "" {
		t.Errorf("incidents:\n%s", diff)
	}
}

func TestEventsThatAreKeptAlreadyAreNotCountedTwice(t *testing.T) {
	d := open(t)
	j, state := load(t, d)
	events := fired(1, "a", time.Now())
	keep(t, j, state, events)
	keep(t, j, state, append(events, alert.Event{Number: 2, At: time.Now(), Kind: alert.Acknowledged, Identity: events[0].Identity, Alert: events[0].Alert}))
	if i, _ := j.Incident("a", time.Time{}); i.Events != 2 {
		t.Errorf("incident has %d events, want 2", i.Events)
	}
}

// fired is the beginning of an alert.
func fired(number uint64, id string, at time.Time) []alert.Event {
	a := &alert.Alert{
		Identity: alert.Identity(id + "\tcpu\t"), ID: id, Number: number, Type: alert.CPU, Level: alert.Warning,
		Subject: alert.Subject{ID: "r-" + id}, Began: at, FiredAt: at,
	}
	return []alert.Event{{Number: number, At: at, Kind: alert.Fired, Identity: a.Identity, Alert: a}}
}

func resolved(number uint64, of alert.Event, at time.Time) alert.Event {
	return alert.Event{Number: number, At: at, Kind: alert.Resolved, Identity: of.Identity, Alert: of.Alert, Ending: alert.Cleared}
}

func TestHistoryFiltersBeforeItCounts(t *testing.T) {
	j, state := load(t, open(t))
	start := time.Now().Add(-time.Hour)
	var events []alert.Event
	for n := range uint64(10) {
		e := fired(n+1, fmt.Sprint("a", n%2), start.Add(time.Duration(n)*time.Minute))
		if n%3 == 0 {
			e[0].Alert.Level = alert.Critical
		}
		events = append(events, e...)
	}
	keep(t, j, state, events)
	tests := []struct {
		name  string
		query journal.Query
		want  string
	}{
		{"all", journal.Query{}, "10 9 8 7 6 5 4 3 2 1"},
		{"a page", journal.Query{Limit: 3, Offset: 2}, "8 7 6"},
		{"a level", journal.Query{Level: alert.Critical}, "10 7 4 1"},
		{"a page of a level", journal.Query{Level: alert.Critical, Limit: 2, Offset: 1}, "7 4"},
		{"a resource", journal.Query{ResourceID: "r-a1", Limit: 2}, "10 8"},
		{"a time", journal.Query{From: start.Add(2 * time.Minute), To: start.Add(4 * time.Minute)}, "5 4 3"},
		{"a page of a time", journal.Query{To: start.Add(4 * time.Minute), Limit: 1}, "5"},
		{"beyond the end", journal.Query{Offset: 10}, ""},
		{"unknown", journal.Query{ResourceID: "r"}, ""},
	}
	for _, tt := range tests {
		var got []string
		for _, i := range j.History(tt.query) {
			got = append(got, fmt.Sprint(i.Alert.Number))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
	}
	for near, want := range map[time.Duration]uint64{0: 1, 150 * time.Second: 3, 7*time.Minute + 50*time.Second: 9, 19 * time.Minute: 9, time.Hour: 9, -9 * time.Minute: 1, -11 * time.Minute: 9} {
		if i, known := j.Incident("a0", start.Add(near)); !known || i.Alert.Number != want {
			t.Errorf("near %v: got %d, want %d", near, i.Alert.Number, want)
		}
	}
	if i, known := j.Incident("a0", time.Time{}); !known || i.Alert.Number != 9 {
		t.Errorf("the newest is %d, want 9", i.Alert.Number)
	}
	if i, known := j.Incident("b", start); known {
		t.Errorf("an alert that never was has the incident %s", i.ID())
	}
	for _, id := range []string{"", "inc-", "inc-20260101000000-1", "inc-x-999", "inc-1", "1"} {
		if i, known := j.ByIncidentID(id); known {
			t.Errorf("%q gave %s", id, i.ID())
		}
	}
}

func TestTimelineKeepsBothEnds(t *testing.T) {
	d := open(t)
	j, state := load(t, d)
	events := fired(1, "a", time.Now())
	for n := uint64(2); n <= 1000; n++ {
		events = append(events, alert.Event{Number: n, At: time.Now(), Kind: alert.Told, Identity: events[0].Identity, Alert: events[0].Alert})
	}
	for part := range slices.Chunk(events, 7) {
		state.Number = part[len(part)-1].Number
		keep(t, j, state, part)
	}
	timeline, err := j.Timeline(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(timeline) != 120 || timeline[0].Number != 1 || timeline[39].Number != 40 || timeline[40].Number != 921 || timeline[119].Number != 1000 {
		t.Errorf("timeline of %d, from %d to %d", len(timeline), timeline[0].Number, timeline[len(timeline)-1].Number)
	}
	if kept, err := d.List(t.Context(), store.AlertTimeline, ""); err != nil || len(kept) > 600 {
		t.Errorf("%d of 1000 events are kept: %v", len(kept), err)
	}
}

func TestForgetLeavesWhatGoesOn(t *testing.T) {
	d := open(t)
	j, state := load(t, d)
	var events []alert.Event
	for n := range uint64(1200) {
		begin := fired(2*n+1, fmt.Sprint("a", n), time.Now())
		events = append(events, begin[0])
		if n%4 > 0 {
			events = append(events, resolved(2*n+2, begin[0], time.Now()))
		}
	}
	for i := range events {
		state.Apply(&events[i])
	}
	keep(t, j, state, events)
	if err := j.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, _ := load(t, d)
	for name, j := range map[string]*journal.Journal{"at once": j, "after a restart": again} {
		left := j.History(journal.Query{})
		if len(left) != 300 || slices.ContainsFunc(left, func(i journal.Incident) bool { return !i.Open() }) {
			t.Errorf("%s there are %d incidents, want the 300 that go on", name, len(left))
		}
	}
	if kept, err := d.List(t.Context(), store.AlertTimeline, ""); err != nil || len(kept) != 300 {
		t.Errorf("%d events are kept, want 300: %v", len(kept), err)
	}
}

func TestWhatIsOldGoesWithACheckpoint(t *testing.T) {
	d := open(t)
	j, state := load(t, d)
	old := time.Now().Add(-100 * 24 * time.Hour)
	var events []alert.Event
	begin := fired(1, "open", old)
	events = append(events, begin[0])
	for n := range uint64(50) {
		begin := fired(2*n+2, "old", old)
		events = append(events, begin[0], resolved(2*n+3, begin[0], old.Add(time.Hour)))
	}
	for n := range uint64(5300) {
		begin := fired(2*n+102, "new", time.Now())
		events = append(events, begin[0], resolved(2*n+103, begin[0], time.Now()))
	}
	for part := range slices.Chunk(events, 1000) {
		for i := range part {
			state.Apply(&part[i])
		}
		keep(t, j, state, part)
	}
	again, _ := load(t, d)
	for name, j := range map[string]*journal.Journal{"at once": j, "after a restart": again} {
		if n := len(j.ByResource("r-open", 0)); n != 1 {
			t.Errorf("%s there are %d incidents that go on, want 1", name, n)
		}
		if n := len(j.ByResource("r-old", 0)); n != 0 {
			t.Errorf("%s there are %d old incidents", name, n)
		}
		if n := len(j.History(journal.Query{})); n != 5000 && (name != "at once" || n > 5512) {
			t.Errorf("%s there are %d incidents, want 5000", name, n)
		}
	}
}

func TestDamageIsLeftOut(t *testing.T) {
	damage := map[string]func(tx store.Tx, bucket store.Bucket, r store.Record) error{
		"cut": func(tx store.Tx, b store.Bucket, r store.Record) error {
			return tx.Put(t.Context(), b, r.Key, r.Value[:len(r.Value)/2])
		},
		"empty": func(tx store.Tx, b store.Bucket, r store.Record) error { return tx.Put(t.Context(), b, r.Key, nil) },
		"no more": func(tx store.Tx, b store.Bucket, r store.Record) error {
			return tx.Put(t.Context(), b, r.Key, []byte("{}"))
		},
		"moved": func(tx store.Tx, b store.Bucket, r store.Record) error {
			return errors.Join(tx.Delete(t.Context(), b, r.Key), tx.Put(t.Context(), b, "zz"+r.Key, r.Value))
		},
	}
	for name, damaged := range damage {
		for _, bucket := range []store.Bucket{store.AlertLog, store.AlertState, store.AlertIncidents, store.AlertTimeline} {
			t.Run(name+" "+string(bucket), func(t *testing.T) {
				d, l := open(t), newLife(t, 9)
				j, _ := load(t, d)
				for l.engine.State().Number < 600 {
					var events []alert.Event
					for len(events) < 20 {
						events = append(events, l.step()...)
					}
					keep(t, j, l.engine.State(), events)
				}
				err := d.DB.Update(t.Context(), func(tx store.Tx) error {
					all, err := tx.List(t.Context(), bucket, "")
					for i, record := range all {
						if i%2 == 0 {
							err = errors.Join(err, damaged(tx, bucket, record))
						}
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				var log strings.Builder
				if _, err := journal.New(d, hclog.New(&hclog.LoggerOptions{Output: &log})).Load(t.Context()); err != nil {
					t.Fatal(err)
				}
				want := 1
				if bucket == store.AlertTimeline || bucket == store.AlertState && name == "moved" {
					want = 0 // it is read later, or all the same
				}
				if lines := strings.Count(log.String(), "\n"); lines != want {
					t.Errorf("%d lines were logged, want %d:\n%s", lines, want, &log)
				}
				goOn(t, d, l)
			})
		}
	}
}

// goOn lets life go on after a restart, and looks at everything.
func goOn(t *testing.T, d *disk, l *life) {
	t.Helper()
	known := l.engine.State().Number
	j, state := load(t, d)
	l.engine = engine.New(state)
	if state.Number > known {
		t.Errorf("the newest number is %d, and was %d", state.Number, known)
	}
	for range 50 {
		keep(t, j, l.engine.State(), l.step())
	}
	for _, i := range j.History(journal.Query{}) {
		if _, err := j.Timeline(t.Context(), i.Alert.Number); err != nil {
			t.Fatal(err)
		}
		if _, active := l.engine.State().Active[i.Alert.Identity]; i.Open() && !active {
			t.Errorf("%s goes on for ever", i.ID())
		}
	}
	for _, a := range l.engine.State().Active {
		if i, shown := j.Incident(a.ID, time.Time{}); !shown || i.Alert.Number != a.Number || !i.Open() {
			t.Errorf("%s is active and has the incident %+v", a.ID, i)
		}
	}
}

func TestMetadataThatJSONCannotSayKeepsNothingFromBeingKept(t *testing.T) {
	d := open(t)
	j, state := load(t, d)
	events := fired(600, "a", time.Now()) // far enough for a checkpoint
	events[0].Alert.Metadata = map[string]any{"load": math.NaN(), "cores": 4}
	state.Apply(&events[0])
	keep(t, j, state, events)
	again, restored := load(t, d)
	want := map[string]any{"cores": 4.0}
	if diff := cmp.Diff(want, restored.Active[events[0].Identity].Metadata); diff != "" {
		t.Errorf("state:\n%s", diff)
	}
	if i, _ := again.Incident("a", time.Time{}); cmp.Diff(want, i.Alert.Metadata) != "" {
		t.Errorf("incident has %v", i.Alert.Metadata)
	}
}

func TestANoteOnWhatWasForgottenBringsNothingBack(t *testing.T) {
	j, state := load(t, open(t))
	begin := fired(1, "a", time.Now())
	keep(t, j, state, []alert.Event{begin[0], resolved(2, begin[0], time.Now())})
	note := alert.Event{Number: 3, At: time.Now(), Kind: alert.Noted, Identity: begin[0].Identity, Alert: begin[0].Alert, Note: "x"}
	keep(t, j, state, []alert.Event{note})
	if i, _ := j.Incident("a", time.Time{}); i.Open() || i.Events != 3 {
		t.Errorf("after a note the incident is %+v", i)
	}
	if err := j.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	note.Number = 4
	keep(t, j, state, []alert.Event{note})
	if got := j.History(journal.Query{}); len(got) > 0 {
		t.Errorf("there is %+v", got)
	}
}

func TestWritersGiveUpWithTheirContext(t *testing.T) {
	j, state := load(t, open(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Append(ctx, state, fired(1, "a", time.Now())); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkAppend(b *testing.B) {
	d, l := open(b), newLife(b, 1)
	j, _ := load(b, d)
	b.ReportAllocs()
	for b.Loop() {
		keep(b, j, l.engine.State(), l.step())
	}
}

func BenchmarkHistoryOfThousands(b *testing.B) {
	j, state := load(b, open(b))
	var events []alert.Event
	for n := range uint64(5000) {
		events = append(events, fired(n+1, fmt.Sprint("a", n), time.Now())...)
	}
	keep(b, j, state, events)
	b.ReportAllocs()
	for b.Loop() {
		if got := j.History(journal.Query{Level: alert.Critical, Limit: 100}); len(got) != 0 {
			b.Fatal("critical ones were found")
		}
	}
}

// TestWhatGoesAlongIsKeptTogether: an outbox writes in the transaction that keeps the events, or neither does.
func TestWhatGoesAlongIsKeptTogether(t *testing.T) {
	d, l := open(t), newLife(t, 3)
	refusal := errors.New("the outbox refuses")
	var refuse error
	var calls [][]alert.Event
	j := journal.New(d, hclog.NewNullLogger(), journal.WithOutbox(func(ctx context.Context, tx store.Tx, events []alert.Event) error {
		calls = append(calls, events)
		for _, e := range events {
			if err := tx.Put(ctx, store.Queue, fmt.Sprintf("%04d", e.Number), nil); err != nil {
				return err
			}
		}
		return refuse
	}))
	if _, err := j.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	var events []alert.Event
	for len(events) < 5 {
		events = append(events, l.step()...)
	}
	check := func(want int) {
		t.Helper()
		for _, bucket := range []store.Bucket{store.Queue, store.AlertLog} {
			records, err := d.List(t.Context(), bucket, "")
			if err != nil || len(records) != want {
				t.Errorf("%d records in %s, want %d, %v", len(records), bucket, want, err)
			}
		}
	}
	refuse = refusal
	if err := j.Append(t.Context(), l.engine.State(), events); !errors.Is(err, refusal) {
		t.Errorf("append: %v, want what the outbox says", err)
	}
	check(0)
	refuse, d.full = nil, true
	if err := j.Append(t.Context(), l.engine.State(), events); !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("append: %v", err)
	}
	check(0)
	d.full = false
	keep(t, j, l.engine.State(), events)
	check(len(events))
	if err := j.Append(t.Context(), l.engine.State(), nil); err != nil || len(calls) != 3 {
		t.Errorf("%d calls, want 3; %v", len(calls), err)
	}
}
