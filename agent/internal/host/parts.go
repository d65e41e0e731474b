package host

import (
	"context"
	"path/filepath"
	"time"

	"github.com/pulse-hub/pulse/agent/internal/host/battery"
	"github.com/pulse-hub/pulse/agent/internal/host/ceph"
	"github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/host/gpu"
	"github.com/pulse-hub/pulse/agent/internal/host/mdadm"
	"github.com/pulse-hub/pulse/agent/internal/host/packages"
	"github.com/pulse-hub/pulse/agent/internal/host/proxmox"
	"github.com/pulse-hub/pulse/agent/internal/host/smart"
	"github.com/pulse-hub/pulse/agent/internal/host/systemd"
	"github.com/pulse-hub/pulse/agent/internal/host/virtual"
	"github.com/pulse-hub/pulse/agent/internal/host/zfs"
	"github.com/pulse-hub/pulse/agent/report"
)

// Rhythms of the parts.
const (
	smartEvery   = 10 * time.Minute
	packageEvery = 6 * time.Hour
	// packageAfter keeps the costly look at packages away from the start of the machine.
	packageAfter  = 2 * time.Minute
	poolEvery     = time.Minute
	mountEvery    = 30 * time.Second
	unitEvery     = time.Minute
	batteryEvery  = time.Minute
	identityEvery = time.Hour
)

// toolLimit is how long an outside program may take, unless its part is known to be slow.
const toolLimit = 10 * time.Second

// Operating systems, as Go names them.
var (
	allSystems = []string{"linux", "darwin", "windows", "freebsd"}
	unixes     = []string{"linux", "darwin", "freebsd"}
	linuxOnly  = []string{"linux"}
)

// systemSource is a sub-collector with the operating systems that have it.
type systemSource struct {
	source
	systems []string
}

// systemPart is a part with the operating systems that have it.
type systemPart struct {
	part
	systems []string
}

// newSources returns the sub-collectors of all systems, in the order in which they run. Uptime is part of the identity.
func newSources(options Options, files *fileSystems) []systemSource {
	return []systemSource{
		{source{"identity", newIdentity(options).collect}, allSystems},
		{source{"cpu", newProcessor().collect}, allSystems},
		{source{"load", collectLoad}, unixes},
		{source{"memory", newMemory(options.Root).collect}, allSystems},
		{source{"disks", files.collect}, allSystems},
		{source{"disk_io", newDevices().collect}, allSystems},
		{source{"network", newInterfaces().collect}, allSystems},
		{source{"pressure", pressureSource(options.Root)}, linuxOnly},
		{source{"power", powerSource(options.Root)}, linuxOnly},
	}
}

// newParts returns the parts of all systems. Those that fill what others add to come first.
func newParts(options Options, files *fileSystems) []systemPart {
	root, slow := options.Root, options.Run
	run := options.Run.Within(toolLimit)
	sys, proc := filepath.Join(root, "sys"), filepath.Join(root, "proc")
	return []systemPart{
		{part{name: "sensors", every: options.Interval, limit: 5 * time.Second, collect: newSensors(sys).collect}, unixes},
		{part{name: "network_mounts", every: mountEvery, limit: 2 * statTimeout, collect: newNetworkMounts(files).collect}, unixes},
		{part{name: "smart", every: smartEvery, limit: 5 * time.Minute, collect: smartPart(smart.New(run, sys))}, unixes},
		{part{name: "mdadm", every: poolEvery, limit: 30 * time.Second, collect: mdadmPart(mdadm.New(run, filepath.Join(proc, "mdstat")))}, linuxOnly},
		{part{name: "zfs", every: poolEvery, limit: 40 * time.Second, collect: zfsPart(zfs.New(run), files)}, []string{"linux", "freebsd"}},
		{part{name: "ceph", every: poolEvery, limit: 25 * time.Second, collect: cephPart(ceph.New(run, filepath.Join(root, "etc/ceph")))}, linuxOnly},
		{part{name: "gpu", every: options.Interval, limit: 3 * time.Second, collect: gpuPart(gpu.New(run, sys))}, []string{"linux", "windows", "freebsd"}},
		{part{name: "systemd", every: unitEvery, limit: 10 * time.Second, collect: systemdPart(systemd.New(run, filepath.Join(root, "run/systemd/system")))}, linuxOnly},
		{part{name: "packages", every: packageEvery, limit: 3 * time.Minute, after: packageAfter, collect: packagesPart(packages.New(slow, root))}, []string{"linux", "freebsd"}},
		{part{name: "battery", every: batteryEvery, limit: 5 * time.Second, collect: batteryPart(filepath.Join(sys, "class/power_supply"))}, linuxOnly},
		{part{name: "virtualization", every: identityEvery, limit: 10 * time.Second, collect: virtualPart(options.detect)}, allSystems},
		{part{name: "proxmox", every: identityEvery, limit: 10 * time.Second, collect: proxmoxPart(root, options.detect)}, linuxOnly},
	}
}

