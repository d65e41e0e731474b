// Package cgroup puts each plugin into a Linux control group (version 2) of its
// own, which limits all of its processes together and ends them together.
package cgroup

import "errors"

// ErrUnavailable says that this hub can make no control groups. The text that wraps it says why.
var ErrUnavailable = errors.New("no control groups")

// The controllers that limits need.
const (
	Memory = "memory"
	Pids   = "pids"
	CPU    = "cpu"
)

// Limits of one group; 0 means none.
type Limits struct {
	// MemoryBytes is how much memory all its processes may use; beyond it the system ends them all.
	MemoryBytes uint64
	// Threads is how many threads its processes may have together.
	Threads uint64
	// Processors is how many processors' time they may use, 0.5 for half of one.
	Processors float64
}
