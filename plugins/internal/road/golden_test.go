package roadtest

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// anchor is when all sets were taken.
var anchor = time.Unix(1795400000, 0).UTC()

// testState compares the state with one file for each set, which was reviewed
// against the answers of the set.
func (w *watched) testState(t *testing.T) {
	state := w.document(t, "/api/state")
	for _, set := range sets {
		of := part(state, set.name).(map[string]any)
		delete(of, "lastUpdate")     // of the whole hub
		of["activeAlerts"] = []any{} // which there are by now depends on how long they take; testAlerts waits for them
		encoded, err := json.MarshalIndent(w.normal("", of), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, filepath.Join("testdata", filepath.Base(set.folder)+".json"), string(encoded)+"\n")
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s: file (-) and state (+) differ; review, then run the test with -update:\n%s", path, diff)
	}
}

// part returns what of a document belongs to an instance: of lists the items
// that name it, of the map of connections its own.
func part(value any, instance string) any {
	switch value := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, member := range value {
			_, isFlag := member.(bool)
			if !isFlag || key == instance || strings.HasSuffix(key, "-"+instance) || key == "temperatureMonitoringEnabled" {
				kept[key] = part(member, instance)
			}
		}
		return kept
	case []any:
		return slices.DeleteFunc(slices.Clone(value), func(item any) bool {
			return text(at(item, "instance")) != instance && text(at(item, "name")) != instance
		})
	}
	return value
}

// Members that hold moments as numbers.
var (
	inMillis  = []string{"lastBackup", "lastSyncTime", "nextSyncTime", "lastSeen", "polledAt"}
	inSeconds = []string{"ctime", "lastSyncUnix", "nextSyncUnix"}
)

// byTheHour are members that hold beginnings and ends of hours.
var byTheHour = []string{"timestamp", "windowStart", "windowEnd"}

// asSeen are members that say when something was seen: shortly after the
// beginning of the test, if all is well.
var asSeen = []string{"lastSeen", "polledAt", "lastChecked", "lastUpdated", "updatedAt"}

// seenWithin is how long after the beginning that may be.
const seenWithin = 2 * time.Minute

// Parts of texts that differ each time.
var (
	unixInID = regexp.MustCompile(`\b1[78]\d{8}\b`)
	loopback = regexp.MustCompile(`https://127\.0\.0\.\d+`)
)

// normal returns a value as it would be had the test been run at the anchor,
// with the products' own ports. Figures stay exactly as they were written.
func (w *watched) normal(name string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for key, member := range value {
			members[key] = w.normal(key, member)
		}
		return members
	case []any:
		items := make([]any, len(value))
		for i, item := range value {
			items[i] = w.normal(name, item)
		}
		return items
	case json.Number:
		n, err := value.Int64()
		switch {
		case err != nil:
		case slices.Contains(inMillis, name):
			return w.moved(name, time.UnixMilli(n))
		case slices.Contains(inSeconds, name):
			return w.moved(name, time.Unix(n, 0))
		}
	case string:
		if moment, err := time.Parse(time.RFC3339Nano, value); err == nil {
			return w.moved(name, moment)
		}
		return w.plain(value)
	}
	return value
}

// moved writes a moment as it would be at the anchor.
func (w *watched) moved(name string, moment time.Time) any {
	if moment.IsZero() {
		return moment.Format(time.RFC3339)
	}
	if after := moment.Sub(w.moment); slices.Contains(asSeen, name) && after >= -time.Second && after < seenWithin {
		return "now"
	}
	by := anchor.Sub(w.moment)
	if slices.Contains(byTheHour, name) {
		by = anchor.Truncate(time.Hour).Sub(w.moment.Truncate(time.Hour))
	}
	return moment.Add(by).UTC().Format(time.RFC3339Nano)
}

func (w *watched) plain(value string) string {
	by := anchor.Sub(w.moment)
	value = string(proxmoxtest.Shift([]byte(value), by))
	value = unixInID.ReplaceAllStringFunc(value, func(seconds string) string {
		n, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil {
			return seconds
		}
		return strconv.FormatInt(n+int64(by/time.Second), 10)
	})
	if loopback.MatchString(value) {
		for _, port := range w.ports {
			value = strings.ReplaceAll(value, port, ":port")
		}
	}
	return value
}
