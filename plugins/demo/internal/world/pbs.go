package world

import (
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// backupOwner is the token that the sites back up with.
const backupOwner = "backup@pbs!pve"

// serverID is the resource ID of a backup server; what it has hangs below it.
const serverID = "server"

// BackupServer is a Proxmox Backup Server.
type BackupServer struct {
	name, address string
	seed          signal.Seed
	machine       machine
	stores        []*datastore
	jobs          []backupJob
	main          *BackupServer
}

// datastore is a datastore of a backup server.
type datastore struct {
	server     *BackupServer
	name       string
	total      uint64
	fill       signal.Fill
	namespaces []resource.Namespace
	fault      string // why it cannot be read
	sites      []*Site
	hosts      bool
	delay      time.Duration // how much later than made backups arrive here
}

// dedup is about how often the same chunk occurs in a datastore of guests.
const dedup = 9

// newMainServer returns the server that all sites back up to. Its large
// datastore is nearly full.
func newMainServer(seed signal.Seed, sites []*Site, hosts bool) *BackupServer {
	s := &BackupServer{
		name: PBSMain, address: "10.20.0.30", seed: seed,
		machine: newMachine(seed, machineSize{cpus: 16, memory: 64 * gib, swap: 8 * gib, disk: 120 * gib, busy: 0.35}),
	}
	s.stores = []*datastore{
		{
			server: s, name: "main", sites: sites, total: mainSize(sites), fill: level(0.9, 0.955, 37*day),
			namespaces: []resource.Namespace{
				{}, {Path: "production", Depth: 1}, {Path: "edge", Depth: 1}, {Path: "edge/retired", Parent: "edge", Depth: 2},
			},
		},
		{server: s, name: "archive", total: 16 * tib, fill: level(0.4, 0.5, 300*day), namespaces: []resource.Namespace{{}}, hosts: hosts},
	}
	s.jobs = mainJobs(s)
	return s
}

// newOffsiteServer returns the server that fetches a copy every morning.
func newOffsiteServer(seed signal.Seed, main *BackupServer) *BackupServer {
	s := &BackupServer{
		name: PBSOffsite, address: "10.50.0.30", seed: seed, main: main,
		machine: newMachine(seed, machineSize{cpus: 8, memory: 32 * gib, swap: 4 * gib, disk: 64 * gib, busy: 0.15}),
	}
	from := main.stores[0]
	s.stores = []*datastore{
		{
			server: s, name: "offsite", sites: from.sites[:1], total: from.total * 3 / 2, fill: level(0.5, 0.62, 90*day),
			namespaces: []resource.Namespace{{}, {Path: "production", Depth: 1}}, delay: 6 * time.Hour,
		},
		{server: s, name: "usb-vault", fault: "datastore 'usb-vault' is not mounted: removable device is not connected"},
	}
	s.jobs = offsiteJobs(s)
	return s
}

// mainSize is a size that the backups of all sites fit into, in whole TiB.
func mainSize(sites []*Site) uint64 {
	var allocated uint64
	for _, s := range sites {
		for _, g := range s.guests {
			allocated += g.machine.disk
		}
	}
	return max(roundUp(allocated*keepNightly/2/dedup, tib), 2*tib)
}

// capacity returns the datastore's size and what is taken of it.
func (d *datastore) capacity(at time.Time) resource.Capacity {
	if d.fault != "" {
		return resource.Capacity{}
	}
	return capacity(d.total, d.fill.At(at))
}

// held returns the runs whose backups lie in the datastore.
func (d *datastore) held(at time.Time) []backupRun {
	var runs []backupRun
	for _, s := range d.sites {
		for _, g := range s.guests {
			runs = append(runs, g.goodRuns(g.nightlyCycle(), keepNightly, at.Add(-d.delay))...)
		}
	}
	return runs
}

// Status returns the server, its datastores and its jobs.
func (s *BackupServer) Status(at time.Time) []resource.Resource {
	out := []resource.Resource{s.resource(at)}
	for _, d := range s.stores {
		out = append(out, d.resource(at))
	}
	for _, j := range s.jobs {
		out = append(out, j.resource(at))
	}
	return out
}

func (s *BackupServer) resource(at time.Time) resource.Resource {
	boot := s.machine.boots.Last(at)
	u := s.machine.usage(boot, at)
	// A backup server's API tells rates, and no totals.
	u.Counters, u.Rates = nil, s.machine.traffic.rates(at)
	r := resource.Resource{
		ID: serverID, Kind: resource.KindBackupServer, Name: s.name, DisplayName: "Backup (main)",
		Status: resource.StatusRunning, Uptime: s.machine.boots.Since(at), Usage: u,
		Detail: &resource.BackupServer{
			Host: "https://" + s.address + ":8007", GuestURL: "https://" + s.name + ".example.net", Version: "4.0.15",
			Connection: "healthy",
		},
	}
	if s.main != nil {
		r.DisplayName, r.Status = "Backup (off site)", resource.StatusDegraded
		r.StatusReason = "datastore usb-vault is not connected"
	}
	return r
}

func (d *datastore) resource(at time.Time) resource.Resource {
	r := resource.Resource{
		ID: "datastore/" + d.name, Kind: resource.KindDatastore, Name: d.name, ParentID: serverID,
		Status: resource.StatusRunning, Usage: resource.Usage{Disk: d.capacity(at)},
	}
	detail := &resource.Datastore{Error: d.fault, Namespaces: d.namespaces}
	r.Detail = detail
	if d.fault != "" {
		r.Status, r.StatusReason = resource.StatusOffline, d.fault
		return r
	}
	var logical uint64
	for _, run := range d.held(at) {
		logical += run.size
	}
	for _, b := range d.hostBackups(at) {
		logical += b.Size
	}
	if used := r.Usage.Disk.Used; used > 0 {
		detail.DedupFactor = max(round2(float64(logical)/float64(used)), 1)
	}
	return r
}
