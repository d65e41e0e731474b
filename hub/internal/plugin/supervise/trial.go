package supervise

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// TestResult is what trying a configuration brought.
type TestResult struct {
	OK      bool
	Summary string
	// Fields are faults that belong to fields.
	Fields []FieldError
	// Facts are what was found, for people: {"version": "8.2.2"}.
	Facts map[string]string
}

// Test tries a configuration that is not saved. Where there is no process, or
// none that may serve it, it gets one of its own that ends afterwards.
func (h *Host) Test(ctx context.Context, one instance.Instance) (TestResult, error) {
	t, err := h.find(one.Plugin)
	if err != nil {
		return TestResult{}, err
	}
	trial := trial{tenant: t, instance: one, name: ".test-" + strconv.FormatUint(h.tests.Add(1), 10)}
	t.journal.Mask(trial.name, secretsOf(one))
	defer t.journal.Mask(trial.name, nil)
	return trial.run(ctx)
}

// trial is one try of a configuration.
type trial struct {
	tenant   *tenant
	instance instance.Instance
	name     string // of a process of its own
	result   TestResult
}

func (t *trial) run(ctx context.Context) (TestResult, error) {
	s, err := t.shared()
	if err != nil {
		return TestResult{}, err
	}
	if s != nil {
		limited, cancel := t.limit(ctx)
		defer cancel()
		if err := s.useProcess(limited, t.ask); !errors.Is(err, errRetired) {
			return t.result, err
		}
	}
	err = t.apart(ctx)
	return t.result, err
}

// shared returns the supervisor of a running process that may try the configuration, nil if there is none.
func (t *trial) shared() (*supervisor, error) {
	t.tenant.mu.Lock()
	s, dropped := t.tenant.seats[""], t.tenant.dropped
	t.tenant.mu.Unlock()
	if dropped {
		return nil, unknownPlugin(t.tenant.id)
	}
	if s == nil {
		return nil, nil
	}
	process := s.current()
	if process == nil || !process.Admits([]instance.Instance{t.instance}) {
		return nil, nil
	}
	return s, nil
}

// apart tries the configuration in a process of its own.
func (t *trial) apart(ctx context.Context) error {
	ctx, leave, err := t.tenant.stage.within(ctx)
	if err != nil {
		return down(fmt.Errorf("%w: %w", ErrDown, err))
	}
	defer leave()
	t.tenant.mu.Lock()
	s := t.tenant.newSupervisor(assignment{plugin: t.tenant.plugin, instance: t.name, calls: t.tenant.calls})
	t.tenant.mu.Unlock()
	s.put(&t.instance)
	defer os.RemoveAll(s.dataDir()) // what a trial leaves is of no use; a rest is overwritten
	defer coolDown([]*supervisor{s})
	if _, err := s.start(ctx); err != nil {
		return down(fmt.Errorf("%w: %s", ErrDown, s.journal.Text(err.Error())))
	}
	ctx, cancel := t.limit(ctx)
	defer cancel()
	return s.useProcess(ctx, t.ask)
}

func (t *trial) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, t.tenant.timing.Test, errTestTimeout)
}

// ask makes the call.
func (t *trial) ask(ctx context.Context, clients *transport.Client) error {
	request := configureRequest(t.instance)
	request.InstanceId = ""
	response, err := clients.Plugin.Test(ctx, request)
	mask := t.tenant.journal.Text
	t.result = TestResult{
		OK: response.GetOk(), Summary: mask(response.GetSummary()),
		Fields: fieldErrors(response.GetErrors(), mask), Facts: response.GetFacts(),
	}
	return err
}
