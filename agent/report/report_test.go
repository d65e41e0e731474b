package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/report"
)

// read returns the recorded body. Recordings are from the agent and hub of Pulse v5.0.13.
func read(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// roundTrip decodes strictly and encodes again, and returns both JSON documents in their generic form.
func roundTrip[T any](t *testing.T, raw []byte) (before, after any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var value T
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("decode: %v", err)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("encode: %v", err)
	}
	if err := json.Unmarshal(raw, &before); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &after); err != nil {
		t.Fatal(err)
	}
	return before, after
}

func TestRecordedBodiesSurviveARoundTrip(t *testing.T) {
	tests := []struct {
		file string
		trip func(*testing.T, []byte) (any, any)
	}{
		{"host-report.json", roundTrip[report.Host]},
		{"host-full.json", roundTrip[report.Host]},
		{"host-response.json", roundTrip[report.HostAnswer]},
		{"docker-report.json", roundTrip[report.Docker]},
		{"docker-full.json", roundTrip[report.Docker]},
		{"docker-response.json", roundTrip[report.DockerAnswer]},
		{"kubernetes-report.json", roundTrip[report.Kubernetes]},
		{"kubernetes-response.json", roundTrip[report.KubernetesAnswer]},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			before, after := test.trip(t, read(t, test.file))
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("%s changed (-recorded +encoded):\n%s", test.file, diff)
			}
		})
	}
}

func TestEmptyReportsKeepTheirObligatoryKeys(t *testing.T) {
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{"host", report.Host{}, `{"agent":{"id":""},"host":{"hostname":""},"metrics":{"memory":{}},"sensors":{},"timestamp":"0001-01-01T00:00:00Z"}`},
		{"docker", report.Docker{}, `{"agent":{"id":"","version":"","intervalSeconds":0},"host":{"hostname":"","memory":{}},"containers":null,"timestamp":"0001-01-01T00:00:00Z"}`},
		{"container", report.Container{}, `{"id":"","name":"","image":"","createdAt":"0001-01-01T00:00:00Z","state":"","status":"","cpuPercent":0,"memoryUsageBytes":0,"memoryLimitBytes":0,"memoryPercent":0,"uptimeSeconds":0,"restartCount":0,"exitCode":0}`},
		{"service", report.SwarmService{}, `{"id":"","name":""}`},
		{"task", report.SwarmTask{}, `{"id":"","createdAt":"0001-01-01T00:00:00Z"}`},
		{"kubernetes", report.Kubernetes{}, `{"agent":{"id":"","version":"","intervalSeconds":0},"cluster":{"id":""},"timestamp":"0001-01-01T00:00:00Z"}`},
		{"node", report.KubernetesNode{}, `{"uid":"","name":"","ready":false,"capacity":{},"allocatable":{}}`},
		{"pod", report.Pod{}, `{"uid":"","name":"","namespace":"","createdAt":"0001-01-01T00:00:00Z"}`},
		{"deployment", report.Deployment{}, `{"uid":"","name":"","namespace":""}`},
		{"smart", report.SMART{}, `{"device":"","temperature":0}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := json.Marshal(test.value)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want {
				t.Errorf("empty %s:\n got %s\nwant %s", test.name, got, test.want)
			}
		})
	}
}

// fuzzDecode checks that whatever decodes also encodes, and that encoding reaches a fixed point.
func fuzzDecode[T any](f *testing.F, seeds ...string) {
	for _, seed := range seeds {
		f.Add(read(f, seed))
	}
	f.Add([]byte(`{"timestamp":"","sequence":-1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var first, second T
		if json.Unmarshal(raw, &first) != nil {
			return
		}
		once, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("encode what decoded: %v", err)
		}
		if err := json.Unmarshal(once, &second); err != nil {
			t.Fatalf("decode what was encoded: %v", err)
		}
		twice, err := json.Marshal(second)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("encoding is not stable:\n%s\n%s", once, twice)
		}
	})
}

func FuzzDecodeHost(f *testing.F) { fuzzDecode[report.Host](f, "host-report.json", "host-full.json") }
func FuzzDecodeDocker(f *testing.F) {
	fuzzDecode[report.Docker](f, "docker-report.json", "docker-full.json")
}
func FuzzDecodeKubernetes(f *testing.F) {
	fuzzDecode[report.Kubernetes](f, "kubernetes-report.json")
}

func BenchmarkDecodeHost(b *testing.B) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, read(b, "host-report.json")); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(compact.Len()))
	for b.Loop() {
		var host report.Host
		if err := json.Unmarshal(compact.Bytes(), &host); err != nil {
			b.Fatal(err)
		}
	}
}
