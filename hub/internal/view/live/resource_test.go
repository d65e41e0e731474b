package live

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/resources"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// fed returns the resources of a new feed by id.
func fed(tb testing.TB, inv *inventory.Inventory) page {
	tb.Helper()
	feed, held := NewFeed(), page{}
	if err := feed.Reset(inv.Snapshot(), resources.Inputs{}); err != nil {
		tb.Fatal(err)
	}
	for _, raw := range feed.Resources() {
		one := decode(tb, raw).(map[string]any)
		held[one["id"].(string)] = one
	}
	if len(held) != feed.Len() {
		tb.Errorf("%d resources have %d ids", feed.Len(), len(held))
	}
	return held
}

func TestInventedKindsNeverShareAnID(t *testing.T) {
	inv := viewtest.Inventory()
	viewtest.Apply(t, inv, inventory.SourceRef{ID: "host:m", Type: "host", Name: "m"}, resource.Resource{ID: "m", Kind: resource.KindHost})
	for _, source := range []string{"one", "two"} {
		viewtest.Apply(t, inv, inventory.SourceRef{ID: source, Type: "tcp", Name: "same"},
			resource.Resource{ID: "m", Kind: "service", Name: "m"},
			resource.Resource{ID: "below", Kind: "port", ParentID: "m"})
	}
	var got []string
	for id, one := range fed(t, inv) {
		one := one.(map[string]any)
		got = append(got, fmt.Sprint(id, " of ", one["source"], " in ", one["parentId"]))
	}
	want := []string{
		"m of host:m in <nil>", "one/m of one in <nil>", "one/below of one in one/m",
		"two/m of two in <nil>", "two/below of two in two/m",
	}
	if diff := cmp.Diff(want, got, sorted()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func sorted() cmp.Option {
	return cmp.Transformer("set", func(list []string) map[string]bool {
		set := map[string]bool{}
		for _, item := range list {
			set[item] = true
		}
		return set
	})
}

func TestOwnKindsAreNotInvented(t *testing.T) {
	kinds := map[resource.Kind]bool{}
	for e := range viewtest.World(t).Snapshot().All() {
		kinds[e.Kind] = true
		if resources.Invented(e.Kind) {
			t.Errorf("%s counts as invented", e.Kind)
		}
	}
	if len(kinds) < 20 || !resources.Invented("service") || !resources.Invented("") {
		t.Errorf("looked at %d kinds", len(kinds))
	}
}

func TestMetrics(t *testing.T) {
	measured := []resource.Metric{
		{Name: "connect_time", Value: 0.25, Unit: resource.UnitSeconds},
		{Name: "fan", Value: 900, Unit: resource.UnitRPM, Labels: map[string]string{"place": "rear", "id": "2"}},
		{Name: "connect_time", Value: 9, Unit: resource.UnitSeconds},
		{Name: "broken", Value: math.NaN()},
		{Name: "endless", Value: math.Inf(1)},
		{Name: "answers", Value: 7, Counter: true},
	}
	got, err := json.Marshal(metricsOf(measured))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"connect_time":{"name":"connect_time","unit":"seconds","value":0.25},` +
		`"fan{id=2,place=rear}":{"name":"fan","labels":{"id":"2","place":"rear"},"unit":"rpm","value":900},` +
		`"answers":{"name":"answers","unit":"none","counter":true,"value":7}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	many := make([]resource.Metric, 2*maxMetrics)
	for i := range many {
		many[i].Name = fmt.Sprint("m", i)
	}
	if got := len(metricsOf(many)); got != maxMetrics {
		t.Errorf("shows %d values, want %d", got, maxMetrics)
	}
}

func TestEveryUnitHasAName(t *testing.T) {
	names := map[string]bool{}
	for unit := resource.UnitNone; unit <= resource.UnitRPM; unit++ {
		names[unitName(unit)] = true
	}
	if len(names) != int(resource.UnitRPM)+1 {
		t.Errorf("units share a name: %v", names)
	}
}

func TestAChangedMetricIsAPatchOfItsOwn(t *testing.T) {
	inv := viewtest.Inventory()
	ref := inventory.SourceRef{ID: "tcp", Type: "tcp", Name: "tcp"}
	service := func(connect float64) resource.Resource {
		return resource.Resource{ID: "s", Kind: "service", Metrics: []resource.Metric{
			{Name: "connect_time", Value: connect, Unit: resource.UnitSeconds}, {Name: "answers", Value: 7, Counter: true},
		}}
	}
	viewtest.Apply(t, inv, ref, service(0.25))
	feed := NewFeed()
	if err := feed.Reset(inv.Snapshot(), resources.Inputs{}); err != nil {
		t.Fatal(err)
	}
	sub := inv.Subscribe("test", 10)
	t.Cleanup(sub.Close)
	viewtest.ApplyAt(t, inv, ref, viewtest.Epoch().Add(time.Second), service(0.5))
	delta, err := feed.Apply(inv.Snapshot(), resources.Inputs{}, drain(sub))
	if err != nil || len(delta.Patch) != 1 {
		t.Fatalf("got %d patches, %v", len(delta.Patch), err)
	}
	want := fmt.Sprintf(`{"id":"tcp/s","lastSeen":%d,"metrics":{"connect_time":{"value":0.5}}}`, viewtest.Epoch().Add(time.Second).UnixMilli())
	if string(delta.Patch[0]) != want {
		t.Errorf("got  %s\nwant %s", delta.Patch[0], want)
	}
}

func TestMembersAreWhatAPatchCanCarry(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000)
	shallow := strings.Repeat(`{"a":`, maxDepth-1) + "{}" + strings.Repeat("}", maxDepth-1)
	for name, test := range map[string]struct{ json, want string }{
		"an object":           {`{ "b": [1, "x"], "a": {"c": true} }`, `{"a":{"c":true},"b":[1,"x"]}`},
		"nulls":               {`{"a":null,"b":{"c":null},"d":[null]}`, `{"b":{},"d":[null]}`},
		"a name twice":        {`{"a":1,"a":2}`, `{"a":2}`},
		"a large number":      {`{"a":12345678901234567890}`, `{"a":12345678901234567890}`},
		"markup stays a text": {`{"a":"<b>"}`, `{"a":"\u003cb\u003e"}`},
		"too deep":            {deep, shallow},
		"too large":           {`{"a":"` + strings.Repeat("x", maxMembers) + `"}`, `null`},
		"no object":           {`[1]`, `null`},
		"nothing":             {`null`, `null`},
		"no JSON":             {`{broken`, `null`},
	} {
		t.Run(name, func(t *testing.T) {
			e := &inventory.Entry{Resource: &resource.Resource{Detail: &resource.Generic{JSON: test.json}}}
			got, err := json.Marshal(membersOf(e))
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
		})
	}
}

func FuzzMembers(f *testing.F) {
	f.Add(`{"a":1,"a":{"b":null}}`)
	f.Add(`{"":[[{}]]}`)
	f.Add(`{"a":1e999}`)
	f.Fuzz(func(t *testing.T, text string) {
		e := &inventory.Entry{Resource: &resource.Resource{Detail: &resource.Generic{JSON: text}}}
		encoded, err := json.Marshal(membersOf(e))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if string(encoded) == "null" {
			return
		}
		// Somebody who had other members ends up with these.
		want := numbers(t, encoded)
		got := merge(numbers(t, []byte(`{"a":{"b":1},"":[]}`)), numbers(t, Patch([]byte(`{"a":{"b":1},"":[]}`), encoded)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q became %s (-want +got):\n%s", text, encoded, diff)
		}
	})
}

// numbers decodes JSON with its numbers as they are written.
func numbers(tb testing.TB, raw []byte) any {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		tb.Fatalf("%v in %s", err, raw)
	}
	return value
}
