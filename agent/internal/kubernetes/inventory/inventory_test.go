package inventory

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/object"
)

func TestFilter(t *testing.T) {
	tests := []struct {
		include, exclude, namespace string
		want                        bool
	}{
		{"", "", "a", true}, {"a", "", "a", true}, {"a", "", "ab", false}, {"*", "", "a", true}, {"a*", "", "ab", true}, {"*b", "", "ab", true},
		{"*b", "", "ba", false}, {"a*c", "", "abc", true}, {"a*a", "", "a", false}, {"*a*b*", "", "xaxbx", true}, {"*a*b*", "", "xbxax", false},
		{"ab*ab", "", "abab", true}, {"ab*ab", "", "ab", false}, {"**", "", "x", true}, {"*aa*", "", "a", false}, {"", "a", "a", false}, {"", "kube-*", "kube-system", false}, {"a*", "*b", "ab", false}, {"a,b", "", "b", true},
	}
	split := func(list string) []string {
		if list == "" {
			return nil
		}
		return strings.Split(list, ",")
	}
	for _, test := range tests {
		filter := Filter{Include: split(test.include), Exclude: split(test.exclude)}
		if got := filter.Allows(test.namespace); got != test.want {
			t.Errorf("include %q, exclude %q: %q is %v, want %v", test.include, test.exclude, test.namespace, got, test.want)
		}
	}
	for include, want := range map[string][]string{"": nil, "a,b": {"a", "b"}, "a,b*": nil, "a,kube-x": {"a"}} {
		if diff := cmp.Diff(want, Filter{Include: split(include), Exclude: []string{"kube-*"}}.Names()); diff != "" {
			t.Errorf("names of %q (-want +got):\n%s", include, diff)
		}
	}
}

// TestTableAgainstModel does random things to a table and to a plain list of everything, and compares what they show.
func TestTableAgainstModel(t *testing.T) {
	const limit = 5
	random := rand.New(rand.NewPCG(1, 2))
	subject := newTable(limit)
	model := map[uint64]Entry{}
	complete := false // whether the table has to show as much as the model
	for step := range 20_000 {
		key := random.Uint64N(40)
		switch random.IntN(4) {
		case 0:
			subject.remove(key)
			delete(model, key)
		default:
			entry := Entry{
				Class: string(rune('a' + random.IntN(3))), Problem: random.IntN(2) == 0, Shown: random.IntN(3) > 0, Rank: random.Int64N(3),
				Name: fmt.Sprint(random.IntN(30)), Detail: fmt.Sprint(key, "-", step),
			}
			subject.put(key, entry)
			model[key] = entry
		}
		if subject.short() { // the moment for a new list
			subject = newTable(limit)
			for each, entry := range model {
				subject.put(each, entry)
			}
			complete = true
		}
		compareWithModel(t, subject, model)
	}
	if !complete {
		t.Error("no list was ever short: the test does not test")
	}
}

func compareWithModel(t *testing.T, subject *table, model map[uint64]Entry) {
	t.Helper()
	shown, problems, classes := []Entry{}, 0, map[string]int{}
	for _, entry := range model {
		classes[entry.Class]++
		if entry.Problem {
			problems++
		}
		if entry.Shown {
			shown = append(shown, entry)
		}
	}
	got := map[string]int{}
	for i, class := range subject.classes {
		if subject.counts[i] != 0 {
			got[class] = subject.counts[i]
		}
	}
	if !maps.Equal(got, classes) || subject.problem != problems || subject.shown != len(shown) || len(subject.list) > 2*subject.limit {
		t.Fatalf("counts %v, %d problems, %d shown, %d kept; want %v, %d, %d", got, subject.problem, subject.shown, len(subject.list), classes, problems, len(shown))
	}
	list := slices.SortedFunc(maps.Values(subject.list), before)
	slices.SortFunc(shown, before)
	for i := range min(subject.limit, len(shown)) {
		if before(list[i], shown[i]) != 0 {
			t.Fatalf("place %d has %+v, want %+v", i, list[i], shown[i])
		}
	}
}

func TestTableCountsWithinBounds(t *testing.T) {
	subject := newTable(1)
	for i := range uint64(maxObjects + 10) {
		subject.put(i, Entry{Class: fmt.Sprint("class ", i%40)})
	}
	if len(subject.marks) != maxObjects || !subject.overflow || len(subject.classes) != maxClasses {
		t.Errorf("%d objects in %d classes, overflow %v", len(subject.marks), len(subject.classes), subject.overflow)
	}
	if subject.classes[maxClasses-1] != otherClass || subject.counts[maxClasses-1] == 0 {
		t.Errorf("classes %v, counts %v", subject.classes, subject.counts)
	}
}

