package desk_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/alert/desk"
	"github.com/pulse-hub/pulse/hub/internal/alert/engine"
	"github.com/pulse-hub/pulse/hub/internal/alert/journal"
	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// disk is a store that counts writes and can be full.
type disk struct {
	*store.DB
	writes atomic.Int64
	full   atomic.Bool
}

var errFull = errors.New("no room")

func (d *disk) Update(ctx context.Context, fn func(store.Tx) error) error {
	d.writes.Add(1)
	if d.full.Load() {
		return errFull
	}
	return d.DB.Update(ctx, fn)
}

// hub is a desk over an inventory and a disk, in a bubble of synctest.
type hub struct {
	*testing.T
	disk      *disk
	inventory *inventory.Inventory
	desk      *desk.Desk
	stop      func()

	mu     sync.Mutex
	events []alert.Event // of the desk that runs
}

// in runs a test in a bubble, with a hub that has been told to tell people.
func in(t *testing.T, test func(h *hub)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pulse.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(path, store.Options{KeyFile: path + ".key"})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		h := &hub{T: t, disk: &disk{DB: db}, inventory: inventory.New(inventory.Options{})}
		h.start()
		if _, err := h.desk.Activate(t.Context(), "test"); err != nil {
			t.Fatal(err)
		}
		test(h)
		h.stop()
	})
}

// start runs a new desk on what is on the disk.
func (h *hub) start() {
	h.Helper()
	h.taken()
	h.desk = desk.New(desk.Options{
		Inventory: h.inventory, Journal: journal.New(h.disk, hclog.NewNullLogger()), Records: h.disk, Logger: hclog.NewNullLogger(),
		Listen: []func([]alert.Event){h.hear},
	})
	if err := h.desk.Load(h.Context()); err != nil {
		h.Fatal(err)
	}
	ctx, cancel := context.WithCancel(h.Context())
	ended := make(chan error, 2)
	go func() { ended <- h.desk.Run(ctx) }()
	go func() { ended <- h.inventory.Run(ctx) }()
	synctest.Wait()
	h.stop = func() {
		cancel()
		if err := errors.Join(<-ended, <-ended); err != nil {
			h.Error(err)
		}
	}
}

// report lets a machine say how busy its processor is, at a time before now.
func (h *hub) report(cpu float64, ago time.Duration) {
	h.Helper()
	_, err := h.inventory.Apply(h.Context(), inventory.Observation{
		Source: inventory.SourceRef{ID: "host:db1", Type: "host", Name: "db1"}, At: time.Now().Add(-ago), Complete: true, ValidFor: time.Minute,
		Resources: []resource.Resource{{
			ID: "db1", Kind: resource.KindHost, Name: "db1", Status: resource.StatusRunning, Usage: resource.Usage{CPU: &cpu},
			Detail: &resource.Host{Hostname: "db1", Agent: resource.Agent{Interval: 10 * time.Second}},
		}},
	})
	if err != nil {
		h.Fatal(err)
	}
}

// reports lets the machine report every ten seconds for some time.
func (h *hub) reports(cpu float64, times int) {
	h.Helper()
	for range times {
		h.report(cpu, 0)
		time.Sleep(10 * time.Second)
		synctest.Wait()
	}
}

const cpuAlert = "host:db1-cpu"

func (h *hub) want(kinds ...string) {
	h.Helper()
	got := []string{}
	for _, event := range h.taken() {
		line := string(event.Kind)
		if event.Notice != nil {
			line += " told"
		}
		got = append(got, line)
	}
	if diff := cmp.Diff(append([]string{}, kinds...), got); diff != "" {
		h.Errorf("events (-want +got):\n%s", diff)
	}
}

func (h *hub) hear(events []alert.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, events...)
}

// taken returns the events since it was called last.
func (h *hub) taken() []alert.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	events := h.events
	h.events = nil
	return events
}

