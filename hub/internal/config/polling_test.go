package config

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/discover"
)

func TestPollingIsSet(t *testing.T) {
	got, err := load(t, "adaptive_polling_enabled: true\nadaptive_polling_base_interval: 20\ndiscovery_subnet: [10.0.0.0/24, 10.0.1.0/24]\n",
		[]string{"ADAPTIVE_POLLING_MIN_INTERVAL=8s", "ADAPTIVE_POLLING_MAX_INTERVAL=120", "DISCOVERY_ENABLED=true", "DISCOVERY_SUBNET_ALLOWLIST=10.0.0.0/8",
			"DISCOVERY_SUBNET_BLOCKLIST=10.0.0.5/25, 172.16.0.0/12", "DISCOVERY_IP_BLOCKLIST=10.0.0.200", "DISCOVERY_ENABLE_REVERSE_DNS=false",
			"DISCOVERY_DIAL_TIMEOUT_MS=250"},
		[]string{"--discovery-max-hosts-per-scan", "64", "--discovery-max-concurrent=8", "--discovery-http-timeout-ms", "500"})
	if err != nil {
		t.Fatal(err)
	}
	adaptive := collect.Adaptive{Enabled: true, Base: 20 * time.Second, Min: 8 * time.Second, Max: 2 * time.Minute}
	if got.Adaptive != adaptive {
		t.Errorf("intervals adapt by %+v, want %+v", got.Adaptive, adaptive)
	}
	want := discover.Config{Enabled: true, Networks: "10.0.0.0/24,10.0.1.0/24", Settings: discover.Settings{
		MaxHosts: 64, Concurrent: 8, DialTimeout: 250 * time.Millisecond, HTTPTimeout: 500 * time.Millisecond,
		Allowed:          []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Blocked:          []netip.Prefix{netip.MustParsePrefix("10.0.0.0/25"), netip.MustParsePrefix("172.16.0.0/12")},
		BlockedAddresses: []netip.Addr{netip.MustParseAddr("10.0.0.200")},
	}}
	if diff := cmp.Diff(want, got.Discovery, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestPollingOutOfRangeIsRefused(t *testing.T) {
	for _, setting := range []string{
		"ADAPTIVE_POLLING_BASE_INTERVAL=0", "ADAPTIVE_POLLING_MIN_INTERVAL=fast", "ADAPTIVE_POLLING_MAX_INTERVAL=48h", "ADAPTIVE_POLLING_MAX_INTERVAL=4",
		"ADAPTIVE_POLLING_ENABLED=perhaps", "DISCOVERY_SUBNET=lan", "DISCOVERY_SUBNET_ALLOWLIST=10.0.0.1", "DISCOVERY_IP_BLOCKLIST=10.0.0.0/8",
		"DISCOVERY_MAX_HOSTS_PER_SCAN=0", "DISCOVERY_MAX_CONCURRENT=1001", "DISCOVERY_DIAL_TIMEOUT_MS=1s", "DISCOVERY_HTTP_TIMEOUT_MS=60001",
	} {
		if _, err := load(t, "", []string{setting}, nil); err == nil {
			t.Errorf("%s was taken", setting)
		}
	}
}
