// Package usage measures what a plugin takes: processor time, memory, threads
// and descriptors of its processes, and the duration of the calls to it.
package usage

import (
	"context"
	"errors"
)

// ErrGone says that there is no process to measure any more.
var ErrGone = errors.New("the process has ended")

// Usage is what the processes of one plugin take together, at one moment.
type Usage struct {
	// CPUSeconds is the processor time since the start, of children that have
	// ended, too, as far as their parents have taken notice.
	CPUSeconds float64
	// MemoryBytes is the memory in use. Exact says that what several processes
	// share counts in parts (proportional set size); otherwise it counts in
	// full for each of them (resident set size).
	MemoryBytes uint64
	Exact       bool
	// Threads is their number of threads, FDs that of open descriptors. FDs is
	// 0 where the system does not tell.
	Threads, FDs int
}

// Meter measures process groups. It is safe for concurrent use. What it knows
// of which process belongs to which group may be a second old.
type Meter struct{ groups groups }

// NewMeter returns a meter.
func NewMeter() *Meter { return &Meter{} }

// Measure returns what the process and all others of the group that it leads
// take. It returns ErrGone if the process has ended. The context bounds the time it takes.
func (m *Meter) Measure(ctx context.Context, leader int) (Usage, error) {
	return m.measure(ctx, leader)
}

// add adds what one more process takes. The sum is exact if all parts are.
func (u *Usage) add(other Usage) {
	u.CPUSeconds += other.CPUSeconds
	u.MemoryBytes += other.MemoryBytes
	u.Exact = u.Exact && other.Exact
	u.Threads += other.Threads
	u.FDs += other.FDs
}
