package backtest_test

import (
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert"
)

// notMeasured are the types of alerts that the hubs of these tests have beside those of metrics.
var notMeasured = []alert.Type{alert.PoweredOff, alert.Connectivity, alert.HostOffline, alert.Unreachable, alert.DiskTemperature}

func kindOf(id alert.Identity) alert.Type {
	return alert.Type(strings.Split(string(id), "\t")[1])
}
