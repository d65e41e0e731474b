package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
)

// full is a configuration in which nothing is as it is by default.
const full = `{"overrides":{"a":{"cpu":{"trigger":1}},"b":{"note":"b"}},
	"customRules":[{"id":"1","name":"one","enabled":true,"priority":5,"filterConditions":{"filters":[{"type":"raw","rawText":"x"}]}}],
	"guestTagWhitelist":["a","b"],"timeThresholds":{"guest":9,"host":8},"metricTimeThresholds":{"guest":{"cpu":7}},
	"maintenance":[{"id":"m","from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z","tags":["t"]}],
	"queryRules":[{"id":"q","name":"q","expr":"up == 0","level":"critical","for":60,"enabled":true}],
	"disabledTypes":["raid"],
	"schedule":{"quietHours":{"days":{"monday":true,"sunday":true}},"escalation":{"enabled":true,"levels":[{"after":1,"notify":"email"}]}}}`

func TestMergeChangesOnlyWhatIsSaid(t *testing.T) {
	cases := []struct {
		name, body string
		change     func(*policy.Config)
	}{
		{"nothing", `{}`, func(*policy.Config) {}},
		{"unknown fields", `{"aggregation":{"x":1},"flapping":true}`, func(*policy.Config) {}},
		{"nulls", `{"enabled":null,"guestDefaults":null,"schedule":null}`, func(*policy.Config) {}},
		{"an explicit false", `{"enabled":false,"flappingEnabled":false}`, func(c *policy.Config) { c.Enabled, c.FlappingEnabled = false, false }},
		{"ages that are off", `{"maxAlertAgeDays":0,"autoAcknowledgeAfterHours":-3}`, func(c *policy.Config) {
			c.MaxAlertAgeDays, c.AutoAcknowledgeAfterHours = 0, 0
		}},
		{"deep inside", `{"guestDefaults":{"cpu":{"trigger":83}}}`, func(c *policy.Config) { c.GuestDefaults.CPU.Trigger = 83 }},
		{"in the schedule", `{"schedule":{"quietHours":{"suppress":{"storage":true}},"cooldown":0}}`, func(c *policy.Config) {
			c.Schedule.QuietHours.Suppress.Storage, c.Schedule.Cooldown = true, 0
		}},
		{"overrides", `{"overrides":{"c":{"note":"c"}}}`, func(c *policy.Config) {
			c.Overrides = map[string]policy.ThresholdConfig{"c": {Note: "c"}}
		}},
		{"no overrides", `{"overrides":null}`, func(c *policy.Config) { c.Overrides = map[string]policy.ThresholdConfig{} }},
		{"rules leave nothing behind", `{"customRules":[{"id":"2"}]}`, func(c *policy.Config) { c.CustomRules = []policy.CustomRule{{ID: "2"}} }},
		{"no rules", `{"customRules":null}`, func(c *policy.Config) { c.CustomRules = nil }},
		{"lists", `{"guestTagWhitelist":[" z "],"disabledTypes":null}`, func(c *policy.Config) {
			c.GuestTagWhitelist, c.DisabledTypes = []string{"z"}, nil
		}},
		{"delays", `{"timeThresholds":{"node":3,"pbs":-1},"metricTimeThresholds":null}`, func(c *policy.Config) {
			c.TimeThresholds, c.MetricTimeThresholds = map[string]int{"node": 3}, nil
		}},
		{"days", `{"schedule":{"quietHours":{"days":{"Friday":true}}}}`, func(c *policy.Config) {
			c.Schedule.QuietHours.Days = map[string]bool{"friday": true}
		}},
		{"levels", `{"schedule":{"escalation":{"levels":[]}}}`, func(c *policy.Config) {
			c.Schedule.Escalation.Levels = []policy.EscalationLevel{}
		}},
		{"level without a channel", `{"schedule":{"escalation":{"levels":[{"after":-5}]}}}`, func(c *policy.Config) {
			c.Schedule.Escalation.Levels = []policy.EscalationLevel{{Notify: "all"}}
		}},
		{"windows", `{"maintenance":null,"queryRules":null}`, func(c *policy.Config) { c.Maintenance, c.QueryRules = nil, nil }},
		{"activation stays", `{"activationState":""}`, func(*policy.Config) {}},
		{"activation", `{"activationState":"active","activationTime":"2026-11-23T05:31:51.86275197Z"}`, func(c *policy.Config) {
			c.ActivationState, c.ActivationTime = policy.Active, "2026-11-23T05:31:51.86275197Z"
		}},
		{"old name of the grouping window", `{"schedule":{"groupingWindow":77}}`, func(c *policy.Config) { c.Schedule.Grouping.Window = 77 }},
		{"both names", `{"schedule":{"groupingWindow":77,"grouping":{"window":66}}}`, func(c *policy.Config) { c.Schedule.Grouping.Window = 66 }},
		{"both names, new one 0", `{"schedule":{"groupingWindow":77,"grouping":{"window":0}}}`, func(c *policy.Config) { c.Schedule.Grouping.Window = 77 }},
		{"at once", `{"schedule":{"grouping":{"window":0}}}`, func(c *policy.Config) { c.Schedule.Grouping.Window = 0 }},
	}
	current := mustMerge(t, full)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want := mustMerge(t, full)
			c.change(&want)
			got, err := policy.Merge(current, []byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, -want +got:\n%s", c.body, diff)
			}
		})
	}
	if diff := cmp.Diff(mustMerge(t, full), current); diff != "" {
		t.Errorf("Merge changed its argument, -want +got:\n%s", diff)
	}
}

