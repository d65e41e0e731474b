package proxmox

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
)

// source is one instance: a host or a cluster. It is safe for concurrent use.
type source struct {
	config   config
	client   *proxmoxapi.Client
	now      func() time.Time
	log      hclog.Logger
	off      map[string]bool
	datasets map[string]func(context.Context, *sdk.Snapshot) error
	limits   limits

	cluster *cluster
	nodes   *breaker
	facts   *facts
	pace    *pace
	news    *news
	backups *kept
	tasks   *taskNews
	snaps   *kept
	jobs    *kept
}

// limits bound single calls and rounds.
type limits struct {
	guests int // that are looked into in one round: all calls go through one member of the cluster

	node  time.Duration // what a node knows at once
	slow  time.Duration // what needs disks or other machines; a dead network storage makes these slow
	guest time.Duration // what may need the process of a machine
	agent time.Duration // what needs a guest agent; for one that hangs the server gives up after about 5 s
}

func newSource(c config, now func() time.Time) (*source, error) {
	client, err := proxmoxapi.New(c.Options(proxmoxapi.PVE))
	if err != nil {
		return nil, err
	}
	s := &source{
		config: c, client: client, now: now,
		limits: limits{guests: 1500, node: 4 * time.Second, slow: 30 * time.Second, guest: 6 * time.Second, agent: 8 * time.Second},
		log:    c.Instance.Log, off: c.off(),
		nodes: newBreaker(now), facts: newFacts(), pace: newPace(), news: newNews(),
		backups: newKept(), tasks: &taskNews{}, snaps: newKept(), jobs: newKept(),
	}
	if s.log == nil {
		s.log = hclog.NewNullLogger()
	}
	s.cluster = &cluster{client: client, now: now, log: s.log, looking: make(chan struct{}, 1)}
	s.datasets = map[string]func(context.Context, *sdk.Snapshot) error{
		datasetStatus: s.collectStatus, datasetGuests: s.collectGuests, datasetStorage: s.collectStorage,
		datasetBackups: s.collectBackups, datasetSnapshots: s.collectSnapshots,
		datasetReplication: s.collectReplication, datasetCeph: s.collectCeph, datasetHA: s.collectHA,
		datasetUpkeep: s.collectUpkeep,
	}
	return s, nil
}

// CollectDataset implements sdk.DatasetCollector. A dataset that is switched
// off holds nothing.
func (s *source) CollectDataset(ctx context.Context, dataset string, out *sdk.Snapshot) error {
	collect, ok := s.datasets[dataset]
	if !ok {
		return fault.Newf(fault.OriginCaller, fault.CodeNotFound, "no dataset %q", dataset)
	}
	if s.off[dataset] {
		return nil
	}
	asking, cancel := withReserve(ctx)
	defer cancel()
	return collect(asking, out)
}

// reserve is the part of a collect's time that is left for handing over what was found.
const reserve = 0.1

// withReserve returns a context that ends a little before ctx does: a collect
// that is late has something to tell, if not everything.
func withReserve(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	left := time.Until(deadline)
	return context.WithTimeout(ctx, left-time.Duration(float64(left)*reserve))
}

// Close implements sdk.Closer.
func (s *source) Close() { s.client.Close() }

// testTimeout bounds a try.
const testTimeout = 20 * time.Second

// Test implements sdk.Tester: it logs in and says what there is and what the
// account may not see.
func (s *source) Test(ctx context.Context) (sdk.TestResult, error) {
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	var version versionAnswer
	if err := s.client.Get(ctx, "version", nil, &version); err != nil {
		return sdk.TestResult{}, s.config.FieldError(err)
	}
	view, err := s.cluster.look(ctx)
	if err != nil {
		return sdk.TestResult{}, s.config.FieldError(err)
	}
	if len(view.nodes) == 0 {
		return sdk.TestResult{}, s.config.FieldError(fault.Newf(fault.OriginRemote, proxmoxapi.CodeForbidden,
			"the account sees no node: give it (and, with privilege separation, its token) the role PVEAuditor on /"))
	}
	return s.testResult(ctx, string(version.Version), view), nil
}

func (s *source) testResult(ctx context.Context, version string, view *view) sdk.TestResult {
	names := make([]string, 0, len(view.nodes))
	for _, n := range view.nodes {
		names = append(names, n.name)
	}
	facts := map[string]string{
		"version": version, "nodes": strings.Join(names, ", "), "guests": strconv.Itoa(len(view.guests())),
	}
	what := "host " + names[0]
	if view.name != "" {
		facts["cluster"] = view.name
		what = fmt.Sprintf("cluster %s with %d nodes", view.name, len(names))
	}
	if skew, known := s.client.Skew(); known && skew.Abs() > proxmoxapi.ToleratedSkew {
		facts["clock_ahead_of_hub"] = skew.Round(time.Second).String()
	}
	if lacking := s.lacking(ctx, version); len(lacking) > 0 {
		facts["missing_privileges"] = strings.Join(lacking, ", ")
	}
	return sdk.TestResult{
		Summary: fmt.Sprintf("Proxmox VE %s, %s, %d guests.", version, what, len(view.guests())), Facts: facts,
	}
}

// lacking returns the privileges that the account does not have on "/" and
// that something is read with. An account with rights on parts only lacks them, too.
func (s *source) lacking(ctx context.Context, version string) []string {
	var granted map[string]map[string]boolean
	if s.client.Get(ctx, "access/permissions", nil, &granted) != nil {
		return nil // it is a service of the try, not its point
	}
	agent := "VM.Monitor"
	if major(version) >= 9 {
		agent = "VM.GuestAgent.Audit"
	}
	var missing []string
	for _, privilege := range []string{"Sys.Audit", "VM.Audit", "Datastore.Audit", agent} {
		if _, has := granted["/"][privilege]; !has {
			missing = append(missing, privilege)
		}
	}
	return missing
}

// major returns the first number of a version like "8.4.1" or "7.4-19", 0 if there is none.
func major(version string) int {
	head, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(head)
	if err != nil {
		return 0
	}
	return n
}
