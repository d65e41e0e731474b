package lockout_test

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/auth/lockout"
)

// TestAFloodPushesOutNoLockAndNoKnownAddress: and takes no more memory than
// there is for it.
func TestAFloodPushesOutNoLockAndNoKnownAddress(t *testing.T) {
	const most = 32 << 20
	b := newBench(0)
	mallory, home := at("192.0.2.66"), at("192.0.2.7")
	b.Succeeded("anna", home)
	b.fail(5, "anna", mallory)
	for i := range 20 {
		b.Failed(fmt.Sprint("user ", i), at("192.0.2.99"))
	}
	before := heap()
	for i := range 1_000_000 {
		if i%1000 == 0 {
			b.now = b.now.Add(800 * time.Millisecond) // within the 15 minutes of the locks
		}
		b.Failed(fmt.Sprintf("a rather long name of a user %d", i), stranger(i))
	}
	if after := heap(); after > before+most {
		t.Errorf("a flood takes %d MB", (after-before)>>20)
	}
	if !b.locked("anna", mallory) || !b.locked("anyone", at("192.0.2.99")) {
		t.Error("a lock was pushed out")
	}
	if !b.Knows("anna", home) {
		t.Error("a known address was pushed out")
	}
	if b.locked("anna", home) || b.locked("somebody", stranger(999_999)) {
		t.Error("the flood has locked somebody")
	}
	runtime.KeepAlive(b)
}

// TestAFloodOnOneUserIsFeltAsOne: other names cannot make the guard forget that a user is attacked.
func TestAFloodOnOneUserIsFeltAsOne(t *testing.T) {
	b := newBench(800)
	for i := range 60 {
		b.Failed("anna", stranger(i))
	}
	for i := range 10_000 {
		b.Failed(fmt.Sprint("user ", i), stranger(100+i))
	}
	b.Check("anna", stranger(1)) // takes the turn
	if verdict := b.Check("anna", stranger(2)); verdict.Wait == 0 {
		t.Error("the attack is forgotten")
	}
}

// TestWhenAllAreLocksTheOldestGoes: the bound holds even then.
func TestWhenAllAreLocksTheOldestGoes(t *testing.T) {
	b := newBench(80) // 40 pairs
	for i := range 41 {
		b.now = b.now.Add(time.Second)
		b.fail(5, "anna", stranger(i))
	}
	if b.locked("anna", stranger(0)) || !b.locked("anna", stranger(1)) || !b.locked("anna", stranger(40)) {
		t.Error("of 41 locks, not just the first one is gone")
	}
}

func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestManyAtOnce(t *testing.T) {
	guard := lockout.New(lockout.Options{MaxTracked: 64})
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for i := range 2000 {
				user, from := fmt.Sprint("user ", i%20), stranger(i*worker%50)
				if guard.Check(user, from).Locked && i%5 == 0 {
					guard.Reset(user)
				}
				guard.Failed(user, from)
				if i%7 == 0 {
					guard.Succeeded(user, from)
				}
				guard.Knows(user, from)
			}
		})
	}
	wait.Wait()
	guard.Reset("user 1")
	if guard.Check("user 1", at("192.0.2.7")).Locked {
		t.Error("somebody is locked who never failed")
	}
}

// BenchmarkAttempt is what an attempt of a stranger costs when the memory for them is full.
func BenchmarkAttempt(b *testing.B) {
	guard := lockout.New(lockout.Options{})
	users := make([]string, 1000)
	for i := range users {
		users[i] = fmt.Sprint("user ", i)
	}
	for i := range 100_000 {
		guard.Failed(users[i%1000], stranger(i))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		user, from := users[i%1000], stranger(i)
		guard.Check(user, from)
		guard.Failed(user, from)
	}
}

// BenchmarkCheck is what every request with a name and password pays.
func BenchmarkCheck(b *testing.B) {
	guard := lockout.New(lockout.Options{})
	home := netip.MustParseAddr("2001:db8::7")
	guard.Succeeded("anna", home)
	for i := range 100_000 {
		guard.Failed("anna", stranger(i))
	}
	b.ReportAllocs()
	for b.Loop() {
		guard.Check("anna", home)
		guard.Succeeded("anna", home)
	}
}
