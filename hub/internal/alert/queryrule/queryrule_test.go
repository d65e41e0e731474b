package queryrule_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/alert/queryrule"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

var _ desk.Finder = (*queryrule.Finder)(nil)

// present is a store that has one value of each series, of the moment it is asked about.
type present struct {
	mu     sync.Mutex
	series map[string]float64 // by labels, as "resource=a,mount=b"
	err    error
	// hang, where it is set, keeps whoever asks until he gives up.
	hang bool
	// asked counts queries, waiting those that hang, most how many hung at a time.
	asked, waiting, most int
}

func (p *present) set(series map[string]float64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.series, p.err = series, err
}

func (p *present) Querier(_, to int64) (storage.Querier, error) {
	return &presentQuerier{LabelQuerier: storage.NoopQuerier(), present: p, at: to}, nil
}

type presentQuerier struct {
	storage.LabelQuerier
	present *present
	at      int64
}

func (q *presentQuerier) Close() error { return nil }

func (q *presentQuerier) Select(ctx context.Context, _ bool, _ *storage.SelectHints, _ ...*labels.Matcher) storage.SeriesSet {
	p := q.present
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.hang {
		p.waiting++
		p.most = max(p.most, p.waiting)
		p.mu.Unlock()
		<-ctx.Done()
		p.mu.Lock()
		p.waiting--
	}
	if p.err != nil {
		return storage.ErrSeriesSet(p.err)
	}
	set := &seriesSet{}
	for text, value := range p.series {
		pairs := strings.FieldsFunc("__name__=m,"+text, func(r rune) bool { return r == '=' || r == ',' })
		set.left = append(set.left, storage.NewListSeries(labels.FromStrings(pairs...), []chunks.Sample{sample{q.at, value}}))
	}
	return set
}

type seriesSet struct{ left, now []storage.Series }

func (s *seriesSet) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.now, s.left = s.left[:1], s.left[1:]
	return true
}
func (s *seriesSet) At() storage.Series                { return s.now[0] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                      { return s.at }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }

// bench is a finder with a clock, an engine that decides about what it finds, and a store.
type bench struct {
	testing.TB
	*queryrule.Finder
	store  *present
	engine *engine.Engine
	policy *policy.Policy
	stop   func()
}

// newBench runs a finder over a guest; call it in a bubble.
func newBench(t *testing.T, rules ...policy.QueryRule) *bench {
	t.Helper()
	b := &bench{TB: t, store: &present{}, engine: engine.New(nil)}
	inv := inventory.New(inventory.Options{})
	_, err := inv.Apply(t.Context(), inventory.Observation{
		Source: inventory.SourceRef{ID: "pve-lab", Type: "pve", Name: "lab", Plugin: "p"}, Dataset: "all", At: time.Now(), Complete: true,
		Resources: []resource.Resource{
			{ID: "node/pve1", Kind: resource.KindNode, Name: "pve1", Status: resource.StatusRunning},
			{
				ID: "qemu/100", Kind: resource.KindVM, Name: "web", ParentID: "node/pve1", Status: resource.StatusRunning, Tags: []string{"prod"},
				Detail: &resource.Guest{Node: "pve1", VMID: 100},
			},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.Finder = queryrule.New(queryrule.Options{Queryable: b.store, Inventory: inv, Active: func() []desk.Active {
		var out []desk.Active
		for _, a := range b.engine.State().Active {
			out = append(out, desk.Active{Alert: *a})
		}
		slices.SortFunc(out, func(a, b desk.Active) int { return cmp.Compare(a.ID, b.ID) })
		return out
	}})
	b.configure(rules...)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	b.stop = func() { cancel(); running.Wait() }
	return b
}

func (b *bench) configure(rules ...policy.QueryRule) {
	b.Helper()
	config := policy.Default()
	config.ActivationState, config.QueryRules = policy.Active, rules
	var err error
	if b.policy, err = policy.New(config); err != nil {
		b.Fatal(err)
	}
}

// pass lets time pass as a desk does, and says what has happened: kind, alert and why it ended.
func (b *bench) pass(d time.Duration) []string {
	b.Helper()
	out := []string{}
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Second) {
		synctest.Wait()
		found := map[string]bool{}
		checked := b.Find(time.Now(), b.policy)
		for _, one := range checked {
			found[one.Key] = true
		}
		events := b.engine.Evaluate(&engine.Round{Now: time.Now(), Policy: b.policy, Checked: checked, Gone: func(key string) bool { return !found[key] }})
		for _, e := range events {
			line := string(e.Kind) + " " + e.Identity.Key()
			if e.Alert != nil {
				line += " " + e.Alert.Subject.Name + " " + string(e.Alert.Level) + " " + string(e.Ending)
			}
			if e.Kind != alert.Told {
				out = append(out, strings.TrimSpace(line))
			}
		}
	}
	return out
}

func (b *bench) want(got []string, want ...string) {
	b.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		b.Errorf("at %s (-want +got):\n%s", time.Now().Format(time.TimeOnly), diff)
	}
}

func rule(id string, change ...func(*policy.QueryRule)) policy.QueryRule {
	r := policy.QueryRule{ID: id, Name: "High", Expr: "m > 5", Level: "warning", Every: 10, Enabled: true}
	for _, c := range change {
		c(&r)
	}
	return r
}

const web = "resource=pve-lab/qemu/100"

func TestSeriesAreAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, rule("a"))
		defer b.stop()
		b.store.set(map[string]float64{web: 3, "mount=/var": 9}, nil)
		b.want(b.pass(30*time.Second), "fired rule/a mount=/var warning")
		b.store.set(map[string]float64{web: 7, "mount=/var": 9}, nil)
		b.want(b.pass(30*time.Second), "fired rule/a web warning")
		b.store.set(map[string]float64{web: 7, "mount=/var": 1}, nil)
		b.want(b.pass(30*time.Second), "resolved rule/a mount=/var warning cleared")
		b.configure(rule("a", func(r *policy.QueryRule) { r.Level = "critical" }))
		b.want(b.pass(10*time.Second), "changed rule/a web critical")
		b.configure(rule("a", func(r *policy.QueryRule) { r.Level = "warning" }))
		b.want(b.pass(10*time.Second), "changed rule/a web warning")
		b.configure(rule("a", func(r *policy.QueryRule) { r.Enabled = false }))
		b.want(b.pass(10*time.Second), "resolved rule/a web warning removed")
	})
}

