package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/sdk/resource"
)

var start = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// bench is an inventory with a clock that stands still until it is moved.
type bench struct {
	*Inventory
	t   testing.TB
	now time.Time
}

func newBench(t testing.TB) *bench {
	b := &bench{t: t, now: start}
	b.Inventory = New(Options{Now: func() time.Time { return b.now }})
	return b
}

func (b *bench) apply(observation Observation) Outcome {
	b.t.Helper()
	if observation.Source.ID == "" {
		observation.Source = SourceRef{ID: "lab", Type: "pve", Name: "lab"}
	}
	outcome, err := b.Apply(b.t.Context(), observation)
	if err != nil {
		b.t.Fatalf("apply: %v", err)
	}
	return outcome
}

// state lists every key, with a star for what is stale.
func (b *bench) state() []string {
	list := []string{}
	for entry := range b.Snapshot().All() {
		key := entry.Key
		if entry.Stale {
			key += "*"
		}
		list = append(list, key)
	}
	return list
}

func guests(names ...string) []resource.Resource {
	list := []resource.Resource{}
	for _, name := range names {
		list = append(list, resource.Resource{ID: name, Kind: resource.KindVM, Name: name, ParentID: "node/a"})
	}
	return list
}

func TestApplyCompleteness(t *testing.T) {
	node := resource.Resource{ID: "node/a", Kind: resource.KindNode, Name: "a"}
	tests := []struct {
		name   string
		second Observation
		want   []string
	}{
		{"complete observation removes what it does not name",
			Observation{Complete: true, Resources: append(guests("qemu/1"), node)},
			[]string{"lab/backup/9", "lab/node/a", "lab/qemu/1"}},
		{"partial observation removes nothing",
			Observation{Resources: guests("qemu/3")},
			[]string{"lab/backup/9", "lab/node/a", "lab/qemu/1", "lab/qemu/2", "lab/qemu/3"}},
		{"a failed node keeps its guests as stale",
			Observation{Complete: true, Problems: []resource.Problem{{ResourceID: "node/a", Code: "unreachable"}}},
			[]string{"lab/backup/9", "lab/node/a*", "lab/qemu/1*", "lab/qemu/2*"}},
		{"a failed guest keeps only itself",
			Observation{Complete: true, Problems: []resource.Problem{{ResourceID: "qemu/2"}}},
			[]string{"lab/backup/9", "lab/qemu/2*"}},
		{"a problem of the whole source keeps everything of the dataset",
			Observation{Complete: true, Resources: guests("qemu/1"), Problems: []resource.Problem{{Code: "timeout"}}},
			[]string{"lab/backup/9", "lab/node/a*", "lab/qemu/1", "lab/qemu/2*"}},
		{"an invalid resource keeps what was known of it",
			Observation{Complete: true, Resources: []resource.Resource{{ID: "qemu/2"}, {Kind: "vm"}}},
			[]string{"lab/backup/9", "lab/qemu/2*"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			b.apply(Observation{Dataset: "status", Complete: true, At: start, Resources: append(guests("qemu/1", "qemu/2"), node)})
			b.apply(Observation{Dataset: "backups", Complete: true, At: start, Resources: []resource.Resource{{ID: "backup/9", Kind: resource.KindBackup}}})
			test.second.Dataset, test.second.At = "status", start.Add(10*time.Second)
			b.now = test.second.At
			b.apply(test.second)
			if diff := cmp.Diff(test.want, b.state()); diff != "" {
				t.Errorf("resources (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyRefusesWhatCannotBeFiled(t *testing.T) {
	b := newBench(t)
	for _, id := range []string{"", "a/b", "a\x00"} {
		if _, err := b.Apply(t.Context(), Observation{Source: SourceRef{ID: id}}); !errors.Is(err, ErrInvalid) {
			t.Errorf("source id %q: error %v, want ErrInvalid", id, err)
		}
	}
	outcome := b.apply(Observation{Resources: []resource.Resource{
		{ID: "ok", Kind: "vm"}, {ID: "ok", Kind: "vm"}, {ID: "", Kind: "vm"}, {ID: "nokind"}, {ID: "self", Kind: "vm", ParentID: "self"}, {ID: "z\x00", Kind: "vm"},
	}})
	if len(outcome.Rejected) != 5 {
		t.Errorf("rejected %d, want 5: %v", len(outcome.Rejected), outcome.Rejected)
	}
	source, _ := b.Snapshot().Source("lab")
	if source.Health != HealthDegraded || source.Message == "" {
		t.Errorf("source %v %q, want degraded with a message", source.Health, source.Message)
	}
}

func TestLateObservationGoesToHistoryOnly(t *testing.T) {
	b := newBench(t)
	sub := b.Subscribe("test", 10)
	defer sub.Close()
	at := func(seconds int, cpu float64) Observation {
		return Observation{At: start.Add(time.Duration(seconds) * time.Second), Resources: []resource.Resource{{ID: "h", Kind: resource.KindHost, Usage: resource.Usage{CPU: &cpu}}}}
	}
	b.now = start.Add(time.Hour)
	b.apply(at(60, 0.6))
	if outcome := b.apply(at(30, 0.3)); !outcome.Late {
		t.Error("an older observation is not late")
	}
	if outcome := b.apply(at(60, 0.9)); !outcome.Repeated {
		t.Error("the same observation again is not a repeat")
	}
	entry, _ := b.Snapshot().Get("lab/h")
	if *entry.Usage.CPU != 0.6 {
		t.Errorf("the present moved back: cpu %v, want 0.6", *entry.Usage.CPU)
	}
	present, late := <-sub.Batches(), <-sub.Batches()
	if present.Late || !late.Late || *late.Changes[0].After.Usage.CPU != 0.3 || !late.Changes[0].After.SeenAt.Equal(start.Add(30*time.Second)) {
		t.Errorf("batches: %+v then %+v", present, late)
	}
	if len(sub.Batches()) != 0 {
		t.Error("the repeat was handed to the consumer")
	}
}

func TestTimeOfObservation(t *testing.T) {
	tests := []struct {
		name     string
		at, want time.Time
	}{
		{"own clock", start.Add(-time.Hour), start.Add(-time.Hour)},
		{"a little ahead", start.Add(time.Minute), start.Add(time.Minute)},
		{"far ahead", start.Add(time.Hour), start},
		{"none", time.Time{}, start},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			if got := b.apply(Observation{At: test.at, Resources: guests("a")}).At; !got.Equal(test.want) {
				t.Errorf("filed under %v, want %v", got, test.want)
			}
		})
	}
}

func TestRates(t *testing.T) {
	read := func(b *bench, seconds int, in uint64) *resource.Rates {
		at := start.Add(time.Duration(seconds) * time.Second)
		b.now = at
		b.apply(Observation{At: at, Resources: []resource.Resource{{ID: "h", Kind: resource.KindHost, Usage: resource.Usage{Counters: &resource.Traffic{NetIn: in}}}}})
		entry, _ := b.Snapshot().Get("lab/h")
		return entry.Rates
	}
	b := newBench(t)
	if got := read(b, 0, 1000); got != nil {
		t.Errorf("first reading has rates %v", got)
	}
	if got := read(b, 10, 3000); got == nil || got.NetIn != 200 {
		t.Errorf("second reading: %v, want 200 B/s", got)
	}
	if got := read(b, 20, 50); got != nil {
		t.Errorf("after the counter fell: %v, want none", got)
	}
	if got := read(b, 30, 150); got == nil || got.NetIn != 10 {
		t.Errorf("after the restart: %v, want 10 B/s", got)
	}
}

func TestStaleAndBack(t *testing.T) {
	b := newBench(t)
	observation := Observation{At: start, ValidFor: time.Minute, Complete: true, Resources: guests("qemu/1")}
	b.apply(observation)
	b.now = start.Add(time.Minute)
	b.sweep()
	if diff := cmp.Diff([]string{"lab/qemu/1"}, b.state()); diff != "" {
		t.Errorf("within its time:\n%s", diff)
	}
	b.now = start.Add(61 * time.Second)
	b.sweep()
	if diff := cmp.Diff([]string{"lab/qemu/1*"}, b.state()); diff != "" {
		t.Errorf("after its time:\n%s", diff)
	}
	if source, _ := b.Snapshot().Source("lab"); source.Health != HealthFailed {
		t.Errorf("source is %v, want failed", source.Health)
	}
	observation.At = b.now
	b.apply(observation)
	if diff := cmp.Diff([]string{"lab/qemu/1"}, b.state()); diff != "" {
		t.Errorf("seen again:\n%s", diff)
	}
	if source, _ := b.Snapshot().Source("lab"); source.Health != HealthOK {
		t.Errorf("source is %v, want ok", source.Health)
	}
}

func (b *bench) sweep() {
	b.t.Helper()
	if err := b.Sweep(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func TestFailureKeepsWhatIsKnown(t *testing.T) {
	b := newBench(t)
	ref := SourceRef{ID: "lab", Type: "pve", Name: "lab"}
	health := func() Health { s, _ := b.Snapshot().Source("lab"); return s.Health }
	if err := b.Announce(t.Context(), ref); err != nil || health() != HealthStarting {
		t.Fatalf("announced: %v, %v", err, health())
	}
	b.apply(Observation{Source: ref, Dataset: "status", At: start, Resources: guests("a")})
	b.apply(Observation{Source: ref, Dataset: "backups", At: start})
	if err := b.Fail(t.Context(), Failure{Source: ref, Dataset: "backups", Message: "no route"}); err != nil || health() != HealthDegraded {
		t.Errorf("one of two failed: %v, %v", err, health())
	}
	if err := b.Fail(t.Context(), Failure{Source: ref, Dataset: "status", Message: "no route"}); err != nil || health() != HealthFailed {
		t.Errorf("both failed: %v, %v", err, health())
	}
	if diff := cmp.Diff([]string{"lab/a"}, b.state()); diff != "" {
		t.Errorf("resources:\n%s", diff)
	}
	if err := b.Forget(t.Context(), "lab"); err != nil || b.Snapshot().Len() != 0 {
		t.Errorf("forgotten: %v, %d left", err, b.Snapshot().Len())
	}
}

// TestASourceThatOnlyFailsIsLost has one dataset fail that is looked at often,
// beside one that is seldom looked at.
func TestASourceThatOnlyFailsIsLost(t *testing.T) {
	b, ref := newBench(t), SourceRef{ID: "lab"}
	health := func() Health { s, _ := b.Snapshot().Source("lab"); return s.Health }
	b.apply(Observation{Source: ref, Dataset: "status", At: start})
	b.apply(Observation{Source: ref, Dataset: "updates", At: start})
	fail := func(want Health) {
		t.Helper()
		if err := b.Fail(t.Context(), Failure{Source: ref, Dataset: "status", Message: "no route"}); err != nil || health() != want {
			t.Errorf("failed: %v, %v, want %v", err, health(), want)
		}
	}
	fail(HealthDegraded)
	fail(HealthDegraded)
	fail(HealthFailed)
	b.apply(Observation{Source: ref, Dataset: "updates", At: start.Add(time.Second)})
	if health() != HealthDegraded {
		t.Errorf("after a success: %v, want degraded", health())
	}
	fail(HealthDegraded)
}

func TestRestoredIsStaleUntilSeen(t *testing.T) {
	b := newBench(t)
	known := Observation{Source: SourceRef{ID: "lab"}, Dataset: "status", At: start.Add(-time.Hour), Complete: true, Resources: guests("qemu/1", "qemu/2")}
	restore := func() {
		if err := b.Restore(t.Context(), known); err != nil {
			t.Fatal(err)
		}
	}
	restore()
	if diff := cmp.Diff([]string{"lab/qemu/1*", "lab/qemu/2*"}, b.state()); diff != "" {
		t.Errorf("restored:\n%s", diff)
	}
	if source, _ := b.Snapshot().Source("lab"); source.Health != HealthStarting || !source.LastSeen.Equal(known.At) {
		t.Errorf("source is %v, last seen %v", source.Health, source.LastSeen)
	}
	b.apply(Observation{Source: known.Source, Dataset: "status", At: start, Complete: true, Resources: guests("qemu/1")})
	restore()
	if diff := cmp.Diff([]string{"lab/qemu/1"}, b.state()); diff != "" {
		t.Errorf("seen again:\n%s", diff)
	}
}

func TestIndexesFollowAMove(t *testing.T) {
	b := newBench(t)
	vm := resource.Resource{ID: "qemu/1", Kind: resource.KindVM, ParentID: "node/a"}
	b.apply(Observation{At: start, Resources: []resource.Resource{vm}})
	vm.ParentID, vm.Kind = "node/b", resource.KindContainer
	b.apply(Observation{At: start.Add(1), Resources: []resource.Resource{vm}})
	s := b.Snapshot()
	count := func(seq func(func(*Entry) bool)) int { return len(slices.Collect(seq)) }
	if count(s.Children("lab/node/a")) != 0 || count(s.Children("lab/node/b")) != 1 || count(s.OfKind(resource.KindVM)) != 0 || count(s.OfKind(resource.KindContainer)) != 1 {
		t.Error("an index still shows the guest where it was")
	}
}

func TestUnchangedRecordIsNoNews(t *testing.T) {
	b := newBench(t)
	list := []resource.Resource{{ID: "b/1", Kind: resource.KindBackup, Detail: &resource.Backup{VMID: 100}}}
	b.apply(Observation{At: start, Complete: true, Resources: list})
	before, _ := b.Snapshot().Get("lab/b/1")
	again := []resource.Resource{{ID: "b/1", Kind: resource.KindBackup, Detail: &resource.Backup{VMID: 100}}}
	b.apply(Observation{At: start.Add(time.Minute), Complete: true, Resources: again})
	after, _ := b.Snapshot().Get("lab/b/1")
	if before != after {
		t.Error("the same backup seen again made a new entry")
	}
}

func TestFullQueueHoldsUpAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inv := New(Options{})
		sub := inv.Subscribe("slow", 1)
		send := func(ctx context.Context, id string) error {
			_, err := inv.Apply(ctx, Observation{Source: SourceRef{ID: id}, Resources: guests("a")})
			return err
		}
		if err := send(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := send(ctx, "two"); !errors.Is(err, ErrBusy) {
			t.Fatalf("full queue: error %v, want ErrBusy", err)
		}
		if _, ok := inv.Snapshot().Source("two"); ok {
			t.Error("a refused observation was applied")
		}
		done := make(chan error, 1)
		go func() { done <- send(t.Context(), "three") }()
		synctest.Wait()
		if got := (<-sub.Batches()).Source; got != "one" {
			t.Errorf("first batch is of %q", got)
		}
		if err := <-done; err != nil {
			t.Errorf("after room was made: %v", err)
		}
		go func() { done <- send(t.Context(), "four") }()
		synctest.Wait()
		sub.Close()
		sub.Close()
		if err := <-done; err != nil {
			t.Errorf("after the consumer left: %v", err)
		}
	})
}

// Batches replayed over an empty map must give what the snapshot holds: the
// consumers' only way to know.
func TestBatchesTellEverything(t *testing.T) {
	b := newBench(t)
	sub := b.Subscribe("replay", 10_000)
	before := b.Snapshot()
	checkSources := func() {
		t.Helper()
		after := b.Snapshot()
		for entry := range after.All() {
			was, _ := before.Get(entry.Key)
			then, _ := before.Source(entry.Source)
			now, known := after.Source(entry.Source)
			if was != entry && (then == now || !known) {
				t.Fatalf("revision %d: %s is new and its source is not", after.Revision, entry.Key)
			}
		}
		before = after
	}
	for i := range 300 {
		checkSources()
		b.now = b.now.Add(time.Second)
		source := SourceRef{ID: fmt.Sprintf("s%d", i%7)}
		observation := Observation{Source: source, Complete: i%3 != 0, ValidFor: 10 * time.Second}
		for j := range (i * 31) % 9 {
			observation.Resources = append(observation.Resources, resource.Resource{ID: fmt.Sprintf("r%d", (i*j)%11), Kind: "vm", ParentID: fmt.Sprintf("p%d", j%3)})
		}
		if i%5 == 0 {
			observation.Problems = []resource.Problem{{ResourceID: fmt.Sprintf("p%d", i%3)}}
		}
		b.apply(observation)
		if i%20 == 19 {
			b.sweep()
		}
		if i%50 == 49 {
			if err := b.Forget(t.Context(), source.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	sub.Close()
	replayed := map[string]*Entry{}
	for batch := range sub.Batches() {
		for _, change := range batch.Changes {
			if change.Before != nil && replayed[change.Before.Key] != change.Before {
				t.Fatalf("revision %d: %s before is %p, the batches told %p", batch.Revision, change.Before.Key, change.Before, replayed[change.Before.Key])
			}
			if change.After == nil {
				delete(replayed, change.Before.Key)
				continue
			}
			replayed[change.After.Key] = change.After
		}
	}
	snapshot := b.Snapshot()
	for entry := range snapshot.All() {
		if replayed[entry.Key] != entry {
			t.Errorf("%s: the snapshot holds what no batch told", entry.Key)
		}
	}
	if len(replayed) != snapshot.Len() {
		t.Errorf("batches give %d resources, the snapshot %d", len(replayed), snapshot.Len())
	}
}

// Readers walk snapshots while observations come in: the race detector sees a
// shared node that is written to, and a snapshot that changes fails the count.
func TestSnapshotsStandStillUnderWriting(t *testing.T) {
	inv := New(Options{})
	const hosts = 300
	observe := func(round int) {
		for i := range hosts {
			observation := Observation{Source: SourceRef{ID: fmt.Sprintf("host:%d", i)}, Sequence: uint64(round + 1), Complete: true}
			observation.Resources = []resource.Resource{{ID: "h", Kind: resource.KindHost}, {ID: fmt.Sprintf("r%d", round%3), Kind: "vm", ParentID: "h"}}
			if _, err := inv.Apply(t.Context(), observation); err != nil {
				t.Error(err)
			}
		}
	}
	observe(0)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		readers.Go(func() {
			for {
				snapshot := inv.Snapshot()
				var of [3]int
				for entry := range snapshot.All() {
					of[0]++
					for range snapshot.Children(entry.Key) {
						of[1]++
					}
				}
				for range snapshot.OfKind(resource.KindHost) {
					of[2]++
				}
				if of != [3]int{2 * hosts, hosts, hosts} || snapshot.Len() != 2*hosts {
					t.Errorf("revision %d: counted %v", snapshot.Revision, of)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for round := range 5 {
		observe(round + 1)
	}
	close(stop)
	readers.Wait()
}

func BenchmarkApplyHostReport(b *testing.B) {
	for _, hosts := range []int{50, 500, 2000} {
		b.Run(fmt.Sprintf("hosts=%d", hosts), func(b *testing.B) {
			inv := newBench(b)
			observe := func(i int) {
				cpu := float64(i%100) / 100
				inv.now = inv.now.Add(time.Millisecond)
				inv.apply(Observation{
					Source: SourceRef{ID: fmt.Sprintf("host:%d", i%hosts), Type: "host"}, At: inv.now, Complete: true, ValidFor: time.Hour,
					Resources: []resource.Resource{{ID: fmt.Sprint(i % hosts), Kind: resource.KindHost, Usage: resource.Usage{CPU: &cpu, Counters: &resource.Traffic{NetIn: uint64(i)}}}},
				})
			}
			for i := range hosts {
				observe(i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				observe(i)
			}
		})
	}
}
