package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testPaths returns where a test keeps its store and key.
func testPaths(t testing.TB) (path string, opts Options) {
	t.Helper()
	dir := t.TempDir()
	return filepath.Join(dir, "pulse.db"), Options{KeyFile: filepath.Join(dir, "pulse.key"), LockTimeout: 50 * time.Millisecond}
}

func mustOpen(t testing.TB, path string, opts Options) *DB {
	t.Helper()
	db, err := Open(path, opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func openTest(t testing.TB) *DB {
	t.Helper()
	path, opts := testPaths(t)
	return mustOpen(t, path, opts)
}

func mustPut(t testing.TB, tx Tx, b Bucket, key, value string) {
	t.Helper()
	if err := tx.Put(t.Context(), b, key, []byte(value)); err != nil {
		t.Fatalf("put %s/%s: %v", b, key, err)
	}
}

func TestEveryDeclaredBucketKeepsRecords(t *testing.T) {
	db := openTest(t)
	for _, b := range slices.Concat(plainBuckets(), sealedBuckets()) {
		mustPut(t, db, b, "k", "value of "+string(b))
	}
	for _, b := range slices.Concat(plainBuckets(), sealedBuckets()) {
		got, err := db.Get(t.Context(), b, "k")
		if err != nil || string(got) != "value of "+string(b) {
			t.Errorf("get from %s = %q, %v", b, got, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	db := openTest(t)
	ctx := t.Context()
	long := strings.Repeat("k", MaxKeyBytes+1)
	tests := []struct {
		name string
		do   func() error
		want error
	}{
		{"get what is not there", func() error { _, err := db.Get(ctx, Instances, "nobody"); return err }, ErrNotFound},
		{"get from an unknown bucket", func() error { _, err := db.Get(ctx, "nope", "k"); return err }, ErrUnknownBucket},
		{"get from the store's own bucket", func() error { _, err := db.Get(ctx, metaBucket, schemaKey); return err }, ErrUnknownBucket},
		{"list an unknown bucket", func() error { _, err := db.List(ctx, "nope", ""); return err }, ErrUnknownBucket},
		{"put into an unknown bucket", func() error { return db.Put(ctx, "nope", "k", nil) }, ErrUnknownBucket},
		{"delete from an unknown bucket", func() error { return db.Delete(ctx, "nope", "k") }, ErrUnknownBucket},
		{"empty key", func() error { return db.Put(ctx, Instances, "", nil) }, ErrBadKey},
		{"long key", func() error { return db.Put(ctx, Instances, long, nil) }, ErrBadKey},
		{"long key in get", func() error { _, err := db.Get(ctx, Instances, long); return err }, ErrBadKey},
		{"large value", func() error { return db.Put(ctx, Instances, "k", make([]byte, MaxValueBytes+1)) }, ErrTooLarge},
		{"delete what is not there", func() error { return db.Delete(ctx, Instances, "nobody") }, nil},
		{"largest key", func() error { return db.Put(ctx, Instances, long[1:], nil) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.do(); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestBytesAreCopied(t *testing.T) {
	db := openTest(t)
	ctx := t.Context()
	value := []byte("value")
	err := db.Update(ctx, func(tx Tx) error {
		if err := tx.Put(ctx, Instances, "k", value); err != nil {
			return err
		}
		copy(value, "XXXXX")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := db.Get(ctx, Instances, "k")
	if err != nil || string(got) != "value" {
		t.Fatalf("got %q, %v; the caller's change reached the store", got, err)
	}
	copy(got, "YYYYY")
	if again, _ := db.Get(ctx, Instances, "k"); string(again) != "value" {
		t.Errorf("got %q after changing what Get returned", again)
	}
}

func TestUpdateIsAllOrNothing(t *testing.T) {
	db := openTest(t)
	ctx := t.Context()
	mustPut(t, db, Instances, "k", "old")
	boom := errors.New("boom")
	write := func(tx Tx) {
		mustPut(t, tx, Instances, "k", "new")
		mustPut(t, tx, Secrets, "s", "new")
	}
	if err := db.Update(ctx, func(tx Tx) error { write(tx); return boom }); !errors.Is(err, boom) {
		t.Errorf("update = %v, want its function's error", err)
	}
	func() {
		defer func() {
			if r := recover(); r != "panic" {
				t.Errorf("recovered %v, want the function's panic", r)
			}
		}()
		_ = db.Update(ctx, func(tx Tx) error { write(tx); panic("panic") })
	}()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := db.Update(ended, func(tx Tx) error { write(tx); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("update with an ended context = %v", err)
	}
	if got, err := db.Get(ctx, Instances, "k"); err != nil || string(got) != "old" {
		t.Errorf("got %q, %v, want the old value", got, err)
	}
	if _, err := db.Get(ctx, Secrets, "s"); !errors.Is(err, ErrNotFound) {
		t.Errorf("secret of a failed update: %v", err)
	}
}

func TestTransactionsSeeOneState(t *testing.T) {
	db := openTest(t)
	ctx := t.Context()
	mustPut(t, db, Instances, "k", "old")
	var leaked Tx
	err := db.View(ctx, func(r Reader) error {
		done := make(chan error)
		go func() { done <- db.Put(ctx, Instances, "k", []byte("new")) }()
		if err := <-done; err != nil {
			return err
		}
		if got, err := r.Get(ctx, Instances, "k"); err != nil || string(got) != "old" {
			t.Errorf("a view sees %q, %v, want what was there when it began", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(ctx, func(tx Tx) error {
		leaked = tx
		mustPut(t, tx, Instances, "k", "newer")
		if got, err := tx.Get(ctx, Instances, "k"); err != nil || string(got) != "newer" {
			t.Errorf("an update sees %q, %v, want its own write", got, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := leaked.Put(ctx, Instances, "k", nil); !errors.Is(err, ErrTxDone) {
		t.Errorf("write after the end = %v, want %v", err, ErrTxDone)
	}
	if _, err := leaked.List(ctx, Instances, ""); !errors.Is(err, ErrTxDone) {
		t.Errorf("list after the end = %v, want %v", err, ErrTxDone)
	}
}

func TestWaitingForTheWriterEndsWithTheContext(t *testing.T) {
	db := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Update(t.Context(), func(Tx) error {
		done := make(chan error)
		go func() { done <- db.Put(ctx, Instances, "k", nil) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("second writer = %v, want %v", err, context.Canceled)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClosedStore(t *testing.T) {
	db := openTest(t)
	events, _ := db.Watch(Instances)
	for range 2 {
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Put(t.Context(), Instances, "k", nil); !errors.Is(err, ErrClosed) {
		t.Errorf("put = %v, want %v", err, ErrClosed)
	}
	if _, err := db.Get(t.Context(), Instances, "k"); !errors.Is(err, ErrClosed) {
		t.Errorf("get = %v, want %v", err, ErrClosed)
	}
	if _, open := <-events; open {
		t.Error("a watch outlives the store")
	}
	late, cancel := db.Watch(Instances)
	cancel()
	if _, open := <-late; open {
		t.Error("a watch of a closed store is open")
	}
}

func TestWatch(t *testing.T) {
	db := openTest(t)
	ctx := t.Context()
	users, cancel := db.Watch(Instances)
	tokens, cancelTokens := db.Watch(Tokens)
	defer cancelTokens()
	pending := func(ch <-chan Event) int { return len(ch) }

	mustPut(t, db, Instances, "a", "1")
	mustPut(t, db, Instances, "b", "1")
	if pending(users) != 1 || pending(tokens) != 0 {
		t.Errorf("%d and %d events pending, want 1 that merges both changes, and 0", pending(users), pending(tokens))
	}
	if e := <-users; e.Bucket != Instances {
		t.Errorf("event of %q", e.Bucket)
	}
	quiet := []struct {
		name string
		do   func() error
	}{
		{"a read", func() error { _, err := db.Get(ctx, Instances, "a"); return err }},
		{"a failed update", func() error {
			_ = db.Update(ctx, func(tx Tx) error { mustPut(t, tx, Instances, "c", "1"); return errors.New("no") })
			return nil
		}},
		{"deleting nothing", func() error { return db.Delete(ctx, Instances, "none") }},
	}
	for _, q := range quiet {
		if err := q.do(); err != nil || pending(users) != 0 {
			t.Errorf("%s makes an event, or fails: %v", q.name, err)
		}
	}
	if err := db.Delete(ctx, Instances, "a"); err != nil || pending(users) != 1 {
		t.Errorf("a delete makes %d events, %v", pending(users), err)
	}
	<-users
	cancel()
	cancel()
	if _, open := <-users; open {
		t.Error("the channel is open after cancel")
	}
	mustPut(t, db, Instances, "d", "1")
}

func TestJSON(t *testing.T) {
	type setting struct {
		Name string `json:"name"`
		N    int    `json:"n"`
	}
	db := openTest(t)
	ctx := t.Context()
	want := map[string]setting{"a/1": {"one", 1}, "a/2": {"two", 2}}
	err := db.Update(ctx, func(tx Tx) error {
		for key, v := range want {
			if err := PutJSON(ctx, tx, Settings, key, v); err != nil {
				return err
			}
		}
		return PutJSON(ctx, tx, Settings, "b", "a text")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := GetJSON[setting](ctx, db, Settings, "a/2"); err != nil || got != want["a/2"] {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err := ListJSON[setting](ctx, db, Settings, "a/")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("list: %v (-want +got):\n%s", err, diff)
	}
	if _, err := GetJSON[setting](ctx, db, Settings, "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing record: %v", err)
	}
	_, err = GetJSON[setting](ctx, db, Settings, "b")
	if !errors.Is(err, ErrDecode) || strings.Contains(err.Error(), "a text") || !strings.Contains(err.Error(), "settings/b") {
		t.Errorf("wrong type: %v, want an error that names the record and not its value", err)
	}
	if _, err := ListJSON[setting](ctx, db, Settings, ""); !errors.Is(err, ErrDecode) {
		t.Errorf("list with a wrong type: %v", err)
	}
	if err := PutJSON(ctx, db, Settings, "c", make(chan int)); err == nil {
		t.Error("a channel was stored as JSON")
	}
}

// TestAgainstModel does random things to a store and to maps, and compares them.
func TestAgainstModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	path, opts := testPaths(t)
	db := mustOpen(t, path, opts)
	model := map[Bucket]map[string]string{Instances: {}, Inventory: {}, Secrets: {}}
	for round := range 300 {
		if rng.IntN(30) == 0 {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = mustOpen(t, path, opts)
		}
		fail := rng.IntN(4) == 0
		next := map[Bucket]map[string]string{}
		for b, records := range model {
			next[b] = maps.Clone(records)
		}
		err := db.Update(t.Context(), func(tx Tx) error {
			for range rng.IntN(8) {
				modelStep(t, rng, tx, next)
			}
			if fail {
				return io.EOF
			}
			return nil
		})
		if fail != (err != nil) {
			t.Fatalf("round %d: update = %v", round, err)
		}
		if !fail {
			model = next
		}
		modelCompare(t, rng, db, model)
	}
}

// modelStep changes one record in both.
func modelStep(t *testing.T, rng *rand.Rand, tx Tx, model map[Bucket]map[string]string) {
	t.Helper()
	b := []Bucket{Instances, Inventory, Secrets}[rng.IntN(3)]
	key := fmt.Sprintf("%c/%d", 'a'+rng.IntN(3), rng.IntN(20))
	if rng.IntN(3) == 0 {
		delete(model[b], key)
		if err := tx.Delete(t.Context(), b, key); err != nil {
			t.Fatal(err)
		}
		return
	}
	value := strings.Repeat(key, rng.IntN(2000)*rng.IntN(2))
	model[b][key] = value
	mustPut(t, tx, b, key, value)
}

func modelCompare(t *testing.T, rng *rand.Rand, db *DB, model map[Bucket]map[string]string) {
	t.Helper()
	prefix := []string{"", "a", "b/", "c/1", "d"}[rng.IntN(5)]
	for b, records := range model {
		var want []Record
		for _, key := range slices.Sorted(maps.Keys(records)) {
			if strings.HasPrefix(key, prefix) {
				want = append(want, Record{Key: key, Value: []byte(records[key])})
			}
		}
		got, err := db.List(t.Context(), b, prefix)
		if err != nil {
			t.Fatal(err)
		}
		same := func(x, y Record) bool { return x.Key == y.Key && string(x.Value) == string(y.Value) }
		if !slices.EqualFunc(want, got, same) {
			t.Fatalf("list %s/%s* = %d records, want %d", b, prefix, len(got), len(want))
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	db := openTest(t)
	ctx := t.Context()
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			events, cancel := db.Watch(Queue)
			defer cancel()
			for i := range 20 {
				key := fmt.Sprintf("%d/%d", w, i)
				err := db.Update(ctx, func(tx Tx) error {
					n, err := GetJSON[int](ctx, tx, Queue, "count")
					if err != nil && !errors.Is(err, ErrNotFound) {
						return err
					}
					return errors.Join(PutJSON(ctx, tx, Queue, "count", n+1), tx.Put(ctx, Secrets, key, []byte(key)))
				})
				if err != nil {
					t.Error(err)
				}
				<-events
				if _, err := db.List(ctx, Secrets, ""); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n, err := GetJSON[int](ctx, db, Queue, "count"); err != nil || n != 160 {
		t.Errorf("count = %d, %v, want 160", n, err)
	}
}

func BenchmarkGet(b *testing.B) {
	db := openTest(b)
	mustPut(b, db, Settings, "plain", strings.Repeat("x", 500))
	mustPut(b, db, Secrets, "sealed", strings.Repeat("x", 50))
	for _, bc := range []struct {
		name   string
		bucket Bucket
		key    string
	}{{"plain", Settings, "plain"}, {"sealed", Secrets, "sealed"}} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := db.Get(b.Context(), bc.bucket, bc.key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, puts := range []int{1, 1000} {
		b.Run(fmt.Sprint(puts, " records"), func(b *testing.B) {
			db := openTest(b)
			value := []byte(strings.Repeat("x", 500))
			b.ReportAllocs()
			for b.Loop() {
				err := db.Update(b.Context(), func(tx Tx) error {
					for i := range puts {
						if err := tx.Put(b.Context(), Inventory, fmt.Sprint("key", i), value); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
