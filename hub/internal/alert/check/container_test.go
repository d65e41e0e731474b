package check

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const containerID = "h1/c1"

// app is a container in order on dockerHost, changed by a function.
func app(change func(*resource.Resource, *resource.AppContainer)) resource.Resource {
	detail := &resource.AppContainer{State: "running", Image: "shop:1", Health: "healthy", StatusText: "Up 2 hours"}
	r := resource.Resource{
		ID: containerID, ParentID: "h1", Kind: resource.KindAppContainer, Name: "web", Status: resource.StatusRunning, Detail: detail,
		Usage: resource.Usage{CPU: viewtest.Ratio(0.1), Memory: capacity(1000, 100)},
	}
	if change != nil {
		change(&r, detail)
	}
	return r
}

func ended(state string, code int) func(*resource.Resource, *resource.AppContainer) {
	return func(r *resource.Resource, c *resource.AppContainer) {
		r.Status, c.State, c.ExitCode = resource.StatusStopped, state, code
	}
}

func TestContainers(t *testing.T) {
	docker := func(change func(*policy.DockerConfig)) func(*policy.Config) {
		return func(c *policy.Config) { change(&c.DockerDefaults) }
	}
	using := func(total, used uint64) func(*resource.Resource, *resource.AppContainer) {
		return func(r *resource.Resource, _ *resource.AppContainer) { r.Usage.Memory = capacity(total, used) }
	}
	health := func(word string) func(*resource.Resource, *resource.AppContainer) {
		return func(_ *resource.Resource, c *resource.AppContainer) { c.Health = word }
	}
	update := func(u resource.ImageUpdate) func(*resource.Resource, *resource.AppContainer) {
		return func(_ *resource.Resource, c *resource.AppContainer) { c.Update = &u }
	}
	oomFlag := func(_ *resource.Resource, c *resource.AppContainer) {
		c.State, c.ExitCode, c.OOMKilled = "exited", 1, true
	}
	const (
		rid       = "docker:h1/c1"
		stateID   = "docker-container-state-" + rid
		healthID  = "docker-container-health-" + rid
		oomID     = "docker-container-oom-" + rid
		limitID   = "docker-container-memory-limit-" + rid
		updateID  = "docker-container-update-" + rid
		killedMsg = "Container 'web' was killed: it used more memory than it may"
	)
	cases := map[string]struct {
		change func(*resource.Resource, *resource.AppContainer)
		config func(*policy.Config)
		kind   alert.Type
		want   outline
	}{
		"runs":             {kind: alert.ContainerState, want: outline{ID: stateID, Verdict: alert.Good}},
		"exited":           {change: ended("exited", 3), kind: alert.ContainerState, want: outline{stateID, alert.Bad, alert.Warning, 0, 0, "Container 'web' is not running: exited with code 3"}},
		"paused":           {change: ended("paused", 0), kind: alert.ContainerState, want: outline{stateID, alert.Bad, alert.Warning, 0, 0, "Container 'web' is not running: paused"}},
		"created":          {change: ended("created", 0), kind: alert.ContainerState, want: outline{stateID, alert.Bad, alert.Warning, 0, 0, "Container 'web' is not running: created, never started"}},
		"state not told":   {change: ended("", 0), kind: alert.ContainerState, want: outline{ID: stateID}},
		"is being removed": {change: ended("removing", 0), kind: alert.ContainerState, want: outline{ID: stateID}},
		"exited, critical": {change: ended("exited", 0), config: docker(func(d *policy.DockerConfig) { d.StatePoweredOffSeverity = "critical" }), kind: alert.ContainerState, want: outline{stateID, alert.Bad, alert.Critical, 0, 0, "Container 'web' is not running: exited with code 0"}},
		"exited, off":      {change: ended("exited", 0), config: docker(func(d *policy.DockerConfig) { d.StateDisableConnectivity = true }), kind: alert.ContainerState},
		"containers off":   {change: ended("exited", 0), config: func(c *policy.Config) { c.DisableAllDockerContainers = true }, kind: alert.ContainerState},
		"prefix ignored":   {change: ended("exited", 0), config: func(c *policy.Config) { c.DockerIgnoredContainerPrefixes = []string{"WE"} }, kind: alert.ContainerState},
		"override":         {change: ended("exited", 0), config: func(c *policy.Config) { c.Overrides[rid] = policy.ThresholdConfig{Disabled: true} }, kind: alert.ContainerState},
		"left by a Swarm": {change: func(r *resource.Resource, c *resource.AppContainer) {
			c.State, r.Labels = "exited", map[string]string{swarmTask: "t"}
		}, kind: alert.ContainerState, want: outline{ID: stateID, Verdict: alert.Good}},
		"unhealthy":          {change: health("unhealthy"), kind: alert.ContainerHealth, want: outline{healthID, alert.Bad, alert.Critical, 0, 0, "Container 'web' is unhealthy"}},
		"odd health":         {change: health("odd"), kind: alert.ContainerHealth, want: outline{healthID, alert.Bad, alert.Warning, 0, 0, "Container 'web' is odd"}},
		"healthy":            {kind: alert.ContainerHealth, want: outline{ID: healthID, Verdict: alert.Good}},
		"no health check":    {change: health("none"), kind: alert.ContainerHealth, want: outline{ID: healthID, Verdict: alert.Good}},
		"is starting":        {change: health("starting"), kind: alert.ContainerHealth, want: outline{ID: healthID}},
		"oom flag":           {change: oomFlag, kind: alert.ContainerOOM, want: outline{oomID, alert.Bad, alert.Critical, 0, 0, killedMsg}},
		"137, reason unsaid": {change: ended("exited", 137), kind: alert.ContainerOOM, want: outline{oomID, alert.Bad, alert.Critical, 0, 0, killedMsg}},
		"137 while it runs":  {change: func(_ *resource.Resource, c *resource.AppContainer) { c.ExitCode = 137 }, kind: alert.ContainerOOM, want: outline{ID: oomID, Verdict: alert.Good}},
		"other exit code":    {change: ended("exited", 1), kind: alert.ContainerOOM, want: outline{ID: oomID, Verdict: alert.Good}},
		"limit warning":      {change: using(1000, 920), kind: alert.ContainerMemoryLimit, want: outline{limitID, alert.Bad, alert.Warning, 92, 90, "Container 'web' uses 92.0% of the memory it may use"}},
		"limit critical":     {change: using(1000, 960), kind: alert.ContainerMemoryLimit, want: outline{limitID, alert.Bad, alert.Critical, 96, 90, "Container 'web' uses 96.0% of the memory it may use"}},
		"limit between":      {change: using(1000, 860), kind: alert.ContainerMemoryLimit, want: outline{limitID, alert.Between, alert.Warning, 86, 90, "Container 'web' uses 86.0% of the memory it may use"}},
		"limit good":         {change: using(1000, 850), kind: alert.ContainerMemoryLimit, want: outline{ID: limitID, Verdict: alert.Good, Value: 85, Trigger: 90}},
		"no limit":           {change: using(16*gib, 15*gib), kind: alert.ContainerMemoryLimit},
		"memory":             {change: using(16*gib, 15*gib), kind: alert.Memory, want: outline{rid + "-memory", alert.Bad, alert.Warning, 93.75, 85, "Container memory at 93.8%"}},
		"cpu":                {change: func(r *resource.Resource, _ *resource.AppContainer) { r.Usage.CPU = viewtest.Ratio(1.5) }, kind: alert.CPU, want: outline{rid + "-cpu", alert.Bad, alert.Critical, 150, 80, "Container cpu at 150.0%"}},
		"cpu not known":      {change: func(r *resource.Resource, _ *resource.AppContainer) { r.Usage.CPU = nil }, kind: alert.CPU, want: outline{ID: rid + "-cpu", Trigger: 80}},
		"cpu of the stopped": {change: func(r *resource.Resource, c *resource.AppContainer) {
			c.State, r.Usage.CPU = "exited", viewtest.Ratio(1.5)
		}, kind: alert.CPU},
		"disk":              {change: func(_ *resource.Resource, c *resource.AppContainer) { c.WritableLayer, c.RootFS = 90, 100 }, kind: alert.Disk, want: outline{rid + "-disk", alert.Bad, alert.Warning, 90, 85, "Container disk at 90.0%"}},
		"disk not known":    {kind: alert.Disk},
		"update":            {change: update(resource.ImageUpdate{Available: true}), kind: alert.ContainerUpdate, want: outline{updateID, alert.Bad, alert.Warning, 0, 0, "Container 'web' has an update: there is a newer image of shop:1"}},
		"no update":         {change: update(resource.ImageUpdate{}), kind: alert.ContainerUpdate, want: outline{ID: updateID, Verdict: alert.Good}},
		"update not known":  {change: update(resource.ImageUpdate{Error: "rate limited"}), kind: alert.ContainerUpdate, want: outline{ID: updateID}},
		"updates off":       {change: update(resource.ImageUpdate{Available: true}), config: docker(func(d *policy.DockerConfig) { d.UpdateAlertDelayHours = -1 }), kind: alert.ContainerUpdate},
		"updates not asked": {kind: alert.ContainerUpdate},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := scene{source: engineSource(), resources: []resource.Resource{dockerHost(), app(c.change)}, config: c.config}
			if diff := cmp.Diff(c.want, outlineOf(t, s.check(t, containerID), c.kind, ""), cmpopts.EquateApprox(0, 1e-9)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestContainerSubject(t *testing.T) {
	s := scene{source: engineSource(), resources: []resource.Resource{dockerHost(), app(ended("exited", 1))}}
	f := findingOf(t, s.check(t, containerID), alert.ContainerState, "")
	want := alert.Subject{Key: "agent/h1/c1", ID: "docker:h1/c1", Name: "web", Node: "dock", Instance: "dock", Kind: resource.KindAppContainer}
	if diff := cmp.Diff(want, f.Subject); diff != "" {
		t.Errorf("subject (-want +got):\n%s", diff)
	}
	if f.Confirm != 2 || f.HiddenBy != alert.IdentityOf("agent/h1", alert.DockerHostOffline, "") {
		t.Errorf("confirmed %d times, hidden by %q", f.Confirm, f.HiddenBy)
	}
	wantKeys(t, f.Metadata, "resourceType", "hostId", "hostName", "containerId", "containerName", "image", "state", "status", "restartCount", "exitCode")
}

func TestContainerUpdateWaits(t *testing.T) {
	r := app(func(_ *resource.Resource, c *resource.AppContainer) {
		c.Update = &resource.ImageUpdate{Available: true}
	})
	s := scene{source: engineSource(), resources: []resource.Resource{dockerHost(), r}}
	if f := findingOf(t, s.check(t, containerID), alert.ContainerUpdate, ""); f.Delay != 24*time.Hour {
		t.Errorf("delay %s", f.Delay)
	}
}

// A container that does not stop in time is killed, too, with the same exit code.
func TestKilledContainerWhoseAgentTellsReasons(t *testing.T) {
	other := app(func(r *resource.Resource, c *resource.AppContainer) { r.ID, c.Processes = "h1/c2", 3 })
	stopped := app(ended("exited", 137))
	cases := map[string]scene{
		"by the engine's other containers": {source: engineSource(), resources: []resource.Resource{dockerHost(), stopped, other}},
		"by a plugin": {
			source:    inventory.SourceRef{ID: "demo", Type: "demo", Name: "demo", Plugin: "pulse.demo"},
			resources: []resource.Resource{dockerHost(), stopped},
		},
	}
	for name, s := range cases {
		t.Run(name, func(t *testing.T) {
			if got := outlineOf(t, s.check(t, containerID), alert.ContainerOOM, ""); got.Verdict != alert.Good {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// The first report of an agent leaves out what the hub has not asked for.
func TestGuessAboutKilledContainerIsConfirmed(t *testing.T) {
	for flag, want := range map[bool]int{true: 1, false: 2} {
		r := app(ended("exited", 137))
		r.Detail.(*resource.AppContainer).OOMKilled = flag
		s := scene{source: engineSource(), resources: []resource.Resource{dockerHost(), r}}
		if f := findingOf(t, s.check(t, containerID), alert.ContainerOOM, ""); f.Confirm != want {
			t.Errorf("flag %v: confirmed %d times, want %d", flag, f.Confirm, want)
		}
	}
}

func TestUnseenContainers(t *testing.T) {
	broken := app(ended("exited", 1))
	off := dockerHost()
	off.Status = resource.StatusOffline
	hide := func(key string) map[string]*inventory.Settings {
		return map[string]*inventory.Settings{key: {Hidden: true}}
	}
	cases := map[string]struct {
		scene  scene
		unseen bool
	}{
		"old":         {scene{remembered: true, resources: []resource.Resource{dockerHost(), broken}}, true},
		"host is off": {scene{resources: []resource.Resource{off, broken}}, true},
		"hidden":      {scene{resources: []resource.Resource{dockerHost(), broken}, settings: hide("agent/h1/c1")}, false},
		"hidden host": {scene{resources: []resource.Resource{dockerHost(), broken}, settings: hide("agent/h1")}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.scene.source = engineSource()
			checked := c.scene.check(t, containerID)
			if checked.Unseen != c.unseen || len(checked.Findings) > 0 {
				t.Errorf("unseen %v, findings %+v", checked.Unseen, checked.Findings)
			}
		})
	}
}

func TestRestartLoop(t *testing.T) {
	const id = "docker-container-restart-loop-docker:h1/c1"
	cases := map[string]struct {
		restarts []int // one a minute
		up       time.Duration
		want     outline
	}{
		"many before it was seen": {[]int{50}, 0, outline{ID: id, Verdict: alert.Good, Trigger: 3}},
		"three":                   {[]int{1, 2, 3, 4}, 0, outline{ID: id, Verdict: alert.Good, Value: 3, Trigger: 3}},
		"four":                    {[]int{1, 2, 3, 5}, 0, outline{id, alert.Bad, alert.Critical, 4, 3, "Container 'web' has been restarted 4 times within 5 minutes"}},
		"four, but slowly":        {[]int{1, 2, 2, 3, 3, 4, 4, 5}, 0, outline{ID: id, Verdict: alert.Good, Value: 3, Trigger: 3}},
		"counts anew":             {[]int{9, 9, 0, 1}, 0, outline{ID: id, Verdict: alert.Good, Value: 1, Trigger: 3}},
		"hub has just begun":      {[]int{50}, 4 * time.Minute, outline{ID: id, Trigger: 3}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			inv, checker := viewtest.Inventory(), New()
			var got outline
			for i, n := range c.restarts {
				ago := time.Duration(i-len(c.restarts)) * time.Minute
				r := app(func(_ *resource.Resource, c *resource.AppContainer) { c.Restarts = n })
				viewtest.ApplyAt(t, inv, engineSource(), viewtest.Epoch().Add(ago), dockerHost(), r)
				checked := checkIn(t, checker, scene{now: ago, up: c.up}.look(t, inv), containerID)
				got = outlineOf(t, checked, alert.ContainerRestarts, "")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Each report finds the same thing, under the same identity: it is one alert however often it is told.
func TestUnhealthyContainerIsOneAlert(t *testing.T) {
	inv, checker := viewtest.Inventory(), New()
	var ids []alert.Identity
	for i := range 3 {
		ago := time.Duration(i-3) * time.Minute
		r := app(func(_ *resource.Resource, c *resource.AppContainer) {
			c.Health, c.StatusText = "unhealthy", ago.String()
		})
		viewtest.ApplyAt(t, inv, engineSource(), viewtest.Epoch().Add(ago), dockerHost(), r)
		f := findingOf(t, checkIn(t, checker, scene{now: ago}.look(t, inv), containerID), alert.ContainerHealth, "")
		ids = append(ids, f.Identity)
	}
	if ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("identities %q", ids)
	}
}
