package backtest_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/backtest"
	"github.com/pulse-hub/pulse/hub/internal/alert/check"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/metrics"
	"github.com/pulse-hub/pulse/hub/internal/record"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const poll = 10 * time.Second

// The sources of a hub.
var (
	pve   = inventory.SourceRef{ID: "pve-lab", Type: "pve", Name: "lab", Plugin: "pulse.proxmox"}
	agent = inventory.SourceRef{ID: "host:db1", Type: "host", Name: "db1"}
)

// hub is a small hub that lives through some hours at once: it records what it sees, and alerts are decided on.
type hub struct {
	testing.TB
	now       time.Time
	started   time.Time
	inventory *inventory.Inventory
	changes   *inventory.Subscription
	recorder  *record.Recorder
	store     *metrics.Store
	policy    *policy.Policy
	checker   *check.Checker
	engine    *engine.Engine
	events    []alert.Event
}

func newHub(t testing.TB, start time.Time, change func(*policy.Config)) *hub {
	t.Helper()
	h := &hub{TB: t, now: start, started: start.Add(-time.Hour), checker: check.New(), engine: engine.New(nil), store: newStore(t)}
	h.inventory = inventory.New(inventory.Options{Now: func() time.Time { return h.now }})
	h.changes = h.inventory.Subscribe("record", 64)
	t.Cleanup(h.changes.Close)
	h.recorder = record.New(h.store, hclog.NewNullLogger())
	h.policy = policyOf(t, change)
	return h
}

func newStore(t testing.TB) *metrics.Store {
	t.Helper()
	store, err := metrics.Open(metrics.Options{Dir: t.TempDir(), QueueSamples: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = store.Run(t.Context()) })
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		running.Wait()
	})
	return store
}

// policyOf is the configuration of the factory, told of, with changes.
func policyOf(t testing.TB, change func(*policy.Config)) *policy.Policy {
	t.Helper()
	config := policy.Default()
	config.ActivationState = policy.Active
	if change != nil {
		change(&config)
	}
	p, err := policy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tell lets a source say what it sees now, and records it.
func (h *hub) tell(source inventory.SourceRef, resources ...resource.Resource) {
	h.Helper()
	outcome, err := h.inventory.Apply(h.Context(), inventory.Observation{
		Source: source, Dataset: "all", At: h.now, Complete: true, ValidFor: time.Hour, Resources: resources,
	})
	if err != nil || len(outcome.Rejected) > 0 {
		h.Fatalf("tell %s: %v %v", source.ID, err, outcome.Rejected)
	}
	for {
		select {
		case batch := <-h.changes.Batches():
			if err := h.recorder.Record(h.Context(), batch); err != nil {
				h.Fatal(err)
			}
			continue
		default:
		}
		return
	}
}

// decide has everything checked and lets the engine decide, as a desk does.
func (h *hub) decide() {
	world := check.NewWorld(h.inventory.Snapshot(), h.policy, h.now, h.started, h.engine.Open)
	h.events = append(h.events, h.engine.Evaluate(&engine.Round{
		Now: h.now, Policy: h.policy, Checked: h.checker.All(world), Gone: func(key string) bool { return !world.Exists(key) },
	})...)
}

// test looks at all that was recorded.
func (h *hub) test(r backtest.Request) *backtest.Report {
	h.Helper()
	if err := h.store.Flush(h.Context()); err != nil {
		h.Fatal(err)
	}
	r.Store, r.Snapshot, r.Policy = h.store, h.inventory.Snapshot(), cmp.Or(r.Policy, h.policy)
	if r.From.IsZero() {
		r.From, r.To = h.started, h.now
	}
	report, err := backtest.Run(h.Context(), r)
	if err != nil {
		h.Fatal(err)
	}
	return report
}

// A walk is a value that moves by chance between 0 and 1, in steps that are stored exactly. Now and then it leaps.
type walk struct{ steps int }

const walkSteps = 1 << 14

func (w *walk) next(random *rand.Rand) float64 {
	w.steps += random.IntN(401) - 200
	if random.IntN(300) == 0 {
		w.steps = random.IntN(walkSteps)
	}
	w.steps = min(max(w.steps, 0), walkSteps)
	return float64(w.steps) / walkSteps
}

func (w *walk) capacity(random *rand.Rand) resource.Capacity {
	w.next(random)
	return resource.Capacity{Total: walkSteps, Used: uint64(w.steps), Free: uint64(walkSteps - w.steps)}
}

// life is what happens to the resources of a hub.
type life struct {
	random *rand.Rand
	walks  map[string]*walk
}

func (l *life) of(name string) *walk {
	if l.walks[name] == nil {
		l.walks[name] = &walk{steps: walkSteps / 2}
	}
	return l.walks[name]
}

func (l *life) usage(name string) resource.Usage {
	cpu, heat := l.of(name+"/cpu").next(l.random), 100*l.of(name+"/heat").next(l.random)
	heat = float64(int(heat*64)) / 64
	return resource.Usage{
		CPU: &cpu, Temperature: &heat, Memory: l.of(name + "/memory").capacity(l.random), Disk: l.of(name + "/disk").capacity(l.random),
		Rates: &resource.Rates{DiskRead: float64(int(200 << 20 * l.of(name+"/read").next(l.random)))},
	}
}

// step tells of everything once. The second guest stands still now and then.
func (l *life) step(h *hub, n int) {
	list := []resource.Resource{{
		ID: "node/pve1", Kind: resource.KindNode, Name: "pve1", Status: resource.StatusRunning, Usage: l.usage("pve1"),
		Detail: &resource.Node{ClusterName: "lab"},
	}, {
		ID: "storage/pve1/local", Kind: resource.KindStorage, Name: "local", ParentID: "node/pve1", Status: resource.StatusRunning,
		Usage:  resource.Usage{Disk: l.of("local").capacity(l.random)},
		Detail: &resource.Storage{Node: "pve1", Type: "dir", Enabled: true, Active: true},
	}}
	for vmid := 100; vmid < 103; vmid++ {
		guest := resource.Resource{
			ID: fmt.Sprint("qemu/", vmid), Kind: resource.KindVM, Name: fmt.Sprint("web", vmid), ParentID: "node/pve1",
			Status: resource.StatusRunning, Usage: l.usage(fmt.Sprint(vmid)), Detail: &resource.Guest{Node: "pve1", VMID: vmid},
		}
		if vmid == 101 && n/90%5 == 4 {
			guest.Status = resource.StatusStopped
		}
		list = append(list, guest)
	}
	h.tell(pve, list...)
	h.tell(agent, resource.Resource{
		ID: "db1", Kind: resource.KindHost, Name: "db1", Status: resource.StatusRunning, Usage: l.usage("db1"),
		Detail: &resource.Host{Hostname: "db1", Agent: resource.Agent{Interval: poll}, Filesystems: []resource.Filesystem{
			{Mountpoint: "/", Capacity: l.reserving("/")}, {Mountpoint: "/var", Capacity: l.of("/var").capacity(l.random)},
		}},
	})
}

// reserving is a file system of which a part is for its administrator.
func (l *life) reserving(name string) resource.Capacity {
	c := l.of(name).capacity(l.random)
	c.Total += 1000
	return c
}

// outline is what an event says that counts.
type outline struct {
	Kind     alert.Kind
	At       time.Time
	Identity alert.Identity
	Level    alert.Level
	Value    float64
	Withheld alert.Withholding
	Ending   alert.Ending
}

// outlines leaves out what is not measured.
func outlines(events []alert.Event) []outline {
	var out []outline
	for i := range events {
		e := &events[i]
		if slices.Contains(notMeasured, kindOf(e.Identity)) {
			continue
		}
		one := outline{Kind: e.Kind, At: e.At.UTC(), Identity: e.Identity, Withheld: e.Withheld, Ending: e.Ending}
		if e.Alert != nil {
			one.Level, one.Value = e.Alert.Level, e.Alert.Value
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b outline) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Identity, b.Identity))
	})
	return out
}

