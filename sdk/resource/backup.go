package resource

import "time"

// Backup is one backup that exists somewhere.
type Backup struct {
	// Type is what was backed up: "vm", "container", "host", or "mailgateway" for a
	// Mail Gateway's own configuration backup.
	Type     string
	VMID     int    // 0 for what is not a guest
	BackupID string // the name of the group on a backup server: a VMID or a host name
	At       time.Time
	Size     uint64 // bytes
	// Node and Storage say where a hypervisor keeps it; Datastore and Namespace where a backup server does.
	Node, Storage        string
	Datastore, Namespace string
	Filename             string // volume id or file name
	Format               string // "tar.zst", "vma.zst", "pbs-vm", …
	OnBackupServer       bool   // a hypervisor's view of a backup server's backup
	Notes, Owner         string
	Protected            bool
	Verification         string // "", "OK", "failed"
	Files                []string
}

// Verified says that a verification has run and found the backup whole.
func (b *Backup) Verified() bool { return b.Verification == "OK" }

// BackupTask is one run of a backup.
type BackupTask struct {
	Node, Type string
	VMID       int
	Result     string // "OK", "running", or an error text
	Start, End time.Time
	Size       uint64 // bytes
	Error      string
}

// Snapshot is one snapshot of a guest.
type Snapshot struct {
	Node, GuestType     string // GuestType "qemu" or "lxc"
	VMID                int
	At                  time.Time
	Description, Parent string
	WithMemory          bool
	Size                uint64 // bytes, 0 if not known
}

// BackupServer is a Proxmox Backup Server.
type BackupServer struct {
	Host, GuestURL, Version string
	Connection              string // "healthy", "unhealthy", "error"
}

// Datastore is a datastore of a backup server.
type Datastore struct {
	Error       string // why its figures are missing
	Namespaces  []Namespace
	DedupFactor float64 // logical size divided by stored size, 0 if not known
}

// Namespace is one namespace of a datastore; the root has Path "".
type Namespace struct {
	Path, Parent string
	Depth        int
}

// BackupJob is a scheduled job of a backup server.
type BackupJob struct {
	// Type is "backup", "sync", "verify", "prune" or "garbage".
	Type             string
	Store            string
	State            string
	Error            string
	LastRun, NextRun time.Time
	GuestType, VMID  string // backup jobs
	Remote           string // sync jobs
	RemovedBytes     uint64 // garbage jobs
}

// MailGateway is a Proxmox Mail Gateway.
type MailGateway struct {
	Host, GuestURL, Version string
	Connection              string
	Nodes                   []MailNode
	Stats                   *MailStats
	Counts                  []MailCount
	SpamScores              []SpamBucket
	Quarantine              *Quarantine
	UpdatedAt               time.Time
}

// MailNode is one node of a mail gateway.
type MailNode struct {
	Name, Status, Role, LoadAverage string
	Uptime                          time.Duration
	Queue                           *MailQueue
}

// MailQueue is the length of a node's Postfix queues.
type MailQueue struct {
	Active, Deferred, Hold, Incoming int
	OldestAge                        time.Duration
	UpdatedAt                        time.Time
}

// MailStats are counters over Timeframe ("day").
type MailStats struct {
	Timeframe                                       string
	Total, In, Out, SpamIn, SpamOut                 float64
	VirusIn, VirusOut, BouncesIn, BouncesOut        float64
	BytesIn, BytesOut                               float64
	Greylisted, JunkIn, RBLRejects, PregreetRejects float64
	AverageProcessTime                              time.Duration
	UpdatedAt                                       time.Time
}

// MailCount is the mail counters of one interval.
type MailCount struct {
	At                                      time.Time
	Count, In, Out, SpamIn, SpamOut         float64
	VirusIn, VirusOut, RBLRejects, Pregreet float64
	BouncesIn, BouncesOut, Greylisted       float64
	Index                                   int
	Timeframe                               string
	WindowStart, WindowEnd                  time.Time
}

// SpamBucket counts mails by spam score.
type SpamBucket struct {
	Score string
	Count float64
}

// Quarantine counts what is held back.
type Quarantine struct{ Spam, Virus, Attachment, Blocklisted int }
