package memo

import (
	"errors"
	"testing"
	"time"
)

func TestAnswersAreAskedForWhenTheyAreTooOld(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var v Value[int]
	asked := 0
	ask := func() (int, error) { asked++; return asked, nil }
	for _, tt := range []struct {
		name  string
		after time.Duration
		want  int
	}{
		{"first", 0, 1},
		{"young", 59 * time.Second, 1},
		{"old", time.Minute, 2},
		{"young again", 90 * time.Second, 2},
		{"a clock that was set back", -time.Hour, 3},
	} {
		got, err := v.Get(start.Add(tt.after), time.Minute, ask)
		if err != nil || got != tt.want {
			t.Errorf("%s: got %d, %v, want %d", tt.name, got, err, tt.want)
		}
	}
}

func TestFailuresLeaveTheLastAnswer(t *testing.T) {
	start, broken := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), errors.New("broken")
	fail := func() (string, error) { return "", broken }
	var v Value[string]
	if got, err := v.Get(start, time.Minute, fail); got != "" || !errors.Is(err, broken) {
		t.Errorf("nothing known: got %q, %v", got, err)
	}
	if _, err := v.Get(start, time.Minute, func() (string, error) { return "3.4.1", nil }); err != nil {
		t.Fatal(err)
	}
	if got, err := v.Get(start.Add(time.Hour), time.Minute, fail); got != "3.4.1" || !errors.Is(err, broken) {
		t.Errorf("known before: got %q, %v", got, err)
	}
	if got, err := v.Get(start.Add(30*time.Second), time.Minute, fail); got != "3.4.1" || err != nil {
		t.Errorf("still good: got %q, %v", got, err)
	}
}
