package v5

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/hub/internal/view/fragment"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// View renders the state again and again, encoding only what has changed
// since the last time. Make it with NewView; its methods may be called from
// any goroutine.
type View struct {
	mu      sync.Mutex
	cache   fragment.Cache[facts]
	backups *backupIndex
	size    int // of the last state

	last         *inventory.Snapshot
	lastRevision uint64 // of the inputs
	lastState    []byte
}

// NewView returns a View that has nothing encoded yet.
func NewView() *View { return &View{} }

// State renders a snapshot as the JSON of `/api/state`: the bytes that
// json.Marshal makes of Build. They are shared: do not change them.
//
// The error is that of an entity that JSON cannot express, which is a bug.
func (v *View) State(snap *inventory.Snapshot, in Inputs) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.lastState != nil && v.last == snap && v.lastRevision == in.Revision {
		return v.lastState, nil
	}
	p := newProjection(snap, in)
	v.backups = v.backups.next(snap)
	p.backups = v.backups
	v.cache.Begin()
	w := writer{cache: &v.cache, out: make([]byte, 0, v.size+v.size/16+4096)}
	w.state(p)
	if w.err != nil {
		return nil, fmt.Errorf("encode state: %w", w.err)
	}
	v.cache.End()
	v.size, v.last, v.lastRevision, v.lastState = len(w.out), snap, in.Revision, w.out
	return w.out, nil
}

// writer assembles the state out of fragments. The first error sticks.
type writer struct {
	cache *fragment.Cache[facts]
	out   []byte
	err   error
}

// state writes the members of State in their order.
func (w *writer) state(p *projection) {
	w.out = append(w.out, '{')
	list(w, "nodes", p.nodes())
	list(w, "vms", p.vms())
	list(w, "containers", p.containers())
	list(w, "dockerHosts", p.dockerHosts())
	w.value("removedDockerHosts", orEmpty(p.in.RemovedDockerHosts))
	list(w, "kubernetesClusters", p.clusters())
	w.value("removedKubernetesClusters", orEmpty(p.in.RemovedClusters))
	list(w, "hosts", p.hosts())
	list(w, "storage", p.storages())
	list(w, "cephClusters", p.cephs())
	list(w, "physicalDisks", ofKind(p, resource.KindDisk, p.disk))
	list(w, "pbs", p.backupServers())
	w.extend(p.unseenServers())
	list(w, "pmg", ofKind(p, resource.KindMailGateway, p.pmg))
	w.extend(p.unseenGateways())
	pbs := list(w, "pbsBackups", backupsOf(p, backups.KeptByBackupServer, p.pbsBackup))
	pmg := list(w, "pmgBackups", backupsOf(p, backups.KeptByMailGateway, p.pmgBackup))
	w.key("backups")
	w.out = append(w.out, '{')
	pve := w.pveBackups("pve", p)
	w.copy("pbs", pbs)
	w.copy("pmg", pmg)
	w.out = append(w.out, '}')
	list(w, "replicationJobs", ofKind(p, resource.KindReplication, p.replication))
	w.alerts(p.in.ActiveAlerts)
	w.raw("metrics", "{}")
	w.copy("pveBackups", pve)
	w.raw("performance", "{}")
	w.value("connectionHealth", p.connectionHealth())
	w.raw("stats", "{}")
	w.raw("lastUpdate", strconv.FormatInt(unit.Millis(p.snap.At), 10))
	w.raw("temperatureMonitoringEnabled", strconv.FormatBool(p.in.TemperatureMonitoring))
	w.out = append(w.out, '}')
}

// span is a part of what has been written.
type span struct{ from, to int }

func list[T any](w *writer, name string, s section[T]) span {
	w.key(name)
	from := len(w.out)
	w.out = append(w.out, '[')
	for in := range s.items {
		encoded, ok := w.cache.Lookup(in)
		if !ok {
			var err error
			if encoded, err = w.cache.Store(in, s.render(in)); err != nil {
				w.fail(err)
				continue
			}
		}
		w.comma()
		w.out = append(w.out, encoded...)
	}
	w.out = append(w.out, ']')
	return span{from, len(w.out)}
}

func (w *writer) pveBackups(name string, p *projection) span {
	w.key(name)
	from := len(w.out)
	w.out = append(w.out, '{')
	list(w, "backupTasks", ofKind(p, resource.KindBackupTask, p.backupTask))
	list(w, "storageBackups", backupsOf(p, backups.KeptByHypervisor, p.storageBackup))
	list(w, "guestSnapshots", ofKind(p, resource.KindSnapshot, p.guestSnapshot))
	w.out = append(w.out, '}')
	return span{from, len(w.out)}
}

// extend adds items to the list written last.
func (w *writer) extend(items any) {
	encoded, err := json.Marshal(items)
	if err != nil {
		w.fail(err)
		return
	}
	if len(encoded) <= len("[]") || string(encoded) == "null" {
		return
	}
	w.out = w.out[:len(w.out)-1]
	w.comma()
	w.out = append(w.out, encoded[1:]...)
}

func (w *writer) alerts(alerts []Alert) {
	w.key("activeAlerts")
	w.out = append(w.out, '[')
	for _, alert := range alerts {
		w.comma()
		w.out = append(w.out, alert...)
	}
	w.out = append(w.out, ']')
}

func (w *writer) value(name string, value any) {
	encoded, err := json.Marshal(value)
	if err != nil {
		w.fail(err)
		return
	}
	w.key(name)
	w.out = append(w.out, encoded...)
}

func (w *writer) raw(name, value string) {
	w.key(name)
	w.out = append(w.out, value...)
}

func (w *writer) copy(name string, s span) {
	w.key(name)
	w.out = append(w.out, w.out[s.from:s.to]...)
}

// key writes a member's name; names need no escaping.
func (w *writer) key(name string) {
	w.comma()
	w.out = append(w.out, '"')
	w.out = append(w.out, name...)
	w.out = append(w.out, '"', ':')
}

// comma writes a comma unless what follows is the first of its list or object.
func (w *writer) comma() {
	if last := w.out[len(w.out)-1]; last != '[' && last != '{' {
		w.out = append(w.out, ',')
	}
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}
