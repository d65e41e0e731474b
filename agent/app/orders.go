package app

import (
	"cmp"
	"context"
	"os"
	"runtime"

	"github.com/pulse-hub/pulse/agent/internal/command"
	"github.com/pulse-hub/pulse/agent/internal/config"
	program "github.com/pulse-hub/pulse/agent/internal/host/command"
	"github.com/pulse-hub/pulse/agent/internal/identity"
	"github.com/pulse-hub/pulse/agent/internal/register"
	"github.com/pulse-hub/pulse/agent/internal/sender"
)

// commands returns the part that runs what the first hub orders, where that is wanted.
func (a *App) commands(who identity.Identity) *command.Runner {
	first := a.config.Targets[0]
	return command.New(command.Options{
		URL: first.URL, Token: string(first.Token), Client: sender.NewClient(sender.ClientOptions{Insecure: a.config.Insecure}),
		AgentID: who.AgentID, Hostname: a.hostname(), Version: a.version, Platform: runtime.GOOS,
		Enabled: a.config.EnableCommands, Allow: a.config.CommandsAllow, Logger: a.logger.Named("command"),
	})
}

// registrar returns the part that makes Proxmox known to the first hub.
func (a *App) registrar() *register.Registrar {
	var first config.Target
	if len(a.config.Targets) > 0 {
		first = a.config.Targets[0]
	}
	return register.New(register.Options{
		Type: cmp.Or(a.config.Proxmox.Type, "auto"), URL: first.URL, Token: string(first.Token),
		Client:   sender.NewClient(sender.ClientOptions{Insecure: a.config.Insecure}),
		Hostname: a.hostname(), StateDir: a.config.StateDir, Command: program.New(program.Options{}).Run, Root: os.Geteuid() == 0,
		Logger: a.logger.Named("register"),
	})
}

// Register makes Proxmox known to the first hub, once.
func (a *App) Register(ctx context.Context) error { return a.registrar().Register(ctx) }

// hostname returns how the machine is called, or nothing.
func (a *App) hostname() string {
	if a.config.Hostname != "" {
		return a.config.Hostname
	}
	name, _ := os.Hostname() // the host module says so when there is none
	return name
}
