package report

import "time"

// Host is the report of the host module: one machine at one moment. The hub requires Host.Hostname.
type Host struct {
	Agent   HostAgent   `json:"agent"`
	Host    HostInfo    `json:"host"`
	Metrics HostMetrics `json:"metrics"`
	// Disks are the mounted file systems, each device once.
	Disks []Disk `json:"disks,omitempty"`
	// DiskIO are the counters of whole devices.
	DiskIO []DiskIO `json:"diskIO,omitempty"`
	// Network are the interfaces without loopback.
	Network []NIC `json:"network,omitempty"`
	// Sensors is always present, if only as an empty object.
	Sensors Sensors `json:"sensors"`
	// RAID are the Linux software (mdadm) arrays.
	RAID []RAIDArray `json:"raid,omitempty"`
	// Ceph is the cluster this machine is part of; nil when there is none.
	Ceph *Ceph `json:"ceph,omitempty"`
	// Tags are free words the administrator gave the agent.
	Tags []string `json:"tags,omitempty"`
	// Timestamp is when the figures were taken, by the agent's clock, in UTC; zero means the hub uses its own time.
	Timestamp time.Time `json:"timestamp"`
	// SequenceID is part of the published format, sent by no known agent and ignored.
	SequenceID string `json:"sequenceId,omitempty"`
	// Sequence grows by one with each report and starts at the agent's start time in Unix milliseconds, so that it also
	// grows across restarts. Zero means the agent does not number its reports. An addition to the published format.
	Sequence uint64 `json:"sequence,omitempty"`
	// Detail is what the published format has no place for; nil for hubs that do not know it. An addition.
	Detail *HostDetail `json:"detail,omitempty"`
}

// HostAgent says which agent sent a host report.
type HostAgent struct {
	// ID is the stable id of the agent: as configured, else the machine id, else the hostname.
	ID string `json:"id"`
	// Version is the version of the agent program, or "dev".
	Version string `json:"version,omitempty"`
	// Type is AgentTypeUnified or AgentTypeHost; empty for legacy agents.
	Type string `json:"type,omitempty"`
	// IntervalSeconds is the time between two reports, in seconds.
	IntervalSeconds int `json:"intervalSeconds,omitempty"`
	// Hostname is the name of the machine the agent runs on.
	Hostname string `json:"hostname,omitempty"`
	// UpdatedFrom is the version before the last self-update, repeated for the life of the process.
	UpdatedFrom string `json:"updatedFrom,omitempty"`
	// CommandsEnabled says that the agent itself is configured to run commands.
	CommandsEnabled bool `json:"commandsEnabled,omitempty"`
}

// HostInfo describes the machine: what it is, rather than how it does.
type HostInfo struct {
	// ID is the machine id; the hub derives its own host id from it.
	ID string `json:"id,omitempty"`
	// Hostname is required.
	Hostname string `json:"hostname"`
	// DisplayName is the name to show.
	DisplayName string `json:"displayName,omitempty"`
	// MachineID identifies the installation of the operating system.
	MachineID string `json:"machineId,omitempty"`
	// Platform is the distribution or system family, such as "debian" or "darwin".
	Platform string `json:"platform,omitempty"`
	// OSName is the name of the operating system.
	OSName string `json:"osName,omitempty"`
	// OSVersion is its version.
	OSVersion string `json:"osVersion,omitempty"`
	// KernelVersion is the release of the kernel.
	KernelVersion string `json:"kernelVersion,omitempty"`
	// Architecture is the machine type as the kernel names it, such as "x86_64".
	Architecture string `json:"architecture,omitempty"`
	// CPUModel is the name of the processor.
	CPUModel string `json:"cpuModel,omitempty"`
	// CPUCount is the number of logical processors.
	CPUCount int `json:"cpuCount,omitempty"`
	// UptimeSeconds is the time since boot, in seconds.
	UptimeSeconds int64 `json:"uptimeSeconds,omitempty"`
	// LoadAverage is the load over 1, 5 and 15 minutes, in that order.
	LoadAverage []float64 `json:"loadAverage,omitempty"`
	// ReportIP is the address under which the administrator wants the host known.
	ReportIP string `json:"reportIp,omitempty"`
}

