package v5

import (
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Host is a machine with an agent.
type Host struct {
	ID                string    `json:"id"`
	Hostname          string    `json:"hostname"`
	DisplayName       string    `json:"displayName"`
	Platform          string    `json:"platform,omitempty"`
	OSName            string    `json:"osName,omitempty"`
	OSVersion         string    `json:"osVersion,omitempty"`
	KernelVersion     string    `json:"kernelVersion,omitempty"`
	Architecture      string    `json:"architecture,omitempty"`
	CPUCount          int       `json:"cpuCount,omitempty"`
	CPUUsage          float64   `json:"cpuUsage,omitempty"`
	LoadAverage       []float64 `json:"loadAverage,omitempty"`
	Memory            *Memory   `json:"memory,omitempty"`
	Disks             []Disk    `json:"disks,omitempty"`
	DiskIO            []DiskIO  `json:"diskIO,omitempty"`
	NetworkInterfaces []NIC     `json:"networkInterfaces,omitempty"`
	Sensors           *Sensors  `json:"sensors,omitempty"`
	Status            string    `json:"status"`
	UptimeSeconds     int64     `json:"uptimeSeconds,omitempty"`
	LastSeen          int64     `json:"lastSeen"`
	IntervalSeconds   int64     `json:"intervalSeconds,omitempty"`
	AgentVersion      string    `json:"agentVersion,omitempty"`
	Token
	Tags            []string `json:"tags,omitempty"`
	CommandsEnabled bool     `json:"commandsEnabled,omitempty"`
	IsLegacy        bool     `json:"isLegacy,omitempty"`
	LinkedNodeID    string   `json:"linkedNodeId,omitempty"`
}

// Token names the API token an agent reports with.
type Token struct {
	TokenID         string `json:"tokenId,omitempty"`
	TokenName       string `json:"tokenName,omitempty"`
	TokenHint       string `json:"tokenHint,omitempty"`
	TokenLastUsedAt int64  `json:"tokenLastUsedAt,omitempty"`
}

// Sensors are readings by sensor name.
type Sensors struct {
	TemperatureCelsius map[string]float64 `json:"temperatureCelsius,omitempty"`
	FanRPM             map[string]float64 `json:"fanRpm,omitempty"`
	// PowerWatts is in addition to the published shape.
	PowerWatts map[string]float64 `json:"powerWatts,omitempty"`
	Additional map[string]float64 `json:"additional,omitempty"`
	SMART      []SMART            `json:"smart,omitempty"`
}

// SMART is what SMART says of one disk.
type SMART struct {
	Device      string `json:"device"`
	Model       string `json:"model,omitempty"`
	Serial      string `json:"serial,omitempty"`
	WWN         string `json:"wwn,omitempty"`
	Type        string `json:"type,omitempty"`
	Temperature int    `json:"temperature"`
	Health      string `json:"health,omitempty"`
	Standby     bool   `json:"standby,omitempty"`
}

func (p *projection) host(e *inventory.Entry, x facts) Host {
	detail, _ := e.Detail.(*resource.Host)
	if detail == nil {
		detail = &resource.Host{}
	}
	hostname := orElse(detail.Hostname, e.Name)
	return Host{
		ID: e.ID, Hostname: hostname, DisplayName: orElse(e.DisplayName, hostname),
		Platform: detail.Platform, OSName: detail.OSName, OSVersion: detail.OSVersion,
		KernelVersion: detail.Kernel, Architecture: detail.Architecture,
		CPUCount: detail.CPUs, CPUUsage: unit.PercentOf(e.Usage.CPU), LoadAverage: unit.Floats(detail.LoadAverage),
		Memory: memoryOf(&e.Usage, 0), Disks: Disks(detail.Filesystems), DiskIO: diskIO(detail.DiskIO),
		NetworkInterfaces: NICs(detail.Interfaces), Sensors: SensorsOf(&detail.Sensors),
		Status: onlineOrOffline(e), UptimeSeconds: unit.Seconds(e.Uptime), LastSeen: unit.Millis(e.SeenAt),
		IntervalSeconds: unit.Seconds(detail.Agent.Interval), AgentVersion: detail.Agent.Version,
		Token: tokenOf(&detail.Agent), Tags: e.Tags, CommandsEnabled: detail.Agent.CommandsEnabled,
		IsLegacy: detail.Agent.Legacy, LinkedNodeID: x.link,
	}
}

func tokenOf(agent *resource.Agent) Token {
	token := &agent.Token
	return Token{token.ID, token.Name, token.Hint, unit.Millis(token.LastUsed)}
}

// SensorsOf returns nil when there is not a single reading.
func SensorsOf(s *resource.Sensors) *Sensors {
	if len(s.Temperatures)+len(s.Fans)+len(s.Power)+len(s.Additional)+len(s.Disks) == 0 {
		return nil
	}
	return &Sensors{
		TemperatureCelsius: unit.FloatMap(s.Temperatures), FanRPM: unit.FloatMap(s.Fans), PowerWatts: unit.FloatMap(s.Power),
		Additional: unit.FloatMap(s.Additional),
		SMART: convert(s.Disks, func(d *resource.DiskHealth) SMART {
			return SMART{d.Device, d.Model, d.Serial, d.WWN, d.Transport, d.Temperature, d.Health, d.Standby}
		}),
	}
}
