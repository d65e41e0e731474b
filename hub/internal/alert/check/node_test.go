package check

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const nodeKey = "pve-lab/node/pve1"

func TestNodeConnectivity(t *testing.T) {
	const id = "node-offline-lab-pve1"
	offline := aNode("pve1")
	offline.Status = resource.StatusOffline
	template := aGuest("900", 900, "pve1")
	template.Detail.(*resource.Guest).Template = true
	vague := aNode("pve1")
	vague.Status = resource.StatusUnknown
	tests := []struct {
		name   string
		lab    func(*lab)
		want   outline
		unseen bool
		hidden alert.Identity
	}{
		{"online", func(l *lab) { l.tells(pveSource, aNode("pve1")) }, good(id), false, ""},
		{
			"offline with guests", func(l *lab) {
				l.tells(pveSource, offline, aGuest("101", 101, "pve1"), aGuest("102", 102, "pve1"), template, aGuest("103", 103, "pve2"))
			},
			outline{id, alert.Bad, alert.Critical, 0, 0, "Node 'pve1' is offline; 2 guests on it cannot be seen"}, true, "",
		},
		{
			"offline with one guest", func(l *lab) { l.tells(pveSource, offline, aGuest("101", 101, "pve1")) },
			outline{id, alert.Bad, alert.Critical, 0, 0, "Node 'pve1' is offline; 1 guest on it cannot be seen"}, true, "",
		},
		{
			"offline and empty", func(l *lab) { l.tells(pveSource, offline) },
			outline{id, alert.Bad, alert.Critical, 0, 0, "Node 'pve1' is offline"}, true, "",
		},
		{
			"source failed", func(l *lab) { l.tells(pveSource, aNode("pve1")).fails(pveSource) },
			outline{id, alert.Bad, alert.Critical, 0, 0, "Node 'pve1' cannot be reached"}, true,
			alert.IdentityOf("source/pve-lab", alert.SourceUnreachable, ""),
		},
		{"state not known", func(l *lab) { l.tells(pveSource, vague) }, unknown(id), false, ""},
		{"remembered only", func(l *lab) { l.remembers(pveSource, aNode("pve1")) }, unknown(id), true, ""},
		{
			"no connectivity alerts wanted", func(l *lab) {
				l.config.DisableAllNodesOffline = true
				l.tells(pveSource, aNode("pve1"))
			}, noFinding, false, "",
		},
		{
			"no connectivity alerts wanted any more", func(l *lab) {
				l.config.DisableAllNodesOffline = true
				l.tells(pveSource, offline)
			}, outline{Verdict: alert.Good}, true, "",
		},
		{
			"type not wanted any more", func(l *lab) {
				l.config.DisabledTypes = []string{"connectivity"}
				l.tells(pveSource, offline)
			}, outline{Verdict: alert.Good}, true, "",
		},
		{
			"no node alerts wanted", func(l *lab) {
				l.config.DisableAllNodes = true
				l.tells(pveSource, offline)
			}, noFinding, false, "",
		},
		{
			"no alerts wanted", func(l *lab) {
				l.config.Enabled = false
				l.tells(pveSource, offline)
			}, noFinding, false, "",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := newLab(t)
			test.lab(l)
			checked := l.check(nodeKey)
			l.wants(checked, alert.Connectivity, "", test.want)
			if checked.Unseen != test.unseen {
				t.Errorf("unseen %v, want %v", checked.Unseen, test.unseen)
			}
			if f := findingOf(t, checked, alert.Connectivity, ""); f != nil && f.HiddenBy != test.hidden {
				t.Errorf("hidden by %q, want %q", f.HiddenBy, test.hidden)
			}
		})
	}
}

func TestNodeConnectivityTakesItsTime(t *testing.T) {
	offline := aNode("pve1")
	offline.Status = resource.StatusOffline
	l := newLab(t).tells(pveSource, offline, aGuest("101", 101, "pve1"))
	f := findingOf(t, l.passes(20*time.Second).check(nodeKey), alert.Connectivity, "")
	if f.Delay != time.Minute || f.Confirm != 3 || !f.ByClock || !f.At.Equal(l.now) || f.Category != alert.Offline {
		t.Errorf("delay %v, confirm %d, by clock %v at %v, category %q", f.Delay, f.Confirm, f.ByClock, f.At, f.Category)
	}
	wantKeys(t, f.Metadata, "resourceType", "guestCount")
	want := alert.Subject{Key: nodeKey, ID: "lab-pve1", Name: "pve1", Node: "pve1", Instance: "lab", Kind: resource.KindNode}
	if diff := cmp.Diff(want, f.Subject); diff != "" {
		t.Errorf("subject (-want +got):\n%s", diff)
	}
}

