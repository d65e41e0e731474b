package v5

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/backups"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// PBSBackup is a backup on a backup server.
type PBSBackup struct {
	ID         string    `json:"id"`
	Instance   string    `json:"instance"`
	Datastore  string    `json:"datastore"`
	Namespace  string    `json:"namespace"`
	BackupType string    `json:"backupType"`
	VMID       string    `json:"vmid"`
	BackupTime time.Time `json:"backupTime"`
	Size       uint64    `json:"size"`
	Protected  bool      `json:"protected"`
	Verified   bool      `json:"verified"`
	Comment    string    `json:"comment,omitempty"`
	Files      []string  `json:"files,omitempty"`
	Owner      string    `json:"owner,omitempty"`
}

// PMGBackup is a configuration backup of a mail gateway.
type PMGBackup struct {
	ID         string    `json:"id"`
	Instance   string    `json:"instance"`
	Node       string    `json:"node"`
	Filename   string    `json:"filename"`
	BackupTime time.Time `json:"backupTime"`
	Size       uint64    `json:"size"`
}

// StorageBackup is a backup as a hypervisor keeps or sees it. CTime is Unix seconds.
type StorageBackup struct {
	ID           string    `json:"id"`
	Storage      string    `json:"storage"`
	Node         string    `json:"node"`
	Instance     string    `json:"instance"`
	Type         string    `json:"type"`
	VMID         int       `json:"vmid"`
	Time         time.Time `json:"time"`
	CTime        int64     `json:"ctime"`
	Size         uint64    `json:"size"`
	Format       string    `json:"format"`
	Notes        string    `json:"notes,omitempty"`
	Protected    bool      `json:"protected"`
	VolID        string    `json:"volid"`
	IsPBS        bool      `json:"isPBS"`
	Verified     bool      `json:"verified"`
	Verification string    `json:"verification,omitempty"`
}

// BackupTask is one run of a backup on a hypervisor.
type BackupTask struct {
	ID        string    `json:"id"`
	Node      string    `json:"node"`
	Instance  string    `json:"instance"`
	Type      string    `json:"type"`
	VMID      int       `json:"vmid"`
	Status    string    `json:"status"`
	StartTime time.Time `json:"startTime"`
	EndTime   time.Time `json:"endTime"`
	Size      uint64    `json:"size,omitempty"`
	Error     string    `json:"error,omitempty"`
}

// GuestSnapshot is a snapshot of a guest.
type GuestSnapshot struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Node        string    `json:"node"`
	Instance    string    `json:"instance"`
	Type        string    `json:"type"`
	VMID        int       `json:"vmid"`
	Time        time.Time `json:"time"`
	Description string    `json:"description,omitempty"`
	Parent      string    `json:"parent,omitempty"`
	VMState     bool      `json:"vmstate"`
	SizeBytes   uint64    `json:"sizeBytes,omitempty"`
}

// PVEBackups is what hypervisors know of backups.
type PVEBackups struct {
	BackupTasks    []BackupTask    `json:"backupTasks"`
	StorageBackups []StorageBackup `json:"storageBackups"`
	GuestSnapshots []GuestSnapshot `json:"guestSnapshots"`
}

// Backups is every backup, by product.
type Backups struct {
	PVE PVEBackups  `json:"pve"`
	PBS []PBSBackup `json:"pbs"`
	PMG []PMGBackup `json:"pmg"`
}

func (p *projection) pbsBackup(e *inventory.Entry, x facts) PBSBackup {
	b := backups.Detail(e)
	backupType, vmid := b.Type, b.BackupID
	if b.Type == "container" {
		backupType = "ct"
	}
	if vmid == "" {
		vmid = strconv.Itoa(b.VMID)
	}
	at := unit.Time(b.At)
	return PBSBackup{
		ID: "pbs-" + x.instance + "-" + b.Datastore + "-" + b.Namespace + "-" + backupType + "-" + vmid + "-" +
			strconv.FormatInt(at.Unix(), 10),
		Instance: x.instance, Datastore: b.Datastore, Namespace: b.Namespace, BackupType: backupType, VMID: vmid,
		BackupTime: at, Size: b.Size, Protected: b.Protected, Verified: b.Verified(),
		Comment: b.Notes, Files: b.Files, Owner: b.Owner,
	}
}

func (p *projection) pmgBackup(e *inventory.Entry, x facts) PMGBackup {
	b := backups.Detail(e)
	return PMGBackup{
		ID: x.instance + "-" + e.ID, Instance: x.instance, Node: b.Node, Filename: orElse(b.Filename, e.Name),
		BackupTime: unit.Time(b.At), Size: b.Size,
	}
}

func (p *projection) storageBackup(e *inventory.Entry, x facts) StorageBackup {
	b := backups.Detail(e)
	volume := orElse(b.Filename, e.Name)
	return StorageBackup{
		ID: x.instance + "-" + volume, Storage: b.Storage, Node: b.Node, Instance: x.instance,
		Type: guestType(b.Type), VMID: b.VMID, Time: unit.Time(b.At), CTime: unit.UnixSeconds(b.At),
		Size: b.Size, Format: b.Format, Notes: b.Notes, Protected: b.Protected, VolID: volume,
		IsPBS: b.OnBackupServer, Verified: b.Verified(), Verification: b.Verification,
	}
}

// guestType gives the hypervisor's names for what was backed up.
func guestType(backupType string) string {
	switch backupType {
	case "vm":
		return "qemu"
	case "container":
		return "lxc"
	}
	return backupType
}

func (p *projection) backupTask(e *inventory.Entry, x facts) BackupTask {
	detail, _ := e.Detail.(*resource.BackupTask)
	if detail == nil {
		detail = &resource.BackupTask{}
	}
	return BackupTask{
		ID: x.instance + "-" + e.ID, Node: detail.Node, Instance: x.instance, Type: detail.Type,
		VMID: detail.VMID, Status: detail.Result, StartTime: unit.Time(detail.Start), EndTime: unit.Time(detail.End),
		Size: detail.Size, Error: detail.Error,
	}
}

func (p *projection) guestSnapshot(e *inventory.Entry, x facts) GuestSnapshot {
	detail, _ := e.Detail.(*resource.Snapshot)
	if detail == nil {
		detail = &resource.Snapshot{}
	}
	return GuestSnapshot{
		ID:   x.instance + "-" + detail.Node + "-" + strconv.Itoa(detail.VMID) + "-" + e.Name,
		Name: e.Name, Node: detail.Node, Instance: x.instance, Type: detail.GuestType, VMID: detail.VMID,
		Time: unit.Time(detail.At), Description: detail.Description, Parent: detail.Parent,
		VMState: detail.WithMemory, SizeBytes: detail.Size,
	}
}
