package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// known is a fleet that admits everybody under a fixed id.
type known struct{ err error }

func (k known) ID(_ context.Context, _, _, suggested string) (string, error) { return suggested, k.err }
func (k known) Admit(_ context.Context, claim fleet.Claim) (string, error) {
	return claim.AgentID, k.err
}
func (k known) AdmitCluster(_ context.Context, id string, _ fleet.Claim) (string, error) {
	return id, k.err
}
func (k known) Known(fleet.Kind, string) (*fleet.Member, bool) { return &fleet.Member{}, true }

// at is when everything arrives.
var at = time.Date(2026, 11, 23, 5, 30, 0, 0, time.UTC)

func clock() time.Time { return at }

func newIngest(inv Inventory) *Ingest {
	return New(Options{Inventory: inv, Hosts: known{}, Fleet: known{}, Now: clock})
}

func newInventory() *inventory.Inventory { return inventory.New(inventory.Options{Now: clock}) }

func plain(text string) Body { return Body{Reader: strings.NewReader(text), Limit: wire.MaxHostBytes} }

func file(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func sample(t testing.TB) []byte { return file(t, "host.json") }

func decode(t testing.TB, edit func(*wire.Host)) *wire.Host {
	t.Helper()
	r, err := DecodeHost(plain(string(sample(t))))
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(r)
	}
	return r
}

func TestReportReachesTheInventory(t *testing.T) {
	inv := newInventory()
	in := newIngest(inv)
	token := resource.TokenRef{ID: "t1", Name: "agents"}
	receipt, err := in.Host(t.Context(), Delivery{Token: token}, decode(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := Receipt{ID: "11111111-2222-3333-4444-555555555555", SeenAt: time.Date(2026, 11, 23, 5, 29, 53, 398030310, time.UTC)}
	if diff := cmp.Diff(want, receipt); diff != "" {
		t.Error(diff)
	}
	entry, ok := inv.Snapshot().Get("host:" + want.ID + "/" + want.ID)
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
	source, _ := inv.Snapshot().Source("host:" + want.ID)
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
		_, err := DecodeHost(plain(tt.body))
		var invalid *InvalidError
		if !errors.As(err, &invalid) || invalid.Field != tt.field {
			t.Errorf("%s: error is %v, want one about %s", tt.name, err, tt.field)
		}
	}
	var malformed *DecodeError
	if _, err := DecodeHost(plain("{bad")); !errors.As(err, &malformed) {
		t.Errorf("error is %v, want a DecodeError", err)
	}
}

type full struct{ *inventory.Inventory }

func (full) Apply(ctx context.Context, _ inventory.Observation) (inventory.Outcome, error) {
	return inventory.Outcome{}, fmt.Errorf("%w: queue is full", inventory.ErrBusy)
}

func TestNoRoomIsBusy(t *testing.T) {
	for name, in := range map[string]*Ingest{
		"a full inventory": newIngest(full{}),
		"a full disk":      New(Options{Inventory: newInventory(), Hosts: known{store.ErrNoSpace}, Fleet: known{}, Now: clock}),
	} {
		if _, err := in.Host(t.Context(), Delivery{}, decode(t, nil)); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: error is %v, want ErrBusy", name, err)
		}
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
		if got := hostValidity(interval); got != want {
			t.Errorf("interval %s is valid for %s, want %s", interval, got, want)
		}
	}
	for interval, want := range map[time.Duration]time.Duration{
		0: 30 * time.Second, 5 * time.Second: 30 * time.Second, 30 * time.Second: 2 * time.Minute, time.Hour: 10 * time.Minute,
	} {
		if got := engineValidity(interval); got != want {
			t.Errorf("interval %s of an engine is valid for %s, want %s", interval, got, want)
		}
	}
}

func TestCephOfAHost(t *testing.T) {
	r := decode(t, func(r *wire.Host) {
		r.Ceph = &wire.Ceph{FSID: "f1", Health: wire.CephHealth{
			Status: "HEALTH_WARN", Checks: map[string]wire.CephCheck{"B": {Message: "two"}, "A": {Message: "one"}},
		}, PGMap: wire.CephPGMap{BytesTotal: 10, BytesUsed: 4}}
	})
	got := cephResource(r.Ceph, "h")
	if got.Kind != resource.KindCeph || got.ParentID != "h" || got.Status != resource.StatusDegraded ||
		got.StatusReason != "one; two" || got.Usage.Disk.Used != 4 {
		t.Errorf("cluster is %+v", got)
	}
}

func FuzzDecodeHost(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte(`{"host":{"hostname":"a","uptimeSeconds":9223372036854775807},"metrics":{"cpuUsagePercent":-1e308,"memory":{"totalBytes":-1}},
		"detail":{"cores":[1e308],"disks":[{"powerOnHours":18446744073709551615}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := DecodeHost(Body{Reader: bytes.NewReader(raw), Limit: wire.MaxHostBytes})
		if err != nil {
			return
		}
		host := hostResource(r, "id", resource.Agent{})
		if cpu := host.Usage.CPU; cpu != nil && (*cpu < 0 || *cpu > 1) {
			t.Errorf("processor ratio is %v", *cpu)
		}
		if host.Uptime < 0 {
			t.Errorf("uptime %s", host.Uptime)
		}
		if _, err := json.Marshal(host.Detail); err != nil {
			t.Errorf("detail cannot be shown: %v", err)
		}
	})
}

func BenchmarkHost(b *testing.B) {
	in := newIngest(inventory.New(inventory.Options{}))
	raw := string(sample(b))
	start := time.Now().Add(-24 * time.Hour)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r, err := DecodeHost(plain(raw))
		if err != nil {
			b.Fatal(err)
		}
		r.Timestamp = start.Add(time.Duration(i) * time.Millisecond)
		r.Host.ID = "host-" + string(rune('a'+i%20))
		if _, err := in.Host(b.Context(), Delivery{}, r); err != nil {
			b.Fatal(err)
		}
	}
}
