package v5

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// ReplicationJob is a storage replication job. …Time fields are Unix ms, …Unix fields seconds.
type ReplicationJob struct {
	ID                      string  `json:"id"`
	Instance                string  `json:"instance"`
	JobID                   string  `json:"jobId"`
	JobNumber               int     `json:"jobNumber,omitempty"`
	Guest                   string  `json:"guest,omitempty"`
	GuestID                 int     `json:"guestId,omitempty"`
	GuestName               string  `json:"guestName,omitempty"`
	GuestType               string  `json:"guestType,omitempty"`
	GuestNode               string  `json:"guestNode,omitempty"`
	SourceNode              string  `json:"sourceNode,omitempty"`
	SourceStorage           string  `json:"sourceStorage,omitempty"`
	TargetNode              string  `json:"targetNode,omitempty"`
	TargetStorage           string  `json:"targetStorage,omitempty"`
	Schedule                string  `json:"schedule,omitempty"`
	Type                    string  `json:"type,omitempty"`
	Enabled                 bool    `json:"enabled"`
	State                   string  `json:"state,omitempty"`
	Status                  string  `json:"status,omitempty"`
	LastSyncStatus          string  `json:"lastSyncStatus,omitempty"`
	LastSyncTime            int64   `json:"lastSyncTime,omitempty"`
	LastSyncUnix            int64   `json:"lastSyncUnix,omitempty"`
	LastSyncDurationSeconds int64   `json:"lastSyncDurationSeconds,omitempty"`
	LastSyncDurationHuman   string  `json:"lastSyncDurationHuman,omitempty"`
	NextSyncTime            int64   `json:"nextSyncTime,omitempty"`
	NextSyncUnix            int64   `json:"nextSyncUnix,omitempty"`
	DurationSeconds         int64   `json:"durationSeconds,omitempty"`
	DurationHuman           string  `json:"durationHuman,omitempty"`
	FailCount               int     `json:"failCount,omitempty"`
	Error                   string  `json:"error,omitempty"`
	Comment                 string  `json:"comment,omitempty"`
	RemoveJob               string  `json:"removeJob,omitempty"`
	RateLimitMbps           float64 `json:"rateLimitMbps,omitempty"`
	PolledAt                int64   `json:"polledAt,omitempty"`
}

// bytesPerMbps is how many bytes a second one "Mbps" of the API is. Proxmox VE
// limits replication in megabytes a second and that is what is passed on.
const bytesPerMbps = 1e6

func (p *projection) replication(e *inventory.Entry, x facts) ReplicationJob {
	detail, _ := e.Detail.(*resource.Replication)
	if detail == nil {
		detail = &resource.Replication{}
	}
	jobID := orElse(detail.JobID, e.ID)
	job := ReplicationJob{
		ID: x.instance + "-" + jobID, Instance: x.instance, JobID: jobID, JobNumber: detail.JobNumber,
		GuestID: detail.GuestID, GuestName: detail.GuestName, GuestType: detail.GuestType, GuestNode: detail.GuestNode,
		SourceNode: detail.SourceNode, SourceStorage: detail.SourceStorage,
		TargetNode: detail.TargetNode, TargetStorage: detail.TargetStorage,
		Schedule: detail.Schedule, Type: detail.Type, Enabled: detail.Enabled,
		State: detail.State, Status: detail.State, LastSyncStatus: detail.LastSyncStatus,
		LastSyncTime: unit.ExactMillis(detail.LastSync), LastSyncUnix: unit.UnixSeconds(detail.LastSync),
		LastSyncDurationSeconds: unit.Seconds(detail.LastSyncDuration),
		LastSyncDurationHuman:   clockText(detail.LastSyncDuration),
		NextSyncTime:            unit.ExactMillis(detail.NextSync), NextSyncUnix: unit.UnixSeconds(detail.NextSync),
		DurationSeconds: unit.Seconds(detail.LastSyncDuration), DurationHuman: clockText(detail.LastSyncDuration),
		FailCount: detail.FailCount, Error: detail.Error, Comment: detail.Comment, RemoveJob: detail.RemoveJob,
		RateLimitMbps: unit.Finite(detail.RateLimit / bytesPerMbps), PolledAt: unit.ExactMillis(e.SeenAt),
	}
	if detail.GuestID != 0 {
		job.Guest = strconv.Itoa(detail.GuestID)
	}
	return job
}

// clockText is a duration as hours:minutes:seconds, empty for none.
func clockText(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	seconds := unit.Seconds(d)
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}
