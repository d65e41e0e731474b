package check

import (
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const gatewayKey = "pmg-edge/gateway"

func aGateway(detail resource.MailGateway) resource.Resource {
	return resource.Resource{ID: "gateway", Kind: resource.KindMailGateway, Name: "edge", Status: resource.StatusRunning, Detail: &detail}
}

func mailNode(name string, queue *resource.MailQueue) resource.MailNode {
	return resource.MailNode{Name: name, Status: "online", Queue: queue}
}

func TestMailGatewayOffline(t *testing.T) {
	gateway := aGateway(resource.MailGateway{Connection: "error", Nodes: []resource.MailNode{mailNode("a", &resource.MailQueue{Hold: 900})}})
	gateway.StatusReason = "no answer"
	l := newLab(t).tells(pmgSource, gateway)
	checked := l.check(gatewayKey)
	l.wants(checked, alert.Unreachable, "", outline{"pmg-offline-pmg-edge", alert.Bad, alert.Critical, 0, 0, "PMG 'edge' is offline: no answer"})
	l.wants(checked, alert.QueueHold, "", noFinding)
	if !checked.Unseen {
		t.Error("an offline gateway counts as seen")
	}
	l.config.DisableAllPMG = true
	if checked := l.check(gatewayKey); len(checked.Findings) > 0 || checked.Unseen {
		t.Errorf("alerts of gateways are not wanted, but stay: %v", checked)
	}
}

func TestQueues(t *testing.T) {
	l := newLab(t).tells(pmgSource, aGateway(resource.MailGateway{Nodes: []resource.MailNode{
		mailNode("b", &resource.MailQueue{Active: 10, Deferred: 190, Hold: 350, OldestAge: 59*time.Minute + 40*time.Second}),
		mailNode("a", &resource.MailQueue{Active: 10, Deferred: 20, Hold: 10, Incoming: 5}),
	}}))
	checked := l.check(gatewayKey)
	l.wants(checked, alert.QueueDepth, "", outline{
		"pmg-edge-queue-total", alert.Bad, alert.Warning, 595, 500, "PMG edge has 595 messages in its queues (threshold: 500 messages)",
	})
	l.wants(checked, alert.QueueDeferred, "", outline{
		"pmg-edge-queue-deferred", alert.Bad, alert.Warning, 210, 200, "PMG edge has 210 deferred messages (threshold: 200 messages)",
	})
	l.wants(checked, alert.QueueHold, "", outline{
		"pmg-edge-queue-hold", alert.Bad, alert.Critical, 360, 100, "PMG edge has 360 messages on hold (threshold: 300 messages)",
	})
	l.wants(checked, alert.MessageAge, "", outline{
		"pmg-edge-oldest-message", alert.Bad, alert.Warning, 59, 30, "PMG edge has messages queued for 59 minutes (threshold: 30 minutes)",
	})

	// Every figure of a node is judged, whatever the one before it says.
	l.wants(checked, alert.QueueTotal, "node/b", outline{
		"pmg-edge-b-queue-total", alert.Bad, alert.Warning, 550, 300,
		"Node b of PMG edge has 550 messages in its queues (threshold: 300 messages), an outlier: the median of the nodes is 298",
	})
	l.wants(checked, alert.QueueDeferred, "node/b", outline{
		"pmg-edge-b-queue-deferred", alert.Bad, alert.Warning, 190, 120,
		"Node b of PMG edge has 190 deferred messages (threshold: 120 messages), an outlier: the median of the nodes is 105",
	})
	l.wants(checked, alert.QueueTotal, "node/a", outline{"pmg-edge-a-queue-total", alert.Good, "", 45, 300, ""})
	f := findingOf(t, checked, alert.QueueHold, "node/b")
	if f == nil || f.Level != alert.Critical || f.Subject.Node != "b" || f.Subject.ID != "pmg-edge" {
		t.Errorf("hold queue of node b: %+v", f)
	}
	wantKeys(t, f.Metadata, "resourceType", "clearThreshold", "monitorOnly", "pmgNode", "median", "outlier")
}

func TestQueueOfSingleNode(t *testing.T) {
	l := newLab(t).tells(pmgSource, aGateway(resource.MailGateway{Nodes: []resource.MailNode{mailNode("a", &resource.MailQueue{Active: 460})}}))
	checked := l.check(gatewayKey)
	l.wants(checked, alert.QueueDepth, "", outline{"pmg-edge-queue-total", alert.Between, alert.Warning, 460, 500, "PMG edge has 460 messages in its queues (threshold: 500 messages)"})
	l.wants(checked, alert.QueueTotal, "node/a", noFinding)
}

func TestQueueOfNodeThatDoesNotTell(t *testing.T) {
	nodes := []resource.MailNode{mailNode("a", nil), mailNode("b", &resource.MailQueue{Active: 100, Hold: 150})}
	l := newLab(t).tells(pmgSource, aGateway(resource.MailGateway{Nodes: nodes}))
	checked := l.check(gatewayKey)
	l.wants(checked, alert.QueueDepth, "", outline{"pmg-edge-queue-total", alert.Unknown, "", 0, 500, ""})
	l.wants(checked, alert.QueueTotal, "node/a", outline{"pmg-edge-a-queue-total", alert.Unknown, "", 0, 300, ""})
	if f := findingOf(t, checked, alert.QueueHold, ""); f.Verdict != alert.Bad {
		t.Errorf("hold queue: %v, want bad, however many more there are", f)
	}
}

func TestQuarantine(t *testing.T) {
	l := newLab(t).tells(pmgSource, aGateway(resource.MailGateway{Quarantine: &resource.Quarantine{Spam: 2500, Virus: 10}}))
	checked := l.check(gatewayKey)
	l.wants(checked, alert.QuarantineSpam, "", outline{
		"pmg-edge-quarantine-spam", alert.Bad, alert.Warning, 2500, 2000, "PMG edge holds 2500 messages in the spam quarantine (threshold: 2000)",
	})
	l.wants(checked, alert.QuarantineVirus, "", outline{"pmg-edge-quarantine-virus", alert.Good, "", 10, 2000, ""})
	l = newLab(t).tells(pmgSource, aGateway(resource.MailGateway{}))
	if f := findingOf(t, l.check(gatewayKey), alert.QuarantineSpam, ""); f.Verdict != alert.Unknown {
		t.Errorf("%v, want unknown", f)
	}
}

func TestQuarantineGrowth(t *testing.T) {
	tests := []struct {
		name        string
		first, last int
		after       time.Duration
		want        alert.Level
	}{
		{"much", 400, 700, 2 * time.Hour, alert.Warning},
		{"very much", 400, 1000, 2 * time.Hour, alert.Critical},
		{"few messages", 100, 300, 2 * time.Hour, ""},
		{"few percent", 1600, 1900, 2 * time.Hour, ""},
		{"shrinks", 700, 400, 2 * time.Hour, ""},
		{"too soon to say", 400, 1000, time.Hour, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			var checked alert.Checked
			const step = 10 * time.Minute
			for at := time.Duration(0); at <= test.after; at += step {
				count := test.first
				if at+step > test.after {
					count = test.last
				}
				l.tells(pmgSource, aGateway(resource.MailGateway{Quarantine: &resource.Quarantine{Spam: count}}))
				checked = l.check(gatewayKey)
				l.passes(step)
			}
			if f := findingOf(t, checked, alert.QuarantineSpam, ""); f.Level != test.want {
				t.Errorf("level %q (%s), want %q", f.Level, f.Message, test.want)
			}
		})
	}
}

