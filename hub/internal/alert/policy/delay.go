package policy

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// Delay returns how long a metric must be bad before its alert fires; 0: at once. The kinds are the words that the
// configuration may have for the resource, the closest first, such as "docker", "guest" for a container. The first kind
// wins that says anything: of this metric, of metrics that it does not name, or of the kind as a whole. Then what is
// said of all kinds counts, and at last the delay for everything.
func (p *Policy) Delay(kinds []string, metric alert.Type) time.Duration {
	for _, kind := range kinds {
		if n, ok := p.delayOf(kind, metric); ok {
			return seconds(n)
		}
	}
	if n, ok := p.delayOf("all", metric); ok {
		return seconds(n)
	}
	return seconds(p.config.TimeThreshold)
}

// delayOf returns what the configuration says of one kind, in seconds.
func (p *Policy) delayOf(kind string, metric alert.Type) (n int, ok bool) {
	if ofKind, known := p.config.MetricTimeThresholds[kind]; known {
		for _, key := range [...]string{string(metric), "default", "_default", "*"} {
			if n, ok = ofKind[key]; ok {
				return n, true
			}
		}
	}
	n, ok = p.config.TimeThresholds[kind]
	return n, ok
}
