package report

import "time"

// Ceph is the state of a Ceph cluster as its command line tool tells it.
type Ceph struct {
	// FSID is the id of the cluster.
	FSID   string     `json:"fsid"`
	Health CephHealth `json:"health"`
	MonMap CephMonMap `json:"monMap"`
	MgrMap CephMgrMap `json:"mgrMap"`
	OSDMap CephOSDMap `json:"osdMap"`
	PGMap  CephPGMap  `json:"pgMap"`
	// Pools are the storage pools.
	Pools []CephPool `json:"pools,omitempty"`
	// Services count the daemons by type.
	Services []CephService `json:"services,omitempty"`
	// CollectedAt is when the tool was asked, with a resolution of one second.
	CollectedAt time.Time `json:"collectedAt"`
}

// CephHealth is the cluster's own judgement of itself.
type CephHealth struct {
	// Status is HEALTH_OK, HEALTH_WARN or HEALTH_ERR.
	Status string `json:"status"`
	// Checks are the failed checks by name, such as "OSD_DOWN".
	Checks map[string]CephCheck `json:"checks,omitempty"`
	// Summary are the messages of old clusters, which have no checks.
	Summary []CephSummary `json:"summary,omitempty"`
}

// CephCheck is one failed health check.
type CephCheck struct {
	Severity string   `json:"severity"`
	Message  string   `json:"message,omitempty"`
	Detail   []string `json:"detail,omitempty"`
}

// CephSummary is one health message of an old cluster.
type CephSummary struct {
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

// CephMonMap describes the monitors.
type CephMonMap struct {
	Epoch    int           `json:"epoch"`
	NumMons  int           `json:"numMons"`
	Monitors []CephMonitor `json:"monitors,omitempty"`
}

// CephMonitor is one monitor.
type CephMonitor struct {
	Name   string `json:"name"`
	Rank   int    `json:"rank"`
	Addr   string `json:"addr,omitempty"`
	Status string `json:"status,omitempty"`
}

// CephMgrMap describes the manager daemons.
type CephMgrMap struct {
	// Available says that a manager is active.
	Available bool `json:"available"`
	NumMgrs   int  `json:"numMgrs"`
	// ActiveMgr is the name of the active one.
	ActiveMgr string `json:"activeMgr,omitempty"`
	// Standbys counts those that wait.
	Standbys int `json:"standbys"`
}

// CephOSDMap counts the object storage daemons.
type CephOSDMap struct {
	Epoch   int `json:"epoch"`
	NumOSDs int `json:"numOsds"`
	NumUp   int `json:"numUp"`
	NumIn   int `json:"numIn"`
	NumDown int `json:"numDown,omitempty"`
	NumOut  int `json:"numOut,omitempty"`
}

// CephPGMap sums up the placement groups: sizes in bytes, rates a second.
type CephPGMap struct {
	NumPGs         int   `json:"numPgs"`
	BytesTotal     int64 `json:"bytesTotal"`
	BytesUsed      int64 `json:"bytesUsed"`
	BytesAvailable int64 `json:"bytesAvailable"`
	// DataBytes is what clients stored, before replication.
	DataBytes int64 `json:"dataBytes,omitempty"`
	// UsagePercent is the used part in percent 0–100.
	UsagePercent float64 `json:"usagePercent"`
	// DegradedRatio is the part of objects with missing copies, 0–1.
	DegradedRatio float64 `json:"degradedRatio,omitempty"`
	// MisplacedRatio is the part of objects that wait to be moved, 0–1.
	MisplacedRatio   float64 `json:"misplacedRatio,omitempty"`
	ReadBytesPerSec  int64   `json:"readBytesPerSec,omitempty"`
	WriteBytesPerSec int64   `json:"writeBytesPerSec,omitempty"`
	ReadOpsPerSec    int64   `json:"readOpsPerSec,omitempty"`
	WriteOpsPerSec   int64   `json:"writeOpsPerSec,omitempty"`
}

// CephPool is one storage pool: sizes in bytes, usage in percent 0–100.
type CephPool struct {
	ID             int     `json:"id"`
	Name           string  `json:"name"`
	BytesUsed      int64   `json:"bytesUsed"`
	BytesAvailable int64   `json:"bytesAvailable"`
	Objects        int64   `json:"objects"`
	PercentUsed    float64 `json:"percentUsed"`
}

// CephService counts the daemons of one type.
type CephService struct {
	// Type is mon, mgr, osd, mds or rgw.
	Type    string   `json:"type"`
	Running int      `json:"running"`
	Total   int      `json:"total"`
	Daemons []string `json:"daemons,omitempty"`
}
