// Package platform shows plugins and what they were set up for in the words
// and units of the public API.
package platform

import (
	"encoding/json"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/approval"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Plugin is all that is known of a plugin.
type Plugin struct {
	ID          string `json:"id"`
	Name        string `json:"name,omitempty"`
	Version     string `json:"version,omitempty" description:"Of what was approved, or else of the newest offer."`
	Description string `json:"description,omitempty"`
	Author      string `json:"author,omitempty"`
	Homepage    string `json:"homepage,omitempty"`
	License     string `json:"license,omitempty"`

	State  string    `json:"state" enum:"incompatible,unapproved,approved,disabled,quarantined,failed,idle,starting,configuring,healthy,degraded,backoff,crash-loop,stopping,stopped"`
	Reason string    `json:"reason,omitempty" description:"Why it is not well, for people."`
	Since  time.Time `json:"since"`

	Trust     string `json:"trust,omitempty" enum:"bundled,signed,pinned,dev"`
	Publisher string `json:"publisher,omitempty" description:"Whose signature it has."`
	SHA256    string `json:"sha256,omitempty" description:"Of the content that was approved."`
	Verified  bool   `json:"verified" description:"Whether what is run is checked against an expected hash."`

	Wants     *Needs  `json:"wants,omitempty"`
	Granted   *Needs  `json:"granted,omitempty"`
	Isolation string  `json:"isolation,omitempty" enum:"plugin,instance" description:"What the operator decided; empty: as the plugin wishes."`
	Offers    []Offer `json:"offers" description:"What lies in the inbox and is not what was approved."`

	Previous   *Version    `json:"previous,omitempty" description:"The version to go back to."`
	Components []Component `json:"components"`

	Sandbox   *Sandbox         `json:"sandbox,omitempty" description:"How the least confined of its processes is confined in fact."`
	Processes []Process        `json:"processes"`
	Calls     []Calls          `json:"calls" description:"Calls of the hub to the plugin, by method."`
	Warning   string           `json:"warning,omitempty" description:"What will soon be a failure."`
	PID       int              `json:"pid,omitempty" description:"Of the process that is worst off, like what follows."`
	Restarts  int              `json:"restarts"`
	NextStart *time.Time       `json:"nextStart,omitempty"`
	LastExit  *PluginExit      `json:"lastExit,omitempty"`
	LastError string           `json:"lastError,omitempty"`
	Log       []LogLine        `json:"log" description:"The last lines of output, the oldest first."`
	Instances []PluginInstance `json:"instances" description:"Those its processes know."`
}

// Needs is what a plugin wants to be allowed, or was.
type Needs struct {
	Network []string `json:"network,omitempty" description:"Such as instance:url, the address in that field of the configuration, or tcp:443."`
	Host    []string `json:"host,omitempty" description:"Services of the hub: kv, secrets, report."`
	Exec    bool     `json:"exec,omitempty" description:"To run programs of this machine."`
	Read    []string `json:"read,omitempty" description:"Files and folders to read."`
}

// Of returns the needs of a manifest.
func needsOf(n manifest.Needs) *Needs {
	return &Needs{Network: n.Network, Host: n.Host, Exec: n.Exec, Read: n.Read}
}

// Manifest returns the needs as a manifest has them.
func (n Needs) Manifest() manifest.Needs {
	return manifest.Needs{Network: n.Network, Host: n.Host, Exec: n.Exec, Read: n.Read}
}

// Version is one content that was approved.
type Version struct {
	Version    string    `json:"version"`
	SHA256     string    `json:"sha256,omitempty"`
	Trust      string    `json:"trust"`
	Publisher  string    `json:"publisher,omitempty"`
	ApprovedAt time.Time `json:"approvedAt"`
	ApprovedBy string    `json:"approvedBy"`
}

// Offer is a package in the inbox.
type Offer struct {
	Name      string `json:"name" description:"Of the file or folder."`
	Version   string `json:"version"`
	SHA256    string `json:"sha256"`
	Wants     Needs  `json:"wants"`
	Signature string `json:"signature" enum:"unsigned,signed,unknown-key,bad"`
	Publisher string `json:"publisher,omitempty"`
	Problem   string `json:"problem,omitempty" description:"Why it cannot be approved; empty: it can."`
}

// Component is one thing that a plugin can be set up as.
type Component struct {
	Key         string          `json:"key" description:"Kind and type: source/pve."`
	Kind        string          `json:"kind"`
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Category    string          `json:"category,omitempty"`
	Icon        string          `json:"icon,omitempty"`
	Features    []string        `json:"features,omitempty"`
	Datasets    []Dataset       `json:"datasets,omitempty"`
	Config      json.RawMessage `json:"config,omitempty" description:"JSON Schema of an instance's configuration."`
}

// Dataset is what a source collects at one rhythm.
type Dataset struct {
	Name            string  `json:"name"`
	Title           string  `json:"title,omitempty"`
	IntervalSeconds float64 `json:"intervalSeconds"`
}

// Sandbox is how a process is confined in fact.
type Sandbox struct {
	Requested string   `json:"requested" enum:"L0,L1,L2,L3"`
	Effective string   `json:"effective" enum:"L0,L1,L2,L3"`
	Summary   string   `json:"summary"`
	Missing   []string `json:"missing,omitempty" description:"What of the requested level is not in effect, and why."`
	Open      []string `json:"open,omitempty" description:"What the level does not stop on this machine although one might expect it to."`
}

func sandboxOf(r launcher.Report) *Sandbox {
	return &Sandbox{
		Requested: r.Requested.String(), Effective: r.Effective.String(), Summary: r.String(),
		Missing: r.Missing, Open: r.Open,
	}
}

// Process is one process of a plugin, running or not.
type Process struct {
	Name     string    `json:"name" description:"The plugin's id, and after a slash the instance if it has one of its own."`
	Instance string    `json:"instance,omitempty"`
	PID      int       `json:"pid,omitempty"`
	State    string    `json:"state"`
	Since    time.Time `json:"since"`
	Sandbox  *Sandbox  `json:"sandbox,omitempty"`
	// What follows was measured at Sampled.
	Sampled     *time.Time  `json:"sampled,omitempty"`
	CPU         float64     `json:"cpu" description:"Percent of one processor."`
	Memory      uint64      `json:"memory" description:"Bytes; of what is shared with others only its part, if memoryExact."`
	MemoryLimit uint64      `json:"memoryLimit" description:"Bytes."`
	MemoryExact bool        `json:"memoryExact"`
	Threads     int         `json:"threads"`
	FDs         int         `json:"fds"`
	Warning     string      `json:"warning,omitempty"`
	Restarts    int         `json:"restarts"`
	NextStart   *time.Time  `json:"nextStart,omitempty"`
	LastExit    *PluginExit `json:"lastExit,omitempty"`
	LastError   string      `json:"lastError,omitempty"`
}

// Calls is what is known of the calls of one method.
type Calls struct {
	Method string  `json:"method" description:"Service and method: Source/Collect."`
	Count  uint64  `json:"count"`
	Errors uint64  `json:"errors"`
	P50    float64 `json:"p50" description:"Milliseconds that half of the last calls took at most."`
	P99    float64 `json:"p99" description:"Milliseconds that 99 of 100 of the last calls took at most."`
}

// PluginExit is how the last process of a plugin ended.
type PluginExit struct {
	PID    int    `json:"pid"`
	Code   int    `json:"code" description:"-1 when a signal ended it."`
	Signal string `json:"signal,omitempty"`
}

// LogLine is one line that a plugin wrote.
type LogLine struct {
	Time    time.Time `json:"time"`
	Level   string    `json:"level"`
	Message string    `json:"message"`
}

// PluginInstance is one instance as the processes of a plugin know it.
type PluginInstance struct {
	ID        string    `json:"id"`
	Component string    `json:"component"`
	Name      string    `json:"name"`
	State     string    `json:"state"`
	Message   string    `json:"message,omitempty"`
	Since     time.Time `json:"since"`
}

// PluginOf returns an entry as the API shows it. Schemas are left out unless wanted.
func PluginOf(e *registry.Entry, schemas bool) Plugin {
	p := Plugin{
		ID: e.ID, State: string(e.State), Reason: e.Reason, Since: e.Changed.UTC(), Isolation: e.Policy.Isolation,
		Offers: []Offer{}, Components: []Component{}, Log: []LogLine{}, Instances: []PluginInstance{},
		Processes: []Process{}, Calls: []Calls{},
	}
	p.describe(e.Manifest, schemas)
	p.approved(e)
	for _, offer := range e.Upgrades() {
		p.Offers = append(p.Offers, offerOf(offer))
	}
	if e.State != approval.Enabled {
		return p
	}
	if e.Problem != "" {
		p.State, p.Reason = "failed", e.Problem
	}
	if e.Status != nil {
		p.running(e.Status)
	}
	return p
}

func (p *Plugin) describe(m *manifest.Manifest, schemas bool) {
	if m == nil {
		return
	}
	p.Name, p.Version, p.Description, p.Author = m.Name, m.Version, m.Description, m.Author.Name
	p.Homepage, p.License, p.Wants = m.Homepage, m.License, needsOf(m.Needs)
	for i := range m.Components {
		p.Components = append(p.Components, ComponentOf(&m.Components[i], schemas))
	}
}

func (p *Plugin) approved(e *registry.Entry) {
	if e.Current != nil {
		p.Version, p.Trust, p.Publisher = e.Current.Version, string(e.Current.Level), e.Current.Publisher
		p.SHA256, p.Granted = string(e.Current.Digest), needsOf(e.Current.Granted)
	}
	if e.Previous != nil {
		previous := versionOf(e.Previous)
		p.Previous = &previous
	}
}

func versionOf(v *approval.Version) Version {
	return Version{
		Version: v.Version, SHA256: string(v.Digest), Trust: string(v.Level), Publisher: v.Publisher,
		ApprovedAt: v.ApprovedAt.UTC(), ApprovedBy: v.ApprovedBy,
	}
}

// HistoryOf returns the approvals of a plugin, the newest first.
func HistoryOf(e *registry.Entry) []Version {
	history := make([]Version, len(e.History))
	for i := range e.History {
		history[i] = versionOf(&e.History[i])
	}
	return history
}

func offerOf(o approval.Offer) Offer {
	return Offer{
		Name: o.Name, Version: o.Version, SHA256: string(o.Digest), Wants: *needsOf(o.Wants),
		Signature: string(o.Verdict.State), Publisher: o.Verdict.Publisher, Problem: o.Problem,
	}
}

// ComponentOf returns a component, with the schema of its configuration if that is wanted.
func ComponentOf(c *manifest.Component, schema bool) Component {
	shown := Component{
		Key: c.Key(), Kind: c.Kind, Type: c.Type, Name: c.Name, Description: c.Description,
		Category: c.Category, Icon: c.Icon, Features: c.Features,
	}
	for _, d := range c.Datasets {
		shown.Datasets = append(shown.Datasets, Dataset{
			Name: d.Name, Title: d.Title, IntervalSeconds: time.Duration(d.Interval).Seconds(),
		})
	}
	if schema {
		shown.Config = c.Config
	}
	return shown
}
