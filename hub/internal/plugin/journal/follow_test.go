package journal_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
)

func TestFollow(t *testing.T) {
	j, _ := newJournal()
	output := j.Output()
	output.Stdout([]byte("one"))
	output.Stdout([]byte("two"))
	var got []string
	for line := range j.Follow(t.Context(), 1) {
		got = append(got, line.Text)
		switch line.Text {
		case "two":
			go output.Stdout([]byte("three")) // it comes while the follower waits, or before
		case "three":
			j.Close()
		}
	}
	if diff := cmp.Diff([]string{"two", "three"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	for line := range j.Follow(t.Context(), 2) { // a closed one still has its lines
		got = append(got, line.Text)
	}
	if diff := cmp.Diff([]string{"two", "three", "two", "three"}, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	j, _ := newJournal()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	j.Output().Stdout([]byte("one"))
	for line := range j.Follow(ctx, 1) {
		t.Errorf("got %q", line.Text)
	}
}

func TestSlowFollowerIsToldWhatItLost(t *testing.T) {
	const missed = 100
	j, clock := newJournal()
	output := j.Output()
	print := func(count int) {
		for i := range count {
			clock.now = clock.now.Add(time.Second)
			output.Stdout(fmt.Append(nil, "line ", i))
		}
	}
	print(1)
	lost, lines := 0, 0
	for line := range j.Follow(t.Context(), journal.MaxLines) {
		if lines == 0 {
			print(journal.MaxLines + missed) // while the follower is at the first line
		}
		lines++
		lost += line.Lost
		if line.Text == fmt.Sprint("line ", journal.MaxLines+missed-1) {
			break
		}
	}
	if lost != missed || lines != journal.MaxLines+1 {
		t.Errorf("%d lines lost and %d seen, want %d and %d", lost, lines, missed, journal.MaxLines+1)
	}
}
