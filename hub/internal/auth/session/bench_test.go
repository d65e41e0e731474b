package session

import (
	"fmt"
	"testing"
)

// BenchmarkFind is what every request of a browser pays, with as many sessions as there may be.
func BenchmarkFind(b *testing.B) {
	bench := newBench(b, MaxSessions)
	secrets := make([]string, 0, MaxSessions)
	for i := range MaxSessions {
		draft := Draft{User: fmt.Sprint("user ", i/10), Address: here().Address, UserAgent: firefox}
		e, opened := bench.begin(&draft)
		bench.table.add(e)
		secrets = append(secrets, opened.Secret)
	}
	from := here()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok := bench.Find(secrets[i*7919%MaxSessions], from); !ok {
			b.Fatal("a session is gone")
		}
	}
}

// BenchmarkFlush is what a minute costs in which every session was used.
func BenchmarkFlush(b *testing.B) {
	bench := newBench(b, MaxSessions)
	for i := range MaxSessions {
		draft := Draft{User: fmt.Sprint("user ", i/10), Address: here().Address, UserAgent: firefox}
		e, _ := bench.begin(&draft)
		bench.table.add(e)
	}
	b.ReportAllocs()
	for b.Loop() {
		for key := range bench.table.entries {
			bench.unsaved[key] = struct{}{}
		}
		if err := bench.flush(b.Context(), useSlack); err != nil {
			b.Fatal(err)
		}
	}
}
