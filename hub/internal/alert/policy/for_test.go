package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// mustMerge returns the default configuration with what a body says.
func mustMerge(tb testing.TB, body string) policy.Config {
	tb.Helper()
	c, err := policy.Merge(policy.Default(), []byte(body))
	if err != nil {
		tb.Fatalf("Merge(%s): %v", body, err)
	}
	return c
}

// mustNew returns the policy of the default configuration with what a body says.
func mustNew(tb testing.TB, body string) *policy.Policy {
	tb.Helper()
	p, err := policy.New(mustMerge(tb, body))
	if err != nil {
		tb.Fatalf("New(%s): %v", body, err)
	}
	return p
}

// guest returns the target that most cases are about.
func guest() policy.Target {
	return policy.Target{
		Kind: resource.KindVM, IDs: []string{"lab:pve1:104"},
		Name: "Web-01", Node: "pve1", Instance: "lab", Status: "running", VMID: 104,
		Values: map[alert.Type]float64{alert.CPU: 50, alert.Memory: 40.4, alert.DiskRead: 12},
	}
}

func with(change func(*policy.Target)) policy.Target {
	t := guest()
	change(&t)
	return t
}

// limit is a limit of which nothing is left out.
func limit(trigger, clear, critical float64, rule string) policy.Limit {
	return policy.Limit{Trigger: trigger, Clear: clear, Critical: critical, Rule: rule}
}

var off policy.Limit

func TestLimitOfGuestCPU(t *testing.T) {
	const rules = `"customRules":[
		{"id":"r1","name":"low","enabled":true,"priority":1,"thresholds":{"cpu":{"trigger":60,"clear":50}}},
		{"id":"r2","name":"web","enabled":true,"priority":9,"thresholds":{"cpu":{"trigger":70,"clear":61,"critical":75}},
			"filterConditions":{"logicalOperator":"AND","filters":[{"type":"text","field":"name","value":"WEB"}]}},
		{"id":"r3","name":"never","priority":99,"thresholds":{"cpu":{"trigger":1,"clear":0}}}]`
	tagged := func(tags ...string) policy.Target {
		return with(func(t *policy.Target) { t.Tags = tags })
	}
	cases := []struct {
		name, body string
		target     policy.Target
		want       policy.Limit
	}{
		{"defaults", `{}`, guest(), limit(80, 75, 90, "defaults")},
		{"a margin of one's own", `{"criticalMargin":3}`, guest(), limit(80, 75, 83, "defaults")},
		{"a critical trigger of one's own", `{"guestDefaults":{"cpu":{"critical":99}}}`, guest(), limit(80, 75, 99, "defaults")},
		{"off in the defaults", `{"guestDefaults":{"cpu":{"trigger":0}}}`, guest(), off},
		{"negative in the defaults", `{"guestDefaults":{"cpu":{"trigger":-1}}}`, guest(), off},
		{"removed from the defaults", `{"guestDefaults":{"cpu":null}}`, guest(), off},
		{"no other type has one", `{}`, with(func(t *policy.Target) { t.Kind = resource.KindPod }), off},
		{"legacy number", `{"guestDefaults":{"cpuLegacy":66},"hysteresisMargin":4}`, guest(), limit(66, 62, 76, "defaults")},
		{"legacy number loses", `{"guestDefaults":{"cpuLegacy":66,"cpu":{"trigger":67,"clear":60}}}`, guest(), limit(67, 60, 77, "defaults")},
		{"the rule of highest priority", `{` + rules + `}`, guest(), limit(70, 61, 75, "rule web")},
		{"the next if it does not match", `{` + rules + `}`, with(func(t *policy.Target) { t.Name = "db" }), limit(60, 50, 70, "rule low")},
		{"override over rule", `{` + rules + `,"overrides":{"lab:pve1:104":{"cpu":{"trigger":90,"clear":80}}}}`, guest(), limit(90, 80, 100, "override")},
		{"override of another metric", `{` + rules + `,"overrides":{"lab:pve1:104":{"memory":{"trigger":90,"clear":80}}}}`, guest(), limit(70, 61, 75, "rule web")},
		{"override that is off", `{"overrides":{"lab:pve1:104":{"cpu":{"trigger":-1,"clear":0}}}}`, guest(), off},
		{"override without an end", `{"overrides":{"lab:pve1:104":{"cpu":{"trigger":50}}}}`, guest(), limit(50, 50, 60, "override")},
		{"override that ends above", `{"overrides":{"lab:pve1:104":{"cpu":{"trigger":50,"clear":60}}}}`, guest(), limit(50, 45, 60, "override")},
		{"override critical too soon", `{"overrides":{"lab:pve1:104":{"cpu":{"trigger":50,"clear":40,"critical":20}}}}`, guest(), limit(50, 40, 50, "override")},
		{"override by legacy number", `{"overrides":{"lab:pve1:104":{"cpuLegacy":50}}}`, guest(), limit(50, 45, 60, "override")},
		{"rule without a name", `{"customRules":[{"id":"r7","enabled":true,"thresholds":{"cpu":{"trigger":9,"clear":3}}}]}`, guest(), limit(9, 3, 19, "rule r7")},
		{"relaxed", `{}`, tagged("Pulse-Relaxed"), limit(95, 90, 105, "tag pulse-relaxed")},
		{"relaxed with a critical trigger", `{"guestDefaults":{"cpu":{"critical":98}}}`, tagged("pulse-relaxed"), limit(95, 90, 98, "tag pulse-relaxed")},
		{"relaxed critical too soon", `{"guestDefaults":{"cpu":{"critical":88}}}`, tagged("pulse-relaxed"), limit(95, 90, 95, "tag pulse-relaxed")},
		{"relaxed does not tighten", `{"guestDefaults":{"cpu":{"trigger":97,"clear":96}}}`, tagged("pulse-relaxed"), limit(97, 96, 107, "defaults")},
		{"relaxed does not switch on", `{"guestDefaults":{"cpu":{"trigger":0}}}`, tagged("pulse-relaxed"), off},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := mustNew(t, c.body).For(c.target).Metric(alert.CPU)
			if diff := cmp.Diff(c.want, got); diff != "" || ok != (c.want != off) {
				t.Errorf("limit (ok %v), -want +got:\n%s", ok, diff)
			}
		})
	}
}

