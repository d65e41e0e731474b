package v5

import "encoding/json"

// Nodes are the Proxmox servers. Their keys begin with capitals, as the fields do here.
type Nodes struct {
	PVE []PVE `json:"pveInstances"`
	PBS []PBS `json:"pbsInstances"`
	PMG []PMG `json:"pmgInstances"`
}

// Server is what all servers have.
type Server struct {
	Name        string
	Host        string
	GuestURL    string
	User        string
	Password    string
	TokenName   string
	TokenValue  string
	Fingerprint string
	VerifySSL   bool

	TemperatureMonitoringEnabled *bool // nil: as the settings say
	SSHPort                      int   // 0: as the settings say
	Source                       string
}

// PVE is a server or cluster of Proxmox VE.
type PVE struct {
	Server
	MonitorVMs                 bool
	MonitorContainers          bool
	MonitorStorage             bool
	MonitorBackups             bool
	MonitorPhysicalDisks       *bool // nil: on
	PhysicalDiskPollingMinutes int   // 0: by itself

	TemperatureProxyURL          string
	TemperatureProxyToken        string
	TemperatureProxyControlToken string

	IsCluster   bool
	ClusterName string
	// ClusterEndpoints are found again by asking the server.
	ClusterEndpoints json.RawMessage
}

// PBS is a backup server.
type PBS struct {
	Server
	MonitorBackups     bool
	MonitorDatastores  bool
	MonitorSyncJobs    bool
	MonitorVerifyJobs  bool
	MonitorPruneJobs   bool
	MonitorGarbageJobs bool
}

// PMG is a mail gateway.
type PMG struct {
	Server
	MonitorMailStats   bool
	MonitorQueues      bool
	MonitorQuarantine  bool
	MonitorDomainStats bool
}