func TestCheckerForgets(t *testing.T) {
	l := newLab(t).tells(pmgSource, aGateway(resource.MailGateway{Quarantine: &resource.Quarantine{Spam: 1}}))
	l.check(gatewayKey)
	if n := len(l.checker.memory.gauges); n != 2 {
		t.Fatalf("%d values are remembered, want 2", n)
	}
	l.passes(time.Second).tells(pmgSource)
	for range forgetEvery {
		l.checker.All(l.world())
	}
	if n := len(l.checker.memory.gauges); n != 0 {
		t.Errorf("%d values of a gateway that is gone are remembered", n)
	}
}

func TestGaugeIsBounded(t *testing.T) {
	m := newMemory()
	at := ago(0)
	for i := range 10_000 {
		old, known := m.earlier("k", at.Add(time.Duration(i)*time.Second), float64(i), growthWindow)
		if want := i >= int(growthWindow/time.Second); known != want {
			t.Fatalf("second %d: known %v, want %v", i, known, want)
		}
		if age := float64(i) - old; known && (age < 7200 || age > 7200*1.1) {
			t.Fatalf("second %d: the value is that of %v seconds before", i, age)
		}
	}
	if n := len(m.gauges["k"].at); n > gaugeSteps+2 {
		t.Errorf("%d observations are remembered", n)
	}
	if _, known := m.earlier("k", at.Add(24*time.Hour), 0, growthWindow); known {
		t.Error("what was before a long gap counts")
	}
}

