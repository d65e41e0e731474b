package pbs

import (
	"context"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func storeID(store string) string { return "datastore/" + store }

// collectDatastores looks at the datastores: how full they are, what keeps
// them from being used, and their namespaces.
func (s *source) collectDatastores(ctx context.Context, out *sdk.Snapshot) error {
	var usages []storeUsage
	if err := s.client.Get(ctx, "status/datastore-usage", nil, &usages); err != nil {
		return err
	}
	within, cancel := early(ctx)
	defer cancel()
	infos, err := s.listStores(within)
	if err != nil {
		out.Failed(serverID, err) // comments and maintenance are missing, the figures are not
	} else {
		s.forget(infos)
	}
	byName := map[string]storeInfo{}
	for _, info := range infos {
		byName[info.Store] = info
	}
	held, now := s.backups.Load(), s.serverNow()
	var wait sync.WaitGroup
	for _, usage := range usages {
		look := storeLook{usage: usage, info: byName[usage.Store], held: held.store(usage.Store), now: now}
		wait.Go(func() {
			if look.readable() {
				var err error
				if look.namespaces, err = s.listNamespaces(within, look.usage.Store); err != nil {
					out.Failed(storeID(look.usage.Store), err)
				}
			}
			out.Put(look.resource())
		})
	}
	wait.Wait()
	return nil
}

// storeLook is all that is known of a datastore at one moment.
type storeLook struct {
	usage      storeUsage
	info       storeInfo
	namespaces []string
	held       *storeHoldings
	now        time.Time
}

// closed returns why the datastore is not to be read, because somebody wants
// it so; empty if nobody does.
func (i storeInfo) closed() string {
	mode, message := i.maintenanceMode()
	switch {
	case mode == "" && i.MountStatus == "notmounted":
		return "the removable datastore is not mounted"
	case mode == "" || mode == "read-only":
		return ""
	case message != "":
		return "maintenance, " + mode + ": " + message
	}
	return "maintenance, " + mode
}

func (l *storeLook) readable() bool {
	return l.usage.Error == "" && l.info.closed() == "" && l.usage.MountStatus != "notmounted"
}

func (l *storeLook) resource() resource.Resource {
	detail := &resource.Datastore{Error: l.usage.Error, Namespaces: namespacesOf(l.namespaces)}
	r := resource.Resource{
		ID: storeID(l.usage.Store), Kind: resource.KindDatastore, Name: l.usage.Store, ParentID: serverID,
		Status: resource.StatusRunning, Detail: detail,
	}
	if l.info.Comment != "" {
		r.Labels = map[string]string{"comment": l.info.Comment}
	}
	switch closed := l.info.closed(); {
	case closed != "":
		r.Status, r.StatusReason, detail.Error = resource.StatusStopped, closed, closed
		return r
	case l.usage.Error != "":
		r.Status, r.StatusReason = resource.StatusOffline, l.usage.Error
		return r
	}
	r.Usage.Disk = resource.Capacity{Total: l.usage.Total.Bytes(), Used: l.usage.Used.Bytes(), Free: l.usage.Avail.Bytes()}
	detail.DedupFactor = l.usage.GC.dedupFactor()
	r.Metrics = append(l.metrics(detail.DedupFactor), l.held.metrics()...)
	if bad := l.usage.GC.StillBad.Int(); bad > 0 {
		r.Status, r.StatusReason = resource.StatusDegraded, plural(bad, "damaged chunk")
	} else if mode, _ := l.info.maintenanceMode(); mode != "" {
		r.StatusReason = "maintenance, " + mode
	}
	return r
}

// metrics returns what the garbage collection and the estimate tell.
func (l *storeLook) metrics(dedup float64) []resource.Metric {
	gc := &l.usage.GC
	var list []resource.Metric
	if gc.UPID != "" {
		list = append(list,
			resource.Metric{Name: "gc_pending", Value: float64(gc.PendingBytes.Bytes()), Unit: resource.UnitBytes},
			resource.Metric{Name: "damaged_chunks", Value: float64(gc.StillBad.Int())},
		)
	}
	if dedup > 0 {
		list = append(list, resource.Metric{Name: "dedup_factor", Value: dedup})
	}
	if left := l.usage.FullAt.Time().Sub(l.now); !l.usage.FullAt.Time().IsZero() && left > 0 {
		list = append(list, resource.Metric{Name: "time_until_full", Value: left.Seconds(), Unit: resource.UnitSeconds})
	}
	return list
}

// dedupFactor is how much larger the backups are than what is stored of them,
// 0 if no garbage collection has counted.
func (g *gcStatus) dedupFactor() float64 {
	if g.DiskBytes.Bytes() == 0 || g.IndexBytes.Bytes() == 0 {
		return 0
	}
	return math.Round(100*g.IndexBytes.Float()/g.DiskBytes.Float()) / 100
}

// namespacesOf describes the namespaces of these paths.
func namespacesOf(paths []string) []resource.Namespace {
	paths = paths[:min(len(paths), maxNamespaces)]
	list := make([]resource.Namespace, 0, len(paths))
	for _, path := range paths {
		n := resource.Namespace{Path: path}
		if path != "" {
			n.Depth = strings.Count(path, "/") + 1
			n.Parent = path[:max(strings.LastIndexByte(path, '/'), 0)]
		}
		list = append(list, n)
	}
	return list
}

// metrics counts groups and backups by type; nothing before they were listed.
func (h *storeHoldings) metrics() []resource.Metric {
	if h == nil {
		return nil
	}
	var list []resource.Metric
	for _, kind := range []string{"vm", "ct", "host"} {
		count := h.count(kind)
		labels := map[string]string{"type": kind}
		list = append(list,
			resource.Metric{Name: "backup_groups", Value: float64(count.groups), Labels: labels},
			resource.Metric{Name: "backups", Value: float64(count.backups), Labels: labels},
		)
	}
	all := h.count("")
	return append(list,
		resource.Metric{Name: "damaged_backups", Value: float64(all.damaged)},
		resource.Metric{Name: "unverified_backups", Value: float64(all.unverified)},
		resource.Metric{Name: "unfinished_backups", Value: float64(all.unfinished)},
	)
}