func TestMetricsOfKinds(t *testing.T) {
	all := []alert.Type{
		alert.CPU, alert.Memory, alert.Disk, alert.DiskRead, alert.DiskWrite, alert.NetworkIn, alert.NetworkOut,
		alert.Usage, alert.Temperature, alert.DiskTemperature, alert.RAID,
	}
	const everything = `{"cpu":{"trigger":50},"memory":{"trigger":50},"disk":{"trigger":50},"diskRead":{"trigger":50},
		"diskWrite":{"trigger":50},"networkIn":{"trigger":50},"networkOut":{"trigger":50},"usage":{"trigger":50},
		"temperature":{"trigger":50},"diskTemperature":{"trigger":50}}`
	p := mustNew(t, `{"overrides":{"o":`+everything+`}}`)
	cases := []struct {
		kind           resource.Kind
		normal, forced string
	}{
		{resource.KindVM, "[cpu 80 memory 85 disk 90]", "[cpu memory disk diskRead diskWrite networkIn networkOut]"},
		{resource.KindContainer, "[cpu 80 memory 85 disk 90]", "[cpu memory disk diskRead diskWrite networkIn networkOut]"},
		{resource.KindNode, "[cpu 80 memory 85 disk 90 temperature 80]", "[cpu memory disk temperature]"},
		{resource.KindHost, "[cpu 80 memory 85 disk 90 diskTemperature 55]", "[cpu memory disk diskTemperature]"},
		{resource.KindBackupServer, "[cpu 80 memory 85]", "[cpu memory]"},
		{resource.KindStorage, "[usage 85]", "[usage]"},
		{resource.KindDatastore, "[usage 85]", "[usage]"},
		{resource.KindAppContainer, "[cpu 80 memory 85 disk 85]", "[cpu memory disk]"},
		{resource.KindService, "[]", "[]"},
		{resource.KindContainerHost, "[]", "[]"},
		{resource.KindMailGateway, "[]", "[]"},
		{resource.KindPod, "[]", "[]"},
	}
	for _, c := range cases {
		normal, forced := []string{}, []alert.Type{}
		for _, m := range all {
			if l, ok := p.For(policy.Target{Kind: c.kind}).Metric(m); ok {
				normal = append(normal, fmt.Sprint(m, " ", l.Trigger))
			}
			if _, ok := p.For(policy.Target{Kind: c.kind, IDs: []string{"o"}}).Metric(m); ok {
				forced = append(forced, m)
			}
		}
		if fmt.Sprint(normal) != c.normal || fmt.Sprint(forced) != c.forced {
			t.Errorf("%s: got %v and with an override %v, want %v and %v", c.kind, normal, forced, c.normal, c.forced)
		}
	}
}

