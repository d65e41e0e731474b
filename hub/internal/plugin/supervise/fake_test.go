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
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/transport"
)

const fakeID = "test.fake"

// Configurations that say where the instance is.
const (
	elsewhere = `"elsewhere"` // where a process may go only if it was launched for it
	nowhere   = `"nowhere"`   // where no process may go
)

var errNoStart = errors.New("no such executable")

// fakeLauncher makes fake processes. The first fields are set before use, or by alter.
type fakeLauncher struct {
	startTime time.Duration // of every process
	fails     func(start int) bool
	prepare   func(*fakeProcess) // nil, or changes a process before anybody sees it

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

func (l *fakeLauncher) Launch(ctx context.Context, launch supervise.Launch) (supervise.Process, error) {
	l.mu.Lock()
	l.starts = append(l.starts, time.Now())
	number := len(l.starts)
	startTime, fails, prepare := l.startTime, l.fails, l.prepare
	l.starting++
	l.most = max(l.most, l.starting)
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.starting--
	}()
	select {
	case <-time.After(startTime):
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if fails != nil && fails(number) {
		return nil, errNoStart
	}
	process := newFakeProcess(number, launch)
	if prepare != nil {
		prepare(process)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, process)
	return process, nil
}

// alter changes what the next processes are like.
func (l *fakeLauncher) alter(change func(*fakeLauncher)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(l)
}

// named returns the newest process of that name.
func (l *fakeLauncher) named(name string) *fakeProcess {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, process := range slices.Backward(l.all) {
		if process.launch.Name == name {
			return process
		}
	}
	return nil
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

// fakeProcess is a process and the plugin in it. Configurations of which it was
// told at its launch are admitted, and all others but those that say "elsewhere".
type fakeProcess struct {
	pluginv1.PluginClient // what is not faked panics
	pid                   int
	launch                supervise.Launch
	done                  chan struct{}
	end                   sync.Once

	mu         sync.Mutex
	exit       runner.Exit
	mute       bool // gives no sign of life
	refuses    bool // every configuration
	taken      usage.Usage
	init       *pluginv1.InitRequest
	configured map[string]uint64
	told       map[string]int // number of Configure calls
}

func newFakeProcess(pid int, launch supervise.Launch) *fakeProcess {
	return &fakeProcess{
		pid: pid, launch: launch, done: make(chan struct{}), configured: map[string]uint64{}, told: map[string]int{},
	}
}

func (p *fakeProcess) Pid() int                   { return p.pid }
func (p *fakeProcess) Clients() *transport.Client { return &transport.Client{Plugin: p} }
func (p *fakeProcess) Done() <-chan struct{}      { return p.done }

func (p *fakeProcess) HostService() uint32 {
	if p.launch.Host == nil {
		return 0
	}
	return 7
}

func (p *fakeProcess) Confinement() launcher.Report {
	return launcher.Report{Requested: p.launch.Plugin.Level, Effective: launcher.Limited}
}

func (p *fakeProcess) Admits(instances []instance.Instance) bool {
	return !slices.ContainsFunc(instances, func(one instance.Instance) bool {
		known := slices.ContainsFunc(p.launch.Instances, func(launched instance.Instance) bool { return launched.ID == one.ID })
		return string(one.Config) == elsewhere && !known || string(one.Config) == nowhere
	})
}

func (p *fakeProcess) Usage(context.Context) (usage.Usage, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken, nil
}

func (p *fakeProcess) take(taken usage.Usage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = taken
}

func (p *fakeProcess) over() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

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

func (p *fakeProcess) Init(_ context.Context, request *pluginv1.InitRequest, _ ...grpc.CallOption) (*pluginv1.InitResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.init = request
	return &pluginv1.InitResponse{}, nil
}

func (p *fakeProcess) Describe(context.Context, *pluginv1.DescribeRequest, ...grpc.CallOption) (*pluginv1.Manifest, error) {
	return &pluginv1.Manifest{Id: p.launch.Plugin.ID()}, nil
}

func (p *fakeProcess) Configure(ctx context.Context, request *pluginv1.ConfigureRequest, _ ...grpc.CallOption) (*pluginv1.ConfigureResponse, error) {
	if request.GetConfigJson() == `"hang"` {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told[request.GetInstanceId()]++
	if p.refuses || request.GetConfigJson() == `"bad"` {
		return &pluginv1.ConfigureResponse{Errors: []*pluginv1.FieldError{{Path: "/url", Message: "is missing"}}}, nil
	}
	p.configured[request.GetInstanceId()] = request.GetRevision()
	return &pluginv1.ConfigureResponse{}, nil
}

// Test says which process it is.
func (p *fakeProcess) Test(context.Context, *pluginv1.ConfigureRequest, ...grpc.CallOption) (*pluginv1.TestResponse, error) {
	return &pluginv1.TestResponse{Ok: true, Summary: p.launch.Name, Facts: map[string]string{"data": p.launch.DataDir}}, nil
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

	mu      sync.Mutex
	changes []supervise.Change
}

// told returns the changes since the last call, without their reasons.
func (f *fixture) told() []string {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	var told []string
	for _, change := range f.changes {
		line := change.Process + ": " + string(change.From) + " to " + string(change.To)
		if change.Renewed {
			line += ", renewed"
		}
		told = append(told, line)
	}
	f.changes = nil
	return told
}

// inBubble runs a test with a host. Random gives no spread.
func inBubble(t *testing.T, launcher *fakeLauncher, plugins []supervise.Plugin, test func(f *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		f := &fixture{T: t, launcher: launcher}
		host := supervise.NewHost(supervise.Options{
			Plugins: plugins, Launcher: launcher, Logger: hclog.NewNullLogger(),
			Random: func() float64 { return 0.5 }, Host: fakeServices,
			Changed: func(change supervise.Change) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.changes = append(f.changes, change)
			},
		})
		f.host = host
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		go func() { ended <- host.Run(ctx) }()
		test(f)
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

// fakeServices gives every plugin but those that are called so host services.
func fakeServices(plugin string) pluginv1.HostServiceServer {
	if plugin == "test.alone" {
		return nil
	}
	return pluginv1.UnimplementedHostServiceServer{}
}

func fakePlugin(id string) supervise.Plugin {
	return supervise.Plugin{Manifest: &manifest.Manifest{ID: id, Version: "1.0.0"}, DataDir: "/data/" + id}
}

// version returns the fake plugin in another version.
func version(version string) supervise.Plugin {
	plugin := fakePlugin(fakeID)
	plugin.Manifest.Version = version
	return plugin
}

// isolated returns the fake plugin with a process for each instance.
func isolated() supervise.Plugin {
	plugin := fakePlugin(fakeID)
	plugin.Isolation = manifest.IsolationInstance
	return plugin
}

func onePlugin() []supervise.Plugin { return []supervise.Plugin{fakePlugin(fakeID)} }

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

// use makes a call with an instance that lasts until the process or the
// context ends, or the returned function is called. The channel gives the outcome.
func (f *fixture) use(id string) (finish func(), outcome <-chan error) {
	over, result := make(chan struct{}), make(chan error, 1)
	go func() {
		result <- f.host.Use(f.Context(), fakeID, id, func(ctx context.Context, clients *transport.Client) error {
			process := clients.Plugin.(*fakeProcess)
			select {
			case <-over:
				return nil
			case <-process.done:
				return status.Error(codes.Unavailable, "connection lost")
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	synctest.Wait()
	return func() { close(over) }, result
}

// user returns the process that serves an instance.
func (f *fixture) user(id string) *fakeProcess {
	f.Helper()
	var process *fakeProcess
	err := f.host.Use(f.Context(), fakeID, id, func(_ context.Context, clients *transport.Client) error {
		process = clients.Plugin.(*fakeProcess)
		return nil
	})
	if err != nil {
		f.Fatalf("use of %s: %v", id, err)
	}
	return process
}
