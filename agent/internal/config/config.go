// Package config turns defaults, environment and command line into the agent's settings.
//
// There is one road: defaults, then the environment, then flags, each overriding the one before. Loading is strict: an
// unknown flag or a value that cannot be read is an error that names the offending flag or variable and never quotes a
// secret. A loaded [Config] is not changed afterwards.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Errors of [Load] that a caller may want to tell apart.
var (
	// ErrMissingToken means that no road led to an API token.
	ErrMissingToken = errors.New("no API token: give --token, PULSE_TOKEN or --token-file")
	// ErrHelp means that --help was given and the usage text was written; it is not a mistake.
	ErrHelp = flag.ErrHelp
)

// DefaultTokenFile is read when nothing else names a token. It need not exist.
const DefaultTokenFile = "/var/lib/pulse-agent/token"

// Bounds of the reporting interval.
const (
	MinInterval = time.Second
	MaxInterval = 24 * time.Hour
)

// Config holds all settings of the agent. Settings of modules a build lacks are read and checked like all others.
type Config struct {
	// URL is the hub's base URL without a trailing slash.
	URL string
	// Token is the API token; empty only when SelfTest or ShowVersion is set.
	Token Secret
	// Interval is the time between two reports, from MinInterval to MaxInterval.
	Interval time.Duration
	// Hostname replaces the name of the operating system; empty means that one.
	Hostname string
	// AgentID replaces the machine id; empty means that one.
	AgentID string
	// Insecure turns off verification of the hub's certificate.
	Insecure bool
	// LogLevel is the least level that is logged.
	LogLevel hclog.Level
	// HealthAddr is where the health listener listens; empty means nowhere.
	HealthAddr string
	// EnableCommands lets the hub run commands on this machine.
	EnableCommands bool
	// DisableAutoUpdate keeps the agent from replacing itself.
	DisableAutoUpdate bool
	// Tags are free words to report, in the order given.
	Tags []string
	// ReportIP is the address the host should be known under; empty or a valid IP address.
	ReportIP string
	// ShowVersion and SelfTest ask for no more than a version, or for no more than loading.
	ShowVersion bool
	SelfTest    bool

	Host       Host
	Docker     Docker
	Kubernetes Kubernetes
	Proxmox    Proxmox
}

// Host holds the settings of the host module.
type Host struct {
	Enabled bool
	// DiskExclude are patterns of mount points or devices: an exact path, "prefix*" or "*contains*".
	DiskExclude []string
}

// Docker holds the settings of the Docker module.
type Docker struct {
	Enabled Switch
	// Runtime is auto, docker or podman.
	Runtime string
	// DisableUpdateChecks keeps the module from asking registries for newer images.
	DisableUpdateChecks bool
}

// Kubernetes holds the settings of the Kubernetes module.
type Kubernetes struct {
	Enabled bool
	// Kubeconfig and Context choose the cluster; empty means in-cluster, then the default kubeconfig.
	Kubeconfig string
	Context    string
	// IncludeNamespaces and ExcludeNamespaces may hold * wildcards; exclude wins, an empty include means all.
	IncludeNamespaces []string
	ExcludeNamespaces []string
	// IncludeAllPods and IncludeAllDeployments also report what has no problem.
	IncludeAllPods        bool
	IncludeAllDeployments bool
	// MaxPods is the greatest number of pods in a report, at least 1.
	MaxPods int
}

// Proxmox holds the settings of the registration of Proxmox products.
type Proxmox struct {
	Enabled bool
	// Type is auto, pve or pbs.
	Type string
}

// Source is what [Load] reads from. Args and LookupEnv are required.
type Source struct {
	// Args are the command line without the program's name.
	Args []string
	// LookupEnv finds an environment variable, as os.LookupEnv does. An empty variable counts as unset.
	LookupEnv func(name string) (string, bool)
	// ReadFile reads a token file; nil means os.ReadFile.
	ReadFile func(path string) ([]byte, error)
	// Usage receives the help text of --help; nil discards it.
	Usage io.Writer
}

// Load reads and checks the settings. With --version nothing but the command line is checked; with --self-test a token
// may be missing. Errors name the flag or variable at fault.
func Load(source Source) (Config, error) {
	cfg := defaults()
	var tokenFile string
	settings := cfg.settings(&tokenFile)
	if err := applyEnv(settings, source.LookupEnv); err != nil {
		return Config{}, err
	}
	if err := applyFlags(settings, source.Args, source.Usage); err != nil {
		return Config{}, err
	}
	if cfg.ShowVersion {
		return cfg, nil
	}
	if err := cfg.resolveToken(tokenFile, source.ReadFile); err != nil {
		return Config{}, err
	}
	if err := cfg.validate(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

func defaults() Config {
	return Config{
		URL:        "http://localhost:7655",
		Interval:   30 * time.Second,
		LogLevel:   hclog.Info,
		HealthAddr: ":9191",
		Host:       Host{Enabled: true},
		Docker:     Docker{Runtime: "auto"},
		Kubernetes: Kubernetes{MaxPods: 200},
		Proxmox:    Proxmox{Type: "auto"},
	}
}

// resolveToken fills in a token from a file when neither flag nor environment gave one.
func (c *Config) resolveToken(tokenFile string, readFile func(string) ([]byte, error)) error {
	if readFile == nil {
		readFile = os.ReadFile
	}
	if c.Token == "" && tokenFile != "" {
		token, err := readToken(tokenFile, readFile)
		if err != nil {
			return fmt.Errorf("--token-file: %w", err)
		}
		c.Token = token
	}
	if c.Token == "" {
		token, err := readToken(DefaultTokenFile, readFile)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("default token file: %w", err)
		}
		c.Token = token
	}
	if c.Token == "" && !c.SelfTest {
		return ErrMissingToken
	}
	return nil
}
