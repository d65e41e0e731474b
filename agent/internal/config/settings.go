package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
)

// Switch is a module's setting that may be left to detection.
type Switch int

// States of a [Switch].
const (
	// Auto leaves it to detection.
	Auto Switch = iota
	// On was asked for.
	On
	// Off was asked for.
	Off
)

// setting is one thing that can be set by a key of the file, by environment and by flag.
type setting struct {
	flag  string
	env   []string // old names first: a later one overrides
	usage string
	// boolean flags need no value.
	boolean bool
	set     func(value string) error
	// reset, if not nil, is called before the first value of each layer, which replaces what the layers before gave.
	reset func()
}

// assignment is a value for a setting.
type assignment struct {
	setting setting
	name    string // for people: the key, variable or flag
	value   string
}

// layer holds what one of file, environment and command line says, in its order.
type layer []assignment

// apply sets everything. Errors name the key at fault and do not quote the value.
func (l layer) apply() error {
	for i, each := range l {
		first := !slices.ContainsFunc(l[:i], func(before assignment) bool { return before.setting.flag == each.setting.flag })
		if first && each.setting.reset != nil {
			each.setting.reset()
		}
		if err := each.setting.set(each.value); err != nil {
			return fmt.Errorf("%s: %w", each.name, err)
		}
	}
	return nil
}

// last returns the last value for the setting of that flag.
func (l layer) last(flag string) (value string, ok bool) {
	for _, each := range l {
		if each.setting.flag == flag {
			value, ok = each.value, true
		}
	}
	return value, ok
}

// settings lists everything that can be set, in the order in which the environment is read.
func (l *loader) settings() []setting {
	c := &l.config
	setURL := func(value string) error {
		l.urlGiven = true
		return text(&l.url)(value)
	}
	settings := []setting{
		{flag: "config", usage: "configuration `file`, also PULSE_AGENT_CONFIG", set: text(&l.path)},
		{flag: "url", env: []string{"PULSE_URL"}, usage: "base `URL` of the hub", set: setURL},
		{flag: "token", env: []string{"PULSE_TOKEN"}, usage: "API `token`", set: text((*string)(&l.token))},
		{flag: "token-file", usage: "`file` with the API token", set: text(&l.tokenFile)},
		replacing("target", []string{"PULSE_TARGETS"}, "one more hub as `url|token` (repeatable)", &l.targets),
		{flag: "interval", env: []string{"PULSE_INTERVAL"}, usage: "time between reports, such as 30s", set: duration(&c.Interval)},
		{flag: "hostname", env: []string{"PULSE_HOSTNAME"}, usage: "`name` to report instead of the system's", set: text(&c.Hostname)},
		{flag: "agent-id", env: []string{"PULSE_AGENT_ID"}, usage: "`id` to report instead of the machine id", set: text(&c.AgentID)},
		{flag: "insecure", env: []string{"PULSE_INSECURE_SKIP_VERIFY"}, usage: "do not verify the hub's certificate", boolean: true, set: boolean(&c.Insecure)},
		{flag: "log-level", env: []string{"LOG_LEVEL"}, usage: "trace, debug, info, warn or error", set: level(&c.LogLevel)},
		{flag: "health-addr", env: []string{"PULSE_HEALTH_ADDR"}, usage: "`address` of the health listener, empty for none", set: text(&c.HealthAddr)},
		{flag: "disable-auto-update", env: []string{"PULSE_DISABLE_AUTO_UPDATE"}, usage: "never replace this program", boolean: true, set: boolean(&c.DisableAutoUpdate)},
		{flag: "disable-commands", env: []string{"PULSE_DISABLE_COMMANDS"}, usage: "deprecated, commands are disabled by default", boolean: true, set: inverse(&c.EnableCommands)},
		{flag: "enable-commands", env: []string{"PULSE_ENABLE_COMMANDS"}, usage: "let the hub run commands here", boolean: true, set: boolean(&c.EnableCommands)},
		{flag: "commands-allow", env: []string{"PULSE_COMMANDS_ALLOW"}, usage: "`command` that may run here, * is a part of one argument (repeatable, or one per line)", set: commands(&c.CommandsAllow), reset: func() { c.CommandsAllow = nil }},
		{flag: "report-ip", env: []string{"PULSE_REPORT_IP"}, usage: "`address` the host should be known under", set: text(&c.ReportIP)},
		replacing("tag", []string{"PULSE_TAGS"}, "`tag` to report (repeatable)", &c.Tags),
		{flag: "state-dir", env: []string{"PULSE_STATE_DIR"}, usage: "`directory` for what must survive a restart", set: text(&c.StateDir)},
		{flag: "spool-dir", env: []string{"PULSE_SPOOL_DIR"}, usage: "`directory` for reports that wait for a hub", set: text(&c.Spool.Dir)},
		{flag: "spool-max-bytes", env: []string{"PULSE_SPOOL_MAX_BYTES"}, usage: "greatest `size` of the spool, such as 64MB", set: size(&c.Spool.MaxBytes)},
		{flag: "spool-max-age", env: []string{"PULSE_SPOOL_MAX_AGE"}, usage: "greatest age of a report in the spool, such as 24h", set: duration(&c.Spool.MaxAge)},
		{flag: "version", usage: "print the version", boolean: true, set: boolean(&c.ShowVersion)},
		{flag: "self-test", usage: "load the configuration and exit", boolean: true, set: boolean(&c.SelfTest)},
	}
	return append(settings, c.moduleSettings()...)
}

