// Package viewtest makes snapshots for the tests of the views.
package viewtest

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Epoch is the moment at which everything in these snapshots was seen.
func Epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// Inventory returns an inventory whose clock stands still at Epoch.
func Inventory() *inventory.Inventory {
	return inventory.New(inventory.Options{Now: Epoch})
}

// Apply puts resources of one source into an inventory.
func Apply(tb testing.TB, inv *inventory.Inventory, source inventory.SourceRef, resources ...resource.Resource) {
	tb.Helper()
	ApplyAt(tb, inv, source, Epoch(), resources...)
}

// ApplyAt is Apply for what was seen at a given moment.
func ApplyAt(tb testing.TB, inv *inventory.Inventory, source inventory.SourceRef, at time.Time, resources ...resource.Resource) {
	tb.Helper()
	observation := inventory.Observation{Source: source, Dataset: "all", At: at, Complete: true, Resources: resources}
	outcome, err := inv.Apply(tb.Context(), observation)
	if err != nil {
		tb.Fatalf("apply %s: %v", source.ID, err)
	}
	if len(outcome.Rejected) > 0 {
		tb.Fatalf("apply %s: rejected %v", source.ID, outcome.Rejected)
	}
}

// Ratio returns a pointer, as optional ratios need one.
func Ratio(v float64) *float64 { return &v }

const gib = 1 << 30

// World returns an inventory with at least one of everything, each with every
// optional field that its kind can have.
func World(tb testing.TB) *inventory.Inventory {
	tb.Helper()
	inv := Inventory()
	Apply(tb, inv, inventory.SourceRef{ID: "pve-lab", Type: "pve", Name: "lab", Plugin: "pulse.proxmox", Address: "https://pve1.example:8006"}, hypervisors()...)
	Apply(tb, inv, inventory.SourceRef{ID: "pbs-vault", Type: "pbs", Name: "vault", Address: "https://pbs.example:8007"}, backupServer()...)
	Apply(tb, inv, inventory.SourceRef{ID: "pmg-edge", Type: "pmg", Name: "edge", Address: "https://pmg.example:8006"}, mailGateway()...)
	Apply(tb, inv, inventory.SourceRef{ID: "agents", Type: "agents", Name: "agents"}, agents()...)
	for _, ref := range []inventory.SourceRef{
		{ID: "pbs-dark", Type: "pbs", Name: "dark", Address: "https://dark.example:8007"},
		{ID: "pve-new", Type: "pve", Name: "new", Address: "https://new.example:8006"},
	} {
		if err := inv.Announce(tb.Context(), ref); err != nil {
			tb.Fatal(err)
		}
	}
	return inv
}

func capacity(total, used uint64) resource.Capacity {
	return resource.Capacity{Total: total * gib, Used: used * gib, Free: (total - used) * gib}
}

func usage(cpu float64) resource.Usage {
	return resource.Usage{
		CPU: Ratio(cpu), Memory: capacity(16, 4), Swap: capacity(2, 1), Disk: capacity(100, 25),
		Temperature: Ratio(51.5),
		Counters:    &resource.Traffic{NetIn: 1e6, NetOut: 2e6, DiskRead: 3e6, DiskWrite: 4e6},
		Rates:       &resource.Rates{NetIn: 1000.4, NetOut: 2000.6, DiskRead: 3000, DiskWrite: 4000},
	}
}

func filesystems() []resource.Filesystem {
	return []resource.Filesystem{{Mountpoint: "/", Device: "/dev/sda1", Type: "ext4", Capacity: capacity(100, 25)}}
}

func interfaces() []resource.Interface {
	return []resource.Interface{{
		Name: "eth0", MAC: "02:00:00:00:00:01", Addresses: []string{"10.0.0.5/24"},
		RxBytes: 5000, TxBytes: 6000, SpeedBits: 1_000_000_000,
	}}
}
