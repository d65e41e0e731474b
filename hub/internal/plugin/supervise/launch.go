package supervise

import (
	"context"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// Launch is one start of a plugin.
type Launch struct {
	Plugin Plugin
	// Name is that of the process: the plugin's id, and "<id>/<instance>" where an instance has its own.
	Name string
	// DataDir is the only folder that this process may write to.
	DataDir string
	// Instances are those it will serve: the addresses in their
	// configurations decide which ports it may reach.
	Instances []instance.Instance
	Journal   *journal.Journal
	// Calls counts and times every call to it; it is not nil.
	Calls *usage.Calls
	// Host is served to the plugin over the broker; nil: none.
	Host pluginv1.HostServiceServer
}

// Launcher starts processes. It is safe for concurrent use.
type Launcher interface {
	// Run makes Launch possible until the context is done.
	Run(ctx context.Context) error
	// Launch starts a process of a plugin. The context limits the start only.
	Launch(ctx context.Context, launch Launch) (Process, error)
}

// Process is a running plugin. Its methods may be called by several goroutines.
// They are many because a process is one thing with many sides; all are used by its supervisor.
type Process interface {
	Pid() int
	Clients() *transport.Client
	// HostService is the broker id of the host services, 0 if none are served.
	HostService() uint32
	// Ping asks for a sign of life. It returns when the context is done.
	Ping(ctx context.Context) error
	// Done is closed when the process has ended; Exit says how.
	Done() <-chan struct{}
	Exit() runner.Exit
	// Stop asks the process to end, and kills it when the context is done. It may be called twice.
	Stop(ctx context.Context) error
	// Confinement says how it is confined in fact.
	Confinement() launcher.Report
	// Admits tells whether its confinement lets it serve all of these instances.
	Admits(instances []instance.Instance) bool
	// Usage measures what it and its children take now.
	Usage(ctx context.Context) (usage.Usage, error)
}