func (c *Config) moduleSettings() []setting {
	docker, kube, proxmox := &c.Docker, &c.Kubernetes, &c.Proxmox
	return []setting{
		{flag: "enable-host", env: []string{"PULSE_ENABLE_HOST"}, usage: "report this machine", boolean: true, set: boolean(&c.Host.Enabled)},
		replacing("disk-exclude", []string{"PULSE_DISK_EXCLUDE"}, "mount point `pattern` to leave out: path, prefix* or *contains* (repeatable)", &c.Host.DiskExclude),
		{flag: "enable-docker", env: []string{"PULSE_ENABLE_DOCKER"}, usage: "report Docker or Podman containers", boolean: true, set: toggle(&docker.Enabled)},
		{flag: "docker-runtime", env: []string{"PULSE_DOCKER_RUNTIME"}, usage: "auto, docker or podman", set: word(&docker.Runtime, "auto", "docker", "podman")},
		{flag: "disable-docker-update-checks", env: []string{"PULSE_DISABLE_DOCKER_UPDATE_CHECKS"}, usage: "do not ask registries for newer images", boolean: true, set: boolean(&docker.DisableUpdateChecks)},
		{flag: "enable-kubernetes", env: []string{"PULSE_ENABLE_KUBERNETES"}, usage: "report a Kubernetes cluster", boolean: true, set: boolean(&kube.Enabled)},
		{flag: "kubeconfig", env: []string{"PULSE_KUBECONFIG"}, usage: "kubeconfig `file`", set: text(&kube.Kubeconfig)},
		{flag: "kube-context", env: []string{"PULSE_KUBE_CONTEXT"}, usage: "kubeconfig `context`", set: text(&kube.Context)},
		adding("kube-include-namespace", []string{"PULSE_KUBE_INCLUDE_NAMESPACES"}, "`namespace` to report, * is a wildcard (repeatable)", &kube.IncludeNamespaces),
		adding("kube-exclude-namespace", []string{"PULSE_KUBE_EXCLUDE_NAMESPACES"}, "`namespace` to leave out, * is a wildcard (repeatable)", &kube.ExcludeNamespaces),
		{flag: "kube-include-all-pods", env: []string{"PULSE_KUBE_INCLUDE_ALL_POD_FILES", "PULSE_KUBE_INCLUDE_ALL_PODS"}, usage: "also report pods without a problem", boolean: true, set: boolean(&kube.IncludeAllPods)},
		{flag: "kube-include-all-deployments", env: []string{"PULSE_KUBE_INCLUDE_ALL_DEPLOYMENTS"}, usage: "also report deployments without a problem", boolean: true, set: boolean(&kube.IncludeAllDeployments)},
		{flag: "kube-max-pods", env: []string{"PULSE_KUBE_MAX_PODS"}, usage: "greatest `number` of pods in a report", set: count(&kube.MaxPods)},
		{flag: "enable-proxmox", env: []string{"PULSE_ENABLE_PROXMOX"}, usage: "register Proxmox products of this machine", boolean: true, set: boolean(&proxmox.Enabled)},
		{flag: "proxmox-type", env: []string{"PULSE_PROXMOX_TYPE"}, usage: "auto, pve or pbs", set: word(&proxmox.Type, "auto", "pve", "pbs")},
	}
}

// environment returns what the environment says.
func (l *loader) environment() layer {
	var found layer
	for _, setting := range l.settings() {
		for _, name := range setting.env {
			if value, ok := l.source.LookupEnv(name); ok && value != "" {
				found = append(found, assignment{setting: setting, name: name, value: value})
			}
		}
	}
	return found
}

// parseFlags returns what the command line says; nothing is set yet. The error is that of a command line that cannot be
// understood.
func parseFlags(settings []setting, args []string, usage io.Writer) (layer, error) {
	// The flag package prints the offending value with each error, which might be a secret; only --help may write.
	flags := flag.NewFlagSet("pulse-agent", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	var found layer
	for _, setting := range settings {
		note := func(value string) error {
			found = append(found, assignment{setting: setting, name: "--" + setting.flag, value: value})
			return nil
		}
		if setting.boolean {
			flags.BoolFunc(setting.flag, setting.usage, note)
			continue
		}
		flags.Func(setting.flag, setting.usage, note)
	}
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		writeUsage(flags, usage)
		return nil, ErrHelp
	case err != nil:
		return nil, err
	case flags.NArg() > 0:
		return nil, errors.New("command line: there is an argument that belongs to no flag")
	}
	return found, nil
}

func writeUsage(flags *flag.FlagSet, to io.Writer) {
	if to == nil {
		return
	}
	// Usage text that cannot be written has no one to be told.
	_, _ = fmt.Fprintln(to, "Usage of pulse-agent [doctor|update|register] (most flags also have an environment variable; the configuration file has the same names):")
	flags.SetOutput(to)
	flags.PrintDefaults()
}