func TestWarningsAreTheNewest(t *testing.T) {
	store := NewWarnings(Filter{})
	store.Begin()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, i := range rand.New(rand.NewPCG(3, 4)).Perm(1000) {
		event := &object.Event{Type: "Warning", Reason: fmt.Sprint(i), LastTimestamp: start.Add(time.Duration(i) * time.Second)}
		event.Metadata.Name = fmt.Sprint("e", i)
		store.List(event)
	}
	store.Commit()
	view := Merge([]*Warnings{store})
	if len(view.List) != maxWarnings || view.Total != 1000 || view.List[0].Reason != "999" || view.List[maxWarnings-1].Reason != "900" || store.Short() {
		t.Errorf("%d of %d events, from %s to %s", len(view.List), view.Total, view.List[0].Reason, view.List[len(view.List)-1].Reason)
	}
}

func TestListThatIsNotCommittedChangesNothing(t *testing.T) {
	store := NewPods(Filter{}, true, 10)
	add := func(name string) {
		pod := &object.Pod{}
		pod.Metadata.Name, pod.Status.Phase = name, object.Running
		store.List(pod)
	}
	store.Begin()
	add("a")
	store.Commit()
	store.Begin()
	add("b")
	add("c")
	store.Begin()
	add("d")
	if view := Merge([]*Pods{store}); view.Total != 1 || view.List[0].Name != "a" {
		t.Errorf("view %+v before the list is complete", view)
	}
	store.Commit()
	if view := Merge([]*Pods{store}); view.Total != 1 || view.List[0].Name != "d" {
		t.Errorf("view %+v of the new list", view)
	}
}

func TestPodThatLeavesTheFilterIsForgotten(t *testing.T) {
	store := NewServices(Filter{})
	service := &object.Service{}
	service.Metadata.UID = "u"
	service.Spec.Type = "NodePort"
	store.Put(service)
	if view := Merge([]*Services{store}); view.Total != 1 || view.Classes["NodePort"] != 1 {
		t.Errorf("view %+v", view)
	}
	service.Spec.Type = "ClusterIP"
	store.Put(service)
	if view := Merge([]*Services{store}); view.Total != 1 || len(view.List) != 0 || view.Classes["NodePort"] != 0 {
		t.Errorf("view %+v after a change", view)
	}
	store.Remove(service)
	if view := Merge([]*Services{store}); view.Total != 0 || len(view.Classes) != 0 {
		t.Errorf("view %+v after its end", view)
	}
}

// FuzzConvert turns anything into what is kept and checks the bounds.
func FuzzConvert(f *testing.F) {
	f.Add([]byte(`{"metadata":{"name":"x","labels":{"a":"b"}},"spec":{"containers":[{"name":"c"}]},"status":{"phase":"Pending","message":"m","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"r"}}}],"conditions":[{"type":"X","status":"True"}]}}`))
	f.Add([]byte(`{"metadata":{"name":"x"},"status":{"phase":"Failed","message":"` + strings.Repeat("ü", 600) + `"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var pod object.Pod
		if json.Unmarshal(raw, &pod) == nil {
			got := convertPod(&pod)
			if len(got.Message) > maxText || len(got.Labels) > maxLabels || len(got.Containers) > maxContainers {
				t.Errorf("pod of %d, %d, %d", len(got.Message), len(got.Labels), len(got.Containers))
			}
		}
		var node object.Node
		if json.Unmarshal(raw, &node) == nil {
			if got := convertNode(&node); len(got.Detail.Problems) > maxItems || got.Node.Capacity.CPUCores < 0 {
				t.Errorf("node %+v", got)
			}
		}
	})
}

func BenchmarkPut(b *testing.B) {
	store := NewPods(Filter{}, false, 200)
	pods := make([]*object.Pod, 20_000)
	for i := range pods {
		pods[i] = &object.Pod{}
		pods[i].Metadata.UID, pods[i].Metadata.Name = fmt.Sprint("uid-", i), fmt.Sprint("pod-", i)
		pods[i].Status.Phase = object.Running
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		store.Put(pods[i%len(pods)])
		i++
	}
}
