package nodes

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/collect"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// The states of a node.
const (
	Connected    = "connected"
	Disconnected = "disconnected"
)

// Node is one server or cluster, without its secrets.
type Node struct {
	ID          string `json:"id" description:"Type and place in the list of that type, from 0: it changes when an earlier one is deleted."`
	Type        string `json:"type" enum:"pve,pbs,pmg"`
	Name        string `json:"name"`
	Host        string `json:"host"`
	GuestURL    string `json:"guestURL,omitempty"`
	User        string `json:"user,omitempty"`
	HasPassword bool   `json:"hasPassword"`
	TokenName   string `json:"tokenName,omitempty"`
	HasToken    bool   `json:"hasToken"`
	Fingerprint string `json:"fingerprint,omitempty"`
	VerifySSL   bool   `json:"verifySSL"`
	Monitors
	TemperatureTransport string            `json:"temperatureTransport,omitempty" enum:"disabled,https-proxy,socket-proxy,ssh,ssh-blocked"`
	Status               string            `json:"status" enum:"connected,disconnected"`
	StatusReason         string            `json:"statusReason,omitempty" description:"Why it is disconnected, or what is amiss though it is connected."`
	IsCluster            bool              `json:"isCluster,omitempty"`
	ClusterName          string            `json:"clusterName,omitempty"`
	ClusterEndpoints     []ClusterEndpoint `json:"clusterEndpoints,omitempty"`
	Source               string            `json:"source,omitempty" enum:"agent,script"`
	InstanceID           string            `json:"instanceId" description:"The same node in /api/instances."`
}

// entry is one node with what it is made of.
type entry struct {
	id       string
	product  product
	instance instance.Instance
	record   record
	config   map[string]any // without secrets
}

func (e *entry) text(field string) string {
	text, _ := e.config[field].(string)
	return text
}

// host is the address of the node; made-up ones have it under another name.
func (e *entry) host() string { return orElse(e.text(fieldURL), e.text("host")) }

func (e *entry) hasSecret(field string) bool {
	_, set := e.instance.Secrets["/"+field]
	return set
}

