package config

import (
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/metrics/remote"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/read"
	"github.com/pulse-hub/pulse/hub/internal/metrics/remote/write"
)

// RemoteWrite says where measured values are passed on to.
type RemoteWrite struct {
	// URLs are the targets; empty: none.
	URLs []string
	// Target is what they have in common; its URL is empty.
	Target write.Target
}

// Targets returns one target for each address.
func (r RemoteWrite) Targets() []write.Target {
	var all []write.Target
	for _, address := range r.URLs {
		target := r.Target
		target.URL = address
		all = append(all, target)
	}
	return all
}

// History says where charts and history are read.
type History struct {
	// Remote reads them from another system instead of the store in the data folder.
	Remote bool
	// Store is that system.
	Store read.Options
}

// remoteSettings are those of other systems that keep measured values.
func remoteSettings() []setting {
	all := []setting{
		{
			"remote_write_urls", []string{"PULSE_REMOTE_WRITE_URLS"}, "addresses that measured values are passed on to by Prometheus remote write, separated by commas", false,
			func(c *Config, v string) error { c.RemoteWrite.URLs = list(v); return nil },
		},
		{
			"remote_write_protocol", []string{"PULSE_REMOTE_WRITE_PROTOCOL"}, "version of remote write: v1 or v2 (default v1)", false,
			func(c *Config, v string) error { c.RemoteWrite.Target.Protocol = write.Protocol(v); return nil },
		},
		{
			"remote_write_labels", []string{"PULSE_REMOTE_WRITE_LABELS"}, "labels to add to each series, such as hub=home,site=attic", false,
			func(c *Config, v string) (err error) { c.RemoteWrite.Target.Labels, err = pairs(v, "="); return err },
		},
		{
			"remote_write_queue_size", []string{"PULSE_REMOTE_WRITE_QUEUE_SIZE"}, "how much may wait on disk for a target, such as 2GB (default 512MB)", false,
			func(c *Config, v string) (err error) { c.RemoteWrite.Target.QueueBytes, err = size(v); return err },
		},
		{
			"metrics_backend", []string{"PULSE_METRICS_BACKEND"}, "where charts and history are read: local or remote (default local)", false,
			setBackend,
		},
		{
			"metrics_remote_url", []string{"PULSE_METRICS_REMOTE_URL"}, "address of the Prometheus HTTP API they are read from, up to /api/v1", false,
			func(c *Config, v string) error { c.History.Store.URL = v; return nil },
		},
		{
			"metrics_remote_labels", []string{"PULSE_METRICS_REMOTE_LABELS"}, "labels that only this hub's series have there, such as hub=home", false,
			func(c *Config, v string) (err error) { c.History.Store.Labels, err = pairs(v, "="); return err },
		},
	}
	all = append(all, endpointSettings("remote_write", func(c *Config) *remote.Endpoint { return &c.RemoteWrite.Target.Endpoint })...)
	return append(all, endpointSettings("metrics_remote", func(c *Config) *remote.Endpoint { return &c.History.Store.Endpoint })...)
}

// endpointSettings are those of what opens another system.
func endpointSettings(prefix string, endpoint func(*Config) *remote.Endpoint) []setting {
	text := func(name, help string, field func(*remote.Endpoint) *string) setting {
		return setting{
			prefix + "_" + name, []string{"PULSE_" + strings.ToUpper(prefix+"_"+name)}, help, false,
			func(c *Config, v string) error { *field(endpoint(c)) = v; return nil },
		}
	}
	of := " for " + prefix
	return []setting{
		text("user", "user"+of+" (HTTP Basic)", func(e *remote.Endpoint) *string { return &e.User }),
		text("password", "its password", func(e *remote.Endpoint) *string { return &e.Password }),
		text("token", "bearer token"+of, func(e *remote.Endpoint) *string { return &e.BearerToken }),
		{
			prefix + "_headers", []string{"PULSE_" + strings.ToUpper(prefix) + "_HEADERS"}, "headers" + of + ", such as X-Scope-OrgID:home", false,
			func(c *Config, v string) (err error) { endpoint(c).Headers, err = pairs(v, ":"); return err },
		},
		text("ca_file", "file with the authorities"+of+" in PEM", func(e *remote.Endpoint) *string { return &e.CAFile }),
		text("cert_file", "file with the client certificate"+of+" in PEM", func(e *remote.Endpoint) *string { return &e.CertFile }),
		text("key_file", "file with its key in PEM", func(e *remote.Endpoint) *string { return &e.KeyFile }),
		{
			prefix + "_skip_verify", []string{"PULSE_" + strings.ToUpper(prefix) + "_SKIP_VERIFY"}, "take any certificate" + of, true,
			func(c *Config, v string) (err error) { endpoint(c).SkipVerify, err = toggle(v); return err },
		},
	}
}

func setBackend(c *Config, v string) error {
	switch strings.ToLower(v) {
	case "local":
		c.History.Remote = false
	case "remote":
		c.History.Remote = true
	default:
		return fmt.Errorf("%q is neither local nor remote", v)
	}
	return nil
}

// list reads values separated by commas.
func list(v string) []string {
	var all []string
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}

// pairs reads values by name: "a=x,b=y". Its errors hold no values: headers are secret.
func pairs(v, between string) (map[string]string, error) {
	byName := map[string]string{}
	for i, part := range list(v) {
		name, value, found := strings.Cut(part, between)
		if name = strings.TrimSpace(name); !found || name == "" {
			return nil, fmt.Errorf("part %d is not of the form name%svalue", i+1, between)
		}
		byName[name] = strings.TrimSpace(value)
	}
	return byName, nil
}

// validateRemote refuses other systems that cannot be asked.
func (c *Config) validateRemote() error {
	for i, target := range c.RemoteWrite.Targets() {
		if err := target.Validate(); err != nil {
			return fmt.Errorf("remote_write_urls, part %d: %w", i+1, err)
		}
	}
	if !c.History.Remote {
		return nil
	}
	if err := c.History.Store.Validate(); err != nil {
		return fmt.Errorf("metrics_remote_url: %w", err)
	}
	return nil
}
