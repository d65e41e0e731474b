// Package report defines the JSON that agents post to the hub and the JSON the hub answers with.
//
// There is one report per agent module: [Host], [Docker] and [Kubernetes]. The field names, their order and which of
// them are left out when empty follow the published agent API of Pulse v5, so that old agents can report to this hub
// and this agent can report to an old hub. What goes beyond that API is listed in [Features] and sent only to hubs that ask
// for it. All types are plain data: no defaults, safe to copy, and slices and maps belong to whoever built or decoded the
// value.
//
// Units on the wire: sizes in bytes, counters as totals since boot, CPU and usage in percent 0–100, durations in the
// unit their name ends with, moments as RFC 3339 in UTC. Nothing here is validated: a decoded report is outside input,
// and the hub must check ranges before it uses them.
package report

import "time"

// Paths of the endpoints that take reports, relative to the hub's base URL. All of them take POST.
const (
	// HostPath takes a [Host] report and needs the scope host-agent:report.
	HostPath = "/api/agents/host/report"
	// UnifiedHostPath is what newer agents call HostPath.
	UnifiedHostPath = "/api/agents/agent/report"
	// DockerPath takes a [Docker] report and needs the scope docker:report.
	DockerPath = "/api/agents/docker/report"
	// KubernetesPath takes a [Kubernetes] report and needs the scope kubernetes:report.
	KubernetesPath = "/api/agents/kubernetes/report"
)

// Largest request bodies, in bytes, that the hub reads from each endpoint. An agent must stay below them.
const (
	MaxHostBytes       = 256 << 10
	MaxDockerBytes     = 512 << 10
	MaxKubernetesBytes = 2 << 20
)

// Values of the type field of an agent. An empty type means a legacy stand-alone agent.
const (
	AgentTypeUnified = "unified"
	AgentTypeHost    = "host"
)

// Agent says which agent sent a Docker or Kubernetes report. Host reports carry the wider [HostAgent].
type Agent struct {
	// ID is the stable id of the agent, chosen by the agent. Required.
	ID string `json:"id"`
	// Version is the version of the agent program, or "dev".
	Version string `json:"version"`
	// Type is AgentTypeUnified or AgentTypeHost; empty for legacy agents.
	Type string `json:"type,omitempty"`
	// IntervalSeconds is the time between two reports, in seconds.
	IntervalSeconds int `json:"intervalSeconds"`
}

// Memory is the memory of a machine at one moment. All sizes are in bytes.
type Memory struct {
	// TotalBytes is the memory the operating system can use.
	TotalBytes int64 `json:"totalBytes,omitempty"`
	// UsedBytes is the total less what is available to new programs, so caches do not count as used.
	UsedBytes int64 `json:"usedBytes,omitempty"`
	// FreeBytes is memory nothing uses, not even caches; used and free do not add up to the total.
	FreeBytes int64 `json:"freeBytes,omitempty"`
	// Usage is the used part in percent 0–100.
	Usage float64 `json:"usage,omitempty"`
	// SwapTotalBytes is the size of all swap areas.
	SwapTotalBytes int64 `json:"swapTotalBytes,omitempty"`
	// SwapUsedBytes is the part of swap in use.
	SwapUsedBytes int64 `json:"swapUsedBytes,omitempty"`
}

// Disk is one mounted file system.
type Disk struct {
	// Device is the device or data set that is mounted, such as "/dev/sda1" or "rpool".
	Device string `json:"device,omitempty"`
	// Mountpoint is where it is mounted.
	Mountpoint string `json:"mountpoint,omitempty"`
	// Filesystem is the kind of file system, such as "ext4".
	Filesystem string `json:"filesystem,omitempty"`
	// Type repeats the kind of file system; agents fill both.
	Type string `json:"type,omitempty"`
	// TotalBytes is the size of the file system, in bytes.
	TotalBytes int64 `json:"totalBytes,omitempty"`
	// UsedBytes is the space in use, in bytes.
	UsedBytes int64 `json:"usedBytes,omitempty"`
	// FreeBytes is the space an ordinary user can still fill, in bytes; reserved blocks are in neither figure.
	FreeBytes int64 `json:"freeBytes,omitempty"`
	// Usage is used/(used+free) in percent 0–100; at or below zero the hub computes it itself.
	Usage float64 `json:"usage,omitempty"`
}

// NIC is one network interface other than loopback.
type NIC struct {
	// Name is the interface name of the operating system, such as "eth0".
	Name string `json:"name"`
	// MAC is the hardware address as lower-case hex with colons; empty for tunnels.
	MAC string `json:"mac,omitempty"`
	// Addresses are the IP addresses in CIDR notation.
	Addresses []string `json:"addresses,omitempty"`
	// RxBytes counts bytes received since boot.
	RxBytes uint64 `json:"rxBytes,omitempty"`
	// TxBytes counts bytes sent since boot.
	TxBytes uint64 `json:"txBytes,omitempty"`
	// SpeedMbps is the link speed in megabits a second; zero when unknown.
	SpeedMbps int64 `json:"speedMbps,omitempty"`
}

// ErrorAnswer is the body of an answer with a status of 400 or above.
type ErrorAnswer struct {
	// Error is the message for people.
	Error string `json:"error"`
	// Code is the stable reason, such as "invalid_report" or "missing_scope".
	Code string `json:"code"`
	// StatusCode repeats the HTTP status.
	StatusCode int `json:"status_code"`
	// Timestamp is the moment of the answer in Unix seconds.
	Timestamp int64 `json:"timestamp"`
	// Details holds further text by key, such as the decoding error under "error".
	Details map[string]string `json:"details,omitempty"`
	// RequiredScope is what the token lacks, if the code is "missing_scope".
	RequiredScope string `json:"requiredScope,omitempty"`
}

// HostAnswer is the body of a 200 answer to a [Host] report.
type HostAnswer struct {
	// Success is always true.
	Success bool `json:"success"`
	// HostID is the id under which the hub keeps the host.
	HostID string `json:"hostId"`
	// LastSeen is the time the hub recorded for the report.
	LastSeen time.Time `json:"lastSeen"`
	// Platform is the platform in lower case.
	Platform string `json:"platform"`
	// OSName is the name of the operating system as the hub keeps it.
	OSName string `json:"osName"`
	// OSVersion is the version of the operating system as the hub keeps it.
	OSVersion string `json:"osVersion"`
	// Config is what an administrator has set for this host; nil when nothing is set.
	Config *HostConfig `json:"config,omitempty"`
}

// HostConfig holds the settings the hub may override on a host agent.
type HostConfig struct {
	// CommandsEnabled says whether the agent takes commands, whatever its own --enable-commands says; nil leaves that alone.
	// Which commands run stays the agent's decision.
	CommandsEnabled *bool `json:"commandsEnabled,omitempty"`
}
