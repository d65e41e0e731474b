package pbs

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// shelf plays the datastore "main" with backups that come and go. It is safe
// for concurrent use.
type shelf struct {
	mu      sync.Mutex
	backups map[string][]map[string]any // by "type/id"
	tasks   []map[string]any
	rest    proxmoxtest.Answers
}

func newShelf(t testing.TB, groups, each int) *shelf {
	s := &shelf{backups: map[string][]map[string]any{}, rest: proxmoxtest.Load(t, "testdata/vault-pbs3")}
	for g := range groups {
		for i := range each {
			s.add(fmt.Sprintf("vm/%d", 100+g), int64(1795300000+i), true)
		}
	}
	return s
}

// add puts a backup into a group, the newest last.
func (s *shelf) add(group string, at int64, finished bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, id, _ := strings.Cut(group, "/")
	row := map[string]any{"backup-type": kind, "backup-id": id, "backup-time": at, "files": []string{}, "owner": "a@pbs"}
	if finished {
		row["size"], row["files"] = 1<<30, []string{"index.json.blob", "drive-scsi0.img.fidx"}
	}
	s.backups[group] = append(s.backups[group], row)
}

// change edits the newest backup of a group.
func (s *shelf) change(group, member string, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.backups[group]
	changed := maps.Clone(list[len(list)-1])
	changed[member] = value
	list[len(list)-1] = changed
}

// Answer implements proxmoxtest.Answers.
func (s *shelf) Answer(path string, query url.Values) (proxmoxtest.Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch path {
	case "/admin/datastore":
		return data([]any{map[string]string{"store": "main"}})
	case "/admin/datastore/main/namespace":
		return data([]any{map[string]string{"ns": ""}})
	case "/admin/datastore/main/groups":
		return data(s.groups())
	case "/admin/datastore/main/snapshots":
		return data(s.rows(query))
	case "/nodes/localhost/tasks":
		return data(s.tasks)
	}
	return s.rest.Answer(path, query)
}

func data(value any) (proxmoxtest.Answer, bool) {
	body, err := json.Marshal(map[string]any{"data": value})
	return proxmoxtest.Answer{Body: body}, err == nil
}

func (s *shelf) groups() []any {
	groups := []any{}
	for _, name := range slices.Sorted(maps.Keys(s.backups)) {
		list := s.backups[name]
		last := list[len(list)-1]
		groups = append(groups, map[string]any{
			"backup-type": last["backup-type"], "backup-id": last["backup-id"],
			"last-backup": last["backup-time"], "backup-count": len(list),
		})
	}
	return groups
}

func (s *shelf) rows(query url.Values) []any {
	rows := []any{}
	for _, name := range slices.Sorted(maps.Keys(s.backups)) {
		if wanted := query.Get("backup-type") + "/" + query.Get("backup-id"); wanted != "/" && wanted != name {
			continue
		}
		for _, row := range s.backups[name] {
			rows = append(rows, row)
		}
	}
	return rows
}

// listed returns the queries with which backups were asked for since the last call.
func (w *world) listed(seen *int) []string {
	var queries []string
	asked := w.Asked()
	for _, path := range asked[*seen:] {
		if rest, ok := strings.CutPrefix(path, "/admin/datastore/main/snapshots"); ok {
			queries = append(queries, rest)
		}
	}
	*seen = len(asked)
	return queries
}

func TestOnlyWhatHasChangedIsListed(t *testing.T) {
	store := newShelf(t, 4, 3)
	w := watch(t, store)
	seen := 0
	for _, step := range []struct {
		name   string
		change func()
		want   []string // the queries for backups
		count  int      // backups told
	}{
		{"first", func() {}, []string{""}, 12},
		{"nothing", func() {}, nil, 12},
		{"a new backup", func() { store.add("vm/101", 1795390000, true) }, []string{"?backup-id=101&backup-type=vm"}, 13},
		{"an upload begins", func() { store.add("vm/102", 1795391000, false) }, []string{"?backup-id=102&backup-type=vm"}, 13},
		{"it goes on", func() {}, []string{"?backup-id=102&backup-type=vm"}, 13},
		{"it ends", func() { store.change("vm/102", "size", 7) }, []string{"?backup-id=102&backup-type=vm"}, 14},
		{"nothing again", func() {}, nil, 14},
		{"a verification ends", func() {
			store.change("vm/100", "verification", map[string]string{"state": "failed"})
			store.tasks = []map[string]any{{
				"upid": "v", "worker_type": "verificationjob", "worker_id": "main:v-main", "status": "OK",
				"starttime": w.now.Unix() - 90, "endtime": w.now.Unix() - 30,
			}}
			w.collect(t, datasetJobs)
		}, []string{""}, 14},
		{"nothing after it", func() { w.now = w.now.Add(time.Hour) }, nil, 14},
		{"six hours", func() { w.now = w.now.Add(wholeAge) }, []string{""}, 14},
		{"a group goes", func() { delete(store.backups, "vm/103") }, nil, 11},
		{"many change", func() {
			for i := range fewGroups + 1 {
				store.add(fmt.Sprintf("ct/%d", 200+i), 1795392000, true)
			}
		}, []string{""}, 11 + fewGroups + 1},
	} {
		w.now = w.now.Add(5 * time.Minute)
		step.change()
		out := w.collect(t, datasetBackups)
		if diff := cmp.Diff(step.want, w.listed(&seen)); diff != "" || len(out.Resources()) != step.count || len(out.Problems()) > 0 {
			t.Errorf("%s: %d backups, want %d; problems %v; listed:\n%s", step.name, len(out.Resources()), step.count, out.Problems(), diff)
		}
	}
	if n := w.source.backups.Load().store("main").count("").damaged; n != 1 {
		t.Errorf("%d damaged backups, want 1", n)
	}
}

