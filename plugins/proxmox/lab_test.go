package proxmox

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxtest"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The token that the played clusters let in.
const (
	tokenID     = "pulse@pve!monitor"
	tokenSecret = "2f7c5a10-1111-4222-8333-0123456789ab"
)

// lab is a played cluster and an instance that watches it.
type lab struct {
	*proxmoxtest.Server
	source *source

	mu  sync.Mutex
	now time.Time
}

func load(t testing.TB, name string) *proxmoxtest.Set {
	t.Helper()
	return proxmoxtest.Load(t, "../internal/proxmoxtest/testdata/"+name)
}

// watch plays answers at the moment they were given.
func watch(t testing.TB, answers proxmoxtest.Answers) *lab {
	t.Helper()
	l := &lab{now: time.Unix(1795400000, 0).UTC()}
	l.Server = proxmoxtest.Start(t, proxmoxtest.Options{
		Product: proxmoxapi.PVE, Answers: answers, Token: "PVEAPIToken=" + tokenID + "=" + tokenSecret,
	})
	var err error
	if l.source, err = newSource(l.config(), l.clock); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.source.Close)
	return l
}

func (l *lab) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *lab) forward(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

func (l *lab) config() config {
	c := config{
		Guests: true, Storage: true, Backups: true, Snapshots: true, Replication: true, Ceph: true, HA: true, Updates: true,
	}
	c.URL, c.Fingerprint, c.Verify = l.URL(""), l.Fingerprint(""), true
	c.TokenID, c.TokenSecret = tokenID, tokenSecret
	return c
}

// collect collects a dataset, which must not fail as a whole.
func (l *lab) collect(t testing.TB, dataset string) *sdk.Snapshot {
	t.Helper()
	out, err := l.try(t, dataset)
	if err != nil {
		t.Fatalf("%s: %v", dataset, err)
	}
	return out
}

func (l *lab) try(t testing.TB, dataset string) (*sdk.Snapshot, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	out := sdk.NewChanges(dataset)
	err := l.source.CollectDataset(ctx, dataset, out)
	return out, err
}

// collectAll collects every dataset once, the one that shows the facts of all last.
func (l *lab) collectAll(t testing.TB) map[string]*sdk.Snapshot {
	t.Helper()
	seen := map[string]*sdk.Snapshot{}
	for _, dataset := range []string{
		datasetStorage, datasetGuests, datasetBackups, datasetSnapshots, datasetReplication, datasetCeph, datasetHA, datasetUpkeep, datasetStatus,
	} {
		seen[dataset] = l.collect(t, dataset)
	}
	return seen
}

// find returns a resource of a snapshot.
func find(t testing.TB, out *sdk.Snapshot, id string) resource.Resource {
	t.Helper()
	for _, r := range out.Resources() {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no resource %s", id)
	return resource.Resource{}
}

// problems returns what failed, by id of the resource.
func problems(out *sdk.Snapshot) map[string]string {
	codes := map[string]string{}
	for _, p := range out.Problems() {
		codes[p.ResourceID] = p.Code
	}
	return codes
}

func wantProblems(t testing.TB, out *sdk.Snapshot, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, problems(out)); diff != "" {
		t.Errorf("problems, wanted (-) and seen (+):\n%s", diff)
	}
}

func num(value float64) number { return proxmoxapi.NumberOf(value) }
