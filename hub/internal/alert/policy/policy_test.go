package policy_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

func TestDelay(t *testing.T) {
	const times = `{"timeThreshold":1,
		"timeThresholds":{"guest":10,"node":20,"all":90},
		"metricTimeThresholds":{
			"guest":{"cpu":11,"default":12,"_default":13,"*":14},
			"docker":{"memory":31},
			"host":{"_default":41,"*":42},
			"storage":{"*":51},
			"all":{"disk":91}}}`
	cases := []struct {
		name, body, kinds string
		metric            alert.Type
		want              time.Duration
	}{
		{"nothing is said", `{"timeThreshold":7,"timeThresholds":null}`, "guest", alert.CPU, 7 * time.Second},
		{"at once", `{"timeThreshold":0,"timeThresholds":null}`, "guest", alert.CPU, 0},
		{"factory", `{}`, "guest", alert.CPU, 5 * time.Second},
		{"kind and metric", times, "guest", alert.CPU, 11 * time.Second},
		{"other metrics of the kind", times, "guest", alert.Memory, 12 * time.Second},
		{"other metrics, older word", times, "host", alert.CPU, 41 * time.Second},
		{"other metrics, star", times, "storage", alert.Usage, 51 * time.Second},
		{"kind", times, "node", alert.CPU, 20 * time.Second},
		{"first of two kinds", times, "docker guest", alert.Memory, 31 * time.Second},
		{"second of two kinds", times, "docker guest", alert.CPU, 11 * time.Second},
		{"all kinds and metric", times, "pbs", alert.Disk, 91 * time.Second},
		{"all kinds", times, "pbs", alert.CPU, 90 * time.Second},
		{"an explicit 0", `{"metricTimeThresholds":{"guest":{"cpu":0}}}`, "guest", alert.CPU, 0},
		{"negative is not given", `{"metricTimeThresholds":{"guest":{"cpu":-1,"default":8}}}`, "guest", alert.CPU, 8 * time.Second},
		{"no kind", times, "", alert.CPU, 90 * time.Second},
	}
	for _, c := range cases {
		if got := mustNew(t, c.body).Delay(strings.Fields(c.kinds), c.metric); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestScheduleOfDefaults(t *testing.T) {
	p := mustNew(t, `{}`)
	delta, window := p.NearDuplicate()
	flapping, on := p.Flapping()
	days, certificates := p.CertificateDays()
	got := []any{
		p.Enabled(), p.Activation(), p.Cooldown(), p.MaxPerHour(), p.NotifyOnResolve(), delta, window, flapping, on,
		p.Ages(), days, certificates, p.Escalation() == nil, p.TypeDisabled(alert.RAID),
	}
	want := []any{
		true, policy.PendingReview, 5 * time.Minute, 10, true, 2.0, 5 * time.Minute,
		policy.Flapping{Window: 5 * time.Minute, Threshold: 5, Cooldown: 15 * time.Minute}, true,
		policy.Ages{AutoAcknowledge: 24 * time.Hour, MaxAge: 7 * 24 * time.Hour, MaxAcknowledged: 24 * time.Hour},
		14, true, true, false,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestScheduleThatIsOff(t *testing.T) {
	p := mustNew(t, `{"enabled":false,"activationState":"snoozed","flappingEnabled":false,"maxAlertAgeDays":0,
		"maxAcknowledgedAgeDays":0,"autoAcknowledgeAfterHours":0,"certificateDays":-1,"disabledTypes":[" raid "],
		"schedule":{"cooldown":-5,"maxAlertsHour":0,"notifyOnResolve":false}}`)
	_, flapping := p.Flapping()
	_, certificates := p.CertificateDays()
	got := []any{
		p.Enabled(), p.Activation(), p.Cooldown(), p.MaxPerHour(), p.NotifyOnResolve(), flapping, certificates, p.Ages(),
		p.TypeDisabled(alert.RAID), p.TypeDisabled(alert.CPU),
	}
	want := []any{false, policy.Snoozed, time.Duration(0), 0, false, false, false, policy.Ages{}, true, false}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEscalationIsInOrderOfAge(t *testing.T) {
	p := mustNew(t, `{"schedule":{"escalation":{"enabled":true,"levels":[
		{"after":60,"notify":"all"},{"after":15,"notify":"email"},{"after":30,"notify":"webhook"}]}}}`)
	want := []policy.Step{
		{After: 15 * time.Minute, Channels: alert.ByEmail},
		{After: 30 * time.Minute, Channels: alert.ByWebhook},
		{After: time.Hour, Channels: alert.AllChannels},
	}
	if diff := cmp.Diff(want, p.Escalation()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := p.Config().Schedule.Escalation.Levels[0].After; got != 60 {
		t.Errorf("the configuration has been sorted too: first level after %d", got)
	}
}

// TestDefaultIsNormal also compares with the recording of a new installation: what is the same there and in the
// documentation must be the same here.
func TestDefaultIsNormal(t *testing.T) {
	p, err := policy.New(policy.Default())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(policy.Default(), p.Config()); diff != "" {
		t.Errorf("normalising changes the default, -before +after:\n%s", diff)
	}
	body, err := os.ReadFile("testdata/fresh-install.json")
	if err != nil {
		t.Fatal(err)
	}
	var fresh policy.Config
	if err := json.Unmarshal(body, &fresh); err != nil {
		t.Fatal(err)
	}
	same := func(c policy.Config) []any {
		c.GuestDefaults.DiskRead, c.GuestDefaults.DiskWrite = nil, nil
		c.GuestDefaults.NetworkIn, c.GuestDefaults.NetworkOut = nil, nil
		c.DockerDefaults.CPU, c.DockerDefaults.Memory, c.DockerDefaults.Disk = policy.Threshold{}, policy.Threshold{}, policy.Threshold{}
		return []any{
			c.Enabled, c.ActivationState, c.ObservationWindowHours, c.GuestDefaults, c.NodeDefaults, c.HostDefaults,
			c.StorageDefault, c.DockerDefaults, c.PMGDefaults, c.SnapshotDefaults, c.BackupDefaults, c.Overrides,
			c.MinimumDelta, c.SuppressionWindow, c.HysteresisMargin, c.TimeThreshold, c.TimeThresholds,
		}
	}
	if diff := cmp.Diff(same(fresh), same(policy.Default())); diff != "" {
		t.Errorf("-recording +default:\n%s", diff)
	}
}

// TestConfigIsACopy fills every field, so that a new one that is shared is found.
func TestConfigIsACopy(t *testing.T) {
	var c policy.Config
	fill(reflect.ValueOf(&c).Elem())
	c.ActivationState, c.ActivationTime, c.Schedule.QuietHours.Timezone = policy.Active, "", "UTC"
	c.Schedule.QuietHours.Start, c.Schedule.QuietHours.End = "01:00", "02:00"
	c.Schedule.QuietHours.Days = map[string]bool{"monday": true}
	c.Schedule.Escalation.Levels[0].Notify = "all"
	c.CustomRules[0].FilterConditions.Filters[0] = policy.FilterCondition{Type: "raw", RawText: "x"}
	c.Maintenance[0].From, c.Maintenance[0].To = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
	c.QueryRules[0].Level, c.QueryRules[0].Every = "warning", 60
	p, err := policy.New(c)
	if err != nil {
		t.Fatal(err)
	}
	before := p.Config()
	spoil(reflect.ValueOf(&c).Elem())
	mine := p.Config()
	spoil(reflect.ValueOf(&mine).Elem())
	if diff := cmp.Diff(before, p.Config()); diff != "" {
		t.Errorf("what a caller does to its copy changes the policy, -before +after:\n%s", diff)
	}
}

// fill gives every field of a configuration a value, and every list and map one entry.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1)
	case reflect.Float64:
		v.SetFloat(1)
	case reflect.String:
		v.SetString("x")
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("x"), value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// spoil changes everything that can be reached from a configuration.
func spoil(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			spoil(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			spoil(v.MapIndex(key))
			v.SetMapIndex(key, reflect.Value{})
		}
	case reflect.Struct:
		for i := range v.NumField() {
			spoil(v.Field(i))
		}
	default:
		if v.CanSet() {
			v.SetZero()
		}
	}
}

func TestNewRefusesWhatMergeRefuses(t *testing.T) {
	c := policy.Default()
	c.Schedule.QuietHours.Timezone = "Middle/Earth"
	var field *policy.FieldError
	if _, err := policy.New(c); !errors.As(err, &field) || field.Path != "schedule.quietHours.timezone" {
		t.Errorf("got %v, want an error of the time zone", err)
	}
}

func TestCategoryOf(t *testing.T) {
	cases := map[alert.Category][]alert.Type{
		alert.Performance: {
			alert.CPU, alert.Memory, alert.Disk, alert.DiskRead, alert.DiskWrite, alert.NetworkIn, alert.NetworkOut,
			alert.Temperature, alert.QueueDepth, alert.QueueDeferred, alert.QueueHold, alert.MessageAge,
			alert.ContainerHealth, alert.ContainerRestarts, alert.ContainerOOM, alert.ContainerMemoryLimit, alert.ContainerUpdate,
		},
		alert.Storage: {alert.Usage, alert.DiskHealth, alert.DiskWearout, alert.ZFSPoolState, alert.ZFSPoolErrors, alert.ZFSDevice, alert.PoolState, alert.CephHealth},
		alert.Offline: {alert.Connectivity, alert.Unreachable, alert.PoweredOff, alert.DockerHostOffline, alert.ContainerState, alert.KubernetesOffline, alert.SourceUnreachable},
		"": {
			alert.HostOffline, alert.RAID, alert.SnapshotAge, alert.BackupAge, alert.ServiceHealth, alert.QuarantineSpam,
			alert.QuarantineVirus, alert.AnomalySpamIn, alert.AnomalyVirusOut, alert.QueueTotal, alert.DiskTemperature, alert.QueryRule, alert.HubHealth,
		},
	}
	for want, types := range cases {
		for _, kind := range types {
			if got := policy.CategoryOf(kind); got != want {
				t.Errorf("%s is of %q, want %q", kind, got, want)
			}
		}
	}
}
