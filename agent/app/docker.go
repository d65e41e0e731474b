package app

import (
	"os/exec"
	"slices"

	"github.com/pulse-hub/pulse/agent/internal/config"
	"github.com/pulse-hub/pulse/agent/internal/docker"
	"github.com/pulse-hub/pulse/agent/internal/docker/command"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/internal/sender"
)

// wantsDocker reports whether the Docker module is to run: when asked for, or when nobody said anything and there is a
// program that comes with an engine.
func (a *App) wantsDocker() bool {
	if a.config.Docker.Enabled != config.Auto {
		return a.config.Docker.Enabled == config.On
	}
	return slices.ContainsFunc([]string{"docker", "podman"}, func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	})
}

// docker builds the module for Docker and Podman.
func (a *App) docker(shared *machine) module.Module {
	options := docker.Options{
		Runtime: a.config.Docker.Runtime, DisableUpdateChecks: a.config.Docker.DisableUpdateChecks,
		Version: a.version, Interval: a.config.Interval, StateDir: a.config.StateDir,
		Host: shared.report, Logger: a.logger.Named("docker"),
	}
	if len(a.config.Targets) > 0 {
		first := a.config.Targets[0]
		options.Hub = command.Hub{
			URL: first.URL, Token: string(first.Token), UserAgent: "pulse-docker-agent/" + a.version,
			Client: sender.NewClient(sender.ClientOptions{Insecure: a.config.Insecure}),
		}
	}
	return docker.New(options)
}
