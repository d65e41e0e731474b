package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// validate checks what a single value cannot tell.
func (c *Config) validate() error {
	if c.Interval < MinInterval || c.Interval > MaxInterval {
		return fmt.Errorf("--interval: want %s to %s", MinInterval, MaxInterval)
	}
	if c.Spool.MaxBytes < MinSpoolBytes {
		return errors.New("--spool-max-bytes: want at least 1MiB")
	}
	if c.Spool.MaxAge < MinSpoolAge {
		return fmt.Errorf("--spool-max-age: want at least %s", MinSpoolAge)
	}
	if c.ReportIP != "" {
		if _, err := netip.ParseAddr(c.ReportIP); err != nil {
			return errors.New("--report-ip: want an IP address")
		}
	}
	if c.HealthAddr != "" {
		if _, _, err := net.SplitHostPort(c.HealthAddr); err != nil {
			return errors.New("--health-addr: want host:port or :port")
		}
	}
	for _, pattern := range c.Host.DiskExclude {
		if strings.Trim(pattern, "*") == "" {
			return errors.New("--disk-exclude: the pattern would leave out every disk")
		}
	}
	return nil
}

// cleanURL checks the hub's URL and strips trailing slashes. Its errors do not quote the URL, which may hold a password.
func cleanURL(raw string) (string, error) {
	parsed, err := url.Parse(raw)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	if parsed.Scheme != "http" && parsed.Scheme != "https" {
		return "", errors.New("want a URL that begins with http:// or https://")
	}
	if parsed.Hostname() == "" {
		return "", errors.New("has no host name")
	}
	if parsed.RawQuery != "" || parsed.Fragment != "" {
		return "", errors.New("must not have a query or a fragment")
	}
	return strings.TrimRight(raw, "/"), nil
}
