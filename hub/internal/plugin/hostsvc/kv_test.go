package hostsvc

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pulse-hub/pulse/hub/internal/store"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

func TestEachPlaceHasItsOwnKeys(t *testing.T) {
	f := setup(t)
	one, two := f.as(t, acme), f.as(t, other)
	one.put("", "k", "acme")
	one.put("nas", "k", "acme nas")
	one.put("cellar", "k", "acme cellar")
	two.put("", "k", "other")
	two.put("rack", "k", "other rack")
	one.remove("cellar", "k")

	for _, test := range []struct {
		caller        caller
		instance, key string
		want          string
	}{
		{one, "", "k", "acme"},
		{one, "nas", "k", "acme nas"},
		{one, "cellar", "k", "-"},
		{one, "", "nas/k", "-"}, // a slash in a key leads nowhere else
		{two, "", "k", "other"},
		{two, "rack", "k", "other rack"},
	} {
		if got := test.caller.get(test.instance, test.key); got != test.want {
			t.Errorf("%s/%s = %q, want %q", test.instance, test.key, got, test.want)
		}
	}
	if got := one.list("", ""); !cmp.Equal(got, []string{"k=acme"}) {
		t.Errorf("list of the plugin as a whole: %q", got)
	}
}

func TestListIsInTheOrderOfTheKeys(t *testing.T) {
	f := setup(t)
	c := f.as(t, acme)
	for _, key := range []string{"b", "a/2", "a/1", "ä", "a", "a0"} {
		c.put("nas", key, "v")
	}
	for prefix, want := range map[string][]string{
		"":   {"a=v", "a/1=v", "a/2=v", "a0=v", "b=v", "ä=v"},
		"a/": {"a/1=v", "a/2=v"},
		"ä":  {"ä=v"},
		"c":  nil,
	} {
		if diff := cmp.Diff(want, c.list("nas", prefix)); diff != "" {
			t.Errorf("list %q (-want +got):\n%s", prefix, diff)
		}
	}
}

func TestRevisionsGrow(t *testing.T) {
	f := setup(t)
	c := f.as(t, acme)
	first := c.put("nas", "k", "1")
	c.remove("nas", "k")
	second := c.put("nas", "k", "1")
	if first == 0 || second <= first {
		t.Errorf("revisions %d, then %d after a delete", first, second)
	}
	for _, test := range []struct {
		name, key string
		revision  uint64
		want      codes.Code
	}{
		{"of before the delete", "k", first, codes.Aborted},
		{"of no entry", "none", second, codes.Aborted},
		{"of the future", "k", second + 1, codes.Aborted},
		{"its own", "k", second, codes.OK},
		{"its own of before", "k", second, codes.Aborted},
		{"whatever it has", "k", 0, codes.OK},
	} {
		_, err := c.tryPut(&pluginv1.KvEntry{InstanceId: "nas", Key: test.key, IfRevision: test.revision})
		if status.Code(err) != test.want {
			t.Errorf("write at the revision %s: %v, want %v", test.name, err, test.want)
		}
	}
}

