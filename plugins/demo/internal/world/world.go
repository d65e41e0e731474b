// Package world is a made-up data centre of a small company that lives: what it
// holds follows from its options, and what it does from the time asked for.
//
// A World never changes after New. Every observation is a pure function of the
// point in time, so the same options and time give the same answer, a later
// time continues an earlier one, and all methods are safe for concurrent use.
package world

import (
	"slices"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
)

// The names of the sites, servers and gateways that every world has.
const (
	DemoCluster = "demo-cluster"
	Standalone1 = "standalone1"
	Standalone2 = "standalone2"
	PBSMain     = "pbs-main"
	PBSOffsite  = "pbs-offsite"
	PMGMain     = "pmg-main"
	PMGEdge     = "pmg-edge"
)

// World is everything that the demonstration shows.
type World struct {
	sites    []*Site
	servers  []*BackupServer
	gateways []*MailGateway
	fleet    *Fleet
}

// New builds the world of the given options.
func New(o Options) *World {
	o = o.scaled()
	seed := signal.Seed(o.Seed).Child("world")
	w := &World{sites: newSites(seed, o)}
	main := newMainServer(seed.Child(PBSMain), w.sites, o.Hosts > 0)
	w.servers = []*BackupServer{main, newOffsiteServer(seed.Child(PBSOffsite), main)}
	for _, s := range w.sites {
		s.remote = main.stores[0]
	}
	w.gateways = []*MailGateway{newMainGateway(seed.Child(PMGMain)), newEdgeGateway(seed.Child(PMGEdge))}
	w.fleet = newFleet(seed.Child("fleet"), o, w.sites[0])
	return w
}

// Site returns the Proxmox VE cluster or stand-alone node of that name.
func (w *World) Site(name string) (*Site, bool) {
	return named(w.sites, name, func(s *Site) string { return s.name })
}

// BackupServer returns the Proxmox Backup Server of that name.
func (w *World) BackupServer(name string) (*BackupServer, bool) {
	return named(w.servers, name, func(s *BackupServer) string { return s.name })
}

// MailGateway returns the Proxmox Mail Gateway of that name.
func (w *World) MailGateway(name string) (*MailGateway, bool) {
	return named(w.gateways, name, func(g *MailGateway) string { return g.name })
}

// Fleet returns the machines, engines and Kubernetes clusters that have an agent.
func (w *World) Fleet() *Fleet { return w.fleet }

func named[T any](list []*T, name string, nameOf func(*T) string) (*T, bool) {
	i := slices.IndexFunc(list, func(item *T) bool { return nameOf(item) == name })
	if i < 0 {
		return nil, false
	}
	return list[i], true
}
