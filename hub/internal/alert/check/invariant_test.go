package check

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/view/viewtest"
)

// TestFindingsAreWhole looks at one of everything, with thresholds that nothing meets.
func TestFindingsAreWhole(t *testing.T) {
	config := policy.Default()
	wantsBackups(&config)
	config.SnapshotDefaults = policy.SnapshotConfig{Enabled: true, WarningDays: 0.01, CriticalDays: 1}
	low := &policy.Threshold{Trigger: 0.001}
	for _, c := range []*policy.ThresholdConfig{&config.GuestDefaults, &config.NodeDefaults, &config.HostDefaults, &config.PBSDefaults} {
		c.CPU, c.Memory, c.Disk, c.Temperature, c.DiskTemperature = low, low, low, low, low
		c.DiskRead, c.DiskWrite, c.NetworkIn, c.NetworkOut = low, low, low, low
	}
	config.StorageDefault, config.DockerDefaults.CPU, config.DockerDefaults.Memory, config.DockerDefaults.Disk = *low, *low, *low, *low
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	snap, now := viewtest.World(t).Snapshot(), viewtest.Epoch()
	look := func() []alert.Checked { return New().All(NewWorld(snap, p, now, now.Add(-time.Hour), nil)) }
	checked := look()
	identities, ids := map[alert.Identity]bool{}, map[string]alert.Identity{}
	for _, c := range checked {
		for i := range c.Findings {
			f := &c.Findings[i]
			wantWhole(t, c.Key, f)
			if other, taken := ids[f.AlertID]; taken {
				t.Errorf("%q and %q have the id %q", other, f.Identity, f.AlertID)
			}
			if identities[f.Identity] {
				t.Errorf("%q is found twice", f.Identity)
			}
			identities[f.Identity], ids[f.AlertID] = true, f.Identity
		}
	}
	if diff := cmp.Diff(checked, look()); diff != "" {
		t.Errorf("the same world gives other findings (-first +second):\n%s", diff)
	}
}

func wantWhole(t *testing.T, key string, f *alert.Finding) {
	t.Helper()
	if f.Identity.Key() != key || f.Subject.Key != key {
		t.Errorf("%q with subject %q is among the findings of %q", f.Identity, f.Subject.Key, key)
	}
	if f.AlertID == "" || f.Type == "" || f.Subject.ID == "" || f.Subject.Name == "" || f.At.IsZero() {
		t.Errorf("something is missing: %+v", f)
	}
	if f.Verdict == alert.Bad && (f.Level == "" || f.Message == "" || f.Rule == "") {
		t.Errorf("something is missing of what is bad: %+v", f)
	}
}
