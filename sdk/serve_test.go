package sdk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/notification"
	"github.com/pulse-hub/pulse/sdk/plugintest"
)

type machineConfig struct {
	sdk.Instance `json:"-"`
	Host         string        `json:"host" title:"Host" format:"hostname" required:"true"`
	Token        sdk.Secret    `json:"token" title:"Token"`
	Count        int           `json:"count" default:"3" min:"1" max:"5000"`
	Wait         time.Duration `json:"wait" default:"5s"`
	TLS          struct {
		Key sdk.Secret `json:"key"`
	} `json:"tls"`
}

// machines is a source whose behaviour follows from the host it is set up for.
type machines struct {
	machineConfig
	closed *closeCount
}

type closeCount struct {
	mu    sync.Mutex
	hosts []string
}

func (c *closeCount) add(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hosts = append(c.hosts, host)
}

func (m *machines) Close() { m.closed.add(m.Host) }

func (m *machines) CollectDataset(ctx context.Context, dataset string, out *sdk.Snapshot) error {
	switch m.Host {
	case "panic":
		panic("secret " + string(m.Token))
	case "auth":
		return fmt.Errorf("log in: %w", sdk.AuthFailed(errors.New("token "+string(m.Token)+" refused")))
	case "elsewhere":
		return fmt.Errorf("connect: %w", sdk.FieldError{Path: "/host", Message: "is not there, said " + string(m.Token)})
	case "slow":
		<-ctx.Done()
		return ctx.Err()
	case "partial":
		out.Failed("node/b", sdk.RetryAfter(time.Second, errors.New("b with "+string(m.Token)+" is away")))
	}
	for i := range m.Count {
		out.Add("node", fmt.Sprintf("%s/%d", dataset, i), m.Host, sdk.Running).
			CPU(0.5).Memory(1, 4).Metric("wait", m.Wait.Seconds(), sdk.Seconds)
	}
	out.Event(sdk.Event{ID: "e1", Severity: "info", Message: "seen"})
	out.Revision(out.Since() + 1)
	return nil
}

func (m *machines) Watch(ctx context.Context, emit func(*sdk.Snapshot) error) error {
	changes := sdk.NewChanges("guests")
	changes.Add("vm", "vm/1", "one", sdk.Stopped)
	if err := emit(changes); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (m *machines) Invoke(ctx context.Context, a sdk.Action, progress func(sdk.Progress) error) (json.RawMessage, error) {
	if a.Name != "start" {
		return nil, fmt.Errorf("cannot %s with %s", a.Name, string(m.Token))
	}
	if err := progress(sdk.Progress{Done: 0.5, Line: a.ResourceID + " " + string(a.Params)}); err != nil {
		return nil, err
	}
	return json.RawMessage(`{"task":1}`), m.Host_(ctx)
}

// Host_ uses what the hub offers.
func (m *machines) Host_(ctx context.Context) error {
	if err := m.Instance.Host.Put(ctx, "started", []byte("yes"), time.Hour); err != nil {
		return err
	}
	value, ok, err := m.Instance.Host.Get(ctx, "started")
	if err != nil || !ok || string(value) != "yes" {
		return fmt.Errorf("got %q, %v, %w", value, ok, err)
	}
	if err := m.Instance.Host.UpdateSecret(ctx, "/token", "fresh"); err != nil {
		return err
	}
	return m.Instance.Host.ReportHealth(ctx, sdk.Health{State: sdk.HealthDegraded, Message: "tired"})
}

func machinesPlugin(closed *closeCount) *sdk.Plugin {
	return sdk.DatasetSource(sdk.New("acme.machines", "1.2.3", sdk.Name("Machines")), "rack", "Rack",
		func(c machineConfig) (*machines, error) {
			if c.Host == "refused" {
				return nil, errors.Join(sdk.FieldError{Path: "/host", Message: "is refused"},
					errors.New("with "+string(c.Token)))
			}
			return &machines{c, closed}, nil
		},
		sdk.Description("A rack."), sdk.Category("hardware"),
		sdk.Datasets(sdk.Dataset{Name: "nodes"}, sdk.Dataset{Name: "guests", Interval: time.Minute}))
}

func startMachines(t *testing.T) *plugintest.Harness {
	return plugintest.Start(t, machinesPlugin(&closeCount{}))
}

const secretToken = "s3cr3t-token"

func withToken() map[string]string {
	return map[string]string{"/token": secretToken, "/tls/key": "k3y-k3y"}
}

func TestDescribeEqualsManifest(t *testing.T) {
	h := startMachines(t)
	want, err := machinesPlugin(nil).Manifest()
	if err != nil {
		t.Fatal(err)
	}
	got := h.Manifest()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Describe differs from plugin.json (-json +served):\n%s", diff)
	}
	wantFeatures := []string{manifest.FeatureWatch, manifest.FeatureActions}
	if diff := cmp.Diff(wantFeatures, got.Components[0].Features); diff != "" {
		t.Errorf("features (-want +got):\n%s", diff)
	}
}

