package start

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/sandbox"
	"github.com/pulse-hub/pulse/hub/internal/plugin/supervise"
	"github.com/pulse-hub/pulse/sdk/launcher"
)

// plan is how one process is to be confined.
type plan struct {
	options     sandbox.Options
	host        sandbox.Abilities
	confinement sandbox.Confinement
	// unconfined says why it runs without the launcher, if it does.
	unconfined string
	// missing says what could not be had for reasons that the launcher does not know.
	missing []string
}

// plan decides how the process is confined. What the folder of its sockets
// is and what go-plugin adds to its environment is not known yet.
func (l *Launcher) plan(what supervise.Launch, executable *supervise.Executable, t target, env []string) (*plan, error) {
	plugin := what.Plugin
	p := &plan{host: l.host, options: sandbox.Options{
		Level: plugin.Level, Needs: plugin.Manifest.Needs, Granted: plugin.Granted, Limits: plugin.Manifest.Limits,
		Instances: configs(what.Instances), Args: append([]string{t.path}, t.args...), Env: env,
		DataDir: what.DataDir, Identity: plugin.Identity,
	}}
	if t.file == nil {
		p.options.Path = t.path
	}
	if plugin.Required {
		p.options.Policy = sandbox.Refuse
	}
	if plugin.Level <= launcher.Process {
		return p, nil
	}
	if err := l.admitUser(p, what, executable); err != nil {
		return nil, err
	}
	var err error
	if plugin.Level >= launcher.Confined && p.host.Launcher {
		if p.options.Runtime, err = t.needs(executable); err != nil {
			return nil, err
		}
	}
	p.confinement, err = sandbox.Plan(p.options, p.host)
	if errors.Is(err, launcher.ErrUnavailable) && !plugin.Required {
		p.unconfined = err.Error()
		return p, nil
	}
	if err != nil {
		return nil, fmt.Errorf("plan sandbox: %w", err)
	}
	return p, nil
}

// admitUser makes the way to the plugin's files passable for its own user. Where
// it cannot be, the plugin gets no user of its own.
func (l *Launcher) admitUser(p *plan, what supervise.Launch, executable *supervise.Executable) error {
	if what.Plugin.Level < launcher.Separate || !p.host.Identities || !p.host.Launcher {
		return nil
	}
	folders := []string{what.Plugin.DataDir}
	if executable.Folder != "" {
		folders = append(folders, executable.Folder)
	}
	for _, folder := range folders {
		closed, err := openWay(folder, l.options.Passages)
		if err != nil {
			return err
		}
		if closed == "" {
			continue
		}
		reason := "no user of its own: others cannot go through " + closed
		if what.Plugin.Required {
			return fmt.Errorf("%w: %s", sandbox.ErrTooLow, reason)
		}
		p.host.Identities = false
		p.missing = append(p.missing, reason)
	}
	return nil
}

// bare says that the process is started without the launcher.
func (p *plan) bare() bool {
	return p.options.Level <= launcher.Process || p.unconfined != ""
}

// group returns the number of the plugin's own group, empty if it has none.
func (p *plan) group() string {
	if p.confinement.Spec.Identity == nil {
		return ""
	}
	return strconv.FormatUint(uint64(p.confinement.Spec.Identity.GID), 10)
}

// own gives the data folders to the plugin's user.
func (p *plan) own(what supervise.Launch) error {
	for _, folder := range []string{what.Plugin.DataDir, what.DataDir} {
		if err := sandbox.Own(folder, p.confinement.Spec.Identity); err != nil {
			return err
		}
	}
	return nil
}

// report completes what the launcher reported, nil if there was none.
func (p *plan) report(effective *launcher.Report) launcher.Report {
	if effective == nil {
		return sandbox.Bare(p.options.Level, p.unconfined)
	}
	report := *effective
	report.Missing = slices.Concat(p.missing, report.Missing)
	return report
}

// admits tells whether the ports that the instances need are among those that
// the process may reach.
func (p *plan) admits(instances []instance.Instance) bool {
	granted := p.confinement.Spec.Access
	if granted == nil || granted.AnyPort {
		return true
	}
	options := p.options
	options.Instances = configs(instances)
	wanted, err := sandbox.Plan(options, p.host)
	if err != nil || wanted.Spec.Access.AnyPort {
		return false
	}
	return !slices.ContainsFunc(wanted.Spec.Access.ConnectPorts, func(port uint16) bool {
		return !slices.Contains(granted.ConnectPorts, port)
	})
}

func configs(instances []instance.Instance) []json.RawMessage {
	list := make([]json.RawMessage, len(instances))
	for i, one := range instances {
		list[i] = one.Config
	}
	return list
}
