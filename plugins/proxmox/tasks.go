package proxmox

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	// shownTasks is how far back runs of backups are looked for.
	shownTasks = 30 * 24 * time.Hour
	// maxTasks bounds the runs of one node; the newest are taken.
	maxTasks = 500

	typeBackup = "vzdump"
)

// taskRow is a row of /nodes/{node}/tasks.
type taskRow struct {
	UPID   text   `json:"upid"`
	Node   text   `json:"node"`
	Type   text   `json:"type"`
	ID     text   `json:"id"` // the guest; empty for several
	Start  number `json:"starttime"`
	End    number `json:"endtime"`
	Status text   `json:"status"` // absent while it runs
}

// taskNews remembers until when failed runs have been told. It is safe for concurrent use.
type taskNews struct {
	mu   sync.Mutex
	told time.Time // zero: nothing has been looked at
}

// since returns the moment after which a run is news, and sets it to now.
func (n *taskNews) since(now time.Time) time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	told := n.told
	n.told = now
	if told.IsZero() {
		return now
	}
	return told
}

// readTasks looks at the runs of backups.
func (s *source) readTasks(ctx context.Context, v *view, guests map[string]bool, out *sdk.Snapshot) {
	news := s.tasks.since(s.now()).Add(-time.Minute) // a run may end while it is being listed; an event is told once
	failed := s.eachNode(ctx, datasetBackups, v.online(), func(node string) error {
		var rows []taskRow
		query := url.Values{
			"typefilter": {typeBackup}, "source": {"all"}, "limit": {strconv.Itoa(maxTasks)},
			"since": {strconv.FormatInt(s.now().Add(-shownTasks).Unix(), 10)},
		}
		if err := s.client.Get(ctx, proxmoxapi.Path("nodes", node, "tasks"), query, &rows); err != nil {
			return err
		}
		var list []resource.Resource
		for i := range rows[:min(len(rows), maxTasks)] {
			if r := &rows[i]; r.Type == typeBackup && r.UPID != "" {
				list = append(list, r.resource(node, guests))
				if r.failed() && r.End.Time().After(news) {
					out.Event(r.event(guests))
				}
			}
		}
		s.backups.put(placeTasks(node), s.now(), list)
		return nil
	})
	tellFailures(out, failed)
}

// result returns "OK", "running", or what went wrong.
func (r *taskRow) result() string {
	switch status := strings.TrimSpace(string(r.Status)); {
	case r.running():
		return "running"
	case strings.HasPrefix(status, "WARNINGS"), status == "OK":
		return status
	case status == "":
		return "unexpected status"
	default:
		return status
	}
}

func (r *taskRow) running() bool { return !r.End.Known() && (r.Status == "" || r.Status == "RUNNING") }

func (r *taskRow) failed() bool {
	result := r.result()
	return result != "OK" && result != "running" && !strings.HasPrefix(result, "WARNINGS")
}

// guest returns the guest of a run of one guest, and its id if it is still there.
func (r *taskRow) guest(guests map[string]bool) (vmid int, id string) {
	vmid, err := strconv.Atoi(string(r.ID))
	if err != nil || vmid <= 0 {
		return 0, ""
	}
	for _, guestType := range []string{typeQEMU, typeLXC} {
		if id := guestID(guestType, vmid); guests[id] {
			return vmid, id
		}
	}
	return vmid, ""
}

// resource makes a resource of a row.
func (r *taskRow) resource(node string, guests map[string]bool) resource.Resource {
	vmid, parent := r.guest(guests)
	task := &resource.BackupTask{
		Node: node, Type: string(r.Type), VMID: vmid, Result: r.result(), Start: r.Start.Time(), End: r.End.Time(),
	}
	if parent == "" {
		parent = nodeID(node)
	}
	out := resource.Resource{
		ID: "task/" + string(r.UPID), Kind: resource.KindBackupTask, Name: strings.TrimSpace(typeBackup + " " + string(r.ID)),
		ParentID: parent, Status: resource.StatusRunning, Detail: task,
	}
	if r.failed() {
		task.Error = task.Result
		out.Status, out.StatusReason = resource.StatusDegraded, task.Result
	}
	return out
}

func (r *taskRow) event(guests map[string]bool) resource.Event {
	vmid, guest := r.guest(guests)
	what := "a backup of several guests on " + string(r.Node)
	if vmid > 0 {
		what = "the backup of guest " + strconv.Itoa(vmid)
	}
	return resource.Event{
		ID: "backup-failed/" + string(r.UPID), At: r.End.Time(), Severity: "warning", ResourceID: guest,
		Message: what + " has failed: " + r.result(), Labels: map[string]string{"node": string(r.Node)},
	}
}
