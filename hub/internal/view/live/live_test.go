package live

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// merge is RFC 7396, section 2.
func merge(target, patch any) any {
	members, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for name, value := range members {
		if value == nil {
			delete(object, name)
			continue
		}
		object[name] = merge(object[name], value)
	}
	return object
}

func decode(tb testing.TB, raw []byte) any {
	tb.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		tb.Fatalf("%v in %s", err, raw)
	}
	return value
}

func TestPatch(t *testing.T) {
	for name, test := range map[string]struct{ before, after, want string }{
		"the same":               {`{"a":1,"b":{"c":[1,2]}}`, `{"a":1,"b":{"c":[1,2]}}`, `{}`},
		"a changed value":        {`{"a":1,"b":2}`, `{"a":1,"b":3}`, `{"b":3}`},
		"a new and a gone one":   {`{"a":1}`, `{"b":1}`, `{"b":1,"a":null}`},
		"an object is patched":   {`{"a":{"b":1,"c":2}}`, `{"a":{"b":1,"c":3}}`, `{"a":{"c":3}}`},
		"a list is replaced":     {`{"a":[1,2]}`, `{"a":[1,3]}`, `{"a":[1,3]}`},
		"another order":          {`{"a":1,"b":2}`, `{"b":2,"a":1}`, `{}`},
		"brackets in strings":    {`{"a":"}],\"{","b":"\\"}`, `{"a":"}],\"{","b":"\\\\"}`, `{"b":"\\\\"}`},
		"an object for a number": {`{"a":1}`, `{"a":{"b":null}}`, `{"a":{"b":null}}`},
		"empty":                  {`{}`, `{}`, `{}`},
		"everything goes":        {`{"a":1,"b":{"c":1}}`, `{}`, `{"a":null,"b":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(Patch([]byte(test.before), []byte(test.after))); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func FuzzPatch(f *testing.F) {
	f.Add(`{"a":1,"b":{"c":"x\"y"}}`, `{"b":{"c":[{}]},"d":true}`)
	f.Add(`{"a":{"b":{"c":1}}}`, `{"a":{"b":{}}}`)
	f.Add(`not`, `{"a"`)
	f.Add(`{"":{"":0}}`, `{"":{"0":0}}`)
	f.Fuzz(func(t *testing.T, one, other string) {
		Patch([]byte(one), []byte(other)) // must not panic, whatever it is given
		before, ok := canonical(one)
		if !ok {
			return
		}
		after, ok := canonical(other)
		if !ok {
			return
		}
		patch := Patch(before, after)
		got := merge(decode(t, before), decode(t, patch))
		if diff := cmp.Diff(decode(t, after), got); diff != "" {
			t.Errorf("%s patched with %s (-want +got):\n%s", before, patch, diff)
		}
	})
}

// canonical returns an object as json.Marshal writes it, without nulls.
func canonical(text string) ([]byte, bool) {
	var value map[string]any
	if json.Unmarshal([]byte(text), &value) != nil || value == nil {
		return nil, false
	}
	withoutNulls(value)
	encoded, err := json.Marshal(value)
	return encoded, err == nil
}

func withoutNulls(value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			if member == nil {
				delete(value, name)
			}
			withoutNulls(member)
		}
	case []any:
		for _, item := range value {
			withoutNulls(item)
		}
	}
}

// page is what a browser holds.
type page map[string]any

func (p page) apply(tb testing.TB, delta Delta) {
	tb.Helper()
	for _, raw := range delta.Set {
		one := decode(tb, raw).(map[string]any)
		p[one["id"].(string)] = one
	}
	for _, raw := range delta.Patch {
		patch := decode(tb, raw).(map[string]any)
		id := patch["id"].(string)
		if p[id] == nil {
			tb.Fatalf("patch for unknown %s", id)
		}
		p[id] = merge(p[id], patch)
	}
	for _, id := range delta.Gone {
		if p[id] == nil {
			tb.Errorf("%s is told to be gone and was never there", id)
		}
		delete(p, id)
	}
}

// TestAPageThatFollowsTheFeedSeesWhatASnapshotShows changes the inventory at
// random and compares a page that got every delta with one that starts anew.
func TestAPageThatFollowsTheFeedSeesWhatASnapshotShows(t *testing.T) {
	inv := viewtest.World(t)
	random := rand.New(rand.NewPCG(1, 2))
	feed, held := NewFeed(), page{}
	if err := feed.Reset(inv.Snapshot(), resources.Inputs{}); err != nil {
		t.Fatal(err)
	}
	for _, raw := range feed.Resources() {
		one := decode(t, raw).(map[string]any)
		held[one["id"].(string)] = one
	}
	sub := inv.Subscribe("test", 100)
	t.Cleanup(sub.Close)
	for round := range 120 {
		for range random.IntN(4) {
			mutate(t, inv, random, viewtest.Epoch().Add(time.Duration(round)*time.Second+time.Duration(random.IntN(999))*time.Millisecond))
		}
		delta, err := feed.Apply(inv.Snapshot(), resources.Inputs{}, drain(sub))
		if err != nil {
			t.Fatal(err)
		}
		held.apply(t, delta)
		want := page{}
		fresh := NewFeed()
		if err := fresh.Reset(inv.Snapshot(), resources.Inputs{}); err != nil {
			t.Fatal(err)
		}
		for _, raw := range fresh.Resources() {
			one := decode(t, raw).(map[string]any)
			want[one["id"].(string)] = one
		}
		if diff := cmp.Diff(want, held); diff != "" {
			t.Fatalf("round %d (-snapshot +deltas):\n%s", round, diff)
		}
	}
}

func drain(sub *inventory.Subscription) []inventory.Change {
	var changes []inventory.Change
	for {
		select {
		case batch := <-sub.Batches():
			changes = append(changes, batch.Changes...)
		default:
			return changes
		}
	}
}

// mutate lets one of many things happen.
func mutate(tb testing.TB, inv *inventory.Inventory, random *rand.Rand, at time.Time) {
	tb.Helper()
	n := random.IntN(3)
	name := fmt.Sprintf("m%d", n)
	source := func(kind string) inventory.SourceRef {
		return inventory.SourceRef{ID: kind + ":" + name, Type: kind, Name: name}
	}
	switch random.IntN(8) {
	case 0:
		viewtest.ApplyAt(tb, inv, source("host"), at, resource.Resource{
			ID: name, Kind: resource.KindHost, Name: fmt.Sprintf("pve%d", random.IntN(3)), Usage: resource.Usage{CPU: viewtest.Ratio(random.Float64())},
		})
	case 1:
		viewtest.ApplyAt(tb, inv, source("docker"), at,
			resource.Resource{ID: name, Kind: resource.KindContainerHost, Name: fmt.Sprintf("d%d", random.IntN(2))},
			resource.Resource{ID: name + "/c", Kind: resource.KindAppContainer, Name: "c", ParentID: name, Status: resource.Status(random.IntN(6))})
	case 2:
		list := []resource.Resource{{ID: "k" + name, Kind: resource.KindCluster, Name: name}}
		for pod := range random.IntN(3) {
			list = append(list, resource.Resource{ID: fmt.Sprintf("k%s/pod/%d", name, pod), Kind: resource.KindPod, ParentID: "k" + name, Detail: &resource.Pod{}})
		}
		viewtest.ApplyAt(tb, inv, source("kubernetes"), at, list...)
	case 3:
		viewtest.ApplyAt(tb, inv, source("pve"), at,
			resource.Resource{ID: "node/a", Kind: resource.KindNode, Name: fmt.Sprintf("pve%d", random.IntN(3))},
			resource.Resource{ID: "qemu/1", Kind: resource.KindVM, Name: "g", Detail: &resource.Guest{Node: fmt.Sprintf("n%d", random.IntN(2)), VMID: 101}})
	case 4:
		list := []resource.Resource{{ID: "s", Kind: resource.KindBackupServer, Detail: &resource.BackupServer{}}}
		for store := range random.IntN(3) {
			list = append(list, resource.Resource{ID: fmt.Sprintf("datastore/%d", store), Kind: resource.KindDatastore, ParentID: "s", Name: fmt.Sprint(store)})
		}
		if random.IntN(2) == 0 {
			list = append(list, resource.Resource{ID: "b", Kind: resource.KindBackup, Detail: &resource.Backup{Type: "vm", VMID: 101, Datastore: "d", At: at}})
		}
		viewtest.ApplyAt(tb, inv, source("pbs"), at, list...)
	case 5:
		var list []resource.Resource
		for node := range random.IntN(4) {
			list = append(list, resource.Resource{ID: fmt.Sprintf("storage/%d", 3-node), Kind: resource.KindStorage, Name: "nas", Detail: &resource.Storage{Node: fmt.Sprint(node), Shared: true}})
		}
		viewtest.ApplyAt(tb, inv, source("nas"), at, list...)
	case 6:
		list := []resource.Resource{{
			ID: "port", Kind: "port", ParentID: "service", Metrics: []resource.Metric{{Name: "answers", Value: random.Float64()}},
			Detail: &resource.Generic{JSON: fmt.Sprintf(`{"a":{"b":%d,"c":null}}`, random.IntN(3))},
		}}
		if random.IntN(2) == 0 {
			list = append(list, resource.Resource{ID: "service", Kind: "service", Metrics: make([]resource.Metric, random.IntN(2))})
		}
		viewtest.ApplyAt(tb, inv, source("tcp"), at, list...)
	case 7:
		if err := inv.Forget(tb.Context(), source([]string{"host", "docker", "kubernetes", "pve", "pbs", "tcp"}[random.IntN(6)]).ID); err != nil {
			tb.Fatal(err)
		}
	}
}

func TestAMigratedGuestIsGoneAndSet(t *testing.T) {
	inv := viewtest.Inventory()
	ref := inventory.SourceRef{ID: "p", Type: "pve", Name: "p"}
	guest := func(node string) resource.Resource {
		return resource.Resource{ID: "qemu/1", Kind: resource.KindVM, Name: "g", Detail: &resource.Guest{Node: node, VMID: 1}}
	}
	viewtest.Apply(t, inv, ref, guest("a"))
	feed := NewFeed()
	if err := feed.Reset(inv.Snapshot(), resources.Inputs{}); err != nil {
		t.Fatal(err)
	}
	sub := inv.Subscribe("test", 10)
	t.Cleanup(sub.Close)
	viewtest.ApplyAt(t, inv, ref, viewtest.Epoch().Add(time.Second), guest("b"))
	delta, err := feed.Apply(inv.Snapshot(), resources.Inputs{}, drain(sub))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"p:a:1"}, delta.Gone); diff != "" || len(delta.Set) != 1 || len(delta.Patch) != 0 {
		t.Errorf("got %d set, %d patched; gone (-want +got):\n%s", len(delta.Set), len(delta.Patch), diff)
	}
}

func TestSourcesAreToldWhenTheyChange(t *testing.T) {
	inv := viewtest.Inventory()
	ref := inventory.SourceRef{ID: "host:h", Type: "host", Name: "h", Plugin: "pulse.x"}
	feed := NewFeed()
	if err := feed.Reset(inv.Snapshot(), resources.Inputs{}); err != nil {
		t.Fatal(err)
	}
	apply := func() Delta {
		t.Helper()
		delta, err := feed.Apply(inv.Snapshot(), resources.Inputs{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return delta
	}
	report := func(after time.Duration) {
		t.Helper()
		viewtest.ApplyAt(t, inv, ref, viewtest.Epoch().Add(after))
	}
	report(0)
	delta := apply()
	want := fmt.Sprintf(`{"id":"host:h","name":"h","type":"host","health":"ok","lastSeen":%d,"plugin":"pulse.x"}`, viewtest.Epoch().UnixMilli())
	if len(delta.Sources) != 1 || string(delta.Sources[0]) != want {
		t.Errorf("got %s, want %s", delta.Sources, want)
	}
	report(10 * time.Second)
	if delta = apply(); !delta.Empty() {
		t.Errorf("a later lastSeen alone is told: %s", delta.Sources)
	}
	report(40 * time.Second)
	if delta = apply(); len(delta.Sources) != 1 {
		t.Errorf("told %d sources after 40 seconds, want 1", len(delta.Sources))
	}
	if err := inv.Fail(t.Context(), inventory.Failure{Source: ref, Dataset: "all", Message: "refused"}); err != nil {
		t.Fatal(err)
	}
	if delta = apply(); len(delta.Sources) != 1 {
		t.Errorf("told %d sources after a failure, want 1", len(delta.Sources))
	}
	if err := inv.Forget(t.Context(), ref.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"host:h"}, apply().GoneSources); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func BenchmarkPatch(b *testing.B) {
	fleet := viewtest.NewFleet(b, 1, 0)
	encode := func() []byte {
		snap := fleet.Inventory.Snapshot()
		p := resources.NewProjector(snap, resources.Inputs{}, nil)
		for e := range snap.All() {
			fragment, err := Encode(p, e)
			if err != nil {
				b.Fatal(err)
			}
			return fragment.JSON
		}
		return nil
	}
	before := encode()
	fleet.Report(b, 0)
	after := encode()
	out := make([]byte, 0, 4096)
	b.SetBytes(int64(len(after)))
	b.ReportAllocs()
	for b.Loop() {
		out = AppendPatch(out[:0], before, after)
	}
	b.ReportMetric(float64(len(out)), "patch-bytes")
}

// BenchmarkApply is one tick of 500 machines of which 50 have reported.
func BenchmarkApply(b *testing.B) {
	fleet := viewtest.NewFleet(b, 500, 0)
	feed := NewFeed()
	if err := feed.Reset(fleet.Inventory.Snapshot(), resources.Inputs{}); err != nil {
		b.Fatal(err)
	}
	sub := fleet.Inventory.Subscribe("bench", 1000)
	b.Cleanup(sub.Close)
	i, sent := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for range 50 {
			i++
			fleet.Report(b, i%500)
		}
		changes := drain(sub)
		snap := fleet.Inventory.Snapshot()
		b.StartTimer()
		delta, err := feed.Apply(snap, resources.Inputs{}, changes)
		if err != nil {
			b.Fatal(err)
		}
		sent = 0
		for _, patch := range delta.Patch {
			sent += len(patch)
		}
	}
	b.ReportMetric(float64(sent), "patch-bytes")
}
