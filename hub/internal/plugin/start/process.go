package start

import (
	"context"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/launch"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// abiTCP is the first version of Landlock that restricts TCP ports.
const abiTCP = 4

// Process is a running plugin. It is safe for concurrent use.
type Process struct {
	*launch.Process
	plan  *plan
	meter *usage.Meter
}

// Confinement says how the process is confined in fact.
func (p *Process) Confinement() launcher.Report { return p.plan.report(p.Report()) }

// Admits tells whether its confinement lets the process serve the instances:
// the ports that they need are among those that it was started with, or it
// may reach any.
func (p *Process) Admits(instances []instance.Instance) bool {
	if report := p.Report(); report == nil || report.LandlockABI < abiTCP {
		return true // nothing keeps it from any port
	}
	return p.plan.admits(instances)
}

// Usage measures what the process and all of its group take now. It returns
// usage.ErrGone if it has ended.
func (p *Process) Usage(ctx context.Context) (usage.Usage, error) {
	return p.meter.Measure(ctx, p.Pid())
}
