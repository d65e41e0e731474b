package check

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const gib = 1 << 30

func engineSource() inventory.SourceRef {
	return inventory.SourceRef{ID: agentSource, Type: "docker", Name: "dock"}
}

// dockerHost is a container host with 16 GiB of memory that reports every ten seconds.
func dockerHost() resource.Resource {
	return resource.Resource{
		ID: "h1", Kind: resource.KindContainerHost, Name: "dock", DisplayName: "Dock", Status: resource.StatusRunning,
		Usage:  resource.Usage{Memory: capacity(16*gib, 8*gib)},
		Detail: &resource.ContainerHost{Hostname: "dock", Agent: resource.Agent{Version: "6.0.0", Interval: 10 * time.Second}},
	}
}

func TestContainerHostOffline(t *testing.T) {
	bad := outline{"docker-host-offline-h1", alert.Bad, alert.Critical, 0, 0, "Container host 'Dock' is offline: nothing heard for 41 seconds"}
	cases := map[string]struct {
		scene  scene
		want   outline
		unseen bool
	}{
		"reports":             {scene: scene{now: time.Minute}, want: outline{ID: bad.ID, Verdict: alert.Good}},
		"silent":              {scene: scene{remembered: true, now: 41 * time.Second}, want: bad, unseen: true},
		"silent for a moment": {scene: scene{remembered: true, now: 39 * time.Second}, want: outline{ID: bad.ID}, unseen: true},
		"hub has just begun":  {scene: scene{remembered: true, now: time.Hour, up: 39 * time.Second}, want: outline{ID: bad.ID}, unseen: true},
		"off": {
			scene:  scene{remembered: true, now: time.Hour, config: func(c *policy.Config) { c.DisableAllDockerHostsOffline = true }},
			unseen: true, want: outline{Verdict: alert.Good},
		},
		"all off": {scene: scene{remembered: true, now: time.Hour, config: func(c *policy.Config) { c.DisableAllDockerHosts = true }}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.scene.source, c.scene.resources = engineSource(), []resource.Resource{dockerHost()}
			checked := c.scene.check(t, "h1")
			if diff := cmp.Diff(c.want, outlineOf(t, checked, alert.DockerHostOffline, "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if checked.Unseen != c.unseen {
				t.Errorf("unseen %v, want %v", checked.Unseen, c.unseen)
			}
		})
	}
}

func TestContainerHostSubject(t *testing.T) {
	s := scene{source: engineSource(), remembered: true, now: time.Minute, resources: []resource.Resource{dockerHost()}}
	f := findingOf(t, s.check(t, "h1"), alert.DockerHostOffline, "")
	want := alert.Subject{Key: "agent/h1", ID: "docker:h1", Name: "Dock", Node: "dock", Instance: "dock", Kind: resource.KindContainerHost}
	if diff := cmp.Diff(want, f.Subject); diff != "" {
		t.Errorf("subject (-want +got):\n%s", diff)
	}
	wantKeys(t, f.Metadata, "resourceType", "hostId", "hostname", "displayName", "runtime", "agentVersion", "lastSeen")
}

// One machine that is gone is told once, by whichever agent looks after the machine itself.
func TestContainerHostOnMachineThatIsSilent(t *testing.T) {
	engine := dockerHost()
	engine.Detail.(*resource.ContainerHost).MachineID = "m1"
	host := machine(func(_ *resource.Resource, h *resource.Host) { h.MachineID, h.Agent.Interval = "m1", time.Minute })
	explains := alert.IdentityOf("host/db1-machine", alert.HostOffline, "")
	cases := map[string]struct {
		reports bool
		now     time.Duration
		verdict alert.Verdict
		by      alert.Identity
	}{
		"both silent":                 {false, 361 * time.Second, alert.Bad, explains},
		"both silent for a moment":    {false, 359 * time.Second, alert.Unknown, explains},
		"the machine itself is there": {true, 41 * time.Second, alert.Bad, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inv := viewtest.Inventory()
			scene{source: inventory.SourceRef{ID: "host", Type: "host"}, remembered: !c.reports, resources: []resource.Resource{host}}.fill(t, inv)
			s := scene{source: engineSource(), remembered: true, now: c.now, resources: []resource.Resource{engine}}
			s.fill(t, inv)
			f := findingOf(t, checkIn(t, New(), s.look(t, inv), "h1"), alert.DockerHostOffline, "")
			if f == nil || f.Verdict != c.verdict || f.HiddenBy != c.by {
				t.Errorf("got %+v, want verdict %d, hidden by %q", f, c.verdict, c.by)
			}
		})
	}
}
