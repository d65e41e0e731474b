package notifications_test

import (
	"math"
	"testing"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

func TestValuesHaveTheirUnits(t *testing.T) {
	for _, test := range []struct {
		kind              alert.Type
		value, trigger    float64
		metadata          map[string]any
		want, wantTrigger string
	}{
		{alert.CPU, 91.23, 80, nil, "91.2%", "80%"},
		{alert.Usage, 90, 85.5, nil, "90%", "85.5%"},
		{alert.NetworkIn, 12.34, 10, nil, "12.3 MB/s", "10 MB/s"},
		{alert.DiskTemperature, 81, 55, nil, "81 °C", "55 °C"},
		{alert.BackupAge, 3, 1, nil, "3 days", "1 day"},
		{alert.SnapshotAge, 31.4, 30, map[string]any{"primaryMetric": "age"}, "31.4 days", "30 days"},
		{alert.SnapshotAge, 31.4, 30, map[string]any{"primaryMetric": "size"}, "31.4 GiB", "30 GiB"},
		{alert.MessageAge, 45, 30, nil, "45 minutes", "30 minutes"},
		{alert.QueueDepth, 512, 500, nil, "512", "500"},
		{alert.AnomalySpamIn, 300, 120, nil, "300 an hour", "120 an hour"},
		{alert.DiskWearout, 4, 10, nil, "4%", "10%"},
		{alert.RAID, 37.5, 100, nil, "37.5%", "100%"},
		{alert.RAID, 1, 0, nil, "", ""},
		{alert.ZFSPoolErrors, 12, 0, nil, "12", ""},
		{alert.Connectivity, 0, 0, nil, "", ""},
		{alert.CertificateExpiry, -0.01, 14, nil, "0 days", "14 days"},
		{alert.CPU, math.NaN(), 80, nil, "", "80%"},
		{alert.CPU, 0, 80, nil, "0%", "80%"},
	} {
		a := alert.Alert{Type: test.kind, Value: test.value, Trigger: test.trigger, Metadata: test.metadata}
		if value, trigger := notifications.Values(&a); value != test.want || trigger != test.wantTrigger {
			t.Errorf("%s %g of %g: %q of %q, want %q of %q", test.kind, test.value, test.trigger, value, trigger, test.want, test.wantTrigger)
		}
	}
}