// hours returns counts of spam, the newest hour last.
func hours(spam ...float64) []resource.MailCount {
	counts := make([]resource.MailCount, len(spam))
	for i, v := range spam {
		start := ago(time.Duration(len(spam)-i) * time.Hour)
		counts[i] = resource.MailCount{At: start, WindowStart: start, WindowEnd: start.Add(time.Hour), SpamIn: v}
	}
	return counts
}

// after returns n hours like the first, and then others.
func after(n int, usual float64, last ...float64) []resource.MailCount {
	spam := make([]float64, 0, n+len(last))
	for range n {
		spam = append(spam, usual)
	}
	return hours(append(spam, last...)...)
}

func TestAnomaly(t *testing.T) {
	const id = "pmg-edge-anomaly-spamIn"
	skew := make([]float64, 0, 24)
	for range 13 {
		skew = append(skew, 10)
	}
	for range 9 {
		skew = append(skew, 1000)
	}
	tests := []struct {
		name   string
		counts []resource.MailCount
		want   outline
	}{
		{"as usual", after(22, 200, 210, 190), outline{id, alert.Good, "", 190, 360, ""}},
		{"much for an hour", after(22, 200, 200, 900), outline{id, alert.Good, "", 900, 360, ""}},
		{
			"much for two hours", after(22, 200, 400, 400),
			outline{id, alert.Bad, alert.Warning, 400, 360, "PMG edge sees 400 incoming spam an hour, where 200 are usual"},
		},
		{
			"very much for two hours", after(22, 200, 900, 900),
			outline{id, alert.Bad, alert.Critical, 900, 360, "PMG edge sees 900 incoming spam an hour, where 200 are usual"},
		},
		{
			"very much in one of two", after(22, 200, 400, 900),
			outline{id, alert.Bad, alert.Warning, 900, 360, "PMG edge sees 900 incoming spam an hour, where 200 are usual"},
		},
		{"a ratio that means little", after(22, 50, 130, 130), outline{id, alert.Good, "", 130, 200, ""}},
		{"little, but more than usual", after(22, 5, 70, 70), outline{id, alert.Bad, alert.Warning, 70, 65, "PMG edge sees 70 incoming spam an hour, where 5 are usual"}},
		{"skewed", hours(append(skew, 75, 75)...), outline{id, alert.Bad, alert.Warning, 75, 70, "PMG edge sees 75 incoming spam an hour, where 10 are usual"}},
		{"too few hours", after(11, 200, 900, 900), outline{id, alert.Unknown, "", 0, 0, ""}},
		{"enough hours", after(12, 200, 900, 900), outline{id, alert.Bad, alert.Critical, 900, 360, "PMG edge sees 900 incoming spam an hour, where 200 are usual"}},
		{"none", nil, unknown(id)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t).tells(pmgSource, aGateway(resource.MailGateway{Counts: test.counts}))
			l.wants(l.check(gatewayKey), alert.AnomalySpamIn, "", test.want)
		})
	}
	old := after(22, 200, 900, 900)
	l := newLab(t).passes(5*time.Hour).tells(pmgSource, aGateway(resource.MailGateway{Counts: old}))
	l.wants(l.check(gatewayKey), alert.AnomalySpamIn, "", unknown(id))
}
