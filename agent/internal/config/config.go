// Package config turns defaults, a file, environment and command line into the agent's settings.
//
// There is one road: defaults, then the configuration file, then the environment, then flags, each overriding the one
// before. Loading is strict: an unknown key or flag, or a value that cannot be read, is an error that names the offending
// key, variable or flag and never quotes a secret. A loaded [Config] is not changed afterwards.
package config

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/command/allow"
)

// Errors of [Load] that a caller may want to tell apart.
var (
	// ErrMissingToken means that no road led to an API token.
	ErrMissingToken = errors.New("no API token: give --token, PULSE_TOKEN or --token-file")
	// ErrHelp means that --help was given and the usage text was written; it is not a mistake.
	ErrHelp = flag.ErrHelp
)

// DefaultTokenFile is read when nothing else names a token, and DefaultFile when nothing names a configuration file.
// Neither need exist.
const (
	DefaultTokenFile = "/var/lib/pulse-agent/token"
	DefaultFile      = "/etc/pulse-agent/config.yaml"
)

// Bounds of the reporting interval.
const (
	MinInterval = time.Second
	MaxInterval = 24 * time.Hour
)

// MinSpoolBytes is the least size of the spool, in bytes; MinSpoolAge, the least age of what it keeps.
const (
	MinSpoolBytes = 1 << 20
	MinSpoolAge   = time.Minute
)

// Config holds all settings of the agent. Settings of modules a build lacks are read and checked like all others.
type Config struct {
	// Targets are the hubs to report to, at least one unless ShowVersion is set. Only the first may give commands. Its
	// token is empty only when SelfTest is set.
	Targets []Target
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
	// EnableCommands lets the hub run commands on this machine: those that CommandsAllow permits, and any where that is empty.
	EnableCommands bool
	// CommandsAllow are the commands that may run here, whether EnableCommands or the hub has switched them on. It has at
	// most [allow.MaxPatterns].
	CommandsAllow allow.List
	// DisableAutoUpdate keeps the agent from replacing itself.
	DisableAutoUpdate bool
	// Tags are free words to report, in the order given.
	Tags []string
	// ReportIP is the address the host should be known under; empty or a valid IP address.
	ReportIP string
	// StateDir is where the agent keeps what it must know after a restart.
	StateDir string
	// Spool is where reports wait for a hub.
	Spool Spool
	// Doctor asks for an account of what the agent can see rather than for a running agent.
	Doctor bool
	// Update asks for bringing the program up to date, and Register for making Proxmox known to the hub, once and now.
	Update   bool
	Register bool
	// ShowVersion and SelfTest ask for no more than a version, or for no more than loading.
	ShowVersion bool
	SelfTest    bool

	Host       Host
	Docker     Docker
	Kubernetes Kubernetes
	Proxmox    Proxmox
}

// Target is one hub.
type Target struct {
	// URL is the hub's base URL without a trailing slash.
	URL string
	// Token is the API token.
	Token Secret
}

// Spool holds the settings of the spool.
type Spool struct {
	// Dir is its directory.
	Dir string
	// MaxBytes is the greatest size of all files together, in bytes; MaxAge, the greatest age of a report.
	MaxBytes int64
	MaxAge   time.Duration
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
	// ReadFile reads the configuration file and token files; nil means os.ReadFile.
	ReadFile func(path string) ([]byte, error)
	// Usage receives the help text of --help; nil discards it.
	Usage io.Writer
}

// Load reads and checks the settings. With --version nothing but the command line is read; with --self-test a token may
// be missing. The first argument may be the word doctor, update or register. Errors name the key, variable or flag at fault.
func Load(source Source) (Config, error) {
	if source.ReadFile == nil {
		source.ReadFile = os.ReadFile
	}
	loader := newLoader(source)
	args := source.Args
	if len(args) > 0 && loader.config.isAsked(args[0]) {
		args = args[1:]
	}
	flags, err := parseFlags(loader.settings(), args, source.Usage)
	if err != nil {
		return Config{}, err
	}
	if value, given := flags.last("version"); given {
		if loader.config.ShowVersion, err = parseBool(value); err != nil || loader.config.ShowVersion {
			return loader.config, err
		}
	}
	file, err := loader.file(flags)
	if err != nil {
		return Config{}, err
	}
	for _, layer := range []layer{file, loader.environment(), flags} {
		if err := layer.apply(); err != nil {
			return Config{}, err
		}
	}
	if err := loader.finish(); err != nil {
		return Config{}, err
	}
	return loader.config, nil
}

// isAsked notes what the word asks for, if it is one that does.
func (c *Config) isAsked(word string) bool {
	switch word {
	case "doctor":
		c.Doctor = true
	case "update":
		c.Update = true
	case "register":
		c.Register = true
	default:
		return false
	}
	return true
}

// loader is a configuration in the making.
type loader struct {
	source Source
	config Config

	path      string // of the configuration file
	url       string
	token     Secret
	tokenFile string
	targets   []string
	urlGiven  bool
}

func newLoader(source Source) *loader {
	state := stateDir(source.LookupEnv)
	return &loader{
		source: source,
		url:    "http://localhost:7655",
		config: Config{
			Interval:   30 * time.Second,
			LogLevel:   hclog.Info,
			StateDir:   state,
			Spool:      Spool{MaxBytes: 64 << 20, MaxAge: 24 * time.Hour},
			Host:       Host{Enabled: true},
			Docker:     Docker{Runtime: "auto"},
			Kubernetes: Kubernetes{MaxPods: 200},
			Proxmox:    Proxmox{Type: "auto"},
		},
	}
}

// stateDir returns where the state is unless configured otherwise.
func stateDir(lookup func(string) (string, bool)) string {
	if runtime.GOOS != "windows" {
		return "/var/lib/pulse-agent"
	}
	data, ok := lookup("ProgramData")
	if !ok || data == "" {
		data = `C:\ProgramData`
	}
	return filepath.Join(data, "pulse-agent")
}

// finish fills in what depends on other settings, and checks the whole.
func (l *loader) finish() error {
	if l.config.Spool.Dir == "" {
		l.config.Spool.Dir = filepath.Join(l.config.StateDir, "spool")
	}
	if err := l.resolveTargets(); err != nil {
		return err
	}
	return l.config.validate()
}
