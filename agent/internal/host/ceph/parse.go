package ceph

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulse-hub/pulse/agent/report"
)

// maxListed bounds each list of the answer.
const maxListed = 128

// status is the part of "ceph status --format json" that is used. Releases before Octopus nest the map of OSDs once more
// and name the managers.
type status struct {
	FSID   string `json:"fsid"`
	Health struct {
		Status string `json:"status"`
		Checks map[string]struct {
			Severity string `json:"severity"`
			Summary  struct {
				Message string `json:"message"`
			} `json:"summary"`
		} `json:"checks"`
	} `json:"health"`
	QuorumNames []string `json:"quorum_names"`
	MonMap      struct {
		Epoch   int `json:"epoch"`
		NumMons int `json:"num_mons"`
		Mons    []struct {
			Name       string `json:"name"`
			Rank       int    `json:"rank"`
			Addr       string `json:"addr"`
			PublicAddr string `json:"public_addr"`
		} `json:"mons"`
	} `json:"monmap"`
	OSDMap struct {
		osdMap
		Nested *osdMap `json:"osdmap"`
	} `json:"osdmap"`
	PGMap struct {
		NumPGs         int     `json:"num_pgs"`
		DataBytes      int64   `json:"data_bytes"`
		BytesUsed      int64   `json:"bytes_used"`
		BytesAvailable int64   `json:"bytes_avail"`
		BytesTotal     int64   `json:"bytes_total"`
		Degraded       float64 `json:"degraded_ratio"`
		Misplaced      float64 `json:"misplaced_ratio"`
		ReadBytes      int64   `json:"read_bytes_sec"`
		WriteBytes     int64   `json:"write_bytes_sec"`
		ReadOps        int64   `json:"read_op_per_sec"`
		WriteOps       int64   `json:"write_op_per_sec"`
	} `json:"pgmap"`
	FSMap struct {
		ByRank []struct {
			Name   string `json:"name"`
			Status string `json:"status"`
		} `json:"by_rank"`
		Standby int `json:"up:standby"`
	} `json:"fsmap"`
	MgrMap struct {
		Available   bool   `json:"available"`
		ActiveName  string `json:"active_name"`
		NumStandbys int    `json:"num_standbys"`
		Standbys    []struct {
			Name string `json:"name"`
		} `json:"standbys"`
	} `json:"mgrmap"`
	ServiceMap struct {
		Services map[string]struct {
			Daemons map[string]json.RawMessage `json:"daemons"`
		} `json:"services"`
	} `json:"servicemap"`
}

type osdMap struct {
	Epoch int `json:"epoch"`
	Num   int `json:"num_osds"`
	Up    int `json:"num_up_osds"`
	In    int `json:"num_in_osds"`
}

// ParseStatus reads what "ceph status --format json" writes.
func ParseStatus(raw []byte) (*report.Ceph, error) {
	var from status
	if err := json.Unmarshal(raw, &from); err != nil {
		return nil, fmt.Errorf("decode status: %w", err)
	}
	cluster := &report.Ceph{
		FSID:   from.FSID,
		Health: from.health(),
		MonMap: from.monitors(),
		MgrMap: from.managers(),
		OSDMap: from.daemons(),
		PGMap:  from.groups(),
	}
	cluster.Services = from.services(cluster)
	return cluster, nil
}

func (s *status) health() report.CephHealth {
	health := report.CephHealth{Status: s.Health.Status}
	names := slices.Sorted(maps.Keys(s.Health.Checks))
	for _, name := range names[:min(len(names), maxListed)] {
		if health.Checks == nil {
			health.Checks = map[string]report.CephCheck{}
		}
		check := s.Health.Checks[name]
		health.Checks[name] = report.CephCheck{Severity: check.Severity, Message: check.Summary.Message}
	}
	return health
}

func (s *status) monitors() report.CephMonMap {
	result := report.CephMonMap{Epoch: s.MonMap.Epoch, NumMons: max(s.MonMap.NumMons, len(s.MonMap.Mons))}
	for _, mon := range s.MonMap.Mons[:min(len(s.MonMap.Mons), maxListed)] {
		entry := report.CephMonitor{Name: mon.Name, Rank: mon.Rank, Addr: mon.PublicAddr, Status: "down"}
		if entry.Addr == "" {
			entry.Addr = mon.Addr
		}
		if slices.Contains(s.QuorumNames, mon.Name) {
			entry.Status = "up"
		}
		result.Monitors = append(result.Monitors, entry)
	}
	return result
}

