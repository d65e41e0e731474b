package proxmox

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// cephStatus is /cluster/ceph/status: what "ceph -s" prints as JSON.
type cephStatus struct {
	FSID   text `json:"fsid"`
	Health struct {
		Status text `json:"status"`
		Checks map[string]struct {
			Summary struct {
				Message text `json:"message"`
			} `json:"summary"`
		} `json:"checks"`
	} `json:"health"`
	Quorum  []text `json:"quorum_names"`
	MonMap  monMap `json:"monmap"`
	MgrMap  mgrMap `json:"mgrmap"`
	OSDMap  osdMap `json:"osdmap"`
	PGMap   pgMap  `json:"pgmap"`
	FSMap   fsMap  `json:"fsmap"`
	Servers struct {
		Services map[string]any `json:"services"`
	} `json:"servicemap"`
}

type monMap struct {
	Mons []struct {
		Name text `json:"name"`
	} `json:"mons"`
	NumMons number `json:"num_mons"`
}

type mgrMap struct {
	ActiveName  text    `json:"active_name"`
	Available   boolean `json:"available"`
	NumStandbys number  `json:"num_standbys"`
	Standbys    []any   `json:"standbys"`
}

type osdCounts struct {
	Total number `json:"num_osds"`
	Up    number `json:"num_up_osds"`
	In    number `json:"num_in_osds"`
}

// osdMap has its counts one level deeper in some versions of Ceph.
type osdMap struct {
	osdCounts
	Inner *osdCounts `json:"osdmap"`
}

func (m osdMap) counts() osdCounts {
	if m.Inner != nil && !m.Total.Known() {
		return *m.Inner
	}
	return m.osdCounts
}

type pgMap struct {
	Total  number `json:"bytes_total"`
	Used   number `json:"bytes_used"`
	Avail  number `json:"bytes_avail"`
	NumPGs number `json:"num_pgs"`
}

type fsMap struct {
	Up      number `json:"up"`
	Max     number `json:"max"`
	Standby number `json:"up:standby"`
	ByRank  []struct {
		Status text `json:"status"`
	} `json:"by_rank"`
}

// cephPool is a row of /nodes/{node}/ceph/pool, /ceph/pools before 8.
type cephPool struct {
	ID          number `json:"pool"`
	Name        text   `json:"pool_name"`
	Type        text   `json:"type"`
	Size        number `json:"size"` // copies
	BytesUsed   number `json:"bytes_used"`
	PercentUsed number `json:"percent_used"` // 0 to 1, whatever its name
}

// collectCeph looks at the Ceph cluster, if there is one.
func (s *source) collectCeph(ctx context.Context, out *sdk.Snapshot) error {
	var status cephStatus
	err := s.client.Get(ctx, "cluster/ceph/status", nil, &status)
	switch {
	case noCeph(err):
		return nil
	case err != nil:
		return err
	case status.FSID == "" && status.Health.Status == "":
		return nil
	}
	view, err := s.cluster.recent(ctx)
	if err != nil {
		return err
	}
	r := status.resource(view)
	detail := r.Detail.(*resource.Ceph)
	pools, err := s.readCephPools(ctx, view)
	if err != nil {
		out.Failed("ceph-pools", err)
	}
	detail.Pools = pools
	out.Put(r)
	return nil
}

// noCeph says whether an error means that there is no Ceph, which is no error.
func noCeph(err error) bool {
	words := proxmoxapi.ReasonOf(err)
	return isAbsent(err) || strings.Contains(words, "not installed") || strings.Contains(words, "not initialized") ||
		strings.Contains(words, "not fully configured") || strings.Contains(words, "'ceph.conf' does not exist")
}

// readCephPools asks the first node that has Ceph.
func (s *source) readCephPools(ctx context.Context, v *view) ([]resource.CephPool, error) {
	var last error
	for _, node := range v.online() {
		if s.nodes.check(datasetCeph, node) != nil {
			continue
		}
		var rows []cephPool
		err := s.get(ctx, s.limits.node, &rows, "nodes", node, "ceph", "pool")
		if isAbsent(err) {
			err = s.get(ctx, s.limits.node, &rows, "nodes", node, "ceph", "pools")
		}
		s.nodes.note(datasetCeph, node, err)
		switch {
		case err == nil:
			return cephPools(rows), nil
		case noCeph(err):
			continue
		}
		last = err
	}
	return nil, last
}