func TestFlagsOfKinds(t *testing.T) {
	cases := []struct {
		flag     string
		kind     resource.Kind
		disabled bool // otherwise connectivity only
	}{
		{"disableAllNodes", resource.KindNode, true},
		{"disableAllNodes", resource.KindDisk, true},
		{"disableAllNodesOffline", resource.KindNode, false},
		{"disableAllGuests", resource.KindVM, true},
		{"disableAllGuests", resource.KindContainer, true},
		{"disableAllGuests", resource.KindSnapshot, true},
		{"disableAllGuestsOffline", resource.KindVM, false},
		{"disableAllHosts", resource.KindHost, true},
		{"disableAllHostsOffline", resource.KindHost, false},
		{"disableAllStorage", resource.KindStorage, true},
		{"disableAllStorage", resource.KindDatastore, true},
		{"disableAllPBS", resource.KindDatastore, true},
		{"disableAllPBS", resource.KindBackupServer, true},
		{"disableAllPBSOffline", resource.KindBackupServer, false},
		{"disableAllPMG", resource.KindMailGateway, true},
		{"disableAllPMGOffline", resource.KindMailGateway, false},
		{"disableAllDockerHosts", resource.KindContainerHost, true},
		{"disableAllDockerHostsOffline", resource.KindContainerHost, false},
		{"disableAllDockerContainers", resource.KindAppContainer, true},
		{"disableAllDockerServices", resource.KindService, true},
	}
	kinds := []resource.Kind{
		resource.KindNode, resource.KindVM, resource.KindHost, resource.KindStorage, resource.KindBackupServer,
		resource.KindMailGateway, resource.KindContainerHost, resource.KindAppContainer, resource.KindService,
		resource.KindPod,
	}
	affected := map[string]int{}
	for _, c := range cases {
		p := mustNew(t, `{"`+c.flag+`":true}`)
		got := p.For(policy.Target{Kind: c.kind})
		if got.Disabled != c.disabled || got.ConnectivityDisabled == c.disabled {
			t.Errorf("%s: %s is disabled %v, its connectivity %v", c.flag, c.kind, got.Disabled, got.ConnectivityDisabled)
		}
		affected[c.flag] = 0
		for _, kind := range kinds {
			if other := p.For(policy.Target{Kind: kind}); other.Disabled || other.ConnectivityDisabled {
				affected[c.flag]++
			}
		}
	}
	for flag, n := range affected {
		if n != 1 {
			t.Errorf("%s affects %d groups of kinds, want 1", flag, n)
		}
	}
	if len(affected) != 15 {
		t.Errorf("%d flags are tried, want all 15", len(affected))
	}
}