func TestNodeMetrics(t *testing.T) {
	hot := aNode("pve1")
	hot.Usage = resource.Usage{CPU: new(0.95), Memory: capacity(100, 90), Disk: capacity(100, 50), Temperature: new(60.0)}
	hot.Detail = &resource.Node{ClusterName: "lab", Temperatures: &resource.NodeTemperatures{
		CPUPackage: 81, Cores: []resource.CoreTemperature{{Temperature: 99}},
	}}
	l := newLab(t).tells(pveSource, hot)
	checked := l.check(nodeKey)
	l.wants(checked, alert.CPU, "", outline{"lab-pve1-cpu", alert.Bad, alert.Critical, 95, 80, "Node cpu at 95.0%"})
	l.wants(checked, alert.Memory, "", outline{"lab-pve1-memory", alert.Bad, alert.Warning, 90, 85, "Node memory at 90.0%"})
	l.wants(checked, alert.Disk, "", outline{"lab-pve1-disk", alert.Good, "", 50, 90, ""})
	l.wants(checked, alert.Temperature, "", outline{"lab-pve1-temperature", alert.Bad, alert.Warning, 81, 80, "Node temperature at 81.0 °C"})
	wantKeys(t, findingOf(t, checked, alert.Temperature, "").Metadata, "resourceType", "clearThreshold", "monitorOnly", "unit")

	l.closed = true
	if n := len(l.check(nodeKey).Findings); n != 3 {
		t.Errorf("%d findings of a node without alerts, want the 3 that are bad", n)
	}
}

func TestNodeMetricsThatAreNotKnown(t *testing.T) {
	silent := aNode("pve1")
	silent.Usage = resource.Usage{}
	l := newLab(t).tells(pveSource, silent)
	checked := l.check(nodeKey)
	for _, kind := range []alert.Type{alert.CPU, alert.Memory, alert.Disk, alert.Temperature} {
		if f := findingOf(t, checked, kind, ""); f == nil || f.Verdict != alert.Unknown {
			t.Errorf("%s: %v, want unknown", kind, f)
		}
	}
}

func TestTemperatureOfHottestCore(t *testing.T) {
	node := aNode("pve1")
	node.Detail = &resource.Node{Temperatures: &resource.NodeTemperatures{Cores: []resource.CoreTemperature{{Temperature: 70}, {Temperature: 85}}}}
	l := newLab(t).tells(pveSource, node)
	if f := findingOf(t, l.check(nodeKey), alert.Temperature, ""); f.Value != 85 {
		t.Errorf("temperature %v, want that of the hottest core, 85", f.Value)
	}
}

func TestNodeWithAgent(t *testing.T) {
	busy := aNode("pve1")
	busy.Usage.CPU = new(0.95)
	host := resource.Resource{ID: "machine-1", Kind: resource.KindHost, Name: "pve1", Status: resource.StatusRunning, Detail: &resource.Host{Hostname: "pve1"}}
	l := newLab(t).tells(pveSource, busy).tells(agentOfNode, host)
	if f := findingOf(t, l.check(nodeKey), alert.CPU, ""); f != nil {
		t.Errorf("%v, though the agent is judged", f)
	}
	l.wants(l.check(nodeKey), alert.Connectivity, "", good("node-offline-lab-pve1"))

	l.passes(2*freshFor).tells(pveSource, busy)
	l.wants(l.check(nodeKey), alert.CPU, "", outline{"lab-pve1-cpu", alert.Bad, alert.Critical, 95, 80, "Node cpu at 95.0%"})
}

func TestCertificate(t *testing.T) {
	const id = "certificate-expiry-lab-pve1"
	tests := []struct {
		name string
		left time.Duration
		days int
		want outline
	}{
		{"long", 90 * day, 14, outline{id, alert.Good, "", 90, 14, ""}},
		{"soon", 10*day + time.Hour, 14, outline{id, alert.Bad, alert.Warning, 10 + 1.0/24, 14, "The certificate of 'pve1' expires in 10 days"}},
		{"very soon", 3 * day, 14, outline{id, alert.Bad, alert.Critical, 3, 14, "The certificate of 'pve1' expires in 3 days"}},
		{"today", 12 * time.Hour, 14, outline{id, alert.Bad, alert.Critical, 0.5, 14, "The certificate of 'pve1' expires within a day"}},
		{"over", -day, 14, outline{id, alert.Bad, alert.Critical, -1, 14, "The certificate of 'pve1' has expired"}},
		{"not wanted", -day, -1, noFinding},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			node := aNode("pve1")
			node.Labels = map[string]string{"certificate_expires": "2026-04-01"}
			node.Metrics = []resource.Metric{
				{Name: "other", Value: 1}, {Name: "certificate_time_left", Value: test.left.Seconds(), Unit: resource.UnitSeconds},
			}
			l := newLab(t)
			l.config.CertificateDays = test.days
			checked := l.tells(pveSource, node).check(nodeKey)
			l.wants(checked, alert.CertificateExpiry, "", test.want)
			if f := findingOf(t, checked, alert.CertificateExpiry, ""); f != nil {
				wantKeys(t, f.Metadata, "resourceType", "daysLeft", "expires")
			}
		})
	}
	l := newLab(t).tells(pveSource, aNode("pve1"))
	l.wants(l.check(nodeKey), alert.CertificateExpiry, "", unknown(id))
}

func TestDisabledThresholdEndsAlert(t *testing.T) {
	busy := aNode("pve1")
	busy.Usage.CPU = new(0.95)
	l := newLab(t)
	l.config.NodeDefaults.CPU = &policy.Threshold{}
	if f := findingOf(t, l.tells(pveSource, busy).check(nodeKey), alert.CPU, ""); f != nil {
		t.Errorf("%v, want nothing, so that the alert ends", f)
	}
}