func TestInputIsChecked(t *testing.T) {
	f := setup(t)
	c := f.as(t, acme)
	long := strings.Repeat("k", MaxKeyBytes+1)
	put := func(entry *pluginv1.KvEntry) error { _, err := c.tryPut(entry); return err }
	tests := map[string]struct {
		err  error
		code codes.Code
		word string
	}{
		"longest key":     {put(&pluginv1.KvEntry{InstanceId: "nas", Key: long[1:]}), codes.OK, ""},
		"longest value":   {put(&pluginv1.KvEntry{Key: "k", Value: make([]byte, MaxValueBytes)}), codes.OK, ""},
		"no key":          {put(&pluginv1.KvEntry{}), codes.InvalidArgument, "key"},
		"long key":        {put(&pluginv1.KvEntry{Key: long}), codes.InvalidArgument, "key"},
		"not UTF-8":       {put(&pluginv1.KvEntry{Key: "\xff"}), codes.InvalidArgument, "key"},
		"long value":      {put(&pluginv1.KvEntry{Key: "k", Value: make([]byte, MaxValueBytes+1)}), codes.InvalidArgument, "value"},
		"ttl of nothing":  {put(&pluginv1.KvEntry{Key: "k", Ttl: durationpb.New(0)}), codes.InvalidArgument, "ttl"},
		"negative ttl":    {put(&pluginv1.KvEntry{Key: "k", Ttl: durationpb.New(-time.Second)}), codes.InvalidArgument, "ttl"},
		"long instance":   {put(&pluginv1.KvEntry{Key: "k", InstanceId: strings.Repeat("i", 2000)}), codes.NotFound, ""},
		"slashy instance": {put(&pluginv1.KvEntry{Key: "k", InstanceId: "nas/"}), codes.NotFound, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { refused(t, test.err, test.code, test.word) })
	}
	_, err := c.KvGet(t.Context(), &pluginv1.KvKey{})
	refused(t, err, codes.InvalidArgument, "key")
	_, err = c.KvDelete(t.Context(), &pluginv1.KvKey{Key: long})
	refused(t, err, codes.InvalidArgument, "key")
	err = c.KvList(&pluginv1.KvPrefix{Prefix: long}, &collector{ctx: t.Context()})
	refused(t, err, codes.InvalidArgument, "prefix")
}

func TestQuotaOfKeys(t *testing.T) {
	f := setup(t)
	c := f.as(t, acme)
	f.fill(t, acme, MaxKeys-1, 10)
	c.put("nas", "last", "v")
	_, err := c.tryPut(&pluginv1.KvEntry{InstanceId: "cellar", Key: "more"})
	refused(t, err, codes.ResourceExhausted)
	if got := c.get("cellar", "more"); got != "-" {
		t.Errorf("what was refused is there: %q", got)
	}
	c.put("nas", "last", "another value")
	f.as(t, other).put("", "k", "the quota is another plugin's")
	c.remove("nas", "last")
	c.put("cellar", "more", "v")
	if got := f.ledgerOf(t, acme).Keys; got != MaxKeys {
		t.Errorf("%d keys, want %d", got, MaxKeys)
	}
}

func TestQuotaOfBytes(t *testing.T) {
	f := setup(t)
	c := f.as(t, acme)
	for i := range 3 {
		c.put("", fmt.Sprint(i), strings.Repeat("v", MaxValueBytes))
	}
	rest := MaxTotalBytes - f.ledgerOf(t, acme).Bytes - len("r")
	_, err := c.tryPut(&pluginv1.KvEntry{Key: "r", Value: make([]byte, rest+1)})
	refused(t, err, codes.ResourceExhausted, "bytes")
	c.put("", "r", strings.Repeat("v", rest))
	c.put("", "0", "less")
	if got, want := f.ledgerOf(t, acme).Bytes, MaxTotalBytes-MaxValueBytes+len("less"); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
}

// fill puts n entries at once.
func (f *fixture) fill(t testing.TB, plugin string, n, size int) {
	t.Helper()
	err := f.db.Update(t.Context(), func(tx store.Tx) error {
		for i := range n {
			at := place{plugin: plugin, key: fmt.Sprintf("fill %04d", i)}
			if _, err := put(t.Context(), tx, at, wanted{value: make([]byte, size)}, time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestExpiredEntriesAreGoneAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		c := f.as(t, acme)
		c.putFor("nas", "short", "v", time.Minute)
		c.putFor("nas", "shortest", "v", 1)
		if got := c.get("nas", "shortest"); got != "v" {
			t.Errorf("it is gone before its time: %q", got)
		}
		c.put("nas", "stays", "v")
		revision := f.ledgerOf(t, acme).Revision

		time.Sleep(time.Minute - time.Millisecond)
		if got := c.list("nas", "short"); !cmp.Equal(got, []string{"short=v"}) {
			t.Errorf("just before: %q", got)
		}
		time.Sleep(time.Millisecond)
		if got := c.get("nas", "short"); got != "-" {
			t.Errorf("it is still there: %q", got)
		}
		if got := c.list("nas", ""); !cmp.Equal(got, []string{"stays=v"}) {
			t.Errorf("listed: %q", got)
		}
		_, err := c.tryPut(&pluginv1.KvEntry{InstanceId: "nas", Key: "short", IfRevision: revision - 2})
		refused(t, err, codes.Aborted)
		if got := c.put("nas", "short", "again"); got <= revision {
			t.Errorf("revision %d after %d", got, revision)
		}
		time.Sleep(time.Hour)
		if got := c.get("nas", "short"); got != "again" {
			t.Errorf("the ttl of before holds: %q", got)
		}
	})
}

func TestListTellsTheTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		c := f.as(t, acme)
		c.putFor("", "k", "v", time.Hour)
		time.Sleep(20 * time.Minute)
		stream := &collector{ctx: t.Context()}
		if err := c.KvList(&pluginv1.KvPrefix{}, stream); err != nil {
			t.Fatal(err)
		}
		if left := stream.sent[0].GetTtl().AsDuration(); left != 40*time.Minute {
			t.Errorf("%v left, want 40m", left)
		}
	})
}

func TestExpiredEntriesMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		c := f.as(t, acme)
		f.fill(t, acme, MaxKeys-2, 1)
		c.putFor("nas", "a", "v", time.Minute)
		c.putFor("nas", "b", "v", time.Hour)
		_, err := c.tryPut(&pluginv1.KvEntry{Key: "new"})
		refused(t, err, codes.ResourceExhausted)
		time.Sleep(time.Minute)
		c.put("", "new", "v")
		f.ledgerOf(t, acme)
		_, err = c.tryPut(&pluginv1.KvEntry{Key: "newer"})
		refused(t, err, codes.ResourceExhausted)
	})
}

func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := setup(t)
		one, two := f.as(t, acme), f.as(t, other)
		one.putFor("nas", "a", "v", time.Minute)
		one.put("nas", "b", "v")
		one.put("", "c", "v")
		one.put("cellar", "left over", "v")
		two.putFor("", "d", "v", time.Minute)
		if err := f.instances.Delete(t.Context(), "cellar"); err != nil {
			t.Fatal(err)
		}

		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			if err := f.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		if got := f.records(t); !cmp.Equal(got, []string{acme + "//c", acme + "/nas/a", acme + "/nas/b", other + "//d"}) {
			t.Errorf("after the first sweep: %q", got)
		}
		time.Sleep(sweepInterval)
		synctest.Wait()
		if got := f.records(t); !cmp.Equal(got, []string{acme + "//c", acme + "/nas/b"}) {
			t.Errorf("after the next sweep: %q", got)
		}
		f.ledgerOf(t, acme)
		f.ledgerOf(t, other)
		stop()
		running.Wait()
	})
}

// records returns the places of all entries in the store.
func (f *fixture) records(t testing.TB) []string {
	t.Helper()
	all, err := f.db.List(t.Context(), store.PluginState, "")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, record := range all {
		if !strings.HasPrefix(record.Key, ledgers) {
			keys = append(keys, record.Key)
		}
	}
	return keys
}

func TestForget(t *testing.T) {
	f := setup(t)
	one, two := f.as(t, acme), f.as(t, other)
	for _, id := range []string{"", "nas", "cellar"} {
		one.put(id, "k", "v")
	}
	two.put("", "k", "v")
	before := f.ledgerOf(t, acme).Revision

	if err := f.ForgetInstance(t.Context(), acme, "nas"); err != nil {
		t.Fatal(err)
	}
	if got := f.records(t); !cmp.Equal(got, []string{acme + "//k", acme + "/cellar/k", other + "//k"}) {
		t.Errorf("without the instance: %q", got)
	}
	f.ledgerOf(t, acme)
	if got := one.put("nas", "k", "v"); got <= before {
		t.Errorf("revision %d after %d", got, before)
	}
	for range 2 {
		if err := f.Forget(t.Context(), acme); err != nil {
			t.Fatal(err)
		}
	}
	records, err := f.db.List(t.Context(), store.PluginState, "")
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, record := range records {
		left = append(left, record.Key)
	}
	if !cmp.Equal(left, []string{"/" + other, other + "//k"}) {
		t.Errorf("without the plugin: %q", left)
	}
}