func TestNormalisation(t *testing.T) {
	const noTrigger = `{"trigger":-1,"clear":0}`
	cases := []struct{ name, body, field, want string }{
		{"storage", `{"storageDefault":` + noTrigger + `}`, "storageDefault", `{"clear":80,"trigger":85}`},
		{"docker", `{"dockerDefaults":{"disk":` + noTrigger + `}}`, "dockerDefaults.disk", `{"clear":80,"trigger":85}`},
		{"host", `{"hostDefaults":{"diskTemperature":` + noTrigger + `}}`, "hostDefaults.diskTemperature", `{"clear":50,"trigger":55}`},
		{"node temperature", `{"nodeDefaults":{"temperature":` + noTrigger + `}}`, "nodeDefaults.temperature", `{"clear":75,"trigger":80}`},
		{"node cpu", `{"nodeDefaults":{"cpu":` + noTrigger + `}}`, "nodeDefaults.cpu", `{"clear":0,"trigger":0}`},
		{"off", `{"storageDefault":{"trigger":0,"clear":12,"critical":3}}`, "storageDefault", `{"clear":0,"trigger":0}`},
		{"end at the trigger", `{"storageDefault":{"trigger":70,"clear":70}}`, "storageDefault", `{"clear":65,"trigger":70}`},
		{"end below 0", `{"storageDefault":{"trigger":3,"clear":9}}`, "storageDefault", `{"clear":0,"trigger":3}`},
		{"no end", `{"storageDefault":{"trigger":70,"clear":0}}`, "storageDefault", `{"clear":65,"trigger":70}`},
		{"no end in an override", `{"overrides":{"a":{"cpu":{"trigger":70}}}}`, "overrides.a.cpu", `{"clear":0,"trigger":70}`},
		{"off in an override", `{"overrides":{"a":{"cpu":{"trigger":-1,"clear":4}}}}`, "overrides.a.cpu", `{"clear":0,"trigger":-1}`},
		{"critical too soon", `{"storageDefault":{"critical":1}}`, "storageDefault.critical", `85`},
		{"severity of an override stays absent", `{"overrides":{"a":{"note":"n"}}}`, "overrides.a", `{"note":"n"}`},
		{"severity of an override", `{"overrides":{"a":{"poweredOffSeverity":"x"}}}`, "overrides.a", `{"poweredOffSeverity":"warning"}`},
		{"legacy numbers go", `{"overrides":{"a":{"diskLegacy":3}}}`, "overrides.a", `{"disk":{"clear":0,"trigger":3}}`},
		{"service gap", `{"dockerDefaults":{"serviceWarnGapPercent":60}}`, "dockerDefaults.serviceCriticalGapPercent", `60`},
		{"memory", `{"dockerDefaults":{"memoryWarnPct":97}}`, "dockerDefaults.memoryCriticalPct", `97`},
		{"update delay", `{"dockerDefaults":{"updateAlertDelayHours":0}}`, "dockerDefaults.updateAlertDelayHours", `24`},
		{"no update alerts", `{"dockerDefaults":{"updateAlertDelayHours":-7}}`, "dockerDefaults.updateAlertDelayHours", `-1`},
		{"mail", `{"pmgDefaults":{"queueTotalWarning":0}}`, "pmgDefaults.queueTotalWarning", `500`},
		{"snapshot warning", `{"snapshotDefaults":{"warningDays":50}}`, "snapshotDefaults.warningDays", `45`},
		{"snapshot critical", `{"snapshotDefaults":{"criticalDays":0}}`, "snapshotDefaults.criticalDays", `30`},
		{"snapshot size", `{"snapshotDefaults":{"warningSizeGiB":5}}`, "snapshotDefaults.criticalSizeGiB", `5`},
		{"backup colours", `{"backupDefaults":{"freshHours":0}}`, "backupDefaults.freshHours", `24`},
		{"near-duplicates", `{"minimumDelta":0}`, "minimumDelta", `2`},
		{"near-duplicates in time", `{"suppressionWindow":-1}`, "suppressionWindow", `5`},
		{"margin", `{"hysteresisMargin":-1}`, "hysteresisMargin", `5`},
		{"delay", `{"timeThreshold":-1}`, "timeThreshold", `5`},
		{"no delay", `{"timeThreshold":0}`, "timeThreshold", `0`},
		{"certificates", `{"certificateDays":0}`, "certificateDays", `14`},
		{"flapping", `{"flappingThreshold":0}`, "flappingThreshold", `5`},
		{"level of a rule in PromQL", `{"queryRules":[{"id":"a","expr":"up"}]}`, "queryRules", `[{"enabled":false,"expr":"up","id":"a","level":"warning","name":""}]`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := member(t, mustMerge(t, c.body), c.field); got != c.want {
				t.Errorf("%s is %s, want %s", c.field, got, c.want)
			}
		})
	}
}