func TestSilencing(t *testing.T) {
	container := policy.Target{
		Kind: resource.KindAppContainer, Name: "/Buildx-worker", IDs: []string{"docker:h1/ABC123"},
	}
	cases := []struct {
		name, body string
		target     policy.Target
		want       string // disabled, connectivity, monitor-only
	}{
		{"nothing", `{}`, guest(), "false false false"},
		{"no alerts", `{}`, with(func(t *policy.Target) { t.Tags = []string{"x", "PULSE-no-alerts"} }), "true false false"},
		{"monitor only", `{}`, with(func(t *policy.Target) { t.Tags = []string{"pulse-Monitor-only"} }), "false false true"},
		{"tags are for guests", `{}`, policy.Target{Kind: resource.KindHost, Tags: []string{"pulse-no-alerts"}}, "false false false"},
		{"prefix", `{"ignoredGuestPrefixes":["Web"]}`, guest(), "true false false"},
		{"prefix in other letters", `{"ignoredGuestPrefixes":["web"]}`, guest(), "false false false"},
		{"blank prefix", `{"ignoredGuestPrefixes":["  ",""]}`, guest(), "false false false"},
		{"blacklist", `{"guestTagBlacklist":["DEV"]}`, with(func(t *policy.Target) { t.Tags = []string{"dev"} }), "true false false"},
		{"not on the blacklist", `{"guestTagBlacklist":["DEV"]}`, guest(), "false false false"},
		{"whitelist", `{"guestTagWhitelist":["Prod"]}`, with(func(t *policy.Target) { t.Tags = []string{"a", "prod"} }), "false false false"},
		{"not on the whitelist", `{"guestTagWhitelist":["Prod"]}`, guest(), "true false false"},
		{"both lists", `{"guestTagWhitelist":["a"],"guestTagBlacklist":["b"]}`, with(func(t *policy.Target) { t.Tags = []string{"a", "b"} }), "true false false"},
		{"container name", `{"dockerIgnoredContainerPrefixes":["buildX"]}`, container, "true false false"},
		{"container id", `{"dockerIgnoredContainerPrefixes":["abc"]}`, container, "true false false"},
		{"other container", `{"dockerIgnoredContainerPrefixes":["docker","h1"]}`, container, "false false false"},
		{"container state", `{"dockerDefaults":{"stateDisableConnectivity":true}}`, container, "false true false"},
		{"container state is not for services", `{"dockerDefaults":{"stateDisableConnectivity":true}}`, policy.Target{Kind: resource.KindService}, "false false false"},
		{"defaults", `{"guestDefaults":{"disabled":true,"disableConnectivity":true}}`, guest(), "true true false"},
		{"rule", `{"customRules":[{"enabled":true,"thresholds":{"disableConnectivity":true}}]}`, guest(), "false true false"},
		{"rule is for guests", `{"customRules":[{"enabled":true,"thresholds":{"disabled":true}}]}`, container, "false false false"},
		{"override", `{"overrides":{"lab:pve1:104":{"disabled":true}}}`, guest(), "true false false"},
		{"override of connectivity", `{"overrides":{"docker:h1/ABC123":{"disableConnectivity":true}}}`, container, "false true false"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			th := mustNew(t, c.body).For(c.target)
			if got := fmt.Sprint(th.Disabled, th.ConnectivityDisabled, th.MonitorOnly); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestPoweredOffLevel(t *testing.T) {
	const critical = `"guestDefaults":{"poweredOffSeverity":"critical"}`
	container := policy.Target{Kind: resource.KindAppContainer, IDs: []string{"docker:h1/c1"}}
	cases := []struct {
		name, body string
		target     policy.Target
		want       alert.Level
	}{
		{"defaults", `{}`, guest(), alert.Warning},
		{"critical", `{` + critical + `}`, guest(), alert.Critical},
		{"unknown word", `{"guestDefaults":{"poweredOffSeverity":"fatal"}}`, guest(), alert.Warning},
		{"override inherits", `{` + critical + `,"overrides":{"lab:pve1:104":{"note":"x"}}}`, guest(), alert.Critical},
		{"override lowers", `{` + critical + `,"overrides":{"lab:pve1:104":{"poweredOffSeverity":"warning"}}}`, guest(), alert.Warning},
		{"rule raises", `{"customRules":[{"enabled":true,"thresholds":{"poweredOffSeverity":"critical"}}]}`, guest(), alert.Critical},
		{"rule and override", `{"customRules":[{"enabled":true,"thresholds":{"poweredOffSeverity":"critical"}}],"overrides":{"lab:pve1:104":{"cpu":{"trigger":1}}}}`, guest(), alert.Critical},
		{"container", `{"dockerDefaults":{"statePoweredOffSeverity":"critical"}}`, container, alert.Critical},
		{"container override", `{"overrides":{"docker:h1/c1":{"poweredOffSeverity":"critical"}}}`, container, alert.Critical},
		{"anything else", `{` + critical + `}`, policy.Target{Kind: resource.KindPod}, alert.Warning},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := mustNew(t, c.body).For(c.target).PoweredOff; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestOverrideKeys(t *testing.T) {
	moved := with(func(t *policy.Target) { t.IDs, t.Node = []string{"lab:pve2:104"}, "pve2" })
	dashes := policy.Target{
		Kind: resource.KindContainer, IDs: []string{"my-lab:pve-1:7"}, Instance: "my-lab", Node: "pve-1", VMID: 7,
	}
	cases := []struct {
		name   string
		keys   string // each with its place as trigger
		target policy.Target
		want   float64 // 80: none
	}{
		{"id", "lab:pve1:104", guest(), 1},
		{"instance, node and vmid", "lab-pve1-104", guest(), 1},
		{"node and vmid", "pve1-104", guest(), 1},
		{"id before older forms", "pve1-104 lab-pve1-104 lab:pve1:104", guest(), 3},
		{"moved", "lab:pve1:104", moved, 1},
		{"moved and overridden again", "lab:pve1:104 lab:pve2:104", moved, 2},
		{"moved twice", "lab:pve9:104 lab:pve8:104", moved, 2},
		{"older form of another node", "lab-pve1-104 pve1-104", moved, 80},
		{"another guest", "lab:pve1:105 lab:pve1:10 pve1-105", guest(), 80},
		{"another instance", "den:pve1:104", guest(), 80},
		{"dashes in names", "my-lab-pve-1-7", dashes, 1},
		{"dashes in names, node only", "pve-1-7", dashes, 1},
		{"part of a name", "1-7 lab-pve-1-7", dashes, 80},
		{"older id that is given", "host:h1 h1", policy.Target{Kind: resource.KindHost, IDs: []string{"host:h2", "h1"}}, 2},
		{"the order of ids", "h1 host:h1", policy.Target{Kind: resource.KindHost, IDs: []string{"host:h1", "h1"}}, 2},
		{"not a guest", "lab:pve1:104", policy.Target{Kind: resource.KindNode, Instance: "lab", VMID: 104}, 80},
		{"container with a number", "docker:h1/104", policy.Target{Kind: resource.KindAppContainer, IDs: []string{"docker:h1/104"}}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := policy.Default()
			for i, key := range strings.Fields(c.keys) {
				config.Overrides[key] = policy.ThresholdConfig{CPU: &policy.Threshold{Trigger: float64(i + 1)}}
			}
			p, err := policy.New(config)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := p.For(c.target).Metric(alert.CPU); got.Trigger != c.want {
				t.Errorf("trigger %v, want %v", got.Trigger, c.want)
			}
		})
	}
}

func TestRuleConditions(t *testing.T) {
	filter := func(operator string, conditions string) string {
		return `{"customRules":[{"id":"r","enabled":true,"thresholds":{"disabled":true},"filterConditions":{"logicalOperator":"` +
			operator + `","filters":[` + conditions + `]}}]}`
	}
	metric := func(field, operator, value string) string {
		return `{"type":"metric","field":"` + field + `","operator":"` + operator + `","value":` + value + `}`
	}
	text := func(field, value string) string {
		return `{"type":"text","field":"` + field + `","value":` + value + `}`
	}
	raw := func(value string) string { return `{"type":"raw","rawText":"` + value + `"}` }
	yes, no := text("name", `"web"`), text("name", `"db"`)
	cases := []struct {
		name, operator, conditions string
		want                       bool
	}{
		{"none", "AND", ``, true},
		{"none of any", "OR", ``, true},
		{"and", "AND", yes + `,` + yes, true},
		{"and with one that fails", "AND", yes + `,` + no, false},
		{"or", "OR", no + `,` + yes, true},
		{"or with none", "OR", no + `,` + no, false},
		{"any other operator is or", "and", no + `,` + yes, true},
		{"above", "AND", metric("cpu", ">", `49`), true},
		{"not above itself", "AND", metric("cpu", ">", `50`), false},
		{"from itself", "AND", metric("cpu", ">=", `50`), true},
		{"below", "AND", metric("cpu", "<", `51`), true},
		{"not below itself", "AND", metric("cpu", "<", `50`), false},
		{"down from itself", "AND", metric("cpu", "<=", `50`), true},
		{"about equal", "AND", metric("memory", "=", `40`), true},
		{"about equal too", "AND", metric("memory", "==", `40.9`), true},
		{"not so equal", "AND", metric("memory", "==", `41`), false},
		{"number as text", "AND", metric("diskRead", ">", `" 11.5 "`), true},
		{"value that is not known", "AND", metric("disk", ">=", `0`), false},
		{"name", "AND", text("name", `"EB-0"`), true},
		{"node", "AND", text("node", `"PVE"`), true},
		{"other node", "AND", text("node", `"pve2"`), false},
		{"vmid", "AND", text("vmid", `"04"`), true},
		{"vmid as number", "AND", text("vmid", `104`), true},
		{"other vmid", "AND", text("vmid", `105`), false},
		{"raw name", "AND", raw("b-01"), true},
		{"raw id", "AND", raw("lab:"), true},
		{"raw node", "AND", raw("pve1"), true},
		{"raw status", "AND", raw("Running"), true},
		{"raw of none", "AND", raw("stopped"), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := mustNew(t, filter(c.operator, c.conditions)).For(guest()).Disabled; got != c.want {
				t.Errorf("matches %v, want %v", got, c.want)
			}
		})
	}
}

func TestPartsOfThresholds(t *testing.T) {
	p := mustNew(t, `{"backupDefaults":{"enabled":true},"pmgDefaults":{"queueTotalWarning":7},
		"customRules":[{"enabled":true,"thresholds":{"snapshot":{"enabled":true,"warningDays":1,"criticalDays":2}}}],
		"overrides":{"lab:pve1:104":{"backup":{"enabled":true,"warningDays":3,"criticalDays":2,"ignoreMissing":true}}}}`)
	got := p.For(guest())
	if want := (policy.BackupConfig{Enabled: true, WarningDays: 2, CriticalDays: 2, IgnoreMissing: true}); got.Backup != want {
		t.Errorf("backup %+v, want %+v", got.Backup, want)
	}
	if want := (policy.SnapshotConfig{Enabled: true, WarningDays: 1, CriticalDays: 2}); got.Snapshot != want {
		t.Errorf("snapshot %+v, want %+v", got.Snapshot, want)
	}
	other := p.For(policy.Target{Kind: resource.KindMailGateway})
	if other.PMG.QueueTotalWarning != 7 || other.PMG.QueueTotalCritical != 1000 || !other.Backup.Enabled ||
		other.Docker.RestartCount != 3 {
		t.Errorf("a mail gateway gets %+v, %+v, %+v", other.PMG, other.Backup, other.Docker)
	}
}

func BenchmarkFor(b *testing.B) {
	config := policy.Default()
	config.GuestTagBlacklist = []string{"dev", "test"}
	for i := range 1000 {
		config.Overrides[fmt.Sprintf("lab:pve1:%d", 100+i)] = policy.ThresholdConfig{CPU: &policy.Threshold{Trigger: 50, Clear: 40}}
	}
	plain, err := policy.New(config)
	if err != nil {
		b.Fatal(err)
	}
	config.CustomRules = mustMerge(b, `{"customRules":[{"id":"r","name":"r","enabled":true,"thresholds":{"cpu":{"trigger":70}},
		"filterConditions":{"logicalOperator":"AND","filters":[{"type":"text","field":"name","value":"web"}]}}]}`).CustomRules
	ruled, err := policy.New(config)
	if err != nil {
		b.Fatal(err)
	}
	tagged := with(func(t *policy.Target) { t.Tags = []string{"prod", "linux"} })
	other := with(func(t *policy.Target) { t.IDs, t.VMID, t.Tags = []string{"lab:pve1:9"}, 9, []string{"prod", "linux"} })
	for _, c := range []struct {
		name   string
		policy *policy.Policy
		target policy.Target
	}{{"plain", plain, other}, {"override", plain, tagged}, {"rule", ruled, tagged}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.policy.For(c.target)
			}
		})
	}
}