func TestReportsBecomeAlerts(t *testing.T) {
	in(t, func(h *hub) {
		h.reports(0.5, 3)
		h.want()
		h.reports(0.95, 3)
		h.want("pending", "fired told")
		active, found := h.desk.Find(cpuAlert)
		if !found || active.Level != alert.Critical || active.Reading.Value != 95 || len(h.desk.Active()) != 1 {
			h.Errorf("active is %+v", h.desk.Active())
		}
		before := h.desk.Present()
		h.reports(0.97, 1)
		if after := h.desk.Present(); after.Revision == before.Revision || after.Decided != before.Decided {
			h.Errorf("another value made %d, %d of %d, %d", after.Revision, after.Decided, before.Revision, before.Decided)
		}
		h.reports(0.2, 2)
		h.want("resolved told")
		select {
		case <-before.Next():
		default:
			h.Error("nobody was told that something was decided")
		}
		if history := h.desk.History(journal.Query{}); len(history) != 1 || history[0].Open() {
			h.Errorf("history is %+v", history)
		}
	})
}

// TestRestartChangesNothing ends the desk while it waits for a delay, while an alert is active, and while it is acknowledged.
func TestRestartChangesNothing(t *testing.T) {
	in(t, func(h *hub) {
		restart := func() {
			h.stop()
			h.start()
		}
		h.reports(0.95, 1)
		h.want("pending")
		restart()
		h.reports(0.95, 1)
		h.want("fired told")
		restart()
		h.reports(0.95, 3)
		h.want()
		if err := h.desk.Acknowledge(h.Context(), cpuAlert, "ann"); err != nil {
			h.Fatal(err)
		}
		h.want("acknowledged")
		restart()
		h.reports(0.95, 3)
		if active, _ := h.desk.Find(cpuAlert); active.AcknowledgedBy != "ann" {
			h.Errorf("after a restart acknowledged by %q", active.AcknowledgedBy)
		}
		h.reports(0.1, 1)
		h.want("resolved")
	})
}

// TestLateReportsFireNothing sends what a machine has kept while the hub was away.
func TestLateReportsFireNothing(t *testing.T) {
	in(t, func(h *hub) {
		h.reports(0.2, 2)
		for ago := time.Hour; ago > 5*time.Minute; ago -= 10 * time.Second {
			h.report(0.99, ago)
		}
		h.reports(0.2, 3)
		h.want()
	})
}

func TestSilenceFiresAndIsNotTakenForGood(t *testing.T) {
	in(t, func(h *hub) {
		h.reports(0.95, 3)
		h.want("pending", "fired told")
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		h.want("pending", "fired told")
		if _, goesOn := h.desk.Find(cpuAlert); !goesOn {
			h.Error("the processor is taken for good because nothing is heard")
		}
		if _, offline := h.desk.Find("host-offline-db1"); !offline {
			h.Errorf("nobody notices the silence: %+v", h.desk.Active())
		}
		h.reports(0.1, 2)
		h.want("resolved told", "resolved told")
	})
}

func TestIdleWritesNothing(t *testing.T) {
	in(t, func(h *hub) {
		if _, err := h.desk.SetConfig(h.Context(), []byte(`{"schedule":{"cooldown":0}}`), "ann"); err != nil {
			h.Fatal(err)
		}
		h.reports(0.95, 3)
		before := h.disk.writes.Load()
		h.reports(0.96, 60)
		if after := h.disk.writes.Load(); after != before {
			h.Errorf("%d writes while nothing was decided", after-before)
		}
	})
}

func TestFullDiskHidesNoAlert(t *testing.T) {
	in(t, func(h *hub) {
		h.disk.full.Store(true)
		h.reports(0.95, 3)
		h.want("pending", "fired told")
		if _, err := h.desk.SetConfig(h.Context(), []byte(`{"enabled":false}`), "ann"); !errors.Is(err, errFull) || !h.desk.Config().Enabled {
			h.Errorf("a configuration that is not saved: %v, enabled %v", err, h.desk.Config().Enabled)
		}
		h.disk.full.Store(false)
		h.reports(0.95, 1)
		h.stop()
		h.start()
		if _, active := h.desk.Find(cpuAlert); !active {
			h.Error("what fired on a full disk was never kept")
		}
	})
}