// TestSeriesThatEndedDuringARestart has an engine that knows of an alert, and a finder that has never seen it.
func TestSeriesThatEndedDuringARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, rule("a"))
		b.store.set(map[string]float64{web: 7}, nil)
		b.want(b.pass(30*time.Second), "fired rule/a web warning")
		b.stop()
		again := newBench(t, rule("a"))
		defer again.stop()
		again.engine = engine.New(b.engine.State())
		again.want(again.pass(30*time.Second), "resolved rule/a web warning cleared")
	})
}

func TestMustHoldForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, rule("a", func(r *policy.QueryRule) { r.For, r.Every = 120, 30 }))
		defer b.stop()
		b.store.set(map[string]float64{web: 7}, nil)
		b.want(b.pass(100*time.Second), "pending rule/a")
		b.store.set(map[string]float64{web: 1}, nil)
		b.want(b.pass(40*time.Second), "dropped rule/a")
		b.store.set(map[string]float64{web: 7}, nil)
		b.want(b.pass(40*time.Second), "pending rule/a")
		b.want(b.pass(120*time.Second), "fired rule/a web warning")
	})
}

func TestNothingEndsWhileARuleFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, rule("a"))
		defer b.stop()
		b.store.set(map[string]float64{web: 7}, nil)
		b.want(b.pass(30*time.Second), "fired rule/a web warning")
		b.store.set(nil, errors.New("disk on fire"))
		b.want(b.pass(5*time.Minute), "pending rule/a")
		problems := b.Problems()
		if len(problems) != 1 || problems[0].Rule != "a" || problems[0].Name != "High" || !strings.Contains(problems[0].Err.Error(), "disk on fire") ||
			time.Since(problems[0].Since) < 4*time.Minute {
			t.Errorf("problems are %+v", problems)
		}
		b.want(b.pass(6*time.Minute), "fired rule/a High warning")
		b.store.set(map[string]float64{}, nil)
		b.want(b.pass(30*time.Second), "resolved rule/a web warning cleared", "resolved rule/a High warning cleared")
		if problems := b.Problems(); len(problems) > 0 {
			t.Errorf("problems are %+v after all went well", problems)
		}
	})
}

// TestOldAnswersSayNothing lets the finder stop while a rule has an alert.
func TestOldAnswersSayNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, rule("a"))
		b.store.set(map[string]float64{web: 7}, nil)
		b.pass(20 * time.Second)
		b.stop()
		time.Sleep(time.Minute)
		checked := b.Find(time.Now(), b.policy)
		if diff := gocmp.Diff([]alert.Checked{{Key: "rule/a", Unseen: true}}, checked); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestSlowRules has many rules none of which is ever answered: two at a time are evaluated, and are given up.
func TestSlowRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rules []policy.QueryRule
		for i := range 6 {
			rules = append(rules, rule(fmt.Sprint("r", i)))
		}
		b := newBench(t, rules...)
		b.store.hang = true
		b.pass(62 * time.Second)
		problems := b.Problems()
		b.stop()
		if b.store.most != 2 || len(problems) != 6 || !strings.Contains(problems[0].Err.Error(), "10 seconds") {
			t.Errorf("%d at a time, problems are %v", b.store.most, problems)
		}
	})
}