// member returns the JSON of a member of a configuration.
func member(t *testing.T, c policy.Config, path string) string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(path, ".") {
		value = value.(map[string]any)[name]
	}
	text, err = json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMergeNamesWhatIsWrong(t *testing.T) {
	rule := func(filter string) string {
		return `{"customRules":[{},{"filterConditions":{"filters":[` + filter + `]}}]}`
	}
	window := func(text string) string { return `{"maintenance":[` + text + `]}` }
	many := func(n int, entry string) string { return "[" + strings.Repeat(entry+",", n) + entry + "]" }
	const first, second = "customRules[1].filterConditions.filters[0]", `"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"`
	cases := []struct{ name, body, path string }{
		{"type", `{"guestDefaults":{"cpu":{"trigger":"80"}}}`, "guestDefaults.cpu.trigger"},
		{"type of a list", `{"disabledTypes":"x"}`, "disabledTypes"},
		{"type of an object", `{"schedule":[]}`, "schedule"},
		{"broken number", `{"timeThreshold":1.5}`, "timeThreshold"},
		{"flag", `{"enabled":1}`, "enabled"},
		{"activation", `{"activationState":"on"}`, "activationState"},
		{"activation time", `{"activationTime":"now"}`, "activationTime"},
		{"zone", `{"schedule":{"quietHours":{"timezone":"Middle/Earth"}}}`, "schedule.quietHours.timezone"},
		{"zone outside", `{"schedule":{"quietHours":{"timezone":"../../etc/passwd"}}}`, "schedule.quietHours.timezone"},
		{"start", `{"schedule":{"quietHours":{"start":"25:00"}}}`, "schedule.quietHours.start"},
		{"end", `{"schedule":{"quietHours":{"enabled":true,"end":""}}}`, "schedule.quietHours.end"},
		{"day", `{"schedule":{"quietHours":{"days":{"someday":true}}}}`, "schedule.quietHours.days[someday]"},
		{"escalation", `{"schedule":{"escalation":{"levels":[{"after":1},{"notify":"fax"}]}}}`, "schedule.escalation.levels[1].notify"},
		{"escalation in eternity", `{"schedule":{"escalation":{"levels":[{"after":999999999}]}}}`, "schedule.escalation.levels[0].after"},
		{"too many levels", `{"schedule":{"escalation":{"levels":` + many(20, `{}`) + `}}}`, "schedule.escalation.levels"},
		{"cooldown", `{"schedule":{"cooldown":999999999}}`, "schedule.cooldown"},
		{"delay", `{"timeThresholds":{"guest":999999999}}`, "timeThresholds[guest]"},
		{"delay of a metric", `{"metricTimeThresholds":{"guest":{"cpu":999999999}}}`, "metricTimeThresholds[guest][cpu]"},
		{"age", `{"maxAlertAgeDays":999999999}`, "maxAlertAgeDays"},
		{"certificates", `{"certificateDays":999999999}`, "certificateDays"},
		{"updates", `{"dockerDefaults":{"updateAlertDelayHours":999999999}}`, "dockerDefaults.updateAlertDelayHours"},
		{"filter", rule(`{"type":"magic"}`), first + ".type"},
		{"metric", rule(`{"type":"metric","field":"usage"}`), first + ".field"},
		{"operator", rule(`{"type":"metric","field":"cpu","operator":"!="}`), first + ".operator"},
		{"number", rule(`{"type":"metric","field":"cpu","operator":">","value":"NaN"}`), first + ".value"},
		{"field", rule(`{"type":"text","field":"colour"}`), first + ".field"},
		{"text", rule(`{"type":"text","field":"name","value":{}}`), first + ".value"},
		{"raw", rule(`{"type":"raw","value":true}`), first + ".value"},
		{"window without id", window(`{` + second + `}`), "maintenance[0].id"},
		{"windows with one id", window(`{"id":"a",` + second + `},{"id":"a",` + second + `}`), "maintenance[1].id"},
		{"window without begin", window(`{"id":"a"}`), "maintenance[0].from"},
		{"window without end", window(`{"id":"a","from":"2026-01-01T00:00:00Z","to":"later"}`), "maintenance[0].to"},
		{"window that ends first", window(`{"id":"a","from":"2026-01-01T00:00:00Z","to":"2026-01-01T00:00:00Z"}`), "maintenance[0].to"},
		{"window for blanks", window(`{"id":"a",` + second + `,"nodes":[" "]}`), "maintenance[0]"},
		{"query rule without id", `{"queryRules":[{"expr":"up"}]}`, "queryRules[0].id"},
		{"query rule without expression", `{"queryRules":[{"id":"a","expr":" "}]}`, "queryRules[0].expr"},
		{"query rule of no level", `{"queryRules":[{"id":"a","expr":"up","level":"info"}]}`, "queryRules[0].level"},
		{"query rule without rest", `{"queryRules":[{"id":"a","expr":"up","every":1}]}`, "queryRules[0].every"},
		{"query rule in eternity", `{"queryRules":[{"id":"a","expr":"up","for":999999999}]}`, "queryRules[0].for"},
		{"too many rules", `{"customRules":` + many(500, `{}`) + `}`, "customRules"},
		{"too many query rules", `{"queryRules":` + many(200, `{}`) + `}`, "queryRules"},
		{"too many windows", `{"maintenance":` + many(500, `{}`) + `}`, "maintenance"},
		{"too many tags", `{"guestTagBlacklist":` + many(1000, `"a"`) + `}`, "guestTagBlacklist"},
		{"long text", `{"customRules":[{"description":"` + strings.Repeat("a", 4097) + `"}]}`, "customRules[0].description"},
		{"long note", `{"overrides":{"a":{"note":"` + strings.Repeat("a", 4097) + `"}}}`, "overrides[a].note"},
		{"long text in a value", rule(`{"type":"raw","value":["` + strings.Repeat("a", 4097) + `"]}`), first + ".value[0]"},
		{"long key", `{"overrides":{"` + strings.Repeat("a", 513) + `":{}}}`, "overrides"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := policy.Merge(policy.Default(), []byte(c.body))
			var field *policy.FieldError
			if !errors.As(err, &field) || field.Path != c.path || field.Problem == "" || err.Error() != field.Path+": "+field.Problem {
				t.Errorf("got %v, want an error of %s", err, c.path)
			}
		})
	}
}

