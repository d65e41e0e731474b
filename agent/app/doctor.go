package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/pulse-hub/pulse/agent/internal/doctor"
	"github.com/pulse-hub/pulse/agent/internal/module"
)

// Doctor writes what the agent can and cannot see, and returns whether all that ought to work does. It changes nothing on
// the machine and may run beside an agent.
func (a *App) Doctor(ctx context.Context, to io.Writer) (healthy bool, err error) {
	who := a.identity(ctx, true)
	var sections []doctor.Section
	var modules []string
	var infos []module.Info
	for _, each := range a.modules(self{Identity: who}) {
		modules, infos = append(modules, each.Info().Name), append(infos, each.Info())
		sections = append(sections, doctor.Module(ctx, each))
	}
	for _, target := range a.targets("") {
		sections = append(sections, doctor.Hub(ctx, target, cmp.Or(who.HostID, who.AgentID), infos))
	}
	sections = append(sections, doctor.Spool(a.config.Spool.Dir, modules))
	if _, err := fmt.Fprintf(to, "pulse-agent %s, user id %d, agent id %s\n", a.version, os.Getuid(), who.AgentID); err != nil {
		return false, fmt.Errorf("write findings: %w", err)
	}
	return doctor.Healthy(sections), doctor.Write(to, sections)
}
