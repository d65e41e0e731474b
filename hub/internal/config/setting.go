package config

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
)

// setting is one thing that can be set, and all the names it goes by.
type setting struct {
	// key names it in the file; with dashes for underscores it is the flag.
	key string
	// environment are its variables. The first one that is set wins.
	environment []string
	// help is one line for people.
	help string
	// toggle says that its flag needs no value.
	toggle bool
	set    func(c *Config, value string) error
}

func (s *setting) flag() string { return strings.ReplaceAll(s.key, "_", "-") }

// settings is the table of everything that can be set.
func settings() []setting {
	return slices.Concat(hubSettings(), historySettings(), remoteSettings(), pollingSettings(), pluginSettings(), signInSettings())
}

// hubSettings are those of the hub itself.
func hubSettings() []setting {
	return []setting{
		{
			"data_dir", []string{"PULSE_DATA_DIR"}, "folder for the hub's files (default /etc/pulse if writable, else ./data)", false,
			func(c *Config, v string) error { c.DataDir = v; return nil },
		},
		{
			"bind_address", []string{"BIND_ADDRESS"}, "address to serve on (default 0.0.0.0)", false,
			setAddress,
		},
		{
			"port", []string{"FRONTEND_PORT", "PORT"}, "port of the API and the page (default 7655)", false,
			func(c *Config, v string) (err error) { c.Port, err = port(v); return err },
		},
		{
			"metrics_address", []string{"PULSE_METRICS_ADDRESS"}, `address of the hub's own Prometheus metrics (default :9091, "off" for none)`, false,
			setMetricsAddress,
		},
		{
			"api_tokens", []string{"API_TOKENS"}, "API tokens, separated by commas; 64 hex digits are taken as a SHA3-256 hash", false,
			func(c *Config, v string) error { c.Tokens = append(c.Tokens, v); return nil },
		},
		{
			"api_token", []string{"API_TOKEN"}, "one more API token", false,
			func(c *Config, v string) error { c.Tokens = append(c.Tokens, v); return nil },
		},
		{
			"allowed_origins", []string{"ALLOWED_ORIGINS"}, `web origins that may call the API, separated by commas; "*" for all`, false,
			func(c *Config, v string) error { c.AllowedOrigins = v; return nil },
		},
		{
			"trusted_proxies", []string{"PULSE_TRUSTED_PROXY_CIDRS"}, "addresses or CIDR prefixes of reverse proxies, separated by commas", false,
			func(c *Config, v string) (err error) { c.TrustedProxies, err = route.ParseProxies(v); return err },
		},
		{
			"public_url", []string{"PULSE_PUBLIC_URL"}, "address people and agents reach the hub at", false,
			func(c *Config, v string) error { c.PublicURL = v; return nil },
		},
		{
			"agent_dir", []string{"PULSE_BIN_DIR"}, "folder with the agent's programs that machines download (default /opt/pulse/bin)", false,
			func(c *Config, v string) error { c.AgentDir = v; return nil },
		},
		{
			"https_enabled", []string{"HTTPS_ENABLED"}, "serve HTTPS with the certificate below", true,
			func(c *Config, v string) (err error) { c.HTTPS, err = toggle(v); return err },
		},
		{
			"tls_cert_file", []string{"TLS_CERT_FILE"}, "file with the certificate chain in PEM", false,
			func(c *Config, v string) error { c.TLSCert = v; return nil },
		},
		{
			"tls_key_file", []string{"TLS_KEY_FILE"}, "file with the key in PEM", false,
			func(c *Config, v string) error { c.TLSKey = v; return nil },
		},
		{
			"log_level", []string{"LOG_LEVEL"}, "trace, debug, info, warn or error (default info)", false,
			setLogLevel,
		},
		{
			"log_format", []string{"LOG_FORMAT"}, "text or json (default text)", false,
			setLogFormat,
		},
		{
			"mock_mode", []string{"PULSE_MOCK_MODE"}, "fill the hub with made-up systems", true,
			func(c *Config, v string) (err error) { c.Mock, err = toggle(v); return err },
		},
		{
			"demo_mode", []string{"DEMO_MODE"}, "refuse everything but reading", true,
			func(c *Config, v string) (err error) { c.Demo, err = toggle(v); return err },
		},
	}
}