func TestCollect(t *testing.T) {
	h := startMachines(t)
	id := h.Configure("source/rack", map[string]any{"host": "pve1"}, withToken())
	got := h.Collect(id, "guests")
	if len(got.Resources) != 3 || got.Resources[0].ID != "guests/0" || !got.Full || got.Revision != 1 {
		t.Fatalf("got %+v", got)
	}
	first := got.Resources[0]
	if *first.Usage.CPU != 0.5 || first.Usage.Memory.Free != 3 || first.Metrics[0].Value != 5 || first.Metrics[0].Unit != sdk.Seconds {
		t.Errorf("resource is %+v", first)
	}
	if len(got.Events) != 1 || got.Events[0].ID != "e1" {
		t.Errorf("events are %+v", got.Events)
	}
}

func TestCollectSendsChunks(t *testing.T) {
	h := startMachines(t)
	id := h.Configure("source/rack", map[string]any{"host": "pve1", "count": 1201}, nil)
	got := h.Collect(id, "nodes")
	if len(got.Resources) != 1201 || got.Chunks != 3 {
		t.Errorf("got %d resources in %d chunks, want 1201 in 3", len(got.Resources), got.Chunks)
	}
}

func TestCollectErrors(t *testing.T) {
	for _, test := range []struct {
		name, host, dataset string
		code                codes.Code
		fault               fault.Error
	}{
		{"panic", "panic", "nodes", codes.Internal, fault.Error{Origin: fault.OriginPlugin, Code: fault.CodePanic}},
		{"credentials", "auth", "nodes", codes.Unauthenticated, fault.Error{Origin: fault.OriginRemote, Code: fault.CodeAuth}},
		{"dataset", "pve1", "none", codes.NotFound, fault.Error{Origin: fault.OriginCaller, Code: fault.CodeNotFound}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := startMachines(t)
			id := h.Configure("source/rack", map[string]any{"host": test.host}, withToken())
			_, err := h.TryCollect(t.Context(), id, test.dataset)
			if status.Code(err) != test.code {
				t.Fatalf("got %v, want code %s", err, test.code)
			}
			if strings.Contains(err.Error(), secretToken) {
				t.Errorf("error holds the secret: %v", err)
			}
			got := fault.Of(err)
			if got.Origin != test.fault.Origin || got.Code != test.fault.Code || got.Transient != test.fault.Transient {
				t.Errorf("got fault %+v, want %+v", got, test.fault)
			}
			// One instance's bug leaves the others alone.
			other := h.Configure("source/rack", map[string]any{"host": "pve1"}, nil)
			h.Collect(other, "nodes")
		})
	}
}

