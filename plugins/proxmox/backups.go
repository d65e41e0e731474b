package proxmox

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// maxBackups bounds the backups of one storage; the newest are taken.
const maxBackups = 20_000

// backupRow is a row of /nodes/{node}/storage/{storage}/content?content=backup.
type backupRow struct {
	VolID        text    `json:"volid"`
	At           number  `json:"ctime"`
	Size         number  `json:"size"`
	VMID         number  `json:"vmid"`
	Format       text    `json:"format"`
	Subtype      text    `json:"subtype"` // since 7: qemu or lxc
	Notes        text    `json:"notes"`
	Owner        text    `json:"owner"`
	Protected    boolean `json:"protected"`
	Verification struct {
		State text `json:"state"`
	} `json:"verification"` // backups on a backup server
}

// place is a storage with backups, and the node to ask for them.
type place struct {
	node, storage string
	shared, pbs   bool
}

// collectBackups looks at the backups on the storages, the runs that made
// them, and the jobs.
func (s *source) collectBackups(ctx context.Context, out *sdk.Snapshot) error {
	view, err := s.cluster.recent(ctx)
	if err != nil {
		return err
	}
	guests := map[string]bool{}
	for _, row := range view.guests() {
		guests[row.guestID()] = true
	}
	var asking sync.WaitGroup
	asking.Go(func() { s.readJobs(ctx, out) })
	asking.Go(func() { s.readTasks(ctx, view, guests, out) })
	places, known := s.places(view)
	failed := s.eachPlace(ctx, places, func(p place) error { return s.listBackups(ctx, p, guests) })
	asking.Wait()
	for _, key := range slices.Sorted(maps.Keys(failed)) {
		out.Failed(key, failed[key])
	}
	known[placeJobs] = true
	for _, node := range view.nodes {
		known[placeTasks(node.name)] = true
	}
	s.backups.show(known, s.now(), out)
	return nil
}

// placeJobs is where the backup jobs are kept, placeTasks where the runs of a node are.
const placeJobs = "jobs"

func placeTasks(node string) string { return "tasks/" + node }

// key is the id of the storage; that of a shared one has no node.
func (p place) key() string {
	if p.shared {
		return "storage/" + p.storage
	}
	return storageID(p.node, p.storage)
}

// places returns the storages to list, each shared one once, through a node
// that sees it, and the keys of all that may have backups.
func (s *source) places(v *view) (list []place, known map[string]bool) {
	online, known := v.online(), map[string]bool{}
	listed := map[string]bool{}
	for i := range v.rows {
		r := &v.rows[i]
		if r.Type != typeStorage || !slices.Contains(r.Content.Fields(), "backup") {
			continue
		}
		p := place{string(r.Node), string(r.Storage), s.isShared(r), r.PluginType == "pbs"}
		known[p.key()] = true
		facts, asked := s.facts.storage(storageID(p.node, p.storage))
		config, defined := s.cluster.storage(p.storage)
		lost := r.Status != "available" || asked && !facts.active || defined && bool(config.Disable)
		if !lost && !listed[p.key()] && slices.Contains(online, p.node) {
			listed[p.key()] = true
			list = append(list, p)
		}
	}
	return list, known
}

// eachPlace lists storages, all of a node one after the other, and returns the
// errors by the id of the storage.
func (s *source) eachPlace(ctx context.Context, places []place, list func(place) error) map[string]error {
	byNode := map[string][]place{}
	for _, p := range places {
		byNode[p.node] = append(byNode[p.node], p)
	}
	var mu sync.Mutex
	failed := map[string]error{}
	note := func(p place, err error) {
		mu.Lock()
		defer mu.Unlock()
		failed[storageID(p.node, p.storage)] = err
	}
	for node, err := range s.eachNode(ctx, datasetBackups, slices.Collect(maps.Keys(byNode)), func(node string) error {
		for _, p := range byNode[node] {
			if err := list(p); err != nil {
				note(p, err)
			}
		}
		return nil
	}) {
		for _, p := range byNode[node] {
			note(p, err)
		}
	}
	return failed
}

// unlessDisabled leaves out that a storage is switched off, which is no
// failure. Before the definitions of storages are known such a one is asked, too.
func unlessDisabled(p place, err error) error {
	if strings.Contains(err.Error(), "storage '"+p.storage+"' is disabled") {
		return nil
	}
	return err
}

func (s *source) listBackups(ctx context.Context, p place, guests map[string]bool) error {
	var rows []backupRow
	path := proxmoxapi.Path("nodes", p.node, "storage", p.storage, "content")
	if err := s.client.GetWithin(ctx, s.limits.slow, path, url.Values{"content": {"backup"}}, &rows); err != nil {
		return unlessDisabled(p, err)
	}
	if len(rows) > maxBackups {
		slices.SortFunc(rows, func(a, b backupRow) int { return b.At.Time().Compare(a.At.Time()) })
		rows = rows[:maxBackups]
	}
	config, _ := s.cluster.storage(p.storage)
	var list []resource.Resource
	for i := range rows {
		if rows[i].VolID != "" {
			list = append(list, rows[i].resource(p, config, guests))
		}
	}
	s.backups.put(p.key(), s.now(), list)
	return nil
}

// resource makes a resource of a row.
func (r *backupRow) resource(p place, config storageConfig, guests map[string]bool) resource.Resource {
	volume := string(r.VolID)
	kind, group := r.group()
	b := &resource.Backup{
		Type: kind, VMID: r.VMID.Int(), BackupID: group, At: r.At.Time(), Size: r.Size.Bytes(), Node: p.node,
		Storage: p.storage, Filename: volume, Format: string(r.Format), OnBackupServer: p.pbs, Notes: string(r.Notes),
		Owner: string(r.Owner), Protected: bool(r.Protected), Verification: verification(string(r.Verification.State)),
	}
	if p.pbs {
		b.Datastore, b.Namespace = string(config.Datastore), string(config.Namespace)
	}
	id := "backup/" + volume
	if !p.shared {
		id = "backup/" + p.node + "/" + volume
	}
	out := resource.Resource{ID: id, Kind: resource.KindBackup, Name: volume, Status: resource.StatusRunning, Detail: b}
	if b.Verification == "failed" {
		out.Status, out.StatusReason = resource.StatusDegraded, "its verification has failed"
	}
	if guest := guestID(guestTypeOf(kind), b.VMID); guests[guest] {
		out.ParentID = guest
	}
	return out
}

// verification brings the words of the API into those of the model.
func verification(state string) string {
	if state == "ok" {
		return "OK"
	}
	return state
}

// group returns what was backed up and its name: "vm" and "100", "host" and "mail".
func (r *backupRow) group() (kind, name string) {
	_, volume, _ := strings.Cut(string(r.VolID), ":")
	name = strconv.Itoa(r.VMID.Int())
	switch {
	case r.Subtype == typeQEMU, strings.HasPrefix(volume, "backup/vm/"), strings.Contains(volume, "vzdump-qemu-"):
		return "vm", name
	case r.Subtype == typeLXC, strings.HasPrefix(volume, "backup/ct/"), strings.Contains(volume, "vzdump-lxc-"):
		return "container", name
	}
	parts := strings.Split(volume, "/")
	if len(parts) > 2 && parts[0] == "backup" {
		name = parts[2]
	}
	return "host", name
}

func guestTypeOf(kind string) string {
	if kind == "vm" {
		return typeQEMU
	}
	return typeLXC
}
