//go:build !linux

package sandbox

import "github.com/pulse-hub/pulse/hub/internal/plugin/sandbox/cgroup"

// Probe reports that nothing can be had on this system.
func Probe() Abilities {
	_, _, err := cgroup.Find()
	return Abilities{NoCgroup: err.Error()}
}
