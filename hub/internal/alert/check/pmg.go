package check

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	// nodeWarning and nodeCritical are the parts of the thresholds of a gateway that hold for each of its nodes.
	nodeWarning, nodeCritical = 0.6, 0.8
	// outlier is how far above the median of all nodes a node stands out.
	outlier = 1.4
	// queueHysteresis is the part of a threshold down to which a queue must shrink for its alert to end.
	queueHysteresis = 0.9
	// growthWindow is the time over which the growth of a quarantine is looked at.
	growthWindow = 2 * time.Hour
)

// checkMailGateway looks at a mail gateway.
func checkMailGateway(b *bench) {
	detail, _ := b.entry.Detail.(*resource.MailGateway)
	if detail == nil {
		detail = &resource.MailGateway{}
	}
	if !b.server("PMG", detail.Connection) {
		return
	}
	b.certificate()
	nodes := slices.SortedFunc(slices.Values(detail.Nodes), func(x, y resource.MailNode) int { return strings.Compare(x.Name, y.Name) })
	for _, q := range queues(&b.thresholds.PMG) {
		b.queue(&q, nodes)
		if len(nodes) > 1 { // of a single node the gateway tells the same
			b.nodeQueues(&q, nodes)
		}
	}
	b.quarantines(detail.Quarantine)
	b.anomalies(detail.Counts)
}

// A queueCheck is one figure of the queues and where it is too high.
type queueCheck struct {
	gateway, node     alert.Type // the types of alerts of the gateway and of a node
	id                string     // the end of the ids of both
	warning, critical int
	value             func(*resource.MailQueue) float64
	// oldest says that the greatest value of all nodes counts, not the sum.
	oldest bool
	// message says what is wrong, with a place for the value.
	message, unit string
}

func queues(c *policy.PMGConfig) [4]queueCheck {
	return [4]queueCheck{
		{
			gateway: alert.QueueDepth, node: alert.QueueTotal, id: "queue-total", warning: c.QueueTotalWarning, critical: c.QueueTotalCritical,
			value:   func(q *resource.MailQueue) float64 { return float64(q.Active + q.Deferred + q.Hold + q.Incoming) },
			message: "has %.0f messages in its queues", unit: "messages",
		},
		{
			gateway: alert.QueueDeferred, node: alert.QueueDeferred, id: "queue-deferred", warning: c.DeferredQueueWarn, critical: c.DeferredQueueCritical,
			value:   func(q *resource.MailQueue) float64 { return float64(q.Deferred) },
			message: "has %.0f deferred messages", unit: "messages",
		},
		{
			gateway: alert.QueueHold, node: alert.QueueHold, id: "queue-hold", warning: c.HoldQueueWarn, critical: c.HoldQueueCritical,
			value:   func(q *resource.MailQueue) float64 { return float64(q.Hold) },
			message: "has %.0f messages on hold", unit: "messages",
		},
		{
			gateway: alert.MessageAge, node: alert.MessageAge, id: "oldest-message", warning: c.OldestMessageWarnMins, critical: c.OldestMessageCritMins,
			value: func(q *resource.MailQueue) float64 { return math.Floor(q.OldestAge.Minutes()) }, oldest: true,
			message: "has messages queued for %.0f minutes", unit: "minutes",
		},
	}
}

// queue judges a figure of the gateway as a whole. While a node does not tell, what the others have can be too much,
// but not little enough.
func (b *bench) queue(q *queueCheck, nodes []resource.MailNode) {
	limit, on := countLimit(q.warning, q.critical, 1, 1)
	if !on {
		return
	}
	value, missing := 0.0, len(nodes) == 0
	for i := range nodes {
		one := nodes[i].Queue
		switch {
		case one == nil:
			missing = true
		case q.oldest:
			value = max(value, q.value(one))
		default:
			value += q.value(one)
		}
	}
	b.hold(metric{
		Type: q.gateway, Value: value, AlertID: b.subject.ID + "-" + q.id, Unknown: missing && value < limit.Trigger,
		Message: "PMG " + b.subject.Name + " " + q.sentence(value, limit), Kinds: []string{"pmg"},
	}, limit)
}

func (q *queueCheck) sentence(value float64, limit policy.Limit) string {
	crossed := limit.Trigger
	if value >= limit.Critical {
		crossed = limit.Critical
	}
	return fmt.Sprintf(q.message+" (threshold: %.0f %s)", value, crossed, q.unit)
}

