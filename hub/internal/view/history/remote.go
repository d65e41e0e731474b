package history

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// RemoteWrites is the answer of `/api/metrics-store/remote`: the systems that measured values are passed on to, in the
// order in which they are configured.
type RemoteWrites struct {
	Targets []RemoteWrite `json:"targets"`
}

// RemoteWrite says how things stand with one system. Counts are since the hub started, or since the system was added.
type RemoteWrite struct {
	// Target is host and path of its address, without anything that opens it.
	Target string `json:"target"`
	// Sent are samples that it has taken, Failed those that it refused for good, Dropped those that were given up: the
	// queue was full, or the log they were in is damaged.
	Sent    uint64 `json:"sent"`
	Failed  uint64 `json:"failed"`
	Dropped uint64 `json:"dropped"`
	// Retries are requests that had to be sent again.
	Retries uint64 `json:"retries"`
	// QueuedSamples and QueuedBytes wait on disk.
	QueuedSamples int   `json:"queuedSamples"`
	QueuedBytes   int64 `json:"queuedBytes"`
	// Gaps is how often a part of the log was gone before it had been read.
	Gaps uint64 `json:"gaps"`
	// LastSent is when it last took something; null: it never did.
	LastSent *time.Time `json:"lastSent"`
	// Error says why the last request was not taken; absent: it was.
	Error string `json:"error,omitempty"`
}

// RemoteWritesOf renders what is known of the systems.
func RemoteWritesOf(all []write.Status) RemoteWrites {
	answer := RemoteWrites{Targets: make([]RemoteWrite, len(all))}
	for i := range all {
		s := &all[i]
		answer.Targets[i] = RemoteWrite{
			Target: s.Target, Sent: s.Sent, Failed: s.Failed, Dropped: s.Dropped, Retries: s.Retries,
			QueuedSamples: s.QueuedSamples, QueuedBytes: s.QueuedBytes, Gaps: s.Gaps,
			LastSent: unit.Known(s.LastSent), Error: s.Error,
		}
	}
	return answer
}
