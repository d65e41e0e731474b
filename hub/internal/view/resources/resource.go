package resources

import (
	"encoding/json"
	"time"
)

// schemaVersion is that of the HTTP encoding.
const schemaVersion = 1

// Resource is the HTTP encoding of a resource.
type Resource struct {
	Head
	LastSeen time.Time `json:"lastSeen"`
	Tail
	SchemaVersion int `json:"schemaVersion"`
}

// Live is the encoding of a resource in the feeds. LastSeen is Unix ms.
type Live struct {
	Head
	LastSeen int64 `json:"lastSeen"`
	Tail
}

// Head is what comes before lastSeen in both encodings.
type Head struct {
	ID           string            `json:"id"`
	Type         string            `json:"type"`
	Name         string            `json:"name"`
	DisplayName  string            `json:"displayName"`
	PlatformID   string            `json:"platformId"`
	PlatformType string            `json:"platformType"`
	SourceType   string            `json:"sourceType"`
	ParentID     string            `json:"parentId,omitempty"`
	ClusterID    string            `json:"clusterId,omitempty"`
	Status       string            `json:"status"`
	CPU          *Metric           `json:"cpu,omitempty"`
	Memory       *Metric           `json:"memory,omitempty"`
	Disk         *Metric           `json:"disk,omitempty"`
	Network      *Network          `json:"network,omitempty"`
	Temperature  *float64          `json:"temperature,omitempty"`
	Uptime       *int64            `json:"uptime,omitempty"`
	Tags         []string          `json:"tags,omitempty"`
	Labels       map[string]string `json:"labels,omitempty"`
}

// Tail is what comes after lastSeen in both encodings.
type Tail struct {
	Alerts   []Alert   `json:"alerts,omitempty"`
	Identity *Identity `json:"identity,omitempty"`
	// PlatformData is what only resources of this type have.
	PlatformData any `json:"platformData,omitempty"`
	// What follows is in addition to the published shape.

	// StatusReason says in a few words why the status is what it is.
	StatusReason string `json:"statusReason,omitempty"`
	Rates        *Rates `json:"rates,omitempty"`
	// Stale says that the source has not confirmed the resource in time: the numbers are old.
	Stale bool `json:"stale,omitempty"`
}

// Metric is a measured value: Current in percent (-1: not known), the rest in bytes.
type Metric struct {
	Current float64 `json:"current"`
	Total   uint64  `json:"total,omitempty"`
	Used    *uint64 `json:"used,omitempty"`
	Free    *uint64 `json:"free,omitempty"`
}

// Network holds bytes: of guests per second, of machines in total, as existing clients expect.
type Network struct {
	RxBytes int64 `json:"rxBytes"`
	TxBytes int64 `json:"txBytes"`
}

// Rates are whole bytes per second.
type Rates struct {
	NetIn     int64 `json:"netIn"`
	NetOut    int64 `json:"netOut"`
	DiskRead  int64 `json:"diskRead"`
	DiskWrite int64 `json:"diskWrite"`
}

// Alert is an active alert of a resource.
type Alert struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Level     string    `json:"level"`
	Message   string    `json:"message"`
	Value     float64   `json:"value"`
	Threshold float64   `json:"threshold"`
	StartTime time.Time `json:"startTime"`
}

// Identity is what tells machines apart.
type Identity struct {
	Hostname  string   `json:"hostname,omitempty"`
	MachineID string   `json:"machineId,omitempty"`
	IPs       []string `json:"ips,omitempty"`
}

// Stats counts the resources.
type Stats struct {
	TotalResources      int            `json:"totalResources"`
	SuppressedResources int            `json:"suppressedResources"`
	ByType              map[string]int `json:"byType"`
	ByPlatform          map[string]int `json:"byPlatform"`
	ByStatus            map[string]int `json:"byStatus"`
	WithAlerts          int            `json:"withAlerts"`
	LastUpdated         string         `json:"lastUpdated"`
}

// Page is the answer to a list request. Resources is null when nothing matches.
type Page struct {
	Resources []json.RawMessage `json:"resources"`
	Count     int               `json:"count"`
	Stats     Stats             `json:"stats"`
}