// countLimit returns parts of two thresholds as a limit, rounded up. A threshold of 0 or less is none.
func countLimit(warning, critical int, warningPart, criticalPart float64) (limit policy.Limit, on bool) {
	if warning <= 0 && critical <= 0 {
		return policy.Limit{}, false
	}
	limit = policy.Limit{
		Trigger: math.Ceil(float64(warning) * warningPart), Critical: math.Ceil(float64(critical) * criticalPart), Rule: "defaults",
	}
	if critical <= 0 {
		limit.Critical = math.Inf(1)
	}
	if warning <= 0 || limit.Trigger > limit.Critical {
		limit.Trigger = limit.Critical
	}
	limit.Clear = math.Floor(limit.Trigger * queueHysteresis)
	return limit, true
}

// nodeQueues judges a figure of each node.
func (b *bench) nodeQueues(q *queueCheck, nodes []resource.MailNode) {
	limit, on := countLimit(q.warning, q.critical, nodeWarning, nodeCritical)
	if !on {
		return
	}
	var values []float64
	for i := range nodes {
		if nodes[i].Queue != nil {
			values = append(values, q.value(nodes[i].Queue))
		}
	}
	slices.Sort(values)
	for i := range nodes {
		b.nodeQueue(q, &nodes[i], limit, median(values))
	}
}

func (b *bench) nodeQueue(q *queueCheck, node *resource.MailNode, limit policy.Limit, middle float64) {
	m := metric{
		Type: q.node, Part: "node/" + node.Name, AlertID: b.subject.ID + "-" + node.Name + "-" + q.id, Name: node.Name,
		Unknown: node.Queue == nil, Kinds: []string{"pmg"},
	}
	if node.Queue != nil {
		m.Value = q.value(node.Queue)
	}
	stands := m.Value > outlier*middle
	m.Message = "Node " + node.Name + " of PMG " + b.subject.Name + " " + q.sentence(m.Value, limit)
	if stands {
		m.Message += fmt.Sprintf(", an outlier: the median of the nodes is %.0f", middle)
	}
	m.Extra = func() map[string]any {
		return map[string]any{"pmgNode": node.Name, "median": middle, "outlier": stands}
	}
	before := b.subject.Node
	b.subject.Node = node.Name
	b.hold(m, limit)
	b.subject.Node = before
}

// median returns the middle of sorted values; 0 of none.
func median(sorted []float64) float64 {
	n := len(sorted)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}

// quarantines judges how much is held back, and how fast that grows.
func (b *bench) quarantines(q *resource.Quarantine) {
	c := &b.thresholds.PMG
	if q == nil {
		q = &resource.Quarantine{Spam: -1, Virus: -1}
	}
	b.quarantine(alert.QuarantineSpam, "spam", q.Spam, c.QuarantineSpamWarn, c.QuarantineSpamCritical)
	b.quarantine(alert.QuarantineVirus, "virus", q.Virus, c.QuarantineVirusWarn, c.QuarantineVirusCritical)
}

// quarantine judges one quarantine by the number of messages in it; a negative number is not known.
func (b *bench) quarantine(kind alert.Type, what string, count, warning, critical int) {
	s := state{Type: kind, AlertID: b.subject.ID + "-" + string(kind), Value: float64(count), Unknown: count < 0}
	if s.Unknown {
		b.is(s)
		return
	}
	s.Level, s.Trigger = levelAt(s.Value, float64(warning), float64(critical))
	s.Message = fmt.Sprintf("PMG %s holds %d messages in the %s quarantine (threshold: %.0f)", b.subject.Name, count, what, s.Trigger)
	before, known := b.memory.earlier(b.entry.Key+"\t"+what, b.at, s.Value, growthWindow)
	growth := s.Value - before
	if level := b.growthLevel(before, growth); known && level.Above(s.Level) {
		s.Level = level
		s.Message = fmt.Sprintf("The %s quarantine of PMG %s has grown by %.0f to %d messages in two hours", what, b.subject.Name, growth, count)
	}
	if known {
		s.Extra = func() map[string]any { return map[string]any{"growth": growth, "before": before} }
	}
	b.is(s)
}

// growthLevel says how bad a growth is: by percent, and by a number that makes percents matter.
func (b *bench) growthLevel(before, growth float64) alert.Level {
	c := &b.thresholds.PMG
	grown := func(percent, least int) bool {
		return percent > 0 && growth >= float64(least) && growth >= before*float64(percent)/100
	}
	switch {
	case grown(c.QuarantineGrowthCritPct, c.QuarantineGrowthCritMin):
		return alert.Critical
	case grown(c.QuarantineGrowthWarnPct, c.QuarantineGrowthWarnMin):
		return alert.Warning
	}
	return ""
}
