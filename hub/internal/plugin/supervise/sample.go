package supervise

import (
	"context"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
)

const (
	// memorySamples is how many samples in a row above the limit end a process.
	memorySamples = 2
	mebibyte      = 1 << 20
)

// measurement is what a process took when it was last measured.
type measurement struct {
	at    time.Time // zero: never
	usage usage.Usage
	// cpu is the share of one processor that it took since the measurement before.
	cpu     float64
	warning string
}

// memoryLimit is the memory a process may take, in bytes.
func (a assignment) memoryLimit() uint64 {
	if promised := a.plugin.Manifest.Limits.Memory; promised > 0 {
		return uint64(promised)
	}
	return sandbox.DefaultMemoryBytes
}

// sampleUsage measures the process again and again. It returns ErrMemory when
// the process takes too much memory for too long, or the context's error.
func (s *supervisor) sampleUsage(ctx context.Context, process Process) error {
	ticker := time.NewTicker(s.timing.Sample)
	defer ticker.Stop()
	limit := s.memoryLimit()
	last := measurement{at: time.Now()}
	unknown := false
	for above := 0; ; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		taken, err := s.measure(ctx, process)
		if err != nil {
			if !unknown && ctx.Err() == nil {
				s.logger.Debug("usage of a plugin cannot be measured", "error", err)
			}
			unknown, above = true, 0
			continue
		}
		unknown = false
		last = s.keepSample(process, last, taken, limit)
		if taken.MemoryBytes <= limit {
			above = 0
			continue
		}
		if above++; above >= memorySamples {
			return fmt.Errorf("%w: %d MiB taken, %d MiB allowed", ErrMemory, taken.MemoryBytes/mebibyte, limit/mebibyte)
		}
	}
}

func (s *supervisor) measure(ctx context.Context, process Process) (usage.Usage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.timing.PingTimeout, errSampleTimeout)
	defer cancel()
	return process.Usage(ctx)
}

// keepSample derives what Status shows from a new sample and the one before.
func (s *supervisor) keepSample(process Process, last measurement, taken usage.Usage, limit uint64) measurement {
	now := measurement{at: time.Now(), usage: taken, warning: memoryWarning(taken.MemoryBytes, limit, last.warning != "")}
	if passed := now.at.Sub(last.at).Seconds(); passed > 0 {
		// Less than before: one of the plugin's own children has ended.
		now.cpu = max(0, taken.CPUSeconds-last.usage.CPUSeconds) / passed
	}
	s.mu.Lock()
	if s.process == process {
		s.taken = now
	}
	s.mu.Unlock()
	switch {
	case now.warning != "" && last.warning == "":
		s.logger.Warn("plugin takes nearly all of the memory it may", "memory", taken.MemoryBytes, "limit", limit)
	case now.warning == "" && last.warning != "":
		s.logger.Info("plugin takes less memory again", "memory", taken.MemoryBytes, "limit", limit)
	}
	return now
}

// memoryWarning warns from four fifths of the limit on, and then until it is less than three quarters.
func memoryWarning(taken, limit uint64, warned bool) string {
	if taken > limit/5*4 || warned && taken > limit/4*3 {
		return fmt.Sprintf("%d MiB of the %d MiB of memory it may take are taken", taken/mebibyte, limit/mebibyte)
	}
	return ""
}