func TestNothingIsWrittenForADeletedInstance(t *testing.T) {
	f := setup(t)
	c := f.as(t, acme)
	c.put("nas", "k", "v")
	if err := f.instances.Delete(t.Context(), "nas"); err != nil {
		t.Fatal(err)
	}
	_, err := c.tryPut(&pluginv1.KvEntry{InstanceId: "nas", Key: "k"})
	refused(t, err, codes.NotFound)
}

// model is what the store is to be, as simple as can be.
type model struct {
	values    map[string]string
	revisions map[string]uint64
}

func TestAgainstModel(t *testing.T) {
	f := setup(t)
	c := f.as(t, acme)
	random := rand.New(rand.NewPCG(7, 11))
	m := model{values: map[string]string{}, revisions: map[string]uint64{}}
	var last uint64
	for range 400 {
		id := []string{"", "nas", "cellar"}[random.IntN(3)]
		key := fmt.Sprintf("%c/%d", 'a'+random.IntN(2), random.IntN(8))
		at := id + " " + key
		value := strings.Repeat("v", random.IntN(50))
		switch random.IntN(6) {
		case 0:
			c.remove(id, key)
			delete(m.values, at)
			delete(m.revisions, at)
		case 1:
			guess := m.revisions[at] + uint64(random.IntN(2))
			revision, err := c.tryPut(&pluginv1.KvEntry{InstanceId: id, Key: key, Value: []byte(value), IfRevision: guess})
			if (err == nil) != (guess == 0 || guess == m.revisions[at]) {
				t.Fatalf("write %q at %d of %d: %v", at, guess, m.revisions[at], err)
			}
			if err == nil {
				m.values[at], m.revisions[at] = value, revision
			}
		case 2, 3:
			revision := c.put(id, key, value)
			if revision <= last {
				t.Fatalf("revision %d after %d", revision, last)
			}
			m.values[at], m.revisions[at], last = value, revision, revision
		case 4:
			want, ok := m.values[at]
			if !ok {
				want = "-"
			}
			if got := c.get(id, key); got != want {
				t.Fatalf("%q = %q, want %q", at, got, want)
			}
		default:
			m.checkList(t, c, id, key[:1])
		}
	}
	if got := f.ledgerOf(t, acme).Keys; got != len(m.values) {
		t.Errorf("%d keys, want %d", got, len(m.values))
	}
}

func (m model) checkList(t *testing.T, c caller, id, prefix string) {
	t.Helper()
	var want []string
	for at, value := range m.values {
		if rest, ok := strings.CutPrefix(at, id+" "); ok && strings.HasPrefix(rest, prefix) {
			want = append(want, rest+"="+value)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, c.list(id, prefix)); diff != "" {
		t.Fatalf("list %q of %q (-want +got):\n%s", prefix, id, diff)
	}
}

func TestCompareAndSwapByMany(t *testing.T) {
	const workers, each = 6, 8
	f := setup(t)
	start := f.as(t, acme).put("nas", "counter", "0")
	if start == 0 {
		t.Fatal("no revision")
	}
	var running sync.WaitGroup
	for range workers {
		c := f.as(t, acme) // each a process of the plugin
		running.Go(func() {
			for range each {
				c.increment()
			}
		})
		running.Go(func() {
			for range each {
				c.list("nas", "")
			}
		})
	}
	running.Wait()
	if got := f.as(t, acme).get("nas", "counter"); got != fmt.Sprint(workers*each) {
		t.Errorf("counter is %s, want %d", got, workers*each)
	}
	f.ledgerOf(t, acme)
}

// increment adds one to a counter, as often as it takes until nobody comes between.
func (c caller) increment() {
	for {
		value, err := c.KvGet(c.t.Context(), &pluginv1.KvKey{InstanceId: "nas", Key: "counter"})
		if err != nil {
			c.t.Error(err)
			return
		}
		var n int
		if _, err := fmt.Sscan(string(value.GetValue()), &n); err != nil {
			c.t.Error(err)
			return
		}
		_, err = c.tryPut(&pluginv1.KvEntry{
			InstanceId: "nas", Key: "counter", Value: fmt.Append(nil, n+1), IfRevision: value.GetRevision(),
		})
		if status.Code(err) != codes.Aborted {
			if err != nil {
				c.t.Error(err)
			}
			return
		}
	}
}
