package proxmox

import (
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// What the API answers, as far as it is used:
// https://pve.proxmox.com/pve-docs/api-viewer/, versions 7.0 to 9.1.
type (
	number  = proxmoxapi.Number
	text    = proxmoxapi.Text
	boolean = proxmoxapi.Flag
)

// versionAnswer is /version.
type versionAnswer struct {
	Version text `json:"version"`
}

// clusterRow is a row of /cluster/status: the cluster itself, if there is one, or a node.
type clusterRow struct {
	Type    text    `json:"type"`
	Name    text    `json:"name"`
	IP      text    `json:"ip"`
	Online  boolean `json:"online"`
	Local   boolean `json:"local"`
	Quorate boolean `json:"quorate"`
}

// nodeRow is a row of /nodes.
type nodeRow struct {
	Node        text `json:"node"`
	Fingerprint text `json:"ssl_fingerprint"`
}

// resourceRow is a row of /cluster/resources: a node, a guest, a storage, or
// something that is not looked at.
type resourceRow struct {
	ID         text    `json:"id"`
	Type       text    `json:"type"`
	Node       text    `json:"node"`
	Status     text    `json:"status"`
	Name       text    `json:"name"`
	Pool       text    `json:"pool"`
	Tags       text    `json:"tags"`
	Lock       text    `json:"lock"`
	HAState    text    `json:"hastate"`
	Template   boolean `json:"template"`
	VMID       number  `json:"vmid"`
	CPU        number  `json:"cpu"`
	MaxCPU     number  `json:"maxcpu"`
	Memory     number  `json:"mem"`
	MaxMemory  number  `json:"maxmem"`
	Disk       number  `json:"disk"`
	MaxDisk    number  `json:"maxdisk"`
	Uptime     number  `json:"uptime"`
	NetIn      number  `json:"netin"`
	NetOut     number  `json:"netout"`
	DiskRead   number  `json:"diskread"`
	DiskWrite  number  `json:"diskwrite"`
	Storage    text    `json:"storage"`
	PluginType text    `json:"plugintype"`
	Content    text    `json:"content"`
	Shared     boolean `json:"shared"`
}

// The types of rows and guests.
const (
	typeNode    = "node"
	typeQEMU    = "qemu"
	typeLXC     = "lxc"
	typeStorage = "storage"
)

// vmid returns the number of a guest, which old versions tell in the id only.
func (r *resourceRow) vmid() int {
	if r.VMID.Known() {
		return r.VMID.Int()
	}
	_, tail, _ := strings.Cut(string(r.ID), "/")
	n, err := strconv.Atoi(tail)
	if err != nil {
		return 0
	}
	return n
}

// isGuest says whether the row is a guest that is looked at.
func (r *resourceRow) isGuest() bool {
	return (r.Type == typeQEMU || r.Type == typeLXC) && !bool(r.Template) && r.vmid() > 0 && r.Node != ""
}

// guestID returns the id of a guest, which it keeps wherever it goes.
func guestID(guestType string, vmid int) string { return guestType + "/" + strconv.Itoa(vmid) }

func nodeID(node string) string { return "node/" + node }

func storageID(node, storage string) string { return "storage/" + node + "/" + storage }

func (r *resourceRow) guestID() string { return guestID(string(r.Type), r.vmid()) }

func (r *resourceRow) kind() resource.Kind {
	if r.Type == typeQEMU {
		return resource.KindVM
	}
	return resource.KindContainer
}

// nodeStatus is /nodes/{node}/status.
type nodeStatus struct {
	Wait    number   `json:"wait"`
	LoadAvg []number `json:"loadavg"`
	CPUInfo struct {
		Model   text   `json:"model"`
		CPUs    number `json:"cpus"`
		Cores   number `json:"cores"` // in all sockets
		Sockets number `json:"sockets"`
		MHz     text   `json:"mhz"`
	} `json:"cpuinfo"`
	Memory        space  `json:"memory"`
	Swap          space  `json:"swap"`
	RootFS        space  `json:"rootfs"`
	KernelVersion text   `json:"kversion"`
	PVEVersion    text   `json:"pveversion"`
	CurrentKernel kernel `json:"current-kernel"`
}

type kernel struct {
	Release text `json:"release"`
}

// space is how the API tells of memory and file systems.
type space struct {
	Total     number `json:"total"`
	Used      number `json:"used"`
	Free      number `json:"free"`
	Available number `json:"available"` // memory, since 9
	Avail     number `json:"avail"`     // file systems: without what is reserved
}

// storageConfig is a row of /storage.
type storageConfig struct {
	Storage   text    `json:"storage"`
	Disable   boolean `json:"disable"`
	Shared    boolean `json:"shared"`
	Pool      text    `json:"pool"`     // zfspool: a pool or a dataset in it
	VGName    text    `json:"vgname"`   // lvm, lvmthin
	ThinPool  text    `json:"thinpool"` // lvmthin
	Datastore text    `json:"datastore"`
	Namespace text    `json:"namespace"`
}

// nodeStorage is a row of /nodes/{node}/storage.
type nodeStorage struct {
	Storage text    `json:"storage"`
	Active  boolean `json:"active"`
	Enabled boolean `json:"enabled"`
	Total   number  `json:"total"`
	Used    number  `json:"used"`
	Avail   number  `json:"avail"`
}
