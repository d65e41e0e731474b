// Package config reads how the hub is to run: defaults, then a file, then the
// environment, then flags, each of which wins over the one before.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/discover"
)

// ErrHelp is returned when the caller asked how to call the program. The help
// has been written then.
var ErrHelp = errors.New("help requested")

// Config is how the hub runs. It is not changed after Load.
type Config struct {
	// DataDir is where the hub keeps its files. Never empty after Load, and an absolute path.
	DataDir string
	// BindAddress and Port are where the API and the page are served.
	BindAddress string
	Port        int
	// MetricsAddress is where the hub's own metrics are served to Prometheus;
	// empty: nowhere.
	MetricsAddress string
	// TLSCert and TLSKey are files with a certificate and its key; both empty: plain HTTP.
	HTTPS           bool
	TLSCert, TLSKey string
	// Tokens are API tokens or their hashes. Secret.
	Tokens []string
	// AllowedOrigins is a list of web origins, separated by commas; "*": all.
	AllowedOrigins string
	// TrustedProxies are believed about where requests come from.
	TrustedProxies []netip.Prefix
	// PublicURL is the address the hub is reached at, without a slash at the end; may be empty.
	PublicURL string
	// AgentDir is the folder with the programs of the agent that machines download; empty: the usual ones.
	AgentDir string
	// LogLevel is never hclog.NoLevel after Load.
	LogLevel hclog.Level
	LogJSON  bool
	// Mock fills the hub with made-up systems.
	Mock bool
	// Demo refuses everything but reading.
	Demo bool
	// Retention is how long measured values are kept as they came.
	Retention time.Duration
	// Kept is how long and how large the rest of the history may get.
	Kept Kept
	// RemoteWrite is where measured values are passed on to, History where they are read back.
	RemoteWrite RemoteWrite
	History     History
	// Adaptive is how the intervals of polling adapt. Its durations are never 0 after Load.
	Adaptive collect.Adaptive
	// Discovery is how the hub looks for servers by itself.
	Discovery discover.Config
	// Plugins is where plugins come from and how they run.
	Plugins Plugins
	// SignIn is how people sign in, Licence how licence keys are checked, Initial what is imported at the first start.
	SignIn  SignIn
	Licence Licence
	Initial Initial
	// AdminSocket is the Unix socket for administrators of this machine; empty: none. Load makes it follow from DataDir.
	AdminSocket string
}

// Plugins says where plugins come from and how they run.
type Plugins struct {
	// Mode is "all", "bundled" or "off". Never empty after Load.
	Mode string
	// Bundled is the folder the bundled plugins lie in; empty: beside the program.
	Bundled string
	// Dir is the folder that people put plugins into. Never empty after Load.
	Dir string
	// Dev allows what is only for authors of plugins: running them from the
	// folders in Folders (by plugin id), unchecked.
	Dev     bool
	Folders map[string]string
	// Lock is a lock file; empty: none.
	Lock string
	// Runtimes are the interpreters that plugins may use: absolute paths by name.
	Runtimes map[string]string
	// Strict says that a plugin rather does not run than run less confined than it should be.
	Strict bool
}

// Source is where settings come from.
type Source struct {
	// Args are the arguments after the program's name.
	Args []string
	// Environ has the form of os.Environ.
	Environ []string
	// Output is where help is written.
	Output interface{ Write([]byte) (int, error) }
}

// Load reads the settings. Its errors name the file, variable or flag and the
// setting in question; they hold no values of secrets.
func Load(source Source) (*Config, error) {
	flags, err := parseFlags(source)
	if err != nil {
		return nil, err
	}
	environment := environmentOf(source.Environ)
	config := &Config{
		BindAddress: "0.0.0.0", Port: 7655, MetricsAddress: ":9091", LogLevel: hclog.Info, Retention: 15 * 24 * time.Hour, Kept: defaultKept(),
		Adaptive: collect.DefaultAdaptive(), Discovery: discover.DefaultConfig(), Plugins: Plugins{Mode: "all"},
	}
	// Where the file lies has to be known before it can be read.
	config.DataDir = firstOf(flags["data-dir"], environment["PULSE_DATA_DIR"])
	if config.DataDir == "" {
		config.DataDir = defaultDataDir()
	}
	if err := config.applyFile(filepath.Join(config.DataDir, FileName)); err != nil {
		return nil, err
	}
	if err := addEnvFile(config.DataDir, environment); err != nil {
		return nil, err
	}
	if err := config.applyEnvironment(environment); err != nil {
		return nil, err
	}
	if err := config.applyFlags(flags); err != nil {
		return nil, err
	}
	config.complete()
	return config, config.validate()
}

// complete fills in what follows from the data folder.
func (c *Config) complete() {
	if absolute, err := filepath.Abs(c.DataDir); err == nil { // it fails only without a working directory
		c.DataDir = absolute
	}
	if c.Plugins.Dir == "" {
		c.Plugins.Dir = filepath.Join(c.DataDir, "plugins")
	}
	if c.AdminSocket == "" {
		c.AdminSocket = AdminSocket(c.DataDir)
	}
	if c.AdminSocket == "off" {
		c.AdminSocket = ""
	}
}

// maxSocketPath is how long the path of the socket may be by itself: Unix
// sockets take 103 bytes everywhere (104 on macOS with the zero at the end),
// and while it is made it has a slightly longer name.
const maxSocketPath = 92

// AdminSocket returns where the socket for administrators of this machine is
// unless configured otherwise: in the data folder. It is empty if that has too
// long a path for a socket.
func AdminSocket(dataDir string) string {
	absolute, err := filepath.Abs(dataDir)
	if err != nil {
		return ""
	}
	path := filepath.Join(absolute, "pulse.sock")
	if len(path) > maxSocketPath {
		return ""
	}
	return path
}

func firstOf(values ...string) string {
	for _, value := range values {
		if value != "" {
			return value
		}
	}
	return ""
}

// systemDataDir is where an installed hub keeps its files.
const systemDataDir = "/etc/pulse"

// defaultDataDir is the system's folder when this process may write there,
// else one in the working directory.
func defaultDataDir() string {
	probe, err := os.CreateTemp(systemDataDir, ".probe-*")
	if err != nil {
		return "data"
	}
	_ = probe.Close()           // nothing was written
	_ = os.Remove(probe.Name()) // best effort: it is empty
	return systemDataDir
}

func (c *Config) validate() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("tls_cert_file and tls_key_file are needed together")
	}
	if c.HTTPS && c.TLSCert == "" {
		return errors.New("https_enabled needs tls_cert_file and tls_key_file")
	}
	if c.PublicURL != "" {
		parsed, err := url.Parse(c.PublicURL)
		if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
			return errors.New("public_url is not an http or https URL")
		}
		c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	}
	if len(c.Plugins.Folders) > 0 && !c.Plugins.Dev {
		return errors.New("plugin_dev needs dev: plugins run from there unchecked")
	}
	if c.Adaptive.Min > c.Adaptive.Max {
		return fmt.Errorf("adaptive_polling_min_interval %s is longer than adaptive_polling_max_interval %s", c.Adaptive.Min, c.Adaptive.Max)
	}
	if err := errors.Join(c.validateRemote(), c.validateSignIn()); err != nil {
		return err
	}
	return c.validateRetention()
}