func TestUnknownInstance(t *testing.T) {
	h := startMachines(t)
	_, err := h.TryCollect(t.Context(), "nobody", "")
	if status.Code(err) != codes.NotFound {
		t.Errorf("Collect: got %v, want NotFound", err)
	}
	_, err = h.Client.Notifier.Send(t.Context(), &pluginv1.SendRequest{InstanceId: "nobody"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("Send: got %v, want NotFound", err)
	}
	_, err = h.Client.Plugin.Health(t.Context(), &pluginv1.HealthRequest{InstanceId: "nobody"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("Health: got %v, want NotFound", err)
	}
	id := h.Configure("source/rack", map[string]any{"host": "pve1"}, nil)
	_, err = h.Client.AI.Models(t.Context(), &pluginv1.ModelsRequest{InstanceId: id})
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("Models of a source: got %v, want Unimplemented", err)
	}
}

func TestCollectObeysDeadlineAndCancel(t *testing.T) {
	h := startMachines(t)
	id := h.Configure("source/rack", map[string]any{"host": "slow"}, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := h.TryCollect(ctx, id, "nodes"); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
}

func TestPartialCollectKeepsSecretsBack(t *testing.T) {
	h := startMachines(t)
	id := h.Configure("source/rack", map[string]any{"host": "partial"}, withToken())
	got := h.Collect(id, "nodes")
	want := []sdk.Problem{{ResourceID: "node/b", Code: fault.CodeRateLimited, Message: "b with *** is away", Transient: true}}
	if diff := cmp.Diff(want, got.Problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestConfigureErrors(t *testing.T) {
	for _, test := range []struct {
		name    string
		config  any
		secrets map[string]string
		want    []sdk.FieldError
	}{
		{"missing", map[string]any{}, nil, []sdk.FieldError{{Path: "/host", Message: "is required"}}},
		{"range", map[string]any{"host": "a", "count": 0}, nil, []sdk.FieldError{{Path: "/count", Message: "must be at least 1"}}},
		{"unknown", map[string]any{"host": "a", "x/y": 1}, nil, []sdk.FieldError{{Path: "/x~1y", Message: "is not a known setting"}}},
		{"not an object", []int{1}, nil, []sdk.FieldError{{Message: "must be a JSON object"}}},
		{"no such secret", map[string]any{"host": "a"}, map[string]string{"/host": "x"},
			[]sdk.FieldError{{Message: `no such secret in the schema: "/host"`}}},
		{"factory", map[string]any{"host": "refused"}, withToken(),
			[]sdk.FieldError{{Path: "/host", Message: "is refused"}, {Message: "with ***"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := startMachines(t)
			got := h.TryConfigure("i", "source/rack", test.config, test.secrets)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
			if _, err := h.TryCollect(t.Context(), "i", ""); status.Code(err) != codes.NotFound {
				t.Errorf("a refused configuration is in force: %v", err)
			}
		})
	}
}

func TestStaleRevisionIsRefused(t *testing.T) {
	h := startMachines(t)
	request := &pluginv1.ConfigureRequest{InstanceId: "i", Component: "source/rack", ConfigJson: `{"host":"a"}`, Revision: 2}
	if _, err := h.Client.Plugin.Configure(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	request.Revision = 1
	if _, err := h.Client.Plugin.Configure(t.Context(), request); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("got %v, want FailedPrecondition", err)
	}
}

func TestConfigureAndRemoveBesideCollect(t *testing.T) {
	h := startMachines(t)
	var running sync.WaitGroup
	for worker := range 4 {
		id := fmt.Sprintf("shared-%d", worker%2)
		running.Go(func() {
			for i := range 20 {
				if faults := h.TryConfigure(id, "source/rack", map[string]any{"host": "a", "count": i + 1}, nil); faults != nil {
					t.Errorf("configure: %v", faults)
				}
				if _, err := h.TryCollect(t.Context(), id, "nodes"); err != nil && status.Code(err) != codes.NotFound {
					t.Errorf("collect: %v", err)
				}
				if i%5 == 0 {
					h.Remove(id)
				}
			}
		})
	}
	running.Wait()
}

func TestWatch(t *testing.T) {
	h := startMachines(t)
	id := h.Configure("source/rack", map[string]any{"host": "a"}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stream, err := h.Client.Source.Watch(ctx, &pluginv1.WatchRequest{InstanceId: id})
	if err != nil {
		t.Fatal(err)
	}
	chunk, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	if chunk.GetFull() || !chunk.GetLast() || chunk.GetDataset() != "guests" || chunk.GetResources()[0].GetId() != "vm/1" {
		t.Errorf("got %v", chunk)
	}
	cancel()
	if _, err := stream.Recv(); status.Code(err) != codes.Canceled {
		t.Errorf("after cancel: got %v", err)
	}
}

func TestInvokeAndHost(t *testing.T) {
	h := startMachines(t)
	id := h.Configure("source/rack", map[string]any{"host": "a"}, withToken())
	invoke := func(action string) []*pluginv1.InvokeEvent {
		stream, err := h.Client.Source.Invoke(t.Context(), &pluginv1.InvokeRequest{
			InstanceId: id, ResourceId: "vm/1", Action: action, ParamsJson: `{"force":true}`,
		})
		if err != nil {
			t.Fatal(err)
		}
		var events []*pluginv1.InvokeEvent
		for {
			event, err := stream.Recv()
			if err != nil {
				return events
			}
			events = append(events, event)
		}
	}
	events := invoke("start")
	if len(events) != 2 || events[0].GetLine() != `vm/1 {"force":true}` || !events[1].GetDone() ||
		events[1].GetError() != "" || events[1].GetResultJson() != `{"task":1}` {
		t.Errorf("start: got %v", events)
	}
	if got := h.Host.Secret(id, "/token"); got != "fresh" {
		t.Errorf("secret is %q", got)
	}
	if reports := h.Host.Reports(); len(reports) != 1 || reports[0].GetHealth().GetState() != pluginv1.State_STATE_DEGRADED {
		t.Errorf("reports are %v", reports)
	}
	events = invoke("stop")
	if len(events) != 1 || events[0].GetError() != "cannot stop with ***" || !events[0].GetDone() {
		t.Errorf("stop: got %v", events)
	}
}

func TestTestAndHealth(t *testing.T) {
	h := startMachines(t)
	for host, want := range map[string]pluginv1.State{
		"a": pluginv1.State_STATE_OK, "auth": pluginv1.State_STATE_AUTH_FAILED, "refused": pluginv1.State_STATE_FAILED,
	} {
		got := h.Test("source/rack", map[string]any{"host": host}, withToken())
		if got.GetState() != want || got.GetOk() != (want == pluginv1.State_STATE_OK) {
			t.Errorf("test of %s: got %v", host, got)
		}
		if strings.Contains(got.String(), secretToken) {
			t.Errorf("test of %s tells the secret: %v", host, got)
		}
	}
	found := h.Test("source/rack", map[string]any{"host": "elsewhere"}, withToken()).GetErrors()
	if len(found) != 1 || found[0].GetPath() != "/host" || !strings.HasPrefix(found[0].GetMessage(), "is not there") ||
		strings.Contains(found[0].GetMessage(), secretToken) {
		t.Errorf("a fault of a field that shows only when it is tried is told as %v", found)
	}
	id := h.Configure("source/rack", map[string]any{"host": "auth"}, withToken())
	if _, err := h.TryCollect(t.Context(), id, "nodes"); err == nil {
		t.Fatal("collect succeeded")
	}
	health, err := h.Client.Plugin.Health(t.Context(), &pluginv1.HealthRequest{InstanceId: id})
	if err != nil || health.GetState() != pluginv1.State_STATE_AUTH_FAILED || strings.Contains(health.GetMessage(), secretToken) {
		t.Errorf("health: got %v, %v", health, err)
	}
}

type post struct {
	Fail string `json:"fail"`
}

func (p post) Send(_ context.Context, m *sdk.Notification) error {
	switch p.Fail {
	case "reject":
		return sdk.Reject(errors.New("gone"))
	case "later":
		return sdk.RetryAfter(time.Minute, errors.New("busy"))
	case "network":
		return errors.New("connection refused")
	}
	if len(m.Alerts) != 1 || m.Alerts[0].Value != 0.9 {
		return sdk.Reject(fmt.Errorf("got %+v", m))
	}
	return nil
}

func TestSend(t *testing.T) {
	h := plugintest.Start(t, sdk.Notifier(sdk.New("acme.post", "1.0.0"), "post", "Post",
		func(p post) (post, error) { return p, nil }))
	for fail, want := range map[string]notification.Result{
		"":        {Outcome: notification.OutcomeDelivered},
		"reject":  {Outcome: notification.OutcomeRejected, Error: "gone"},
		"later":   {Outcome: notification.OutcomeRetry, Error: "busy", RetryAfter: time.Minute},
		"network": {Outcome: notification.OutcomeRetry, Error: "connection refused"},
	} {
		id := h.Configure("notifier/post", map[string]any{"fail": fail}, nil)
		got := h.Send(id, &sdk.Notification{Title: "t", Alerts: []sdk.Alert{{Value: 0.9}}})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("fail %q (-want +got):\n%s", fail, diff)
		}
	}
}
