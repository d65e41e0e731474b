package hostsvc

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pulse-hub/pulse/hub/internal/store"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

// FuzzPlace checks that no two places share a record, and that no place is within another one's instance or plugin.
func FuzzPlace(f *testing.F) {
	for _, key := range []string{"k", "", "/", "a/b", "//", "\x00", "é", "../x"} {
		f.Add(acme, "nas", key, other, "", "/"+key)
	}
	f.Fuzz(func(t *testing.T, plugin, id, key, plugin2, id2, key2 string) {
		for _, part := range []string{plugin, id, plugin2, id2} {
			if strings.Contains(part, "/") {
				t.Skip("neither plugins nor instances have a slash")
			}
		}
		if plugin == "" || plugin2 == "" {
			t.Skip("each plugin has an id")
		}
		one, two := place{plugin, id, key}, place{plugin2, id2, key2}
		for _, at := range []place{one, two} {
			if got, ok := placeOf(at.record()); !ok || got != at {
				t.Errorf("%+v became %+v", at, got)
			}
			if strings.HasPrefix(at.record(), ledgers) {
				t.Errorf("%+v is among the ledgers", at)
			}
		}
		if (one.record() == two.record()) != (one == two) {
			t.Errorf("%+v and %+v share a record", one, two)
		}
		if strings.HasPrefix(two.record(), plugins(plugin)) != (plugin == plugin2) {
			t.Errorf("%+v is within the plugin %q", two, plugin)
		}
		within := place{plugin: plugin, instance: id}.record()
		if strings.HasPrefix(two.record(), within) != (plugin == plugin2 && id == id2) {
			t.Errorf("%+v is within the instance %q of %q", two, id, plugin)
		}
	})
}

// FuzzKeys puts and lists whatever keys and prefixes there are, beside an entry of another plugin and another instance.
func FuzzKeys(f *testing.F) {
	for _, seed := range []string{"k", "", "/", "nas/k", "\x00", "\xff", strings.Repeat("k", MaxKeyBytes), strings.Repeat("é", 300)} {
		f.Add("nas", seed, seed, []byte(seed))
		f.Add("", seed, "", []byte{})
		f.Add(seed, "k", "k", []byte(nil))
	}
	world := setup(f)
	c, neighbour := world.as(f, acme), world.as(f, other)
	neighbour.put("", "k", "neighbour")
	f.Fuzz(func(t *testing.T, id, key, prefix string, value []byte) {
		c := caller{HostServiceServer: c.HostServiceServer, t: t}
		_, err := c.tryPut(&pluginv1.KvEntry{InstanceId: id, Key: key, Value: value})
		known := slices.Contains([]string{"", "nas", "cellar"}, id)
		valid := key != "" && len(key) <= MaxKeyBytes && utf8.ValidString(key) && len(value) <= MaxValueBytes
		switch {
		case !valid:
			refused(t, err, codes.InvalidArgument)
		case !known:
			refused(t, err, codes.NotFound)
		case err != nil:
			t.Fatalf("put %q: %v", key, err)
		}
		stream := &collector{ctx: t.Context()}
		err = c.KvList(&pluginv1.KvPrefix{InstanceId: id, Prefix: prefix}, stream)
		if err != nil && status.Code(err) != codes.InvalidArgument && status.Code(err) != codes.NotFound {
			t.Fatalf("list %q: %v", prefix, err)
		}
		found := slices.ContainsFunc(stream.sent, func(e *pluginv1.KvEntry) bool {
			return e.GetKey() == key && bytes.Equal(e.GetValue(), value)
		})
		if want := err == nil && valid && known && strings.HasPrefix(key, prefix); found != want {
			t.Errorf("list %q of %q has %q: %v, want %v", prefix, id, key, found, want)
		}
		if err := world.Forget(t.Context(), acme); err != nil {
			t.Fatal(err)
		}
		if got := world.records(t); len(got) != 1 {
			t.Errorf("left over: %q", got)
		}
	})
}

// FuzzEntry decodes whatever a record may hold.
func FuzzEntry(f *testing.F) {
	f.Add([]byte{})
	f.Add(entry{revision: 1, value: []byte("v")}.encode())
	f.Add(entry{revision: 1 << 63, expires: -1}.encode())
	f.Fuzz(func(t *testing.T, record []byte) {
		decoded, err := decodeEntry(record)
		if err == nil && !bytes.Equal(decoded.encode(), record) {
			t.Errorf("%x became %x", record, decoded.encode())
		}
		decoded.expired(time.Now())
		decoded.left(time.Now())
	})
}

func TestLongestRecordFitsTheStore(t *testing.T) {
	longest := place{
		plugin:   strings.Repeat("p", 24) + "." + strings.Repeat("n", 40),
		instance: strings.Repeat("i", maxInstanceBytes), key: strings.Repeat("k", MaxKeyBytes),
	}
	if got := len(longest.record()); got > store.MaxKeyBytes {
		t.Errorf("%d bytes, at most %d are possible", got, store.MaxKeyBytes)
	}
}