// cephPools makes pools of rows. What is stored counts each object once.
func cephPools(rows []cephPool) []resource.CephPool {
	var pools []resource.CephPool
	for _, r := range rows {
		copies := uint64(1)
		if size := r.Size.Bytes(); r.Type != "erasure" && size > 0 && size < 32 {
			copies = size
		}
		pool := resource.CephPool{
			ID: r.ID.Int(), Name: string(r.Name), Stored: r.BytesUsed.Bytes() / copies, UsedRatio: bounded(r.PercentUsed.Float()),
		}
		if pool.UsedRatio > 0 {
			pool.Available = uint64(float64(pool.Stored) * (1 - pool.UsedRatio) / pool.UsedRatio)
		}
		pools = append(pools, pool)
	}
	slices.SortFunc(pools, func(a, b resource.CephPool) int { return a.ID - b.ID })
	return pools
}

// resource makes a resource of the status.
func (c *cephStatus) resource(v *view) resource.Resource {
	osds := c.OSDMap.counts()
	d := &resource.Ceph{
		FSID: string(c.FSID), Health: string(c.Health.Status), HealthMessage: c.healthMessage(),
		Mons: c.mons(), Mgrs: c.mgrs(), OSDs: osds.Total.Int(), OSDsUp: osds.Up.Int(), OSDsIn: osds.In.Int(),
		PGs: c.PGMap.NumPGs.Int(), Services: c.services(osds),
	}
	name := "Ceph"
	if v.name != "" {
		name = v.name + " Ceph"
	}
	usage := capacity(c.PGMap.Used, c.PGMap.Total)
	usage.Free = min(c.PGMap.Avail.Bytes(), usage.Total)
	r := resource.Resource{
		ID: "ceph", Kind: resource.KindCeph, Name: name, Status: resource.StatusRunning,
		Usage: resource.Usage{Disk: usage}, Detail: d,
	}
	switch d.Health {
	case "HEALTH_OK":
	case "HEALTH_ERR", "HEALTH_WARN":
		r.Status, r.StatusReason = resource.StatusDegraded, d.HealthMessage
	default:
		r.Status = resource.StatusUnknown
	}
	return r
}

// healthMessage joins the checks that complain, in the order of their names.
func (c *cephStatus) healthMessage() string {
	var messages []string
	for _, name := range slices.Sorted(maps.Keys(c.Health.Checks)) {
		if message := c.Health.Checks[name].Summary.Message; message != "" {
			messages = append(messages, string(message))
		}
	}
	return strings.Join(messages, "; ")
}

func (c *cephStatus) mons() int {
	return max(len(c.MonMap.Mons), c.MonMap.NumMons.Int(), len(c.Quorum))
}

func (c *cephStatus) mgrs() int {
	standbys := max(len(c.MgrMap.Standbys), c.MgrMap.NumStandbys.Int())
	if c.activeMgr() {
		return standbys + 1
	}
	return standbys
}

func (c *cephStatus) activeMgr() bool { return bool(c.MgrMap.Available) || c.MgrMap.ActiveName != "" }

// services counts the daemons.
func (c *cephStatus) services(osds osdCounts) []resource.CephService {
	active := 0
	for _, rank := range c.FSMap.ByRank {
		if strings.HasPrefix(string(rank.Status), "up:") && rank.Status != "up:standby" {
			active++
		}
	}
	services := []resource.CephService{
		{Type: "mon", Running: len(c.Quorum), Total: c.mons()},
		{Type: "mgr", Running: c.mgrs(), Total: c.mgrs()},
		{Type: "osd", Running: osds.Up.Int(), Total: osds.Total.Int()},
	}
	if total := max(active, c.FSMap.Max.Int()) + c.FSMap.Standby.Int(); total > 0 {
		services = append(services, resource.CephService{Type: "mds", Running: active + c.FSMap.Standby.Int(), Total: total})
	}
	for i := range services {
		if down := services[i].Total - services[i].Running; down > 0 {
			services[i].Message = plural(down, services[i].Type) + " down"
		}
	}
	return services
}
