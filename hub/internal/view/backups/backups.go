// Package backups says which guest a backup is of.
//
// A hypervisor knows that of its own backups. A backup server knows a guest
// only by its type and number, which several clusters may have, and perhaps by
// a namespace with the name of the cluster.
package backups

import (
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Keeper says which product keeps a backup.
type Keeper int

// The keepers.
const (
	KeptByHypervisor Keeper = iota
	KeptByBackupServer
	KeptByMailGateway
)

// KeeperOf returns which product keeps a backup.
func KeeperOf(b *resource.Backup) Keeper {
	switch {
	case b.Type == "mailgateway":
		return KeptByMailGateway
	case b.Datastore != "" && b.Storage == "":
		return KeptByBackupServer
	}
	return KeptByHypervisor
}

// Detail returns what is known of a backup; never nil.
func Detail(e *inventory.Entry) *resource.Backup {
	if detail, _ := e.Detail.(*resource.Backup); detail != nil {
		return detail
	}
	return &resource.Backup{}
}

// Subject is what a backup says of the guest that it is of.
type Subject struct {
	Keeper Keeper
	Source string // that knows the backup
	Type   string // "vm" or "container"
	VMID   int
	// Namespace is that on a backup server.
	Namespace string
}

// SubjectOf returns what a backup is of; false if that is no guest.
func SubjectOf(e *inventory.Entry) (Subject, bool) {
	b := Detail(e)
	s := Subject{Keeper: KeeperOf(b), Source: e.Source, Type: b.Type, VMID: b.VMID, Namespace: b.Namespace}
	if s.VMID == 0 {
		s.VMID, _ = strconv.Atoi(b.BackupID) // what is no number is no guest
	}
	return s, s.VMID != 0 && s.Keeper != KeptByMailGateway
}

// Name is what a backup server calls a guest.
type Name struct {
	Type string // "vm" or "container"
	VMID int
}

// NameOf returns what a backup server calls a guest.
func NameOf(guest *inventory.Entry) Name {
	detail, _ := guest.Detail.(*resource.Guest)
	if detail == nil {
		detail = &resource.Guest{}
	}
	return Name{string(guest.Kind), detail.VMID}
}

// Names counts the guests that have the same name.
type Names map[Name]int

// NamesIn counts the names in a snapshot.
func NamesIn(snap *inventory.Snapshot) Names {
	names := Names{}
	for _, kind := range []resource.Kind{resource.KindVM, resource.KindContainer} {
		for e := range snap.OfKind(kind) {
			names[NameOf(e)]++
		}
	}
	return names
}

type localGuest struct {
	source string
	vmid   int
}

type namespacedGuest struct {
	Name
	namespace string // in lower case
}

// Index holds something for each guest that has backups: a T for those that a
// hypervisor knows, and one for those on backup servers. It may be read by
// several goroutines once it is complete.
type Index[T any] struct {
	local     map[localGuest]T
	remote    map[Name]T
	namespace map[namespacedGuest]T
}

// NewIndex returns an empty index.
func NewIndex[T any]() *Index[T] {
	return &Index[T]{local: map[localGuest]T{}, remote: map[Name]T{}, namespace: map[namespacedGuest]T{}}
}

// Add changes what the index holds for a subject.
func (x *Index[T]) Add(s Subject, change func(T) T) {
	switch s.Keeper {
	case KeptByHypervisor:
		key := localGuest{s.Source, s.VMID}
		x.local[key] = change(x.local[key])
	case KeptByBackupServer:
		name := Name{s.Type, s.VMID}
		x.remote[name] = change(x.remote[name])
		key := namespacedGuest{name, strings.ToLower(s.Namespace)}
		x.namespace[key] = change(x.namespace[key])
	}
}

// Of returns what the index holds for a guest of the instance. What is on a
// backup server counts if no other guest could be meant: the name is unique,
// or the namespace has the name of the instance.
func (x *Index[T]) Of(guest *inventory.Entry, instance string, names Names) (local, remote T) {
	name := NameOf(guest)
	local = x.local[localGuest{guest.Source, name.VMID}]
	if names[name] == 1 {
		return local, x.remote[name]
	}
	return local, x.namespace[namespacedGuest{name, strings.ToLower(instance)}]
}
