package report

import (
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// maxSkew is how far an agent's clock may be off before its reports are filed
// by the hub's.
const maxSkew = 30 * time.Second

// Delivery is how a report came.
type Delivery struct {
	Token resource.TokenRef
	// SentAt is when the agent sent it, by the agent's clock; zero: it did not say.
	SentAt time.Time
}

// arrival is what the times of a report come to.
type arrival struct {
	// at is what it is filed under; zero: when it arrives.
	at time.Time
	// late says that it was taken too long ago to say anything about the present.
	late bool
	// skew is how far the agent's clock is behind that of the hub; 0: no more than maxSkew.
	skew time.Duration
}

// arrive works out when a report was really taken. Its age is known by the
// agent's clock alone, whatever that says; how much that is off is known by the
// moment of sending. An agent that does not say when it sent is believed.
func arrive(now, taken, sent time.Time, validFor time.Duration) arrival {
	if sent.IsZero() || taken.IsZero() {
		return arrival{at: taken}
	}
	age := max(sent.Sub(taken), 0)
	a := arrival{at: taken, late: age > validFor}
	if skew := now.Sub(sent); skew.Abs() > maxSkew {
		a.at, a.skew = now.Add(-age), skew.Round(time.Second)
	}
	return a
}

// hostValidity is how long a host report counts as fresh: six intervals, but at
// least a minute and at most ten.
func hostValidity(interval time.Duration) time.Duration {
	return max(time.Minute, min(6*interval, 10*time.Minute))
}

// engineValidity is the same for Docker and Kubernetes reports: four intervals,
// but at least half a minute and at most ten.
func engineValidity(interval time.Duration) time.Duration {
	return max(30*time.Second, min(4*interval, 10*time.Minute))
}
