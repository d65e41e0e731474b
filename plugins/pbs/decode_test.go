package pbs

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVersionsAreJoinedAndCompared(t *testing.T) {
	for _, tt := range []struct {
		json, text string
		from33     bool
	}{
		{`{"version":"3.4","release":"1"}`, "3.4.1", true},
		{`{"version":"3.2","release":7}`, "3.2.7", false},
		{`{"version":"4.0","release":"11"}`, "4.0.11", true},
		{`{"version":"2.4"}`, "2.4", false},
		{`{}`, "", true},
		{`{"version":"next"}`, "next", true},
		{`{"version":"3.x"}`, "3.x", true},
	} {
		var v version
		if err := json.Unmarshal([]byte(tt.json), &v); err != nil {
			t.Fatal(err)
		}
		if v.String() != tt.text || v.knowsDirections() != tt.from33 {
			t.Errorf("%s: got %q, from 3.3 %v; want %q, %v", tt.json, v, v.knowsDirections(), tt.text, tt.from33)
		}
	}
}

func TestMaintenanceHasAModeAndAMessage(t *testing.T) {
	for _, tt := range []struct{ maintenance, mount, mode, message, closed string }{
		{"", "nonremovable", "", "", ""},
		{"read-only", "", "read-only", "", ""},
		{"offline", "", "offline", "", "maintenance, offline"},
		{`type=offline,message="new disks"`, "", "offline", "new disks", "maintenance, offline: new disks"},
		{`unmount,message=swap`, "mounted", "unmount", "swap", "maintenance, unmount: swap"},
		{"", "notmounted", "", "", "the removable datastore is not mounted"},
	} {
		row := map[string]string{"maintenance": tt.maintenance, "mount-status": tt.mount}
		data, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var info storeInfo
		if err := json.Unmarshal(data, &info); err != nil {
			t.Fatal(err)
		}
		mode, message := info.maintenanceMode()
		if mode != tt.mode || message != tt.message || info.closed() != tt.closed {
			t.Errorf("%v: got %q, %q, %q", row, mode, message, info.closed())
		}
	}
}

func TestFilesAreStringsOrObjects(t *testing.T) {
	var got []backupFile
	if err := json.Unmarshal([]byte(`["a.blob",{"filename":"b.fidx","size":7},{"size":1},3,null]`), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]backupFile{"a.blob", "b.fidx", "", "", ""}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBackupTasksNameTheirGroup(t *testing.T) {
	for _, tt := range []struct {
		worker string
		want   workerGroup
		ok     bool
	}{
		{"main:vm/100", workerGroup{"main", "", "vm", "100"}, true},
		{`main\x3avm/100`, workerGroup{"main", "", "vm", "100"}, true},
		{"main:edge/site1:ct/200", workerGroup{"main", "edge/site1", "ct", "200"}, true},
		{"main:ns/edge/site1:ct/200", workerGroup{"main", "edge/site1", "ct", "200"}, true},
		{"main:ns/edge/ns/site1:ct/200", workerGroup{"main", "edge/site1", "ct", "200"}, true},
		{"main:ns/edge:host/nas", workerGroup{"main", "edge", "host", "nas"}, true},
		{"main", workerGroup{}, false},
		{"main:vm", workerGroup{}, false},
		{":vm/100", workerGroup{}, false},
		{"", workerGroup{}, false},
	} {
		got, ok := parseWorkerGroup(tt.worker)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %+v, %v", tt.worker, got, ok)
		}
	}
}

func TestStartsAreReadOutOfUPIDs(t *testing.T) {
	for upid, want := range map[string]time.Time{
		"UPID:vault:000030B1:000082AF:00000010:6B03A7C0:garbage_collection:main:root@pam:": time.Unix(0x6B03A7C0, 0).UTC(),
		"UPID:vault:000030B1:000082AF:00000010:zz:garbage_collection:main:root@pam:":       {},
		"UPID:vault:000030B1:000082AF:00000010:FFFFFFFFFF:gc:main:root@pam:":               {},
		"UPID:vault:1": {},
		"":             {},
	} {
		if got := startOf(upid); !got.Equal(want) {
			t.Errorf("%q: got %v, want %v", upid, got, want)
		}
	}
}

func TestOutcomes(t *testing.T) {
	for state, want := range map[string]outcome{
		"": outcomeNone, "OK": outcomeOK, "WARNINGS: 3": outcomeWarnings, "unknown": outcomeUnknown,
		"sync failed with some errors.": outcomeError,
	} {
		if got := outcomeOf(state); got != want {
			t.Errorf("%q: got %s, want %s", state, got, want)
		}
	}
}

func TestNamespacesKnowTheirParents(t *testing.T) {
	got := namespacesOf([]string{"", "edge", "edge/site1", "edge/site1/rack"})
	for i, want := range []struct {
		parent string
		depth  int
	}{{"", 0}, {"", 1}, {"edge", 2}, {"edge/site1", 3}} {
		if got[i].Parent != want.parent || got[i].Depth != want.depth {
			t.Errorf("%q: got %+v, want %+v", got[i].Path, got[i], want)
		}
	}
}
