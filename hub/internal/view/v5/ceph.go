package v5

import (
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// CephCluster is a Ceph cluster; sizes in bytes, ratios in percent.
type CephCluster struct {
	ID             string        `json:"id"`
	Instance       string        `json:"instance"`
	Name           string        `json:"name"`
	FSID           string        `json:"fsid,omitempty"`
	Health         string        `json:"health"`
	HealthMessage  string        `json:"healthMessage,omitempty"`
	TotalBytes     uint64        `json:"totalBytes"`
	UsedBytes      uint64        `json:"usedBytes"`
	AvailableBytes uint64        `json:"availableBytes"`
	UsagePercent   float64       `json:"usagePercent"`
	NumMons        int           `json:"numMons"`
	NumMgrs        int           `json:"numMgrs"`
	NumOSDs        int           `json:"numOsds"`
	NumOSDsUp      int           `json:"numOsdsUp"`
	NumOSDsIn      int           `json:"numOsdsIn"`
	NumPGs         int           `json:"numPGs"`
	Pools          []CephPool    `json:"pools,omitempty"`
	Services       []CephService `json:"services,omitempty"`
	LastUpdated    int64         `json:"lastUpdated"`
}

// CephPool is one pool of a Ceph cluster.
type CephPool struct {
	ID             int     `json:"id"`
	Name           string  `json:"name"`
	StoredBytes    uint64  `json:"storedBytes"`
	AvailableBytes uint64  `json:"availableBytes"`
	Objects        uint64  `json:"objects"`
	PercentUsed    float64 `json:"percentUsed"`
}

// CephService counts the daemons of one type.
type CephService struct {
	Type    string `json:"type"`
	Running int    `json:"running"`
	Total   int    `json:"total"`
	Message string `json:"message,omitempty"`
}

func cephOf(e *inventory.Entry) *resource.Ceph {
	if detail, _ := e.Detail.(*resource.Ceph); detail != nil {
		return detail
	}
	return &resource.Ceph{}
}

func (p *projection) ceph(e *inventory.Entry, x facts) CephCluster {
	detail := cephOf(e)
	return CephCluster{
		ID: x.instance + "-ceph", Instance: x.instance, Name: orElse(e.DisplayName, orElse(e.Name, x.instance+" Ceph")),
		FSID: detail.FSID, Health: detail.Health, HealthMessage: detail.HealthMessage,
		TotalBytes: e.Usage.Disk.Total, UsedBytes: e.Usage.Disk.Used, AvailableBytes: e.Usage.Disk.Free,
		UsagePercent: diskPercent(e.Usage.Disk), NumMons: detail.Mons, NumMgrs: detail.Mgrs,
		NumOSDs: detail.OSDs, NumOSDsUp: detail.OSDsUp, NumOSDsIn: detail.OSDsIn, NumPGs: detail.PGs,
		Pools: convert(detail.Pools, func(pool *resource.CephPool) CephPool {
			return CephPool{pool.ID, pool.Name, pool.Stored, pool.Available, pool.Objects, unit.Percent(pool.UsedRatio)}
		}),
		Services: convert(detail.Services, func(s *resource.CephService) CephService {
			return CephService{s.Type, s.Running, s.Total, s.Message}
		}),
		LastUpdated: unit.Millis(e.SeenAt),
	}
}

// cephClusters returns one entry for each FSID: that with the most monitors,
// managers and pools. Those without an FSID all stay.
func cephClusters(snap *inventory.Snapshot) []*inventory.Entry {
	var clusters []*inventory.Entry
	place := map[string]int{}
	for e := range snap.OfKind(resource.KindCeph) {
		fsid := cephOf(e).FSID
		i, seen := place[fsid]
		switch {
		case fsid == "" || !seen:
			place[fsid] = len(clusters)
			clusters = append(clusters, e)
		case cephWeight(e) > cephWeight(clusters[i]):
			clusters[i] = e
		}
	}
	return clusters
}

func cephWeight(e *inventory.Entry) int {
	detail := cephOf(e)
	return detail.Mons + detail.Mgrs + len(detail.Pools)
}