// entries returns all nodes in their order: by product, then the oldest first.
// The ids of instances grow with time.
func (d *Directory) entries(ctx context.Context) ([]entry, error) {
	instances, err := d.Office.List(ctx)
	if err != nil {
		return nil, err
	}
	records, err := d.records.list(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(instances, func(a, b instance.Instance) int { return strings.Compare(a.ID, b.ID) })
	var all []entry
	for _, p := range products() {
		place := 0
		for _, one := range instances {
			if !d.belongs(p, one) {
				continue
			}
			config, err := schema.DecodeObject(one.Config)
			if err != nil {
				return nil, fmt.Errorf("read configuration of %s: %w", one.ID, err)
			}
			kept, known := records[one.ID]
			if !known { // made in another way than by this package
				kept.Monitors = kept.Monitors.defaults(p.typ)
			}
			all = append(all, entry{
				id: p.typ + "-" + strconv.Itoa(place), product: p, instance: one, record: kept, config: config,
			})
			place++
		}
	}
	return all, nil
}

// belongs says whether an instance is a node of the product. Those that are
// made up may be of any plugin.
func (d *Directory) belongs(p product, one instance.Instance) bool {
	if d.Mock {
		return one.Component == p.component && d.Office.Preset(one.ID)
	}
	return one.Component == p.component && one.Plugin == p.plugin && !d.Office.Preset(one.ID)
}

// find returns the node with that id, ErrID or ErrUnknown.
func (d *Directory) find(ctx context.Context, id string) (entry, []entry, error) {
	typ, place, _ := strings.Cut(id, "-")
	if _, err := productOf(typ); err != nil {
		return entry{}, nil, ErrID
	}
	if _, err := strconv.ParseUint(place, 10, 31); err != nil {
		return entry{}, nil, ErrID
	}
	all, err := d.entries(ctx)
	if err != nil {
		return entry{}, nil, err
	}
	at := slices.IndexFunc(all, func(e entry) bool { return e.id == id })
	if at < 0 {
		return entry{}, nil, ErrUnknown
	}
	return all[at], all, nil
}

// List returns all nodes: those of Proxmox VE, then backup servers, then mail
// gateways, the oldest of each first. The slice is the caller's and never nil.
func (d *Directory) List(ctx context.Context) ([]Node, error) {
	all, err := d.entries(ctx)
	if err != nil {
		return nil, err
	}
	health, snapshot := d.Scheduler.Health(), d.Inventory.Snapshot()
	list := make([]Node, 0, len(all))
	for i := range all {
		one := all[i].node()
		if d.Mock {
			all[i].pretend(&one)
		}
		one.Status, one.StatusReason = status(health, all[i].instance.ID)
		if source, ok := snapshot.Source(all[i].instance.ID); ok && one.Status == Connected {
			one.StatusReason = source.Message
		}
		if all[i].product.typ == "pve" {
			found := clusterOf(snapshot, &all[i])
			one.IsCluster, one.ClusterName, one.ClusterEndpoints = found.Name != "", found.Name, found.Endpoints
		}
		list = append(list, one)
	}
	return list, nil
}

// node is the entry as the API shows it, as far as it is known without asking around.
func (e *entry) node() Node {
	monitors := e.record.Monitors
	for field, place := range monitorFields(&monitors) {
		if on, set := e.config[field].(bool); set && (*place != nil || !on) {
			*place = &on
		}
	}
	verify, _ := e.config[fieldVerify].(bool)
	n := Node{
		ID: e.id, Type: e.product.typ, Name: e.instance.Name, Host: e.host(),
		GuestURL: orElse(e.text(fieldGuestURL), e.record.GuestURL), User: e.text(fieldUser),
		HasPassword: e.hasSecret(fieldPassword), TokenName: e.text(fieldTokenID), HasToken: e.hasSecret(fieldTokenSecret),
		Fingerprint: e.text(fieldFingerprint), VerifySSL: verify, Monitors: monitors.shown(e.product.typ),
		TemperatureTransport: "ssh-blocked", Source: e.record.Source, InstanceID: e.instance.ID,
	}
	if flag := e.record.Monitors.TemperatureMonitoringEnabled; flag != nil && !*flag {
		n.TemperatureTransport = "disabled"
	}
	if name, found := strings.CutPrefix(n.TokenName, e.record.TokenUser+"!"); found && e.record.TokenUser != "" {
		n.User, n.TokenName = e.record.TokenUser, name
	}
	return n
}

// pretend completes a made-up node, which has no login, with one.
func (e *entry) pretend(n *Node) {
	on := new(true)
	n.User, n.TokenName, n.HasToken, n.HasPassword = "root@pam", "pulse", true, true
	n.TemperatureTransport = "socket-proxy"
	switch e.product.typ {
	case "pve":
		n.Monitors = Monitors{MonitorVMs: on, MonitorContainers: on, MonitorStorage: on, MonitorBackups: on}
	case "pbs":
		n.User, n.HasPassword = "pulse@pbs", false
		n.Monitors = Monitors{
			MonitorDatastores: on, MonitorSyncJobs: on, MonitorVerifyJobs: on, MonitorPruneJobs: on, MonitorGarbageJobs: on,
		}
	case "pmg":
		n.Monitors = Monitors{}
	}
}

// mainDataset is what tells whether a server answers; the others may be
// switched off, or not permitted.
const mainDataset = "status"

// status says whether a node answered at its newest poll.
func status(health collect.Health, id string) (state, reason string) {
	for _, one := range health.Instances {
		if one.Source.ID != id {
			continue
		}
		for _, dataset := range one.Datasets {
			if dataset.Name != mainDataset {
				continue
			}
			if dataset.Failures == 0 && !dataset.LastSuccess.IsZero() && one.Breaker.State != collect.BreakerOpen {
				return Connected, ""
			}
			if dataset.LastError != nil {
				return Disconnected, dataset.LastError.Message
			}
		}
		return Disconnected, "not asked yet"
	}
	return Disconnected, "not watched: its plugin does not run, or it is switched off"
}
