package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// running starts the housekeeping of a log and returns what ends it.
func running(t *testing.T, log *audit.Log) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := log.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	return func() { cancel(); <-done }
}

// told returns the events, the oldest first, as "subject: detail".
func told(t *testing.T, log *audit.Log) []string {
	t.Helper()
	events, err := log.Query(t.Context(), audit.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{}
	for _, event := range slices.Backward(events) {
		lines = append(lines, event.Subject+": "+event.Detail)
	}
	return lines
}

func refused(subject string) audit.Event {
	return audit.Event{Actor: "x", Kind: "user", Subject: subject, What: "refused", Outcome: audit.Failure, Detail: "wrong password"}
}

func TestRepeatedEventsAreSummarised(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := audit.New(audit.Options{Records: open(t, t.TempDir())})
		stop := running(t, log)
		for range 3 {
			for range 100 {
				if err := log.AddRepeated(t.Context(), "anna", refused("anna")); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(70 * time.Second)
		}
		if err := log.AddRepeated(t.Context(), "bob", refused("bob")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Minute) // anna's time is over: the next one is written at once
		for range 2 {
			if err := log.AddRepeated(t.Context(), "anna", refused("anna")); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		want := []string{
			"anna: wrong password", "anna: wrong password; 99 more within 1m0s", "anna: wrong password; 100 more within 1m0s",
			"anna: wrong password; 100 more within 1m0s", "bob: wrong password", "anna: wrong password", "anna: wrong password; 1 more within 0s",
		}
		if diff := cmp.Diff(want, told(t, log)); diff != "" {
			t.Error(diff)
		}
		verified(t, log)
	})
}

func TestKeysOfRepeatedEventsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := audit.New(audit.Options{Records: open(t, t.TempDir()), MaxKeys: 3})
		stop := running(t, log)
		for i := range 1000 {
			if err := log.AddRepeated(t.Context(), fmt.Sprint(i), refused(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		got := told(t, log)
		want := []string{
			"0: wrong password", "1: wrong password", "2: wrong password", "3: wrong password",
			"many: from many sources; 996 more within 0s",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// broken fails to write while it is told so.
type broken struct {
	*store.DB
	off bool
}

func (b *broken) Update(ctx context.Context, fn func(store.Tx) error) error {
	if b.off {
		return errKilled
	}
	return b.DB.Update(ctx, fn)
}

func TestFirstEventThatWasNotWrittenIsTriedAgain(t *testing.T) {
	records := &broken{DB: open(t, t.TempDir()), off: true}
	log := audit.New(audit.Options{Records: records})
	ctx := audit.With(t.Context(), audit.Caller{Actor: "anna", Request: "r1"})
	if err := log.AddRepeated(ctx, "k", refused("anna")); !errors.Is(err, errKilled) {
		t.Fatalf("got %v, want %v", err, errKilled)
	}
	records.off = false
	if err := log.AddRepeated(ctx, "k", refused("anna")); err != nil {
		t.Fatal(err)
	}
	if got := told(t, log); len(got) != 1 || !audit.Noted(ctx) {
		t.Errorf("%q, noted %v", got, audit.Noted(ctx))
	}
}

func TestOldEventsGoEachDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t, t.TempDir())
		log := audit.New(audit.Options{Records: db, MaxAge: 10 * 24 * time.Hour})
		fill(t, db, log, 6000, func(int) audit.Event { return audit.Event{What: "old"} })
		stop := running(t, log)
		time.Sleep(5 * 24 * time.Hour)
		add(t, log, 3)
		time.Sleep(5*24*time.Hour - time.Minute)
		if report := verified(t, log); report.First != 1 {
			t.Errorf("events went too early: %+v", report)
		}
		time.Sleep(25 * time.Hour)
		report := verified(t, log)
		stop()
		if report.First != 6001 || report.Checked != 5 { // three, and two about the trimming
			t.Errorf("%+v", report)
		}
		if got := told(t, log); !strings.Contains(got[4], "5001 to 6000") {
			t.Errorf("%q", got)
		}
		time.Sleep(100 * 24 * time.Hour)
		stop = running(t, log) // at once, and all of it
		synctest.Wait()
		stop()
		if report := verified(t, log); report.Checked != 1 {
			t.Errorf("%+v", report)
		}
	})
}
