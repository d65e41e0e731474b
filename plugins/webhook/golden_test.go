package webhook

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/goldentest"
	"github.com/pulse-hub/pulse/plugins/internal/notifytest"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// TestWhatEachServiceIsSent compares all that is sent with testdata/<service>.txt.
func TestWhatEachServiceIsSent(t *testing.T) {
	for _, service := range services() {
		t.Run(service, func(t *testing.T) {
			r := receive(t, nil)
			c := open(t, configFor(service, r.URL))
			var text strings.Builder
			kinds := messages()
			for _, kind := range slices.Sorted(maps.Keys(kinds)) {
				result := notifytest.Deliver(t.Context(), c, kinds[kind])
				if result.Outcome != notification.OutcomeDelivered || result.Status != 200 || result.Answer != "ok" {
					t.Errorf("%s: got %+v", kind, result)
				}
				got := r.take()
				if sent := bytesOf(got); result.PayloadBytes != sent {
					t.Errorf("%s: told of %d bytes, sent %d", kind, result.PayloadBytes, sent)
				}
				fmt.Fprintf(&text, "=== %s\n%s\n", kind, transcript(t, got))
			}
			goldentest.Check(t, service+".txt", text.String(), *update)
		})
	}
}

func bytesOf(requests []seen) int {
	n := 0
	for _, r := range requests {
		n += len(r.body)
	}
	return n
}

// TestBodiesHaveTheShapeOfRecordings compares members and types of bodies with
// what the reference implementation, version 5.0.13, was recorded to send.
func TestBodiesHaveTheShapeOfRecordings(t *testing.T) {
	recordings, err := filepath.Glob("testdata/recorded/*.json")
	if err != nil || len(recordings) != 9 {
		t.Fatalf("recordings %q, error %v", recordings, err)
	}
	for _, path := range recordings {
		service, message := strings.TrimSuffix(filepath.Base(path), ".json"), firing(cpuAlert("g1", 85))
		if service == "resolved" {
			ended := cpuAlert("g1", 85)
			ended.Acknowledged, ended.AcknowledgedBy = told, "alice"
			service, message = serviceGeneric, over(ended)
		}
		r := receive(t, nil)
		if result := notifytest.Deliver(t.Context(), open(t, configFor(service, r.URL)), message); result.Error != "" {
			t.Fatal(result.Error)
		}
		got := r.take()[0]
		want := recording(t, path)
		for name, value := range want.Headers {
			if got.header.Get(name) != value {
				t.Errorf("%s: header %s is %q, recorded is %q", path, name, got.header.Get(name), value)
			}
		}
		if diff := cmp.Diff(shapeOf(want.Body), shapeOf(body(t, got.body))); diff != "" && !expected(path, diff) {
			t.Errorf("%s: recorded (-) and sent (+) differ:\n%s", path, diff)
		}
	}
}

type recorded struct {
	Headers map[string]string
	Body    any
}

func recording(t *testing.T, path string) recorded {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// body reads JSON, or returns the text that it is.
func body(t *testing.T, data []byte) any {
	t.Helper()
	var value any
	if json.Unmarshal(data, &value) != nil {
		return string(data)
	}
	return value
}

// shapeOf lists the paths of a JSON value with their types. What metadata has depends on the alert.
func shapeOf(value any) []string {
	paths := map[string]bool{}
	walk(paths, "", value)
	return slices.Sorted(maps.Keys(paths))
}

func walk(paths map[string]bool, path string, value any) {
	paths[fmt.Sprintf("%s: %T", path, value)] = true
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if name != "metadata" {
				walk(paths, path+"/"+name, member)
			}
		}
	case []any:
		for _, item := range v {
			walk(paths, path+"[]", item)
		}
	}
}

// expected tells whether a difference is one of those that are meant: Pushover
// takes Unix seconds and knows no device called like a resource, and gets the link;
// that an alert was last notified of is not known when it is over.
func expected(path, diff string) bool {
	meant := map[string][]string{
		"pushover.json": {"/device: string", "/timestamp: string", "/timestamp: float64", "/url: string", "/url_title: string"},
		"resolved.json": {"/alerts[]/lastNotified: string"},
	}[filepath.Base(path)]
	for line := range strings.SplitSeq(diff, "\n") {
		line = strings.TrimSpace(strings.ReplaceAll(line, "\u00a0", " "))
		if !strings.HasPrefix(line, "-") && !strings.HasPrefix(line, "+") {
			continue
		}
		if !slices.ContainsFunc(meant, func(one string) bool { return strings.Contains(line, `"`+one+`"`) }) {
			return false
		}
	}
	return true
}
