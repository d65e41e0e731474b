package check

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// replicationCritical is how many failures in a row of a replication job are critical.
const replicationCritical = 3

// checkReplication looks at a replication job.
func checkReplication(b *bench) {
	detail, _ := b.entry.Detail.(*resource.Replication)
	if detail == nil || !b.see(detail.SourceNode) && !b.open {
		return
	}
	b.belongTo(b.places.guests[guestNumber{b.entry.Source, detail.GuestID}])
	b.subject.Node, b.subject.ID = detail.SourceNode, b.subject.Instance+"-"+orElse(detail.JobID, b.entry.ID)
	b.subject.Name = "Replication " + orElse(detail.JobID, b.entry.Name)
	if b.unseen || !detail.Enabled {
		return
	}
	if b.isDown(b.entry.Source, detail.TargetNode) { // it cannot but fail
		b.hiddenBy = b.explanation(b.entry.Source, detail.TargetNode)
	}
	b.is(b.replicationFailed(detail))
}

func (b *bench) replicationFailed(detail *resource.Replication) state {
	s := state{
		Type: alert.ReplicationFailed, AlertID: "replication-failed-" + b.subject.ID,
		Value: float64(detail.FailCount), Trigger: 1,
		Extra: func() map[string]any {
			return map[string]any{
				"jobId": detail.JobID, "guestId": detail.GuestID, "guestName": detail.GuestName, "sourceNode": detail.SourceNode,
				"targetNode": detail.TargetNode, "failCount": detail.FailCount, "error": detail.Error, "lastSync": moment(detail.LastSync),
			}
		},
	}
	switch {
	case detail.FailCount >= replicationCritical:
		s.Level = alert.Critical
	case detail.FailCount > 0 || detail.Error != "":
		s.Level = alert.Warning
	default:
		return s
	}
	s.Message = "Replication " + detail.JobID + " of '" + detail.GuestName + "' to node '" + detail.TargetNode + "' has failed"
	if detail.FailCount > 1 {
		s.Message += " " + counted(detail.FailCount, "time") + " in a row"
	}
	s.Message += because(detail.Error)
	return s
}

// moment writes a time for the API; empty where there is none.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