func TestAnswersThatAreTooLargeAreAskedForByGroup(t *testing.T) {
	store := newShelf(t, 12, 40)
	w := watch(t, store)
	o := w.config().Options(proxmoxapi.PBS)
	o.MaxBytes = 20_000
	client, err := proxmoxapi.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	w.source.client = client
	out := w.collect(t, datasetBackups)
	if n := w.Count("/admin/datastore/main/snapshots?backup-id="); n != 12 || len(out.Resources()) != 480 || len(out.Problems()) > 0 {
		t.Errorf("%d groups were asked for, %d backups, problems %v", n, len(out.Resources()), out.Problems())
	}
	for _, step := range []struct {
		name  string
		after time.Duration
		want  int // lists of backups so far
	}{
		{"nothing new", time.Minute, 13},
		{"six hours later", wholeAge, 25},
		{"nothing new after that", time.Minute, 25},
	} {
		w.now = w.now.Add(step.after)
		w.collect(t, datasetBackups)
		if n := w.Count("/admin/datastore/main/snapshots"); n != step.want {
			t.Errorf("%s: %d lists of backups, want %d", step.name, n, step.want)
		}
	}
}

func TestTooManyNamespacesAreBounded(t *testing.T) {
	rows := []map[string]string{{"ns": ""}}
	for i := range maxNamespaces {
		rows = append(rows, map[string]string{"ns": fmt.Sprint("n", i)})
	}
	w := watch(t, vault(t).With(t, "/admin/datastore/main/namespace", rows).
		With(t, "/admin/datastore/main/groups", []any{}).With(t, "/admin/datastore/main/snapshots", []any{}))
	problems := w.collect(t, datasetBackups).Problems()
	if n := w.Count("/admin/datastore/main/groups"); n != maxNamespaces || problems[len(problems)-1].ResourceID != "limit/main" && problems[0].ResourceID != "limit/main" {
		t.Errorf("%d namespaces were listed, problems %v", n, problems)
	}
	if r := find(t, w.collect(t, datasetDatastores), "datastore/main"); len(r.Detail.(*resource.Datastore).Namespaces) != maxNamespaces {
		t.Error("the datastore names all namespaces")
	}
}

func TestAGroupThatFailsLeavesTheOthersFresh(t *testing.T) {
	store := newShelf(t, 3, 2)
	w := watch(t, store)
	w.collect(t, datasetBackups)
	store.add("vm/100", 1795390000, true)
	w.Fail("/admin/datastore/main/snapshots?backup-id=100", proxmoxtest.Failing(500, "read error"))
	out := w.collect(t, datasetBackups)
	if got := groupsOf(out); !slices.Equal(got, []string{"vm/101", "vm/102"}) {
		t.Errorf("told are %v", got)
	}
	want := []sdk.Problem{{ResourceID: "datastore/main", Code: proxmoxapi.CodeServerError, Message: "read error", Transient: true}}
	if diff := cmp.Diff(want, out.Problems()); diff != "" {
		t.Error(diff)
	}
	w.Heal()
	if out = w.collect(t, datasetBackups); len(out.Resources()) != 7 || len(out.Problems()) != 0 {
		t.Errorf("healed: %d backups, problems %v", len(out.Resources()), out.Problems())
	}
}

func groupsOf(out *sdk.Snapshot) []string {
	names := map[string]bool{}
	for _, r := range out.Resources() {
		names["vm/"+r.Detail.(*resource.Backup).BackupID] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func TestTooManyBackupsAreBounded(t *testing.T) {
	group := &groupHoldings{}
	for i := range maxBackups + 3 {
		group.backups = append(group.backups, resource.Resource{
			ID: fmt.Sprint("backup/", i), Detail: &resource.Backup{At: time.Unix(int64(i), 0)},
		})
	}
	out := sdk.NewChanges(datasetBackups)
	tell(out, []*groupHoldings{group})
	list, problems := out.Resources(), out.Problems()
	if len(list) != maxBackups || list[0].ID != "backup/3" {
		t.Errorf("%d backups from %s to %s", len(list), list[0].ID, list[len(list)-1].ID)
	}
	if len(problems) != 1 || problems[0].Code != "too-many" || problems[0].ResourceID == "" {
		t.Errorf("problems %v", problems)
	}
}

func BenchmarkHold(b *testing.B) {
	store := newShelf(b, 1, 10_000)
	answer, _ := store.Answer("/admin/datastore/main/snapshots", nil)
	var envelope struct{ Data []snapshot }
	b.Run("decode 10000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := json.Unmarshal(answer.Body, &envelope); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("hold 10000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if held := (place{"main", ""}).hold(envelope.Data); len(held.backups) != 10_000 {
				b.Fatal(len(held.backups))
			}
		}
	})
}
