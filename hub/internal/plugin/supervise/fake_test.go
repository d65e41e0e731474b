package supervise_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/transport"
)

const fakeID = "test.fake"

var errNoStart = errors.New("no such executable")

// fakeLauncher makes fake processes. Its fields but mu are set before use.
type fakeLauncher struct {
	startTime time.Duration // of every process
	fails     func(start int) bool

	mu       sync.Mutex
	starts   []time.Time
	starting int
	most     int // greatest number of starts at the same time
	all      []*fakeProcess
}

func (l *fakeLauncher) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func (l *fakeLauncher) Launch(ctx context.Context, plugin supervise.Plugin, _ *journal.Journal) (supervise.Process, error) {
	l.mu.Lock()
	l.starts = append(l.starts, time.Now())
	number := len(l.starts)
	l.starting++
	l.most = max(l.most, l.starting)
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.starting--
	}()
	select {
	case <-time.After(l.startTime):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if l.fails != nil && l.fails(number) {
		return nil, errNoStart
	}
	process := newFakeProcess(number, plugin.ID)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, process)
	return process, nil
}

// last returns the newest process.
func (l *fakeLauncher) last() *fakeProcess {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all[len(l.all)-1]
}

func (l *fakeLauncher) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.starts)
}

func (l *fakeLauncher) atOnce() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most
}

// gaps returns the times between the starts.
func (l *fakeLauncher) gaps() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var gaps []time.Duration
	for i := 1; i < len(l.starts); i++ {
		gaps = append(gaps, l.starts[i].Sub(l.starts[i-1]))
	}
	return gaps
}

// fakeProcess is a process and the plugin in it.
type fakeProcess struct {
	pluginv1.PluginClient // what is not faked panics
	pid                   int
	id                    string
	done                  chan struct{}
	end                   sync.Once

	mu         sync.Mutex
	exit       runner.Exit
	mute       bool // gives no sign of life
	refuse     string
	configured map[string]uint64
	calls      int
}

func newFakeProcess(pid int, id string) *fakeProcess {
	return &fakeProcess{pid: pid, id: id, done: make(chan struct{}), configured: map[string]uint64{}}
}

func (p *fakeProcess) Pid() int                   { return p.pid }
func (p *fakeProcess) Clients() *transport.Client { return &transport.Client{Plugin: p} }
func (p *fakeProcess) Done() <-chan struct{}      { return p.done }

func (p *fakeProcess) Exit() runner.Exit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.exit
}

func (p *fakeProcess) Ping(ctx context.Context) error {
	p.mu.Lock()
	mute := p.mute
	p.mu.Unlock()
	if mute {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (p *fakeProcess) Stop(context.Context) error {
	p.die(runner.Exit{At: time.Now()})
	return nil
}

func (p *fakeProcess) die(exit runner.Exit) {
	p.end.Do(func() {
		p.mu.Lock()
		p.exit = exit
		p.mu.Unlock()
		close(p.done)
	})
}

func (p *fakeProcess) silence(mute bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = mute
}

func (p *fakeProcess) instances() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Sorted(maps.Keys(p.configured))
}

func (p *fakeProcess) Init(context.Context, *pluginv1.InitRequest, ...grpc.CallOption) (*pluginv1.InitResponse, error) {
	return &pluginv1.InitResponse{}, nil
}

func (p *fakeProcess) Describe(context.Context, *pluginv1.DescribeRequest, ...grpc.CallOption) (*pluginv1.Manifest, error) {
	return &pluginv1.Manifest{Id: p.id}, nil
}

func (p *fakeProcess) Configure(ctx context.Context, request *pluginv1.ConfigureRequest, _ ...grpc.CallOption) (*pluginv1.ConfigureResponse, error) {
	switch request.GetConfigJson() {
	case `"hang"`:
		<-ctx.Done()
		return nil, ctx.Err()
	case `"bad"`:
		return &pluginv1.ConfigureResponse{Errors: []*pluginv1.FieldError{{Path: "/url", Message: "is missing"}}}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	p.configured[request.GetInstanceId()] = request.GetRevision()
	return &pluginv1.ConfigureResponse{}, nil
}

func (p *fakeProcess) Remove(_ context.Context, request *pluginv1.RemoveRequest, _ ...grpc.CallOption) (*pluginv1.RemoveResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.configured, request.GetInstanceId())
	return &pluginv1.RemoveResponse{}, nil
}

// fixture is a host of one fake plugin, running in a synctest bubble.
type fixture struct {
	*testing.T
	host     *supervise.Host
	launcher *fakeLauncher
}

// inBubble runs a test with a host. Random gives no spread.
func inBubble(t *testing.T, launcher *fakeLauncher, plugins []supervise.Plugin, test func(f *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		host := supervise.NewHost(supervise.Options{
			Plugins: plugins, Launcher: launcher, Logger: hclog.NewNullLogger(),
			Random: func() float64 { return 0.5 },
		})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- host.Run(ctx) }()
		test(&fixture{T: t, host: host, launcher: launcher})
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run ended with %v", err)
		}
		for _, status := range host.Status() {
			if status.State != supervise.StateStopped {
				t.Errorf("at the end %s is %s", status.ID, status.State)
			}
		}
	})
}

func onePlugin() []supervise.Plugin { return []supervise.Plugin{{ID: fakeID, Version: "1.0.0"}} }

func source(id, config string) instance.Instance {
	return instance.Instance{
		ID: id, Plugin: fakeID, Component: "source/thing", Name: id, Config: []byte(config), Enabled: true, Revision: 1,
	}
}

func (f *fixture) configure(one instance.Instance) error {
	f.Helper()
	err := f.host.Configure(f.Context(), one)
	synctest.Wait()
	return err
}

func (f *fixture) status() supervise.Status {
	synctest.Wait()
	return f.host.Status()[0]
}

func (f *fixture) expect(want supervise.State) {
	f.Helper()
	if got := f.status(); got.State != want {
		f.Fatalf("state is %s (%s), want %s", got.State, got.LastError, want)
	}
}
