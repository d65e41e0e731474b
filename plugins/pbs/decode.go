package pbs

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The types of this file are answers of the API of Proxmox Backup Server 2 to
// 4, as https://pbs.proxmox.com/docs/api-viewer/ describes them. Times are
// seconds since the Unix epoch; sizes are bytes.

// version is the answer of /version: "3.4" and "1" for 3.4.1.
type version struct {
	Version string          `json:"version"`
	Release proxmoxapi.Text `json:"release"`
}

// String returns the version as people write it.
func (v version) String() string {
	release := string(v.Release)
	if v.Version == "" || release == "" {
		return v.Version
	}
	return v.Version + "." + release
}

// knowsDirections says whether the server is 3.3 or later, which sync in both
// directions. A version that cannot be read counts as later.
func (v version) knowsDirections() bool {
	first, rest, _ := strings.Cut(v.Version, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, err := strconv.Atoi(first)
	if err != nil {
		return true
	}
	minor, err := strconv.Atoi(second)
	return major > 3 || major == 3 && (err != nil || minor >= 3)
}

// nodeStatus is the answer of /nodes/localhost/status.
type nodeStatus struct {
	CPU         proxmoxapi.Number   `json:"cpu"`  // 0 to 1
	Wait        proxmoxapi.Number   `json:"wait"` // 0 to 1
	LoadAverage []proxmoxapi.Number `json:"loadavg"`
	Memory      space               `json:"memory"`
	Swap        space               `json:"swap"`
	Root        space               `json:"root"`
	Uptime      proxmoxapi.Number   `json:"uptime"` // seconds
}

// space is how much there is of something, in bytes.
type space struct {
	Total proxmoxapi.Number `json:"total"`
	Used  proxmoxapi.Number `json:"used"`
	Free  proxmoxapi.Number `json:"free"`  // memory and swap
	Avail proxmoxapi.Number `json:"avail"` // file systems
}

func (s space) capacity() resource.Capacity {
	free := s.Free
	if s.Avail.Known() {
		free = s.Avail
	}
	return resource.Capacity{Total: s.Total.Bytes(), Used: s.Used.Bytes(), Free: free.Bytes()}
}

// rrdRow is a row of /nodes/localhost/rrd; the newest ones may have no values.
type rrdRow struct {
	Time       proxmoxapi.Number `json:"time"`
	NetIn      proxmoxapi.Number `json:"netin"` // this and the following: bytes per second
	NetOut     proxmoxapi.Number `json:"netout"`
	ReadBytes  proxmoxapi.Number `json:"read_bytes"`
	WriteBytes proxmoxapi.Number `json:"write_bytes"`
}

// storeUsage is a row of /status/datastore-usage.
type storeUsage struct {
	Store       string            `json:"store"`
	Error       string            `json:"error"` // why nothing else is there
	Total       proxmoxapi.Number `json:"total"`
	Used        proxmoxapi.Number `json:"used"`
	Avail       proxmoxapi.Number `json:"avail"`
	FullAt      proxmoxapi.Number `json:"estimated-full-date"` // none: not known; in the past: not growing
	GC          gcStatus          `json:"gc-status"`
	MountStatus string            `json:"mount-status"` // since 4.0: mounted, notmounted, nonremovable
}

// gcStatus is what the last garbage collection found.
type gcStatus struct {
	UPID         string            `json:"upid"` // empty: it never ran
	IndexBytes   proxmoxapi.Number `json:"index-data-bytes"`
	DiskBytes    proxmoxapi.Number `json:"disk-bytes"`
	PendingBytes proxmoxapi.Number `json:"pending-bytes"`
	RemovedBytes proxmoxapi.Number `json:"removed-bytes"`
	StillBad     proxmoxapi.Number `json:"still-bad"`
}

// storeInfo is a row of /admin/datastore.
type storeInfo struct {
	Store       string          `json:"store"`
	Comment     string          `json:"comment"`
	Maintenance proxmoxapi.Text `json:"maintenance"` // "read-only", "type=offline,message=…"
	MountStatus string          `json:"mount-status"`
}

// maintenanceMode returns the mode and the message of the maintenance; no mode
// means that there is none.
func (s storeInfo) maintenanceMode() (mode, message string) {
	options := s.Maintenance.Options()
	return options["type"] + options[""], strings.Trim(options["message"], `"`)
}

// namespace is a row of /admin/datastore/{store}/namespace; the root is "".
type namespace struct {
	Path string `json:"ns"`
}

// group is a row of /admin/datastore/{store}/groups.
type group struct {
	Type  string            `json:"backup-type"` // vm, ct, host
	ID    string            `json:"backup-id"`
	Last  proxmoxapi.Number `json:"last-backup"`
	Count proxmoxapi.Number `json:"backup-count"`
}

// snapshot is a row of /admin/datastore/{store}/snapshots.
type snapshot struct {
	Type         string            `json:"backup-type"`
	ID           string            `json:"backup-id"`
	Time         proxmoxapi.Number `json:"backup-time"`
	Size         proxmoxapi.Number `json:"size"` // absent while it is uploaded
	Owner        string            `json:"owner"`
	Comment      string            `json:"comment"`
	Protected    proxmoxapi.Flag   `json:"protected"`
	Fingerprint  string            `json:"fingerprint"` // of the key it is encrypted with
	Verification struct {
		State string `json:"state"` // ok, failed; empty: never verified
	} `json:"verification"`
	Files []backupFile `json:"files"`
}

// finished says whether the upload has come to its end.
func (s *snapshot) finished() bool { return s.Size.Known() }

// backupFile is the name of a file of a backup. The API describes files as
// strings and sends objects.
type backupFile string

// UnmarshalJSON reads a string or the member filename of an object; anything else has no name.
func (f *backupFile) UnmarshalJSON(data []byte) error {
	var object struct {
		Filename string `json:"filename"`
	}
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte(`"`)) {
		return json.Unmarshal(data, (*string)(f))
	}
	*f = ""
	if json.Unmarshal(data, &object) == nil {
		*f = backupFile(object.Filename)
	}
	return nil
}