func smartPart(source *smart.Source) func(context.Context) (fill, error) {
	return func(ctx context.Context) (fill, error) {
		disks, err := source.Collect(ctx)
		if len(disks) == 0 {
			return nil, err
		}
		health := make([]report.SMART, 0, len(disks))
		wear := make([]report.DiskWear, 0, len(disks))
		for _, disk := range disks {
			health, wear = append(health, disk.Health), append(wear, disk.Wear)
		}
		return func(into *report.Host) { into.Sensors.SMART, into.Detail.Disks = health, wear }, err
	}
}

func mdadmPart(source *mdadm.Source) func(context.Context) (fill, error) {
	return func(ctx context.Context) (fill, error) {
		arrays, err := source.Collect(ctx)
		if len(arrays) == 0 {
			return nil, err
		}
		return func(into *report.Host) { into.RAID = arrays }, err
	}
}

func zfsPart(source *zfs.Source, files *fileSystems) func(context.Context) (fill, error) {
	return func(ctx context.Context) (fill, error) {
		state, err := source.Collect(ctx)
		if len(state.Pools) == 0 {
			return nil, err
		}
		return func(into *report.Host) {
			into.Detail.Pools = state.Pools
			into.Disks = files.withPools(into.Disks, state.Usable)
		}, err
	}
}

func cephPart(source *ceph.Source) func(context.Context) (fill, error) {
	return func(ctx context.Context) (fill, error) {
		cluster, err := source.Collect(ctx)
		if cluster == nil {
			return nil, err
		}
		return func(into *report.Host) { into.Ceph = cluster }, err
	}
}

func gpuPart(source *gpu.Source) func(context.Context) (fill, error) {
	return func(ctx context.Context) (fill, error) {
		list, err := source.Collect(ctx)
		if len(list) == 0 {
			return nil, err
		}
		return func(into *report.Host) {
			into.Detail.GPUs = list
			for _, gpu := range list {
				// The kernel's monitors know the cards of AMD already.
				if gpu.Vendor == "nvidia" && gpu.TemperatureCelsius > 0 {
					add(&into.Sensors.TemperatureCelsius, "nvidia"+gpu.ID, gpu.TemperatureCelsius)
				}
			}
		}, err
	}
}

func systemdPart(source *systemd.Source) func(context.Context) (fill, error) {
	return func(ctx context.Context) (fill, error) {
		units, err := source.Failed(ctx)
		if err != nil {
			return nil, err
		}
		return func(into *report.Host) { into.Detail.FailedUnits = units }, nil
	}
}

func packagesPart(source *packages.Source) func(context.Context) (fill, error) {
	return func(ctx context.Context) (fill, error) {
		updates, err := source.Collect(ctx)
		if updates == nil {
			return nil, err
		}
		return func(into *report.Host) { into.Detail.Packages = updates }, err
	}
}

func batteryPart(folder string) func(context.Context) (fill, error) {
	return func(context.Context) (fill, error) {
		list, err := battery.Read(folder)
		if err != nil {
			return nil, err
		}
		return func(into *report.Host) { into.Detail.Batteries = list }, nil
	}
}

func virtualPart(detect func() string) func(context.Context) (fill, error) {
	return func(context.Context) (fill, error) {
		kind := detect()
		return func(into *report.Host) { into.Detail.Virtualization = kind }, nil
	}
}

func proxmoxPart(root string, detect func() string) func(context.Context) (fill, error) {
	return func(context.Context) (fill, error) {
		link, err := proxmox.Link(root, detect())
		if err != nil {
			return nil, err
		}
		return func(into *report.Host) { into.Detail.Proxmox = link }, nil
	}
}

// withDefaults completes the options.
func (o Options) withDefaults() Options {
	if o.Run == nil {
		o.Run = command.New(command.Options{}).Run
	}
	if o.Root == "" {
		o.Root = "/"
	}
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.detect == nil {
		o.detect = virtual.Detect
	}
	return o
}
