package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pollingSettings are those of asking systems that are known, and of looking for others.
func pollingSettings() []setting {
	return slices.Concat(adaptiveSettings(), discoverySettings())
}

func adaptiveSettings() []setting {
	return []setting{
		{
			"adaptive_polling_enabled", []string{"ADAPTIVE_POLLING_ENABLED"}, "ask systems more often when things go wrong, and less often when all is well", true,
			func(c *Config, v string) (err error) { c.Adaptive.Enabled, err = toggle(v); return err },
		},
		{
			"adaptive_polling_base_interval", []string{"ADAPTIVE_POLLING_BASE_INTERVAL"}, "interval for which the two below hold, such as 10s or 10; others are scaled (default 10s)", false,
			func(c *Config, v string) (err error) { c.Adaptive.Base, err = interval(v); return err },
		},
		{
			"adaptive_polling_min_interval", []string{"ADAPTIVE_POLLING_MIN_INTERVAL"}, "shortest interval (default 5s)", false,
			func(c *Config, v string) (err error) { c.Adaptive.Min, err = interval(v); return err },
		},
		{
			"adaptive_polling_max_interval", []string{"ADAPTIVE_POLLING_MAX_INTERVAL"}, "longest interval (default 5m)", false,
			func(c *Config, v string) (err error) { c.Adaptive.Max, err = interval(v); return err },
		},
	}
}

func discoverySettings() []setting {
	return []setting{
		{
			"discovery_enabled", []string{"DISCOVERY_ENABLED"}, "look for Proxmox servers every five minutes", true,
			func(c *Config, v string) (err error) { c.Discovery.Enabled, err = toggle(v); return err },
		},
		{
			"discovery_subnet", []string{"DISCOVERY_SUBNET"}, `networks to look through in CIDR form, separated by commas; "auto": the hub's own private ones (default)`, false,
			func(c *Config, v string) error { c.Discovery.Networks = v; return c.Discovery.Validate() },
		},
		{
			"discovery_subnet_allowlist", []string{"DISCOVERY_SUBNET_ALLOWLIST"}, "networks outside of which nothing is knocked on (default: no such limit)", false,
			func(c *Config, v string) (err error) { c.Discovery.Allowed, err = networks(v); return err },
		},
		{
			"discovery_subnet_blocklist", []string{"DISCOVERY_SUBNET_BLOCKLIST"}, "networks in which nothing is asked (default 169.254.0.0/16)", false,
			func(c *Config, v string) (err error) { c.Discovery.Blocked, err = networks(v); return err },
		},
		{
			"discovery_ip_blocklist", []string{"DISCOVERY_IP_BLOCKLIST"}, "addresses that are not asked", false,
			func(c *Config, v string) (err error) { c.Discovery.BlockedAddresses, err = addresses(v); return err },
		},
		{
			"discovery_max_hosts_per_scan", []string{"DISCOVERY_MAX_HOSTS_PER_SCAN"}, "most addresses of one scan (default 1024)", false,
			func(c *Config, v string) (err error) { c.Discovery.MaxHosts, err = number(v, 1<<16); return err },
		},
		{
			"discovery_max_concurrent", []string{"DISCOVERY_MAX_CONCURRENT"}, "most addresses that are asked at a time (default 50)", false,
			func(c *Config, v string) (err error) { c.Discovery.Concurrent, err = number(v, 1000); return err },
		},
		{
			"discovery_enable_reverse_dns", []string{"DISCOVERY_ENABLE_REVERSE_DNS"}, "look up names of servers that do not tell theirs (default true)", true,
			func(c *Config, v string) (err error) { c.Discovery.ReverseDNS, err = toggle(v); return err },
		},
		{
			"discovery_dial_timeout_ms", []string{"DISCOVERY_DIAL_TIMEOUT_MS"}, "longest time for a connection, in milliseconds (default 1000)", false,
			func(c *Config, v string) (err error) { c.Discovery.DialTimeout, err = milliseconds(v); return err },
		},
		{
			"discovery_http_timeout_ms", []string{"DISCOVERY_HTTP_TIMEOUT_MS"}, "longest time for an answer, in milliseconds (default 2000)", false,
			func(c *Config, v string) (err error) { c.Discovery.HTTPTimeout, err = milliseconds(v); return err },
		},
	}
}

// maxInterval is the longest time between two polls that can be set.
const maxInterval = 24 * time.Hour

// interval reads a Go duration or a number of seconds.
func interval(v string) (time.Duration, error) {
	text := v
	if _, err := strconv.Atoi(v); err == nil {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Second || d > maxInterval {
		return 0, fmt.Errorf("%q is neither a number of seconds nor a duration from 1s to 24h", v)
	}
	return d, nil
}

// milliseconds reads a number of milliseconds up to a minute.
func milliseconds(v string) (time.Duration, error) {
	n, err := number(v, 60_000)
	return time.Duration(n) * time.Millisecond, err
}

// number reads a whole number from 1.
func number(v string, most int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%q is not a number from 1 to %d", v, most)
	}
	return n, nil
}

func networks(v string) ([]netip.Prefix, error) {
	return listOf(v, "network in CIDR form", func(text string) (netip.Prefix, error) {
		prefix, err := netip.ParsePrefix(text)
		return prefix.Masked(), err
	})
}

func addresses(v string) ([]netip.Addr, error) { return listOf(v, "address", netip.ParseAddr) }

// listOf reads things separated by commas.
func listOf[T any](v, what string, parse func(string) (T, error)) ([]T, error) {
	var list []T
	for text := range strings.SplitSeq(v, ",") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		one, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a %s", text, what)
		}
		list = append(list, one)
	}
	return list, nil
}
