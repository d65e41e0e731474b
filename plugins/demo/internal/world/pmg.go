package world

import (
	"fmt"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// gatewayID is the resource ID of a mail gateway; its backups hang below it.
const gatewayID = "gateway"

// MailGateway is a Proxmox Mail Gateway.
type MailGateway struct {
	name, title, address string
	seed                 signal.Seed
	machine              machine
	nodes                []string
	volume               float64 // mails a day
	mail                 signal.Wave
	stuck                bool // it cannot get rid of its mail
}

// newMainGateway returns the gateway of the company, a cluster of two. A large
// recipient does not take its mail, so its queue is long.
func newMainGateway(seed signal.Seed) *MailGateway {
	g := newGateway(seed, PMGMain, 9000)
	g.title, g.address, g.nodes, g.stuck = "Mail gateway", "10.20.0.35", []string{"pmg-main-1", "pmg-main-2"}, true
	return g
}

// newEdgeGateway returns the small gateway of the branch office.
func newEdgeGateway(seed signal.Seed) *MailGateway {
	g := newGateway(seed, PMGEdge, 700)
	g.title, g.address, g.nodes = "Mail gateway (branch office)", "10.30.0.35", []string{"pmg-edge-1"}
	return g
}

func newGateway(seed signal.Seed, name string, volume float64) *MailGateway {
	perSecond := volume / day.Seconds()
	return &MailGateway{
		name: name, seed: seed, volume: volume,
		machine: newMachine(seed, machineSize{cpus: 4, memory: 8 * gib, swap: 2 * gib, disk: 64 * gib, busy: 0.25}),
		mail:    signal.NewWave(seed.Child("mail"), signal.Shape{Base: perSecond * 0.2, Daily: perSecond * 1.5, Noise: perSecond * 0.1, Burst: perSecond}),
	}
}

// Status returns the gateway and the backups of its configuration.
func (g *MailGateway) Status(at time.Time) []resource.Resource {
	r := resource.Resource{
		ID: gatewayID, Kind: resource.KindMailGateway, Name: g.name, DisplayName: g.title, Status: resource.StatusRunning,
		Uptime: g.machine.boots.Since(at), Usage: g.machine.usage(g.machine.boots.Last(at), at),
	}
	d := &resource.MailGateway{
		Host: "https://" + g.address + ":8006", GuestURL: "https://" + g.name + ".example.net", Version: "9.0.3",
		Connection: "healthy", Stats: g.stats(at), Counts: g.counts(at), SpamScores: g.spamScores(at),
		Quarantine: g.quarantine(at), UpdatedAt: at,
	}
	queued := 0
	for i := range g.nodes {
		n := g.node(i, at)
		queued += n.Queue.Active + n.Queue.Deferred + n.Queue.Hold + n.Queue.Incoming
		d.Nodes = append(d.Nodes, n)
	}
	if g.stuck {
		r.Status, r.StatusReason = resource.StatusDegraded, strconv.Itoa(queued)+" mails are waiting, example.org defers them"
	}
	r.Metrics = []resource.Metric{
		{Name: "queued_mails", Value: float64(queued)},
		{Name: "mails", Value: g.mail.Total(signal.Genesis(), at), Counter: true, Labels: map[string]string{"direction": "both"}},
	}
	r.Detail = d
	return append([]resource.Resource{r}, g.backups(at)...)
}

func (g *MailGateway) node(i int, at time.Time) resource.MailNode {
	load := g.machine.loadAverage(at)
	n := resource.MailNode{
		Name: g.nodes[i], Status: "online", Role: "master", Uptime: g.machine.boots.Since(at),
		LoadAverage: fmt.Sprintf("%.2f %.2f %.2f", load[0], load[1], load[2]),
	}
	if i > 0 {
		n.Role = "node"
	}
	rate := g.mail.At(at) * 60
	n.Queue = &resource.MailQueue{
		Active: int(rate), Deferred: 2 + int(rate/2), Hold: i, Incoming: int(rate / 4), OldestAge: time.Duration(40+10*rate) * time.Second, UpdatedAt: at,
	}
	if g.stuck && i == 0 {
		stuckSince := signal.Cycle{Every: 9 * time.Hour}.Since(at) + 2*time.Hour
		n.Queue.Deferred += 300 + int(stuckSince.Minutes()*2.2)
		n.Queue.Hold, n.Queue.OldestAge = 14, stuckSince
	}
	return n
}

// backups returns the gateway's own configuration backups, one a week.
func (g *MailGateway) backups(at time.Time) []resource.Resource {
	const kept = 4
	cycle := signal.Weekly(3 * time.Hour)
	var out []resource.Resource
	for index := cycle.Index(at); len(out) < kept; index-- {
		start := cycle.Run(index)
		file := "pmg-backup_" + start.Format("2006_01_02_150405") + ".tgz"
		out = append(out, resource.Resource{
			ID: "backup/" + file, Kind: resource.KindBackup, Name: file, ParentID: gatewayID, Status: resource.StatusRunning,
			Detail: &resource.Backup{
				Type: "mailgateway", BackupID: g.name, At: start, Size: uint64(g.seed.Nth(index).Between("backup", 90, 140) * mib),
				Node: g.nodes[0], Storage: "local", Filename: file, Format: "tgz",
			},
		})
	}
	return out
}
