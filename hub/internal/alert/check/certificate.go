package check

import (
	"slices"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/resource"
)

const (
	// certificateMetric is how sources tell, in seconds, for how long a certificate is still valid.
	certificateMetric = "certificate_time_left"
	// certificateLabel is how they tell the day on which it ends.
	certificateLabel = "certificate_expires"
	// certificateUrgent is how many days before the end of a certificate a warning becomes critical.
	certificateUrgent = 3
)

// certificate judges how long the certificate of the resource is still valid, where its source knows that.
func (b *bench) certificate() {
	i := slices.IndexFunc(b.entry.Metrics, func(m resource.Metric) bool {
		return m.Name == certificateMetric && m.Unit == resource.UnitSeconds
	})
	days, on := b.Policy.CertificateDays()
	if !on || i < 0 && !b.open {
		return
	}
	s := state{Type: alert.CertificateExpiry, AlertID: "certificate-expiry-" + b.subject.ID, Unknown: i < 0}
	if i >= 0 {
		s.Trigger = float64(days)
		b.judgeCertificate(&s, b.entry.Metrics[i].Value/day.Seconds())
	}
	b.is(s)
}

func (b *bench) judgeCertificate(s *state, days float64) {
	s.Value = days
	s.Extra = func() map[string]any {
		return map[string]any{"daysLeft": days, "expires": b.entry.Labels[certificateLabel]}
	}
	switch {
	case days > s.Trigger:
		return
	case days <= 0:
		s.Level, s.Message = alert.Critical, "The certificate of '"+b.subject.Name+"' has expired"
	case days < 1:
		s.Level, s.Message = alert.Critical, "The certificate of '"+b.subject.Name+"' expires within a day"
	default:
		s.Level = alert.Warning
		if days <= certificateUrgent {
			s.Level = alert.Critical
		}
		s.Message = "The certificate of '" + b.subject.Name + "' expires in " + counted(int(days), "day")
	}
}
