package fragment_test

import (
	"math"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/fragment"
)

type inputs = fragment.Inputs[string]

func entries(n int) []*inventory.Entry {
	list := make([]*inventory.Entry, n)
	for i := range list {
		list[i] = &inventory.Entry{}
	}
	return list
}

func TestAFragmentHoldsForExactlyItsInputs(t *testing.T) {
	var cache fragment.Cache[string]
	e := entries(4)
	held := inputs{Entry: e[0], Related: e[1:3], Extra: "x"}
	cache.Begin()
	if _, ok := cache.Lookup(held); ok {
		t.Error("an empty cache holds something")
	}
	if _, err := cache.Store(held, map[string]int{"a": 1}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		in   inputs
		want bool
	}{
		"the same":              {inputs{e[0], []*inventory.Entry{e[1], e[2]}, "x"}, true},
		"another entry":         {inputs{e[3], e[1:3], "x"}, false},
		"another related entry": {inputs{e[0], []*inventory.Entry{e[1], e[3]}, "x"}, false},
		"one fewer":             {inputs{e[0], e[1:2], "x"}, false},
		"another order":         {inputs{e[0], []*inventory.Entry{e[2], e[1]}, "x"}, false},
		"another extra":         {inputs{e[0], e[1:3], "y"}, false},
	} {
		encoded, ok := cache.Lookup(test.in)
		if ok != test.want || ok && string(encoded) != `{"a":1}` {
			t.Errorf("%s: got %s, %t; want %t", name, encoded, ok, test.want)
		}
	}
}

func TestTheCallersSliceOfRelatedMayBeUsedAgain(t *testing.T) {
	var cache fragment.Cache[string]
	e := entries(3)
	related := []*inventory.Entry{e[1]}
	cache.Begin()
	if _, err := cache.Store(inputs{Entry: e[0], Related: related}, 1); err != nil {
		t.Fatal(err)
	}
	related[0] = e[2]
	if _, ok := cache.Lookup(inputs{Entry: e[0], Related: related}); ok {
		t.Error("the cache shares the slice with its caller")
	}
}

func TestWhatAPassDidNotAskForIsForgotten(t *testing.T) {
	var cache fragment.Cache[string]
	e := entries(3)
	pass := func(asked ...*inventory.Entry) {
		t.Helper()
		cache.Begin()
		for _, one := range asked {
			in := inputs{Entry: one}
			if _, ok := cache.Lookup(in); ok {
				continue
			}
			if _, err := cache.Store(in, 1); err != nil {
				t.Fatal(err)
			}
		}
		cache.End()
	}
	pass(e...)
	pass(e[0], e[1])
	if got := cache.Len(); got != 2 {
		t.Errorf("holds %d fragments, want 2", got)
	}
	pass(e...)
	if cache.Encoded != 4 || cache.Len() != 3 {
		t.Errorf("encoded %d, holds %d; want 4 and 3", cache.Encoded, cache.Len())
	}
	// Told again with other inputs within one pass: still one fragment.
	cache.Begin()
	for _, extra := range []string{"a", "b"} {
		if _, err := cache.Store(inputs{Entry: e[0], Extra: extra}, 1); err != nil {
			t.Fatal(err)
		}
	}
	cache.End()
	if got := cache.Len(); got != 1 {
		t.Errorf("holds %d fragments, want 1", got)
	}
}

func TestWhatCannotBeEncodedIsNotKept(t *testing.T) {
	var cache fragment.Cache[string]
	in := inputs{Entry: &inventory.Entry{}}
	cache.Begin()
	if _, err := cache.Store(in, math.NaN()); err == nil {
		t.Error("NaN was encoded")
	}
	if _, ok := cache.Lookup(in); ok || cache.Len() != 0 {
		t.Error("a failed fragment is held")
	}
}