// pluginSettings are those of plugins, and of who may administer the hub.
func pluginSettings() []setting {
	return []setting{
		{
			"bundled_plugins", []string{"PULSE_BUNDLED_PLUGINS"}, "folder of the bundled plugins (default: beside the program)", false,
			func(c *Config, v string) error { c.Plugins.Bundled = v; return nil },
		},
		{
			"plugins", []string{"PULSE_PLUGINS"}, "which plugins run: all, bundled or off (default all)", false,
			setPlugins,
		},
		{
			"plugin_dir", []string{"PULSE_PLUGIN_DIR"}, "folder to put plugins into (default: plugins in the data folder)", false,
			func(c *Config, v string) error { c.Plugins.Dir = v; return nil },
		},
		{
			"plugin_runtimes", []string{"PULSE_PLUGIN_RUNTIMES"}, "interpreters that plugins may use, such as node=/usr/bin/node,python3=/usr/bin/python3", false,
			func(c *Config, v string) (err error) { c.Plugins.Runtimes, err = paths(v); return err },
		},
		{
			"plugins_lock", []string{"PULSE_PLUGINS_LOCK"}, "lock file with the only plugins that may be approved, which it approves", false,
			func(c *Config, v string) error { c.Plugins.Lock = v; return nil },
		},
		{
			"plugins_strict", []string{"PULSE_PLUGINS_STRICT"}, "rather not run a plugin than run it less confined than it should be", true,
			func(c *Config, v string) (err error) { c.Plugins.Strict, err = toggle(v); return err },
		},
		{
			"dev", []string{"PULSE_DEV"}, "allow what is for authors of plugins only", true,
			func(c *Config, v string) (err error) { c.Plugins.Dev, err = toggle(v); return err },
		},
		{
			"plugin_dev", []string{"PULSE_PLUGIN_DEV"}, "plugins to run unchecked from their author's folder, such as acme.nas=/src/nas; needs dev", false,
			func(c *Config, v string) (err error) { c.Plugins.Folders, err = paths(v); return err },
		},
		{
			"admin_socket", []string{"PULSE_ADMIN_SOCKET"}, `Unix socket for administrators of this machine (default: pulse.sock in the data folder, "off" for none)`, false,
			func(c *Config, v string) error { c.AdminSocket = v; return nil },
		},
	}
}

func setPlugins(c *Config, v string) error {
	switch mode := strings.ToLower(v); mode {
	case "all", "bundled", "off":
		c.Plugins.Mode = mode
		return nil
	}
	return fmt.Errorf("%q is neither all nor bundled nor off", v)
}

// paths reads absolute paths by name: "a=/x,b=/y".
func paths(v string) (map[string]string, error) {
	byName := map[string]string{}
	for part := range strings.SplitSeq(v, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, path, found := strings.Cut(part, "=")
		if !found || name == "" || !filepath.IsAbs(path) {
			return nil, fmt.Errorf("%q is not of the form name=/absolute/path", part)
		}
		byName[name] = filepath.Clean(path)
	}
	return byName, nil
}

func setAddress(c *Config, v string) error {
	if net.ParseIP(v) == nil && v != "localhost" {
		return fmt.Errorf("%q is not an IP address", v)
	}
	c.BindAddress = v
	return nil
}

func setMetricsAddress(c *Config, v string) error {
	if v == "off" {
		c.MetricsAddress = ""
		return nil
	}
	if _, text, err := net.SplitHostPort(v); err != nil {
		return fmt.Errorf("%q is not of the form host:port", v)
	} else if _, err := port(text); err != nil {
		return err
	}
	c.MetricsAddress = v
	return nil
}

func setLogLevel(c *Config, v string) error {
	level := hclog.LevelFromString(v)
	if strings.EqualFold(v, "warning") {
		level = hclog.Warn
	}
	if level == hclog.NoLevel {
		return fmt.Errorf("%q is not a level", v)
	}
	c.LogLevel = level
	return nil
}

func setLogFormat(c *Config, v string) error {
	switch strings.ToLower(v) {
	case "json":
		c.LogJSON = true
	case "text", "console", "auto":
		c.LogJSON = false
	default:
		return fmt.Errorf("%q is neither text nor json", v)
	}
	return nil
}

func port(v string) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 65535 {
		return 0, fmt.Errorf("%q is not a port from 0 to 65535", v)
	}
	return n, nil
}

func toggle(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", v)
}

// duration reads a Go duration, or a number of days such as "30d".
func duration(v string) (time.Duration, error) {
	if days, found := strings.CutSuffix(v, "d"); found {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 36500 {
			return 0, fmt.Errorf("%q is not a number of days", v)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration", v)
	}
	return d, nil
}