// schedule is what jobs of all kinds tell of their runs.
type schedule struct {
	Schedule  string            `json:"schedule"`
	LastState string            `json:"last-run-state"` // OK, "WARNINGS: n" or an error; empty while it runs
	LastEnd   proxmoxapi.Number `json:"last-run-endtime"`
	NextRun   proxmoxapi.Number `json:"next-run"`
}

// gcJob is a row of /admin/gc, which is there since 3.2.
type gcJob struct {
	gcStatus
	schedule
	Store string `json:"store"`
}

// job is a row of /admin/verify, /admin/prune and /admin/sync.
type job struct {
	schedule
	ID          string          `json:"id"`
	Store       string          `json:"store"`
	Namespace   string          `json:"ns"`
	Comment     string          `json:"comment"`
	Disabled    proxmoxapi.Flag `json:"disable"`
	LastUPID    string          `json:"last-run-upid"`
	Remote      string          `json:"remote"` // sync jobs; empty: another datastore of the same server
	RemoteStore string          `json:"remote-store"`
	Direction   string          `json:"sync-direction"` // since 3.3: pull, push
}

// task is a row of /nodes/localhost/tasks.
type task struct {
	UPID   string            `json:"upid"`
	Type   string            `json:"worker_type"`
	ID     string            `json:"worker_id"`
	User   string            `json:"user"`
	Start  proxmoxapi.Number `json:"starttime"`
	End    proxmoxapi.Number `json:"endtime"`
	Status string            `json:"status"` // as schedule.LastState; empty while it runs
}

// running says whether the task has not ended.
func (t *task) running() bool { return t.Status == "" && t.End.Time().IsZero() }

// outcome is how a run ended, in a word.
type outcome string

// The outcomes.
const (
	outcomeNone     outcome = "never-run"
	outcomeRunning  outcome = "running"
	outcomeOK       outcome = "OK"
	outcomeWarnings outcome = "warnings"
	outcomeError    outcome = "error"
	outcomeUnknown  outcome = "unknown" // it ended without telling, as when the server was switched off
)

// outcomeOf reads the state of a run that has ended.
func outcomeOf(state string) outcome {
	switch {
	case state == "":
		return outcomeNone
	case state == "OK":
		return outcomeOK
	case state == "unknown":
		return outcomeUnknown
	case strings.HasPrefix(state, "WARNINGS"):
		return outcomeWarnings
	}
	return outcomeError
}

// workerGroup is what a task of type backup works on.
type workerGroup struct{ store, namespace, kind, id string }

// parseWorkerGroup reads the id of a backup task: "main:vm/100", or with a
// namespace "main:edge/site1:vm/100".
func parseWorkerGroup(worker string) (workerGroup, bool) {
	worker = strings.ReplaceAll(worker, `\x3a`, ":")
	store, rest, ok := strings.Cut(worker, ":")
	space, name := "", rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		space, name = rest[:i], rest[i+1:]
	}
	kind, id, named := strings.Cut(name, "/")
	if !ok || !named || store == "" || kind == "" || id == "" {
		return workerGroup{}, false
	}
	return workerGroup{store, plainNamespace(space), kind, id}, true
}

// plainNamespace turns the forms of directories, "ns/edge/ns/site1" and
// "ns/edge/site1", into "edge/site1".
func plainNamespace(path string) string {
	rest, ok := strings.CutPrefix(path, "ns/")
	if !ok {
		return path
	}
	parts := strings.Split(rest, "/")
	var plain []string
	for i, part := range parts {
		if i%2 == 1 && part != "ns" {
			return rest
		}
		if i%2 == 0 {
			plain = append(plain, part)
		}
	}
	return strings.Join(plain, "/")
}
