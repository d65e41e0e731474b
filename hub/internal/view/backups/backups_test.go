package backups_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func entry(source string, kind resource.Kind, detail resource.Detail) *inventory.Entry {
	return &inventory.Entry{Resource: &resource.Resource{Kind: kind, Detail: detail}, Source: source}
}

func TestSubjects(t *testing.T) {
	tests := []struct {
		name   string
		detail resource.Detail
		want   backups.Subject
		ok     bool
	}{
		{"on a storage", &resource.Backup{Type: "vm", VMID: 100, Storage: "nas"}, backups.Subject{Keeper: backups.KeptByHypervisor, Source: "s", Type: "vm", VMID: 100}, true},
		{"a hypervisor's view of a server's", &resource.Backup{Type: "vm", VMID: 100, Storage: "vault", Datastore: "main", Namespace: "a"},
			backups.Subject{Keeper: backups.KeptByHypervisor, Source: "s", Type: "vm", VMID: 100, Namespace: "a"}, true},
		{"on a server", &resource.Backup{Type: "container", BackupID: "201", Datastore: "main", Namespace: "a"},
			backups.Subject{Keeper: backups.KeptByBackupServer, Source: "s", Type: "container", VMID: 201, Namespace: "a"}, true},
		{"of a host", &resource.Backup{Type: "host", BackupID: "mail", Datastore: "main"}, backups.Subject{Keeper: backups.KeptByBackupServer, Source: "s", Type: "host"}, false},
		{"of a mail gateway", &resource.Backup{Type: "mailgateway", VMID: 1}, backups.Subject{Keeper: backups.KeptByMailGateway, Source: "s", Type: "mailgateway", VMID: 1}, false},
		{"without details", nil, backups.Subject{Source: "s"}, false},
	}
	for _, tt := range tests {
		got, ok := backups.SubjectOf(entry("s", resource.KindBackup, tt.detail))
		if diff := cmp.Diff(tt.want, got); diff != "" || ok != tt.ok {
			t.Errorf("%s (%v): %s", tt.name, ok, diff)
		}
	}
}

func TestIndexFindsWhatCanOnlyBeMeant(t *testing.T) {
	index := backups.NewIndex[int]()
	one := func(known int) int { return known + 1 }
	for _, s := range []backups.Subject{
		{Source: "a", Type: "vm", VMID: 1}, {Source: "a", Type: "vm", VMID: 1}, {Source: "b", Type: "vm", VMID: 1},
		{Keeper: backups.KeptByBackupServer, Type: "vm", VMID: 1, Namespace: "A"}, {Keeper: backups.KeptByBackupServer, Type: "vm", VMID: 1},
		{Keeper: backups.KeptByBackupServer, Type: "container", VMID: 1}, {Keeper: backups.KeptByMailGateway, Type: "vm", VMID: 1},
	} {
		index.Add(s, one)
	}
	guest := entry("a", resource.KindVM, &resource.Guest{VMID: 1})
	name := backups.NameOf(guest)
	tests := []struct {
		name          string
		guest         *inventory.Entry
		instance      string
		names         backups.Names
		local, remote int
	}{
		{"the only one", guest, "x", backups.Names{name: 1}, 2, 2},
		{"one of two, with a namespace", guest, "a", backups.Names{name: 2}, 2, 1},
		{"one of two, without", guest, "x", backups.Names{name: 2}, 2, 0},
		{"another type", entry("c", resource.KindContainer, &resource.Guest{VMID: 1}), "x", backups.Names{{Type: "container", VMID: 1}: 1}, 0, 1},
		{"without details", entry("a", resource.KindVM, nil), "x", backups.Names{{Type: "vm"}: 1}, 0, 0},
	}
	for _, tt := range tests {
		if local, remote := index.Of(tt.guest, tt.instance, tt.names); local != tt.local || remote != tt.remote {
			t.Errorf("%s: %d and %d, want %d and %d", tt.name, local, remote, tt.local, tt.remote)
		}
	}
}
