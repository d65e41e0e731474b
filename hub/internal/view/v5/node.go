package v5

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Node is a Proxmox VE node.
type Node struct {
	ID                string       `json:"id"`
	Node              string       `json:"node"`
	Name              string       `json:"name"`
	DisplayName       string       `json:"displayName"`
	Instance          string       `json:"instance"`
	Host              string       `json:"host,omitempty"`
	GuestURL          string       `json:"guestURL,omitempty"`
	Status            string       `json:"status"`
	Type              string       `json:"type"`
	CPU               float64      `json:"cpu"`
	Memory            *Memory      `json:"memory,omitempty"`
	Mem               uint64       `json:"mem"`
	MaxMem            uint64       `json:"maxmem"`
	Disk              *Disk        `json:"disk,omitempty"`
	MaxDisk           uint64       `json:"maxdisk"`
	Uptime            int64        `json:"uptime"`
	LoadAverage       []float64    `json:"loadAverage"`
	KernelVersion     string       `json:"kernelVersion"`
	PVEVersion        string       `json:"pveVersion"`
	CPUInfo           CPUInfo      `json:"cpuInfo"`
	Temperature       *Temperature `json:"temperature,omitempty"`
	LastSeen          int64        `json:"lastSeen"`
	ConnectionHealth  string       `json:"connectionHealth"`
	IsClusterMember   bool         `json:"isClusterMember,omitempty"`
	ClusterName       string       `json:"clusterName,omitempty"`
	LinkedHostAgentID string       `json:"linkedHostAgentId,omitempty"`
}

// CPUInfo describes a node's processors.
type CPUInfo struct {
	Model   string `json:"model"`
	Cores   int    `json:"cores"`
	Sockets int    `json:"sockets"`
	MHz     string `json:"mhz"`
}

// Temperature holds a node's sensors in degrees Celsius.
type Temperature struct {
	CPUPackage   float64    `json:"cpuPackage,omitempty"`
	CPUMax       float64    `json:"cpuMax,omitempty"`
	CPUMin       float64    `json:"cpuMin,omitempty"`
	CPUMaxRecord float64    `json:"cpuMaxRecord,omitempty"`
	MinRecorded  time.Time  `json:"minRecorded"`
	MaxRecorded  time.Time  `json:"maxRecorded"`
	Cores        []CoreTemp `json:"cores,omitempty"`
	GPU          []GPUTemp  `json:"gpu,omitempty"`
	NVMe         []NVMeTemp `json:"nvme,omitempty"`
	SMART        []DiskTemp `json:"smart,omitempty"`
	Available    bool       `json:"available"`
	HasCPU       bool       `json:"hasCPU"`
	HasGPU       bool       `json:"hasGPU"`
	HasNVMe      bool       `json:"hasNVMe"`
	HasSMART     bool       `json:"hasSMART"`
	LastUpdate   time.Time  `json:"lastUpdate"`
}

// CoreTemp is the temperature of a processor core.
type CoreTemp struct {
	Core int     `json:"core"`
	Temp float64 `json:"temp"`
}

// GPUTemp holds the sensors of a graphics card.
type GPUTemp struct {
	Device   string  `json:"device"`
	Edge     float64 `json:"edge,omitempty"`
	Junction float64 `json:"junction,omitempty"`
	Mem      float64 `json:"mem,omitempty"`
}

// NVMeTemp is the temperature of an NVMe device.
type NVMeTemp struct {
	Device string  `json:"device"`
	Temp   float64 `json:"temp"`
}

// DiskTemp is the temperature of a disk as SMART tells it.
type DiskTemp struct {
	Device         string    `json:"device"`
	Serial         string    `json:"serial,omitempty"`
	WWN            string    `json:"wwn,omitempty"`
	Model          string    `json:"model,omitempty"`
	Type           string    `json:"type,omitempty"`
	Temperature    int       `json:"temperature"`
	LastUpdated    time.Time `json:"lastUpdated"`
	StandbySkipped bool      `json:"standbySkipped,omitempty"`
}