func TestRulesAreEvaluatedAsOftenAsTheySay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, rule("a", func(r *policy.QueryRule) { r.Every = 30 }), rule("b", func(r *policy.QueryRule) { r.Every = 0 }))
		defer b.stop()
		b.pass(10 * time.Minute)
		if b.store.asked < 28 || b.store.asked > 31 { // 20 and 10
			t.Errorf("asked %d times within ten minutes", b.store.asked)
		}
	})
}

func TestTooManySeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, rule("a"))
		defer b.stop()
		series := map[string]float64{}
		for i := range 201 {
			series[fmt.Sprint("i=", i)] = 9
		}
		b.store.set(series, nil)
		b.want(b.pass(20*time.Second), "pending rule/a") // of the rule itself
		if problems := b.Problems(); len(problems) != 1 || !errors.Is(problems[0].Err, queryrule.ErrTooManySeries) {
			t.Errorf("problems are %v", problems)
		}
	})
}

func TestFinding(t *testing.T) {
	for _, tt := range []struct {
		name    string
		rule    policy.QueryRule
		series  string
		subject alert.Subject
		message string
	}{
		{
			"a resource", rule("a"), web,
			alert.Subject{Key: "rule/a", ID: "lab:pve1:100", Name: "web", Node: "pve1", Instance: "lab", Kind: resource.KindVM, Tags: []string{"prod"}},
			"High: web is at 7",
		},
		{
			"a resource that is gone", rule("a"), "resource=pve-lab/qemu/999",
			alert.Subject{Key: "rule/a", ID: "rule-a", Name: "resource=pve-lab/qemu/999"}, "High: resource=pve-lab/qemu/999 is at 7",
		},
		{"no label", rule("a", func(r *policy.QueryRule) { r.Expr = "sum(m) > 5" }), "", alert.Subject{Key: "rule/a", ID: "rule-a", Name: "High"}, "High: 7"},
		{
			"numbers", rule("x y/z", func(r *policy.QueryRule) { r.Expr, r.Name = "2 > bool 1", "" }), "",
			alert.Subject{Key: "rule/x%20y%2Fz", ID: "rule-x y/z", Name: "x y/z"}, "x y/z: 1",
		},
		{
			"a message of its own", rule("a", func(r *policy.QueryRule) { r.Message = "{{ name }} on {{node}}: {{value}} at {{mount}}{{nothing}}, {{" }),
			web + ",mount={{value}}",
			alert.Subject{Key: "rule/a", ID: "lab:pve1:100", Name: "web", Node: "pve1", Instance: "lab", Kind: resource.KindVM, Tags: []string{"prod"}},
			"web on pve1: 7 at {{value}}, {{",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, tt.rule)
				defer b.stop()
				b.store.set(map[string]float64{tt.series: 7}, nil)
				b.pass(20 * time.Second)
				checked := b.Find(time.Now(), b.policy)
				if len(checked) != 1 || len(checked[0].Findings) != 1 {
					t.Fatalf("checked is %+v", checked)
				}
				f := checked[0].Findings[0]
				if diff := gocmp.Diff(tt.subject, f.Subject); diff != "" || f.Message != tt.message {
					t.Errorf("message is %q, subject (-want +got):\n%s", f.Message, diff)
				}
				if f.Type != alert.QueryRule || f.Identity.Key() != checked[0].Key || !strings.HasPrefix(f.AlertID, "rule-"+tt.rule.ID+"-") {
					t.Errorf("finding is %+v", f)
				}
			})
		})
	}
}

func TestSwitchedOffTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, rule("a"))
		defer b.stop()
		b.store.set(map[string]float64{web: 7}, nil)
		b.pass(20 * time.Second)
		config := b.policy.Config()
		config.DisabledTypes = []string{"query-rule"}
		var err error
		if b.policy, err = policy.New(config); err != nil {
			t.Fatal(err)
		}
		b.want(b.pass(10*time.Second), "resolved rule/a web warning not-checked")
	})
}

func TestValidate(t *testing.T) {
	for expr, want := range map[string]string{
		"pulse_cpu_usage_ratio > 0.9":          "",
		"up":                                   "",
		"avg_over_time(m[1h]) > 2 and m < 9":   "",
		"(2 > bool 1)":                         "",
		"1":                                    "a number is no condition",
		"time()":                               "a number is no condition",
		`"text"`:                               "it gives a string",
		"m[5m]":                                "it gives a range vector",
		"m >":                                  "parse error",
		"":                                     "no expression",
		"unknown_function(m)":                  "unknown function",
		"m > on(a) group_left(a, b) count(m))": "parse error",
	} {
		err := queryrule.Validate(expr)
		if (err == nil) != (want == "") || err != nil && (!errors.Is(err, queryrule.ErrExpression) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q gave %v, want %q", expr, err, want)
		}
	}
	err := queryrule.ValidateAll([]policy.QueryRule{rule("a"), rule("b", func(r *policy.QueryRule) { r.Expr = "1" })})
	var field *policy.FieldError
	if !errors.As(err, &field) || field.Path != "queryRules[1].expr" {
		t.Errorf("got %v", err)
	}
}
