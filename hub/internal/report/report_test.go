package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// memory keeps identities the way the store does.
type memory struct {
	mu   sync.Mutex
	kept map[string]Identity
	err  error
}

func (m *memory) Load(context.Context) ([]Identity, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Identity
	for _, identity := range m.kept {
		all = append(all, identity)
	}
	return all, m.err
}

func (m *memory) Save(_ context.Context, identity Identity) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.kept == nil {
		m.kept = map[string]Identity{}
	}
	m.kept[identity.HostID] = identity
	return nil
}

func sample(t testing.TB) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/host.json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decode(t testing.TB, edit func(*wire.Host)) *wire.Host {
	t.Helper()
	r, err := DecodeHost(bytes.NewReader(sample(t)))
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(r)
	}
	return r
}

func TestReportReachesTheInventory(t *testing.T) {
	inv := inventory.New(inventory.Options{Now: func() time.Time { return time.Date(2026, 11, 23, 5, 30, 0, 0, time.UTC) }})
	in := New(inv, &memory{})
	token := resource.TokenRef{ID: "t1", Name: "agents"}
	receipt, err := in.Host(t.Context(), token, decode(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := Receipt{
		HostID: "11111111-2222-3333-4444-555555555555", SeenAt: time.Date(2026, 11, 23, 5, 29, 53, 398030310, time.UTC),
		Platform: "debian", OSName: "debian", OSVersion: "12.11",
	}
	if diff := cmp.Diff(want, receipt); diff != "" {
		t.Error(diff)
	}
	entry, ok := inv.Snapshot().Get("host:" + want.HostID + "/" + want.HostID)
	if !ok {
		t.Fatal("host is not in the inventory")
	}
	host := entry.Detail.(*resource.Host)
	got := []any{
		entry.Kind, entry.Name, *entry.Usage.CPU, entry.Usage.Memory.Total, entry.Usage.Disk.Total, entry.Uptime,
		entry.Usage.Counters.NetIn, host.Agent.Token.ID, host.Agent.Interval, len(host.Interfaces), entry.Tags[0],
	}
	expected := []any{
		resource.KindHost, "demo-host", 0.13999999999998636, uint64(25276510208), uint64(270553174016), 1479 * time.Second,
		uint64(517617664), "t1", 5 * time.Second, 2, "prod",
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Error(diff)
	}
	source, _ := inv.Snapshot().Source("host:" + want.HostID)
	if source.Type != "host" || source.Name != "demo-host" {
		t.Errorf("source is %+v", source.SourceRef)
	}
}

func TestInvalidReportsNameTheField(t *testing.T) {
	tests := []struct{ name, body, field string }{
		{"no hostname", `{"host":{}}`, "host.hostname"},
		{"blank hostname", `{"host":{"hostname":"  "}}`, "host.hostname"},
		{"long name", `{"host":{"hostname":"a","osName":"` + strings.Repeat("x", 2000) + `"}}`, "host.osName"},
		{"ceph without id", `{"host":{"hostname":"a"},"ceph":{}}`, "ceph.fsid"},
		{"too many tags", `{"host":{"hostname":"a"},"tags":[` + strings.Repeat(`"a",`, 5000) + `"a"]}`, "tags"},
	}
	for _, tt := range tests {
		_, err := DecodeHost(strings.NewReader(tt.body))
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Field != tt.field {
			t.Errorf("%s: error is %v, want one about %s", tt.name, err, tt.field)
		}
	}
	var malformed *DecodeError
	if _, err := DecodeHost(strings.NewReader("{bad")); !errors.As(err, &malformed) {
		t.Errorf("error is %v, want a DecodeError", err)
	}
}

func TestHostIDs(t *testing.T) {
	saved := &memory{}
	in := New(inventory.New(inventory.Options{}), saved)
	id := func(token, hostname, hostID string) string {
		t.Helper()
		r := &wire.Host{Host: wire.HostInfo{Hostname: hostname, ID: hostID}}
		receipt, err := in.Host(t.Context(), resource.TokenRef{ID: token}, r)
		if err != nil {
			t.Fatal(err)
		}
		return receipt.HostID
	}
	first := id("t1", "web", "Same_ID")
	if first != "same-id" {
		t.Errorf("id is %q, want same-id", first)
	}
	if again := id("t1", "WEB", "another"); again != first {
		t.Errorf("the same machine got %q, want %q", again, first)
	}
	clone := id("t1", "web2", "Same_ID")
	if !strings.HasPrefix(clone, "same-id-") || len(clone) != len("same-id-")+8 {
		t.Errorf("another machine with the same id got %q", clone)
	}
	if odd := id("t1", "日本", ""); !strings.HasPrefix(odd, "host-") || len(odd) != 17 {
		t.Errorf("a name without letters got %q", odd)
	}
	// After a restart the saved ids hold.
	in = New(inventory.New(inventory.Options{}), saved)
	if err := in.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := id("t1", "web2", "Same_ID"); after != clone {
		t.Errorf("after a restart the id is %q, want %q", after, clone)
	}
	if token, ok := in.HostToken(clone); !ok || token != "t1" {
		t.Errorf("holder is %q", token)
	}
}

func TestUnsavedIdentityIsRefused(t *testing.T) {
	saved := &memory{err: errors.New("disk full")}
	in := New(inventory.New(inventory.Options{}), saved)
	r := &wire.Host{Host: wire.HostInfo{Hostname: "web"}}
	if _, err := in.Host(t.Context(), resource.TokenRef{ID: "t"}, r); err == nil {
		t.Fatal("report was taken although its id is not saved")
	}
	saved.err = nil
	if _, err := in.Host(t.Context(), resource.TokenRef{ID: "t"}, r); err != nil {
		t.Errorf("the next try gave %v", err)
	}
}

type full struct{}

func (full) Apply(ctx context.Context, _ inventory.Observation) (inventory.Outcome, error) {
	return inventory.Outcome{}, fmt.Errorf("%w: queue is full", inventory.ErrBusy)
}

func TestFullInventoryIsBusy(t *testing.T) {
	_, err := New(full{}, &memory{}).Host(t.Context(), resource.TokenRef{}, decode(t, nil))
	if !errors.Is(err, ErrBusy) {
		t.Errorf("error is %v, want ErrBusy", err)
	}
}

func TestFilesystemsOfTheMachineOnly(t *testing.T) {
	disks := []wire.Disk{
		{Mountpoint: "/", Type: "ext4", TotalBytes: 100, UsedBytes: 20, FreeBytes: 70},
		{Mountpoint: "/data", Type: "zfs", TotalBytes: 100},
		{Mountpoint: "/win", Type: "fuseblk", TotalBytes: 100},
		{Mountpoint: "/runner", Type: "xfs", TotalBytes: 100},
		{Mountpoint: "/mnt/nas", Type: "nfs4", TotalBytes: 100},
		{Mountpoint: "/mnt/ssh", Type: "fuse.sshfs", TotalBytes: 100},
		{Mountpoint: "/snap/core/1", Type: "squashfs", TotalBytes: 100},
		{Mountpoint: "/run/user/1", Type: "tmpfs", TotalBytes: 100},
		{Mountpoint: "/var/lib/docker/overlay2/x", Type: "ext4", TotalBytes: 100},
		{Mountpoint: "/empty", Type: "ext4"},
	}
	var got []string
	for _, filesystem := range filesystems(disks) {
		got = append(got, filesystem.Mountpoint)
	}
	if diff := cmp.Diff([]string{"/", "/data", "/win", "/runner"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFreshness(t *testing.T) {
	for interval, want := range map[time.Duration]time.Duration{
		0: time.Minute, 5 * time.Second: time.Minute, 30 * time.Second: 3 * time.Minute, time.Hour: 10 * time.Minute,
	} {
		if got := validFor(interval); got != want {
			t.Errorf("interval %s is valid for %s, want %s", interval, got, want)
		}
	}
}

func TestCephOfAHost(t *testing.T) {
	r := decode(t, func(r *wire.Host) {
		r.Ceph = &wire.Ceph{FSID: "f1", Health: wire.CephHealth{
			Status: "HEALTH_WARN", Checks: map[string]wire.CephCheck{"B": {Message: "two"}, "A": {Message: "one"}},
		}, PGMap: wire.CephPGMap{BytesTotal: 10, BytesUsed: 4}}
	})
	got := observation(r, "h", resource.TokenRef{}).Resources[1]
	if got.Kind != resource.KindCeph || got.ParentID != "h" || got.Status != resource.StatusDegraded ||
		got.StatusReason != "one; two" || got.Usage.Disk.Used != 4 {
		t.Errorf("cluster is %+v", got)
	}
}

func FuzzDecodeHost(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte(`{"host":{"hostname":"a","uptimeSeconds":9223372036854775807},"metrics":{"cpuUsagePercent":-1e308,"memory":{"totalBytes":-1}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeHost(bytes.NewReader(raw))
		if err != nil {
			return
		}
		seen := observation(r, "id", resource.TokenRef{})
		host := seen.Resources[0]
		if cpu := host.Usage.CPU; cpu != nil && (*cpu < 0 || *cpu > 1) {
			t.Errorf("processor ratio is %v", *cpu)
		}
		if host.Uptime < 0 || seen.ValidFor < time.Minute {
			t.Errorf("uptime %s, valid for %s", host.Uptime, seen.ValidFor)
		}
		if _, err := json.Marshal(host.Detail); err != nil {
			t.Errorf("detail cannot be shown: %v", err)
		}
	})
}

func BenchmarkHost(b *testing.B) {
	in := New(inventory.New(inventory.Options{}), &memory{})
	raw, token := sample(b), resource.TokenRef{ID: "t"}
	start := time.Now().Add(-24 * time.Hour)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r, err := DecodeHost(bytes.NewReader(raw))
		if err != nil {
			b.Fatal(err)
		}
		r.Timestamp = start.Add(time.Duration(i) * time.Millisecond)
		r.Host.Hostname = "host-" + string(rune('a'+i%20))
		if _, err := in.Host(b.Context(), token, r); err != nil {
			b.Fatal(err)
		}
	}
}