func (p *projection) node(e *inventory.Entry, x facts) Node {
	detail, _ := e.Detail.(*resource.Node)
	if detail == nil {
		detail = &resource.Node{}
	}
	return Node{
		ID: nodeID(x.instance, e), Node: e.Name, Name: e.Name, DisplayName: orElse(e.DisplayName, e.Name),
		Instance: x.instance, Host: detail.Host, GuestURL: detail.GuestURL,
		Status: onlineOrOffline(e), Type: "node",
		CPU: unit.Fraction(e.Usage.CPU), Memory: memoryOf(&e.Usage, 0),
		Mem: e.Usage.Memory.Used, MaxMem: e.Usage.Memory.Total,
		Disk: diskOf(e.Usage.Disk), MaxDisk: e.Usage.Disk.Total,
		Uptime: unit.Seconds(e.Uptime), LoadAverage: loadAverage(detail.LoadAverage),
		KernelVersion: detail.Kernel, PVEVersion: detail.Version, CPUInfo: CPUInfoOf(detail),
		Temperature: TemperatureOf(detail), LastSeen: unit.Millis(e.SeenAt),
		ConnectionHealth: NodeConnection(e, detail),
		IsClusterMember:  detail.ClusterName != "", ClusterName: detail.ClusterName,
		LinkedHostAgentID: x.link,
	}
}

// NodeConnection says how well the node's API answers: "healthy", "degraded" or "error".
func NodeConnection(e *inventory.Entry, detail *resource.Node) string {
	if e.Stale {
		return "error"
	}
	return orElse(detail.Connection, "healthy")
}

// CPUInfoOf returns the processors of a node.
func CPUInfoOf(detail *resource.Node) CPUInfo {
	info := CPUInfo{Model: detail.CPUModel, Cores: detail.Cores, Sockets: detail.Sockets}
	if info.Cores == 0 {
		info.Cores = detail.CPUs
	}
	if mhz := unit.Finite(detail.CPUMHz); mhz != 0 {
		info.MHz = strconv.FormatFloat(mhz, 'f', -1, 64)
	}
	return info
}

// TemperatureOf returns the sensors of a node, nil when none are known.
func TemperatureOf(detail *resource.Node) *Temperature {
	t := detail.Temperatures
	if t == nil {
		return nil
	}
	return &Temperature{
		CPUPackage: unit.Finite(t.CPUPackage), CPUMax: unit.Finite(t.CPUMax),
		CPUMin: unit.Finite(t.CPUMin), CPUMaxRecord: unit.Finite(t.CPUMaxRecord),
		MinRecorded: unit.Time(t.MinRecorded), MaxRecorded: unit.Time(t.MaxRecorded),
		Cores: convert(t.Cores, func(c *resource.CoreTemperature) CoreTemp {
			return CoreTemp{Core: c.Core, Temp: unit.Finite(c.Temperature)}
		}),
		GPU: convert(t.GPUs, func(g *resource.GPUTemperature) GPUTemp {
			return GPUTemp{g.Device, unit.Finite(g.Edge), unit.Finite(g.Junction), unit.Finite(g.Memory)}
		}),
		NVMe: convert(t.NVMe, func(d *resource.DeviceTemperature) NVMeTemp {
			return NVMeTemp{d.Device, unit.Finite(d.Temperature)}
		}),
		SMART: convert(t.Disks, diskTemp), Available: true,
		HasCPU: t.CPUPackage != 0 || t.CPUMax != 0 || len(t.Cores) > 0, HasGPU: len(t.GPUs) > 0,
		HasNVMe: len(t.NVMe) > 0, HasSMART: len(t.Disks) > 0, LastUpdate: unit.Time(t.ReadAt),
	}
}

func diskTemp(d *resource.DiskTemperature) DiskTemp {
	return DiskTemp{
		Device: d.Device, Serial: d.Serial, WWN: d.WWN, Model: d.Model, Type: d.Transport,
		Temperature: d.Temperature, LastUpdated: unit.Time(d.ReadAt), StandbySkipped: d.StandbySkipped,
	}
}

// loadAverage is never null: clients index into it.
func loadAverage(load []float64) []float64 {
	if len(load) == 0 {
		return []float64{}
	}
	return unit.Floats(load)
}

// onlineOrOffline is the status of machines: whatever has not been confirmed
// in time counts as offline.
func onlineOrOffline(e *inventory.Entry) string {
	if e.Stale {
		return "offline"
	}
	switch e.Status {
	case resource.StatusRunning, resource.StatusDegraded, resource.StatusPaused:
		return "online"
	}
	return "offline"
}

func orElse(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