func TestMergeRefusesWhatIsNoObject(t *testing.T) {
	for _, body := range []string{``, ` null `, `[]`, `"x"`, `7`, `{`, `{"enabled":}`, `{} {}`} {
		_, err := policy.Merge(policy.Default(), []byte(body))
		var field *policy.FieldError
		if err == nil || errors.As(err, &field) {
			t.Errorf("Merge(%q): got %v, want the decoder's error", body, err)
		}
	}
}

func TestManyOverrides(t *testing.T) {
	c := policy.Default()
	for i := range 10_000 {
		c.Overrides[fmt.Sprint("lab:pve1:", 100+i)] = policy.ThresholdConfig{Disabled: true}
	}
	if _, err := policy.New(c); err != nil {
		t.Errorf("10,000 overrides: %v", err)
	}
	c.Overrides["one more"] = policy.ThresholdConfig{}
	var field *policy.FieldError
	if _, err := policy.New(c); !errors.As(err, &field) || field.Path != "overrides" {
		t.Errorf("10,001 overrides: got %v, want an error of overrides", err)
	}
}

func TestMergeOfRecordings(t *testing.T) {
	for name, body := range recordings(t) {
		if _, err := policy.New(mustMerge(t, string(body))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// recordings returns what is in testdata by the names of the files.
func recordings(tb testing.TB) map[string][]byte {
	tb.Helper()
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		tb.Fatalf("no recordings: %v", err)
	}
	all := make(map[string][]byte)
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		all[name] = body
	}
	return all
}

func FuzzMerge(f *testing.F) {
	for _, body := range recordings(f) {
		f.Add(body)
	}
	f.Add([]byte(full))
	f.Add([]byte(`{"overrides":{"a:b:1":{"cpuLegacy":-1,"backup":{"warningDays":1e300},"disk":{"trigger":3,"critical":1}}}}`))
	f.Add([]byte(`{"maintenance":[{"id":"m","from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z","tags":[" "],"nodes":["n"]}],"disabledTypes":[""]}`))
	f.Add([]byte(`{"schedule":{"groupingWindow":5,"quietHours":{"enabled":true,"days":{"MONDAY":true,"monday":false}}},"timeThresholds":{"a":-1}}`))
	current, err := policy.Merge(policy.Default(), []byte(full))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		merged, err := policy.Merge(current, body)
		if err != nil {
			return
		}
		p, err := policy.New(merged)
		if err != nil {
			t.Fatalf("New refuses what Merge returns: %v", err)
		}
		if diff := cmp.Diff(merged, p.Config()); diff != "" {
			t.Errorf("New normalises further, -before +after:\n%s", diff)
		}
		p.For(guest())
		text, err := json.Marshal(merged)
		if err != nil {
			t.Fatal(err)
		}
		again, err := policy.Merge(merged, text)
		if err != nil {
			t.Fatalf("Merge refuses its own result: %v", err)
		}
		if diff := cmp.Diff(merged, again); diff != "" {
			t.Errorf("its own JSON changes it, -before +after:\n%s", diff)
		}
	})
}
