package pmg

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/memo"
	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// gatewayID is the resource ID of the gateway; its backups hang below it.
const gatewayID = "gateway"

// How long answers are good for that change rarely or cost the server much.
const (
	versionAge    = 10 * time.Minute
	nodesAge      = 10 * time.Minute
	zoneAge       = 10 * time.Minute
	servicesAge   = 5 * time.Minute
	countsAge     = 5 * time.Minute // the server sums them up every few minutes
	quarantineAge = 5 * time.Minute
)

// source is one instance. It is safe for concurrent use.
type source struct {
	config config
	client *proxmoxapi.Client
	now    func() time.Time
	// patience bounds each part of a collect.
	patience time.Duration

	version    memo.Value[version]
	alone      memo.Value[[]member]
	zone       memo.Value[*time.Location]
	stats      memo.Value[*resource.MailStats]
	counts     memo.Value[[]resource.MailCount]
	scores     memo.Value[[]resource.SpamBucket]
	quarantine memo.Value[*held]

	mu       sync.Mutex
	services map[string]*memo.Value[[]string] // those that are down, by node
}

func newSource(c config, now func() time.Time) (*source, error) {
	client, err := proxmoxapi.New(c.connection().Options(proxmoxapi.PMG))
	if err != nil {
		return nil, err
	}
	return &source{config: c, client: client, now: now, patience: partLimit, services: map[string]*memo.Value[[]string]{}}, nil
}

// Close ends the connections to the gateway.
func (s *source) Close() { s.client.Close() }

// CollectDataset implements sdk.DatasetCollector.
func (s *source) CollectDataset(ctx context.Context, dataset string, out *sdk.Snapshot) error {
	switch dataset {
	case datasetStatus:
		return s.collectStatus(ctx, out)
	case datasetBackups:
		return s.collectBackups(ctx, out)
	}
	return fmt.Errorf("no dataset %q", dataset)
}

// Test implements sdk.Tester.
func (s *source) Test(ctx context.Context) (sdk.TestResult, error) {
	connection := s.config.connection()
	v, err := s.askVersion(ctx)
	if err != nil {
		return sdk.TestResult{}, connection.FieldError(err)
	}
	members, err := s.askMembers(ctx)
	if err != nil {
		return sdk.TestResult{}, connection.FieldError(err)
	}
	facts := map[string]string{"version": v.Version, "nodes": strconv.Itoa(len(members))}
	var rows []shape
	path := proxmoxapi.Path("nodes", members[0].Name, "postfix", "qshape")
	switch err := s.client.Get(ctx, path, nil, &rows); {
	case err != nil && fault.Of(err).Code == proxmoxapi.CodeForbidden:
		return sdk.TestResult{}, connection.FieldError(fault.Newf(fault.OriginRemote, proxmoxapi.CodeForbidden,
			"the user may not see the mail queues: give it the role Auditor"))
	case err != nil:
		return sdk.TestResult{}, connection.FieldError(err)
	}
	summary := "Proxmox Mail Gateway " + v.Version
	if len(members) > 1 {
		summary += fmt.Sprintf(", a cluster of %d nodes", len(members))
	}
	return sdk.TestResult{Summary: summary, Facts: facts}, nil
}

// smallSkew is a difference of the clocks that could as well be that of the network.
const smallSkew = 3 * time.Second

// serverNow is the time by the clock of the server, as far as it is known.
func (s *source) serverNow() time.Time {
	skew, _ := s.client.Skew()
	if skew.Abs() < smallSkew {
		skew = 0
	}
	return s.now().Add(skew)
}

// askVersion returns the version of the gateway, asking for it now and then.
func (s *source) askVersion(ctx context.Context) (version, error) {
	return s.version.Get(s.now(), versionAge, func() (version, error) {
		var v version
		err := s.client.Get(ctx, "version", nil, &v)
		return v, err
	})
}

// maxMembers bounds the nodes of a cluster that are looked at.
const maxMembers = 32

// askMembers returns the nodes of the cluster, at least one. A gateway without
// a cluster is its only member.
func (s *source) askMembers(ctx context.Context) ([]member, error) {
	var members []member
	if err := s.client.Get(ctx, "config/cluster/status", nil, &members); err != nil {
		return nil, err
	}
	if len(members) == 0 {
		return s.alone.Get(s.now(), nodesAge, func() ([]member, error) { return s.askNodes(ctx) })
	}
	s.learn(members)
	return members[:min(len(members), maxMembers)], nil
}

// learn lets the client go on with another node when the one it asks does not answer.
func (s *source) learn(members []member) {
	others := make([]proxmoxapi.Member, len(members))
	for i, m := range members {
		others[i] = proxmoxapi.Member{Host: m.IP, Fingerprint: m.Fingerprint}
	}
	s.client.Learn(others)
}

func (s *source) askNodes(ctx context.Context) ([]member, error) {
	var nodes []nodeName
	if err := s.client.Get(ctx, "nodes", nil, &nodes); err != nil {
		return nil, err
	}
	if len(nodes) == 0 {
		return nil, fault.Newf(fault.OriginRemote, proxmoxapi.CodeBadAnswer, "the gateway names no node")
	}
	return []member{{Name: nodes[0].Node, Type: "master", InSync: true}}, nil
}

// askZone returns the time zone of the gateway, asking for it now and then.
// Days of the statistics are those of this zone. Where it is not told it is
// that of the clock of the hub: a wrong day for some hours is better than none.
func (s *source) askZone(ctx context.Context, node string) *time.Location {
	zone, _ := s.zone.Get(s.now(), zoneAge, func() (*time.Location, error) {
		var t nodeTime
		err := s.client.Get(ctx, proxmoxapi.Path("nodes", node, "time"), nil, &t)
		if err != nil && unreachable(err) {
			return nil, err
		}
		return t.zone(s.now().Location()), nil
	})
	if zone == nil {
		return s.now().Location()
	}
	return zone
}
