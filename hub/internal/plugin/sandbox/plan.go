// Package sandbox decides how a plugin is confined on this machine, starts it
// through the launcher, and learns how it is confined in fact.
//
// The decision is a plain value (Plan), made from what the plugin needs, what
// the operator granted, what the instances are configured with and what the
// machine can do (Probe). What the launcher then reports is what may be shown.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox/cgroup"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Errors of a plan.
var (
	// ErrTooLow says that the level cannot be had here and must not be lower.
	ErrTooLow = errors.New("the plugin cannot be confined as required")
	// ErrNoIdentity says that there are no more users for plugins.
	ErrNoIdentity = errors.New("no user number is left for the plugin")
)

// Policy says what to do when a level cannot be had.
type Policy int

const (
	// Show runs the plugin as confined as can be; the report shows what is missing.
	Show Policy = iota
	// Refuse does not run it.
	Refuse
)

const (
	// firstIdentity and Identities are the user and group numbers of plugins:
	// 61000 to 61183, before those that systemd hands out (61184 to 65519).
	firstIdentity = 61000
	// Identities is how many plugins can have a user of their own.
	Identities = 184

	// DefaultMemoryBytes limits plugins whose manifest does not say.
	DefaultMemoryBytes = 512 << 20
	// unfilledBytes is what a Go program maps for its heap and stacks and does not fill.
	unfilledBytes = 192 << 20
	// maxMemoryBytes is more than any plugin's.
	maxMemoryBytes = 1 << 40
	minNoFile      = 256
	maxNoFile      = 1024
	maxThreads     = 256
	maxCPU         = 1.0 // processors
	niceness       = 5
	oomScoreAdj    = 500
)

// Options are what a plan is made from.
type Options struct {
	// Level is what the trust in the plugin asks for, Limited or higher.
	Level  launcher.Level
	Policy Policy

	// Needs are those of the manifest, Granted those the operator approved;
	// what is not in both is not allowed.
	Needs, Granted manifest.Needs
	Limits         manifest.Limits
	// Instances are the configurations of the instances the process will serve.
	Instances []json.RawMessage

	// Path is the executable if it is not an open file: the interpreter of a script.
	Path string
	// Args are the arguments, the name of the program first.
	Args []string
	// Env is the plugin's whole environment.
	Env []string
	// Runtime is what the executable needs to start.
	Runtime Runtime

	// DataDir and SocketDir are the folders the plugin may write to. DataDir is its working directory.
	DataDir, SocketDir string
	// Identity numbers the plugin's user among all plugins of the hub, 0 to
	// Identities-1. It stays the plugin's own for as long as its data is kept.
	Identity int
}

// Confinement is how one process is to be confined.
type Confinement struct {
	// Spec is for the launcher.
	Spec launcher.Spec
	// Cgroup is for the control group of the process. It is nil where none is wanted or can be had.
	Cgroup *cgroup.Limits
}

// Plan decides how to confine a plugin. The error wraps ErrTooLow if the
// policy is Refuse and the machine cannot do it; with the policy Show it wraps
// launcher.ErrUnavailable where there is no launcher, and the plugin may be run
// without one if that is shown (Bare).
func Plan(o Options, host Abilities) (Confinement, error) {
	if lacks := host.Lacks(o.Level); o.Policy == Refuse && len(lacks) > 0 {
		return Confinement{}, fmt.Errorf("%w to %s: %s", ErrTooLow, o.Level, strings.Join(lacks, "; "))
	}
	if !host.Launcher {
		return Confinement{}, launcher.ErrUnavailable
	}
	c := Confinement{Spec: launcher.Spec{
		Level: o.Level, Required: o.Policy == Refuse,
		Path: o.Path, Args: o.Args, Env: o.Env, Dir: o.DataDir,
		Limits: limits(o.Limits),
	}}
	if o.Level >= launcher.Confined {
		access, err := access(o)
		if err != nil {
			return Confinement{}, err
		}
		c.Spec.Access = access
	}
	if o.Level >= launcher.Separate {
		if err := c.separate(o, host); err != nil {
			return Confinement{}, err
		}
	}
	return c, c.Spec.Validate()
}

// limits are a bound on what goes wrong. The one on memory counts what is
// mapped, filled or not, and is coarse therefore; that of a control group is exact.
func limits(promised manifest.Limits) launcher.Limits {
	return launcher.Limits{
		NoFile:      min(max(uint64(promised.NoFile), minNoFile), maxNoFile),
		DataBytes:   memory(promised) + unfilledBytes,
		Nice:        niceness,
		OOMScoreAdj: oomScoreAdj,
	}
}

func memory(promised manifest.Limits) uint64 {
	if promised.Memory == 0 {
		return DefaultMemoryBytes
	}
	return min(uint64(promised.Memory), maxMemoryBytes)
}

func access(o Options) (*launcher.Access, error) {
	ports, anyPort, err := Ports(common(o.Needs.Network, o.Granted.Network), o.Instances)
	if err != nil {
		return nil, err
	}
	a := &launcher.Access{
		Read: slices.Concat(ordinary(), trusted(o.Env), o.Runtime.Read,
			absolute(common(o.Needs.Read, o.Granted.Read))),
		Write:        []string{o.DataDir, "/dev/null"},
		Execute:      o.Runtime.Execute,
		ConnectPorts: ports,
		AnyPort:      anyPort,
	}
	if o.SocketDir != "" {
		a.Write = append(a.Write, o.SocketDir)
	}
	if o.Needs.Exec && o.Granted.Exec {
		a.Execute = slices.Concat(a.Execute, programs())
	}
	return a, nil
}

// separate adds the plugin's own user and control group as far as the host has them.
func (c *Confinement) separate(o Options, host Abilities) error {
	if host.Identities {
		if o.Identity < 0 || o.Identity >= Identities {
			return fmt.Errorf("%w: %d of %d", ErrNoIdentity, o.Identity, Identities)
		}
		number := uint32(firstIdentity + o.Identity)
		c.Spec.Identity = &launcher.Identity{UID: number, GID: number}
		c.Spec.Limits.Processes = maxThreads
	}
	if host.Cgroup != "" {
		c.Cgroup = &cgroup.Limits{MemoryBytes: memory(o.Limits), Threads: maxThreads, Processors: maxCPU}
	}
	return nil
}

// Bare is the report about a plugin that is run without the launcher.
func Bare(requested launcher.Level, why string) launcher.Report {
	report := launcher.Report{Requested: requested, Effective: launcher.Process}
	if requested > launcher.Process {
		report.Missing = []string{why}
	}
	return report
}
