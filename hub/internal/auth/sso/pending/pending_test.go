package pending

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestAnEntryIsTakenOnceByItsBrowser(t *testing.T) {
	now := time.Now()
	table := New[string](Options{Limit: 10, Life: time.Minute, Now: func() time.Time { return now }})
	table.Put("key", Entry[string]{Browser: Hash("mine"), Value: "v"})
	entry, ok := table.Take("key")
	if !ok || entry.Value != "v" || !entry.IsFrom("mine") || entry.IsFrom("other") || entry.IsFrom("") {
		t.Errorf("got %+v, %v", entry, ok)
	}
	if _, ok := table.Take("key"); ok {
		t.Error("it is there a second time")
	}
	table.Put("key", Entry[string]{Value: "old"})
	table.Put("key", Entry[string]{Value: "new"})
	if entry, _ := table.Take("key"); entry.Value != "new" || len(table.entries) != 0 {
		t.Errorf("got %q, %d left", entry.Value, len(table.entries))
	}
	table.Put("late", Entry[string]{})
	now = now.Add(time.Minute)
	if _, ok := table.Take("late"); ok || len(table.entries) != 0 {
		t.Error("an entry outlives its time")
	}
	if (&Entry[string]{Browser: Hash("")}).IsFrom("") {
		t.Error("no secret is a secret")
	}
}

func TestAFloodPushesOutOnlyItself(t *testing.T) {
	tests := map[string]func(i int) netip.Addr{
		"one address":      func(int) netip.Addr { return netip.MustParseAddr("203.0.113.9") },
		"one IPv6 network": func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)) },
		"no address":       func(int) netip.Addr { return netip.Addr{} },
	}
	for name, from := range tests {
		table := New[int](Options{Limit: 100, Life: time.Minute})
		for i := range 5 {
			table.Put(fmt.Sprint("mine ", i), Entry[int]{From: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})})
		}
		for i := range 10_000 {
			table.Put(fmt.Sprint("flood ", i), Entry[int]{From: from(i)})
		}
		if len(table.entries) != 100 {
			t.Errorf("%s: %d entries", name, len(table.entries))
		}
		for i := range 5 {
			if _, ok := table.Take(fmt.Sprint("mine ", i)); !ok {
				t.Errorf("%s: entry %d was pushed out", name, i)
			}
		}
		if _, ok := table.Take("flood 9999"); !ok {
			t.Errorf("%s: the newest was pushed out", name)
		}
		if total := len(table.counts); total != 1 {
			t.Errorf("%s: %d networks are counted", name, total)
		}
	}
}

func TestAnIDIsUsedOnce(t *testing.T) {
	now := time.Now()
	once := NewOnce(Options{Limit: 100, Life: time.Minute, Now: func() time.Time { return now }})
	for i := range 100 {
		if !once.First(fmt.Sprint(i)) {
			t.Fatalf("id %d is refused", i)
		}
	}
	if once.First("7") || once.First("one more") || len(once.used) != 100 {
		t.Errorf("%d are remembered", len(once.used))
	}
	now = now.Add(time.Minute + 1)
	if !once.First("later") || len(once.used) != 1 {
		t.Errorf("%d are remembered after their time", len(once.used))
	}
}

func TestSecrets(t *testing.T) {
	first, second := Secret(), Secret()
	if first == second || len(first) != 43 || !IsSecret(first) {
		t.Errorf("secrets %q and %q", first, second)
	}
	for _, text := range []string{"", "x", first + "=", first[:42], first + first, first[:42] + "!"} {
		if IsSecret(text) {
			t.Errorf("%q counts as a secret", text)
		}
	}
}

func BenchmarkPutWhenFull(b *testing.B) {
	table := New[int](Options{Limit: 1000, Life: time.Hour})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		table.Put(fmt.Sprint(i), Entry[int]{From: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})})
	}
}
