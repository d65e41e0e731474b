package metrics

// The names of the hub's own series. docs/metrics.md has the full table; a name says what is measured and its unit,
// and which resource it belongs to is said by labels.
const (
	// Up is 1 while the resource can be reached and runs, 0 otherwise.
	Up = "pulse_up"

	CPUUsageRatio    = "pulse_cpu_usage_ratio"    // share of all cores in use, 0 to 1
	MemoryUsageRatio = "pulse_memory_usage_ratio" // used by total, 0 to 1
	MemoryUsedBytes  = "pulse_memory_used_bytes"
	DiskUsageRatio   = "pulse_disk_usage_ratio" // used by total, 0 to 1
	DiskUsedBytes    = "pulse_disk_used_bytes"
	DiskTotalBytes   = "pulse_disk_total_bytes"

	NetworkReceiveRate  = "pulse_network_receive_bytes_per_second"
	NetworkTransmitRate = "pulse_network_transmit_bytes_per_second"
	DiskReadRate        = "pulse_disk_read_bytes_per_second"
	DiskWriteRate       = "pulse_disk_write_bytes_per_second"

	// FilesystemUsedBytes and FilesystemTotalBytes have the extra label LabelMount. They have names of their own because
	// the disk of a machine sums its file systems up, or is one of them: what is under one name can be added up.
	FilesystemUsedBytes  = "pulse_filesystem_used_bytes"
	FilesystemTotalBytes = "pulse_filesystem_total_bytes"

	// TemperatureCelsius has the extra label LabelSensor.
	TemperatureCelsius = "pulse_temperature_celsius"
)

// Label names. LabelResource and LabelKind are set from the fields of a Series, the others through its Extra.
const (
	LabelResource = "resource"
	LabelKind     = "kind"
	LabelSensor   = "sensor"
	LabelMount    = "mount" // the place where a file system is mounted, such as "/var" or "C:"
)