// HostMetrics are the figures of processor and memory.
type HostMetrics struct {
	// CPUUsagePercent is the busy time of all processors together, in percent 0–100.
	CPUUsagePercent float64 `json:"cpuUsagePercent,omitempty"`
	Memory          Memory  `json:"memory"`
}

// DiskIO are the counters of one whole block device since boot.
type DiskIO struct {
	// Device is the kernel's name, such as "sda".
	Device string `json:"device"`
	// ReadBytes counts bytes read.
	ReadBytes uint64 `json:"readBytes,omitempty"`
	// WriteBytes counts bytes written.
	WriteBytes uint64 `json:"writeBytes,omitempty"`
	// ReadOps counts completed reads.
	ReadOps uint64 `json:"readOps,omitempty"`
	// WriteOps counts completed writes.
	WriteOps uint64 `json:"writeOps,omitempty"`
	// ReadTimeMs is the time spent reading, summed over requests, in milliseconds.
	ReadTimeMs uint64 `json:"readTimeMs,omitempty"`
	// WriteTimeMs is the time spent writing, summed over requests, in milliseconds.
	WriteTimeMs uint64 `json:"writeTimeMs,omitempty"`
	// IOTimeMs is the time the device was busy, in milliseconds.
	IOTimeMs uint64 `json:"ioTimeMs,omitempty"`
}

// Sensors holds the readings of the machine's sensors. Every part is best effort and may be empty.
type Sensors struct {
	// TemperatureCelsius is in degrees Celsius, by "cpu_package", "cpu_core_<n>", or the name of an NVMe or GPU device.
	TemperatureCelsius map[string]float64 `json:"temperatureCelsius,omitempty"`
	// FanRPM is in revolutions a minute, by fan.
	FanRPM map[string]float64 `json:"fanRpm,omitempty"`
	// PowerWatts is in watts, by "cpu_package", "cpu_core" and "dram".
	PowerWatts map[string]float64 `json:"powerWatts,omitempty"`
	// Additional are other temperatures in degrees Celsius, by sensor.
	Additional map[string]float64 `json:"additional,omitempty"`
	// SMART is the health of the disks.
	SMART []SMART `json:"smart,omitempty"`
}

// SMART is the self-assessment of one disk.
type SMART struct {
	// Device is the kernel's name, such as "sda".
	Device string `json:"device"`
	Model  string `json:"model,omitempty"`
	Serial string `json:"serial,omitempty"`
	// WWN is the World Wide Name.
	WWN string `json:"wwn,omitempty"`
	// Type is sata, sas or nvme.
	Type string `json:"type,omitempty"`
	// Temperature is in degrees Celsius; zero when the disk sleeps or does not say.
	Temperature int `json:"temperature"`
	// Health is PASSED, FAILED or UNKNOWN.
	Health string `json:"health,omitempty"`
	// Standby says that the disk sleeps and was not woken to ask.
	Standby bool `json:"standby,omitempty"`
}

// RAIDArray is one Linux software RAID array as mdadm describes it.
type RAIDArray struct {
	// Device is the array, such as "/dev/md0".
	Device string `json:"device"`
	Name   string `json:"name,omitempty"`
	// Level is the RAID level, such as "raid1".
	Level string `json:"level"`
	// State is mdadm's text, such as "clean" or "active, degraded, recovering".
	State string `json:"state"`
	// TotalDevices, and the four that follow, count member devices.
	TotalDevices   int          `json:"totalDevices"`
	ActiveDevices  int          `json:"activeDevices"`
	WorkingDevices int          `json:"workingDevices"`
	FailedDevices  int          `json:"failedDevices"`
	SpareDevices   int          `json:"spareDevices"`
	UUID           string       `json:"uuid,omitempty"`
	Devices        []RAIDDevice `json:"devices"`
	// RebuildPercent is the progress of a rebuild in percent 0–100; zero when none runs.
	RebuildPercent float64 `json:"rebuildPercent"`
	// RebuildSpeed is the kernel's text, such as "120000K/sec".
	RebuildSpeed string `json:"rebuildSpeed,omitempty"`
}

// RAIDDevice is one member of a RAID array.
type RAIDDevice struct {
	Device string `json:"device"`
	// State is mdadm's text, such as "active sync".
	State string `json:"state"`
	// Slot is the position in the array; -1 when it has none.
	Slot int `json:"slot"`
}
