// Package write passes stored samples on to other systems by Prometheus remote write.
//
// What the store has written is read from its write-ahead log: late samples and those of a store that was opened anew
// included, and without a second copy while targets take them. A target that does not answer gets a queue on disk,
// bounded in bytes. Each sample is sent at least once as long as the queue has room: after a kill, what was sent within
// the last ten seconds is sent again. Samples of one series arrive in the order of time, except for late ones.
package write

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/pulse-hub/pulse/hub/internal/metrics/remote"
)

// ErrTarget is returned for a Target that cannot be used; the text says why.
var ErrTarget = errors.New("remote write target is not valid")

// Defaults of a Target.
const (
	DefaultTimeout    = 30 * time.Second
	DefaultBatch      = 5000
	DefaultQueueBytes = 512 << 20
)

// A Target is where samples are sent to. Only Endpoint is required; zero values mean the defaults above.
type Target struct {
	remote.Endpoint
	// Protocol is V1 or V2; empty: V1, which every receiver takes.
	Protocol Protocol
	// Labels are added to each series that has none of that name, such as one that tells hubs apart; may be nil.
	Labels map[string]string
	// Timeout bounds one request.
	Timeout time.Duration
	// Batch is how many samples a request has at most.
	Batch int
	// QueueBytes bounds what waits on disk while the target does not answer. When it is full, the oldest give way.
	QueueBytes int64
}

// Validate says what is wrong without touching the network. Its errors hold no secrets.
func (t Target) Validate() error {
	if err := t.Endpoint.Validate(); err != nil {
		return err
	}
	switch t.Protocol {
	case "", V1, V2:
	default:
		return fmt.Errorf("%w: protocol %.20q is neither v1 nor v2", ErrTarget, t.Protocol)
	}
	for name, value := range t.Labels {
		if !model.LegacyValidation.IsValidLabelName(name) || name == model.MetricNameLabel || value == "" {
			return fmt.Errorf("%w: label %.40q", ErrTarget, name)
		}
	}
	if t.Timeout < 0 || t.Batch < 0 || t.QueueBytes < 0 {
		return fmt.Errorf("%w: a limit is negative", ErrTarget)
	}
	return nil
}

func (t Target) withDefaults() Target {
	if t.Protocol == "" {
		t.Protocol = V1
	}
	if t.Timeout == 0 {
		t.Timeout = DefaultTimeout
	}
	if t.Batch == 0 {
		t.Batch = DefaultBatch
	}
	if t.QueueBytes == 0 {
		t.QueueBytes = DefaultQueueBytes
	}
	return t
}

// folder names the folder of the target: it stays the same as long as what is sent, and where to, does.
func (t Target) folder() string {
	sum := sha256.Sum256([]byte(t.URL + "\x00" + string(t.withDefaults().Protocol)))
	return hex.EncodeToString(sum[:8])
}

func (t Target) extra() labels.Labels { return labels.FromMap(t.Labels) }
