package docker

import (
	"strings"

	"github.com/pulse-hub/pulse/agent/report"
)

// composeLabel returns a label of Compose: of Docker's, or of Podman's, which began with one of its own.
func composeLabel(labels map[string]string, what string) string {
	if value := labels["com.docker.compose."+what]; value != "" {
		return value
	}
	return labels["io.podman.compose."+what]
}

// podman returns what Podman's labels say; nil when they say nothing.
func podman(labels map[string]string) *report.Podman {
	first := func(names ...string) string {
		for _, name := range names {
			if value := labels[name]; value != "" {
				return value
			}
		}
		return ""
	}
	result := report.Podman{
		PodName:           first("io.podman.annotations.pod.name", "io.podman.pod.name"),
		PodID:             first("io.podman.annotations.pod.id", "io.podman.pod.id"),
		Infra:             strings.EqualFold(first("io.podman.annotations.infra", "io.podman.infra"), "true"),
		ComposeProject:    composeLabel(labels, "project"),
		ComposeService:    composeLabel(labels, "service"),
		ComposeWorkdir:    first("com.docker.compose.project.working_dir", "io.podman.compose.working_dir"),
		ComposeConfigHash: first("com.docker.compose.config-hash", "io.podman.compose.config-hash"),
		AutoUpdatePolicy:  first("io.containers.autoupdate", "io.containers.autoupdate.policy"),
		AutoUpdateRestart: first("io.containers.autoupdate.restart"),
		UserNamespace:     first("io.podman.annotations.userns", "io.containers.userns"),
	}
	if result == (report.Podman{}) {
		return nil
	}
	return &result
}