// TestSameAsTheLiveEngine lets a hub live through a third of a day under several configurations.
func TestSameAsTheLiveEngine(t *testing.T) {
	for name, change := range map[string]func(*policy.Config){
		"factory": nil,
		"slow, with rates, without repetition": func(c *policy.Config) {
			c.TimeThresholds["guest"], c.TimeThresholds["node"] = 180, 60
			c.GuestDefaults.DiskRead = &policy.Threshold{Trigger: 150, Clear: 120}
			c.Schedule.Cooldown, c.SuppressionWindow, c.MinimumDelta = 0, 60, 5
		},
		"quiet, flapping and at once": func(c *policy.Config) {
			c.TimeThreshold, c.TimeThresholds = 0, map[string]int{}
			c.NodeDefaults.Temperature = &policy.Threshold{Trigger: 60, Clear: 60}
			c.FlappingThreshold, c.FlappingWindowSeconds = 2, 3600
			c.Schedule.MaxAlertsHour = 1
			c.Schedule.QuietHours = policy.QuietHours{Enabled: true, Start: "00:00", End: "12:00", Timezone: "UTC"}
			c.Schedule.Escalation.Enabled = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t, time.Now().Add(-8*time.Hour).UTC().Truncate(time.Second), change)
			l := life{random: rand.New(rand.NewPCG(3, uint64(len(name)))), walks: map[string]*walk{}}
			for n := range int(8 * time.Hour / poll) {
				l.step(h, n)
				h.decide()
				h.now = h.now.Add(poll)
			}
			report := h.test(backtest.Request{Events: true})
			want, got := outlines(h.events), outlines(report.Events)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatalf("events (-live +test):\n%.4000s", diff)
			}
			if len(want) < 300 {
				t.Errorf("only %d events", len(want))
			}
			report.Events = nil
			if diff := gocmp.Diff(report, h.test(backtest.Request{})); diff != "" {
				t.Errorf("without events the report is another one (-with +without):\n%s", diff)
			}
		})
	}
}
