package app

import (
	"github.com/pulse-hub/pulse/agent/internal/kubernetes"
	"github.com/pulse-hub/pulse/agent/internal/module"
)

// kubernetes builds the module for a cluster. Its agent id is that of the cluster unless one was configured: the cluster
// may be watched from any machine.
func (a *App) kubernetes() module.Module {
	cfg := a.config.Kubernetes
	return kubernetes.New(kubernetes.Options{
		Kubeconfig:            cfg.Kubeconfig,
		Context:               cfg.Context,
		IncludeNamespaces:     cfg.IncludeNamespaces,
		ExcludeNamespaces:     cfg.ExcludeNamespaces,
		IncludeAllPods:        cfg.IncludeAllPods,
		IncludeAllDeployments: cfg.IncludeAllDeployments,
		MaxPods:               cfg.MaxPods,
		AgentID:               a.config.AgentID,
		Version:               a.version,
		Interval:              a.config.Interval,
		Logger:                a.logger.Named("kubernetes"),
	})
}
