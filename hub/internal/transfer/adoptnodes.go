package transfer

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pulse-hub/pulse/hub/internal/nodes"
	"github.com/pulse-hub/pulse/hub/internal/transfer/v5"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// importer is who the scratch hub believes is at work.
const importer = "import"

// addNodes adds servers to the scratch hub. One that the hub would not take is left out.
func (a *adoption) addNodes(ctx context.Context, all *v5.Nodes) {
	if all == nil {
		return
	}
	for _, component := range []string{"source/pve", "source/pbs", "source/pmg"} {
		a.replaced[component] = true
	}
	for i := range all.PVE {
		one := &all.PVE[i]
		if one.IsCluster {
			a.scratch.host.cluster = one.ClusterName
		}
		a.addNode(ctx, draftOfPVE(one), &one.Server)
		a.scratch.host.cluster = ""
		if one.TemperatureProxyURL != "" || one.TemperatureProxyToken != "" {
			a.warn("node %.60q: its temperature proxy is not taken over", one.Name)
		}
	}
	for i := range all.PBS {
		a.addNode(ctx, draftOfPBS(&all.PBS[i]), &all.PBS[i].Server)
	}
	for i := range all.PMG {
		a.addNode(ctx, draftOfPMG(&all.PMG[i]), &all.PMG[i].Server)
	}
}

func (a *adoption) addNode(ctx context.Context, draft *nodes.Draft, server *v5.Server) {
	merged, err := a.scratch.nodes.Add(ctx, draft, importer)
	if err != nil {
		a.refused(fmt.Sprintf("node %.60q", server.Name), err)
		return
	}
	if merged != nil {
		a.warn("node %.60q is of the cluster %.60q and becomes another way to it", server.Name, merged.Cluster)
	}
	if server.SSHPort != 0 {
		a.warn("node %.60q: its SSH port is not taken over", server.Name)
	}
}

func draftOf(typ string, s *v5.Server) *nodes.Draft {
	return &nodes.Draft{
		Type: typ, Name: s.Name, Host: s.Host, GuestURL: s.GuestURL, User: s.User, Password: s.Password,
		TokenName: s.TokenName, TokenValue: s.TokenValue, Fingerprint: s.Fingerprint, VerifySSL: &s.VerifySSL,
		Monitors: nodes.Monitors{TemperatureMonitoringEnabled: s.TemperatureMonitoringEnabled},
	}
}

func draftOfPVE(one *v5.PVE) *nodes.Draft {
	draft := draftOf("pve", &one.Server)
	m := &draft.Monitors
	m.MonitorVMs, m.MonitorContainers = &one.MonitorVMs, &one.MonitorContainers
	m.MonitorStorage, m.MonitorBackups = &one.MonitorStorage, &one.MonitorBackups
	m.MonitorPhysicalDisks = one.MonitorPhysicalDisks
	if one.PhysicalDiskPollingMinutes != 0 {
		m.PhysicalDiskPollingMinutes = &one.PhysicalDiskPollingMinutes
	}
	return draft
}

func draftOfPBS(one *v5.PBS) *nodes.Draft {
	draft := draftOf("pbs", &one.Server)
	m := &draft.Monitors
	m.MonitorBackups, m.MonitorDatastores, m.MonitorSyncJobs = &one.MonitorBackups, &one.MonitorDatastores, &one.MonitorSyncJobs
	m.MonitorVerifyJobs, m.MonitorPruneJobs, m.MonitorGarbageJobs = &one.MonitorVerifyJobs, &one.MonitorPruneJobs, &one.MonitorGarbageJobs
	return draft
}

func draftOfPMG(one *v5.PMG) *nodes.Draft {
	draft := draftOf("pmg", &one.Server)
	m := &draft.Monitors
	m.MonitorMailStats, m.MonitorQueues = &one.MonitorMailStats, &one.MonitorQueues
	m.MonitorQuarantine, m.MonitorDomainStats = &one.MonitorQuarantine, &one.MonitorDomainStats
	return draft
}

// addChannels adds what tells people to the scratch hub. What the hub would not take is left out.
func (a *adoption) addChannels(ctx context.Context, c *v5.Configuration) {
	if email, ok := part[notifications.Email](a, "email", c.Email); ok {
		err := a.scratch.channels.SetEmail(ctx, email, importer)
		a.took("notifier/email", "email", err)
	}
	if apprise, ok := part[notifications.Apprise](a, "apprise", c.Apprise); ok {
		_, err := a.scratch.channels.SetApprise(ctx, apprise, importer)
		a.took("notifier/apprise", "apprise", err)
	}
	a.replaced["notifier/webhook"] = c.Webhooks != nil
	for i, text := range c.Webhooks {
		webhook, ok := part[notifications.Webhook](a, fmt.Sprintf("webhooks[%d]", i), text)
		if !ok {
			continue
		}
		if _, err := a.scratch.channels.AddWebhook(ctx, webhook, importer); err != nil {
			a.refused(fmt.Sprintf("webhooks[%d], %.60q,", i, webhook.Name), err)
		}
	}
}

// took notes that the configuration says how one channel is, or that it is not taken.
func (a *adoption) took(component, name string, err error) {
	if err != nil {
		a.refused(name, err)
		return
	}
	a.replaced[component] = true
}

// part reads a part of a configuration. It is not ok if there is none, or one that cannot be read.
func part[T any](a *adoption, name string, text json.RawMessage) (value T, ok bool) {
	if !v5.Present(text) {
		return value, false
	}
	if json.Unmarshal(text, &value) != nil {
		a.warn("%s is left out: %v", name, errShape)
		return value, false
	}
	warnMembers[T](a, name, text)
	return value, true
}