// TestTheLastRoundIsKept makes room only just before the end.
func TestTheLastRoundIsKept(t *testing.T) {
	in(t, func(h *hub) {
		h.disk.full.Store(true)
		h.reports(0.95, 3)
		h.want("pending", "fired told")
		h.disk.full.Store(false)
		h.stop()
		h.start()
		if _, active := h.desk.Find(cpuAlert); !active {
			h.Error("what waited for room is lost with the end of the hub")
		}
	})
}

func TestConfiguration(t *testing.T) {
	in(t, func(h *hub) {
		h.reports(0.85, 3)
		h.want("pending", "fired told")
		_, err := h.desk.SetConfig(h.Context(), []byte(`{"hostDefaults":{"cpu":{"trigger":90,"clear":88}}}`), "ann")
		if err != nil {
			h.Fatal(err)
		}
		h.reports(0.85, 1)
		h.want("resolved told")
		h.stop()
		h.start()
		config := h.desk.Config()
		if got := config.HostDefaults.CPU; got == nil || got.Trigger != 90 || config.ActivationState != policy.Active || config.GuestDefaults.CPU == nil {
			h.Errorf("after a restart the configuration is %+v", config)
		}
		var wrong *policy.FieldError
		if _, err := h.desk.SetConfig(h.Context(), []byte(`{"timeThreshold":"soon"}`), "ann"); !errors.As(err, &wrong) {
			h.Errorf("a wrong member gives %v", err)
		}
	})
}

func TestOrders(t *testing.T) {
	in(t, func(h *hub) {
		h.reports(0.95, 3)
		h.taken()
		if err := h.desk.Note(h.Context(), desk.Note{AlertID: cpuAlert, Text: "a backup runs", By: "ann"}); err != nil {
			h.Fatal(err)
		}
		if err := h.desk.Clear(h.Context(), cpuAlert, "ann"); err != nil {
			h.Fatal(err)
		}
		h.want("noted", "resolved")
		incident, known := h.desk.Incident(cpuAlert, time.Time{})
		events, err := h.desk.Timeline(h.Context(), incident.Alert.Number)
		if !known || err != nil || len(events) != 3 || events[1].Note != "a backup runs" || events[2].User != "ann" {
			h.Errorf("timeline is %+v, %v", events, err)
		}
		for name, err := range map[string]error{
			"acknowledge": h.desk.Acknowledge(h.Context(), "none", "ann"), "unacknowledge": h.desk.Unacknowledge(h.Context(), "none", "ann"),
			"clear": h.desk.Clear(h.Context(), "none", "ann"),
		} {
			if !errors.Is(err, engine.ErrNotFound) {
				h.Errorf("%s of what is not there: %v", name, err)
			}
		}
		if err := h.desk.Note(h.Context(), desk.Note{AlertID: "none", Text: "x"}); !errors.Is(err, desk.ErrNoIncident) {
			h.Errorf("note on what is not there: %v", err)
		}
	})
}

func TestOthersMayRefuseAConfiguration(t *testing.T) {
	in(t, func(h *hub) {
		wrong := &policy.FieldError{Path: "queryRules[0].expr", Problem: "no expression"}
		h.desk.Validate = func(*policy.Config) error { return wrong }
		if _, err := h.desk.SetConfig(h.Context(), []byte(`{"timeThreshold":7}`), "ann"); !errors.Is(err, wrong) || h.desk.Config().TimeThreshold == 7 {
			h.Errorf("refused with %v, the threshold is %d", err, h.desk.Config().TimeThreshold)
		}
	})
}