func (s *status) managers() report.CephMgrMap {
	result := report.CephMgrMap{Available: s.MgrMap.Available, ActiveMgr: s.MgrMap.ActiveName}
	result.Standbys = max(s.MgrMap.NumStandbys, len(s.MgrMap.Standbys))
	result.NumMgrs = result.Standbys
	if result.Available {
		result.NumMgrs++
	}
	return result
}

func (s *status) daemons() report.CephOSDMap {
	from := s.OSDMap.osdMap
	if s.OSDMap.Nested != nil {
		from = *s.OSDMap.Nested
	}
	return report.CephOSDMap{
		Epoch: from.Epoch, NumOSDs: from.Num, NumUp: from.Up, NumIn: from.In,
		NumDown: max(from.Num-from.Up, 0), NumOut: max(from.Num-from.In, 0),
	}
}

func (s *status) groups() report.CephPGMap {
	from := s.PGMap
	result := report.CephPGMap{
		NumPGs: from.NumPGs, BytesTotal: from.BytesTotal, BytesUsed: from.BytesUsed, BytesAvailable: from.BytesAvailable,
		DataBytes: from.DataBytes, DegradedRatio: from.Degraded, MisplacedRatio: from.Misplaced,
		ReadBytesPerSec: from.ReadBytes, WriteBytesPerSec: from.WriteBytes, ReadOpsPerSec: from.ReadOps, WriteOpsPerSec: from.WriteOps,
	}
	if from.BytesTotal > 0 {
		result.UsagePercent = min(max(float64(from.BytesUsed)/float64(from.BytesTotal)*100, 0), 100)
	}
	return result
}

// services counts the daemons. Metadata servers and gateways are told only when there are some.
func (s *status) services(cluster *report.Ceph) []report.CephService {
	list := []report.CephService{
		{Type: "mon", Running: len(s.QuorumNames), Total: cluster.MonMap.NumMons, Daemons: s.QuorumNames[:min(len(s.QuorumNames), maxListed)]},
		{Type: "mgr", Running: cluster.MgrMap.NumMgrs, Total: cluster.MgrMap.NumMgrs},
		{Type: "osd", Running: cluster.OSDMap.NumUp, Total: cluster.OSDMap.NumOSDs},
	}
	mds := report.CephService{Type: "mds", Running: len(s.FSMap.ByRank), Total: len(s.FSMap.ByRank) + max(s.FSMap.Standby, 0)}
	for _, rank := range s.FSMap.ByRank[:min(len(s.FSMap.ByRank), maxListed)] {
		mds.Daemons = append(mds.Daemons, rank.Name)
	}
	gateways := report.CephService{Type: "rgw"}
	for _, name := range slices.Sorted(maps.Keys(s.ServiceMap.Services["rgw"].Daemons)) {
		if name != "summary" && len(gateways.Daemons) < maxListed { // a text among the daemons
			gateways.Daemons = append(gateways.Daemons, name)
		}
	}
	gateways.Running, gateways.Total = len(gateways.Daemons), len(gateways.Daemons)
	for _, service := range []report.CephService{mds, gateways} {
		if service.Total > 0 {
			list = append(list, service)
		}
	}
	return list
}

// ParsePools reads what "ceph df --format json" writes.
func ParsePools(raw []byte) ([]report.CephPool, error) {
	var from struct {
		Pools []struct {
			ID    int    `json:"id"`
			Name  string `json:"name"`
			Stats struct {
				Objects   int64   `json:"objects"`
				BytesUsed int64   `json:"bytes_used"`
				Used      float64 `json:"percent_used"` // a ratio, whatever its name says
				Available int64   `json:"max_avail"`
			} `json:"stats"`
		} `json:"pools"`
	}
	if err := json.Unmarshal(raw, &from); err != nil {
		return nil, fmt.Errorf("decode pools: %w", err)
	}
	pools := make([]report.CephPool, 0, min(len(from.Pools), maxListed))
	for _, pool := range from.Pools[:cap(pools)] {
		pools = append(pools, report.CephPool{
			ID: pool.ID, Name: pool.Name, BytesUsed: pool.Stats.BytesUsed, BytesAvailable: pool.Stats.Available,
			Objects: pool.Stats.Objects, PercentUsed: min(max(pool.Stats.Used*100, 0), 100),
		})
	}
	return pools, nil
}
