package report_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/report"
)

func TestFeaturesHeader(t *testing.T) {
	tests := map[string]report.Features{
		"":                               {},
		"gzip, sequence, replay, detail": report.AllFeatures(),
		" Replay ,future,,GZIP":          {Replay: true, Gzip: true},
		"gzipped":                        {},
	}
	for header, want := range tests {
		got := report.ParseFeatures(header)
		if got != want {
			t.Errorf("ParseFeatures(%q) = %+v, want %+v", header, got, want)
		}
		if again := report.ParseFeatures(got.String()); again != got {
			t.Errorf("%+v is written as %q, which reads %+v", got, got.String(), again)
		}
	}
}

func TestForLeavesOutWhatAHubDoesNotKnow(t *testing.T) {
	host := &report.Host{Host: report.HostInfo{Hostname: `h<"`}, Timestamp: time.Unix(1, 0).UTC(), Detail: &report.HostDetail{Cores: []float64{1}}}
	full, err := report.Encode(host, 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, features := range []report.Features{{}, {Sequence: true}, {Detail: true}, report.AllFeatures()} {
		body, err := report.For(features, full)
		if err != nil {
			t.Fatal(err)
		}
		want := *host
		if !features.Sequence {
			want.Sequence = 0
		}
		if !features.Detail {
			want.Detail = nil
		}
		if expected, _ := json.Marshal(want); !bytes.Equal(body, expected) {
			t.Errorf("For(%q):\n got %s\nwant %s", features, body, expected)
		}
	}
}

// TestPlainReportsHaveOnlyPublishedMembers holds each report that is filled as far as the published format goes against
// the recordings.
func TestPlainReportsHaveOnlyPublishedMembers(t *testing.T) {
	for file, value := range map[string]report.Report{
		"host-report.json": &report.Host{Detail: &report.HostDetail{Cores: []float64{1}}}, "docker-report.json": &report.Docker{}, "kubernetes-report.json": &report.Kubernetes{},
	} {
		raw := read(t, file)
		if err := json.Unmarshal(raw, value); err != nil {
			t.Fatal(err)
		}
		full, err := report.Encode(value, 9)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := report.For(report.Features{}, full)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(plain, &got) != nil || json.Unmarshal(raw, &want) != nil {
			t.Fatal("no JSON")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-recorded +sent):\n%s", file, diff)
		}
	}
}

func FuzzFor(f *testing.F) {
	for _, name := range []string{"host-report.json", "host-full.json", "docker-report.json"} {
		f.Add(read(f, name))
	}
	f.Add([]byte(`{"sequence":1,"a":{"sequence":2},"detail":{},"sequence":3}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		plain, err := report.For(report.Features{}, raw)
		if err != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(plain, &members); err != nil {
			t.Fatalf("For made %q of %q: %v", plain, raw, err)
		}
		if _, there := members["sequence"]; there {
			t.Errorf("sequence is left in %q", plain)
		}
	})
}

func BenchmarkFor(b *testing.B) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, read(b, "host-full.json")); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := report.For(report.Features{}, compact.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
