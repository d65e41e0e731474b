package config

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSizes(t *testing.T) {
	for _, tt := range []struct {
		text string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"off", 0, true}, {"1024", 1024, true}, {"10B", 10, true}, {"3k", 3 << 10, true}, {"512MB", 512 << 20, true},
		{"20 GB", 20 << 30, true}, {"1TiB", 1 << 40, true}, {"4194304TB", 1 << 62, true},
		{"", 0, false}, {"-1", 0, false}, {"GB", 0, false}, {"1.5GB", 0, false}, {"5000000TB", 0, false}, {"1XB", 0, false},
	} {
		got, err := size(tt.text)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("size(%q) = %d, %v, want %d, ok %v", tt.text, got, err, tt.want, tt.ok)
		}
	}
}

func TestRetention(t *testing.T) {
	got, err := load(t, "retention_5m: 60d\nretention_size: 2GB\n", []string{"PULSE_METRICS_RETENTION=240h", "PULSE_METRICS_SIZE_1H=1G"}, []string{"--retention-1h", "365d"})
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	want := Kept{FiveMinutes: 60 * day, Hours: 365 * day, Bytes: 2 << 30, HoursBytes: 1 << 30}
	if diff := cmp.Diff(want, got.Kept); diff != "" || got.Retention != 10*day {
		t.Errorf("retention %s, kept (-want +got):\n%s", got.Retention, diff)
	}
	if _, err := load(t, "retention_5m: 10m\n", nil, nil); err == nil {
		t.Error("sums of five minutes that are kept for ten are taken")
	}
}
