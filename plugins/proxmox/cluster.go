package proxmox

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
)

const (
	// viewAge is how old a view may be for datasets other than status.
	viewAge = 45 * time.Second
	// learnAge is how often the members' certificates and the definitions of
	// storages are asked for.
	learnAge = 5 * time.Minute
	// learnAgain is when they are asked for again after that has failed.
	learnAgain = time.Minute
	// learnLimit bounds each of these calls: they are made on the way.
	learnLimit = 2 * time.Second
	// maxRows bounds the rows of a cluster that are looked at.
	maxRows = 100_000
)

// member is a node of the cluster.
type member struct {
	name, ip string
	online   bool
	local    bool // it is the one that is asked
}

// view is a cluster at one moment. It is not changed once built.
type view struct {
	at      time.Time
	name    string // empty for a stand-alone host
	quorate bool
	nodes   []member // sorted by name
	rows    []resourceRow
	// statusErr is why the members are known from the rows only; nil if they are not.
	statusErr error
}

// guests returns the rows of guests. They belong to the view.
func (v *view) guests() []*resourceRow {
	var guests []*resourceRow
	for i := range v.rows {
		if v.rows[i].isGuest() {
			guests = append(guests, &v.rows[i])
		}
	}
	return guests
}

// online returns the names of the nodes that can be asked.
func (v *view) online() []string {
	var names []string
	for _, n := range v.nodes {
		if n.online {
			names = append(names, n.name)
		}
	}
	return names
}

// cluster looks at the cluster and keeps what it saw. It is safe for concurrent use.
type cluster struct {
	client  *proxmoxapi.Client
	now     func() time.Time
	log     hclog.Logger
	looking chan struct{} // whoever may put something in may look for the slower datasets

	mu       sync.Mutex
	last     *view
	learntAt time.Time
	learnt   string // the members that were learnt, and through which endpoint
	storages map[string]storageConfig
}

// recent returns a view that is not old, looking if there is none.
func (c *cluster) recent(ctx context.Context) (*view, error) {
	if v := c.young(); v != nil {
		return v, nil
	}
	select { // the datasets all begin at the same time: one looks, the others wait
	case c.looking <- struct{}{}:
		defer func() { <-c.looking }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if v := c.young(); v != nil {
		return v, nil
	}
	return c.look(ctx)
}

// young returns the last view if it is not old, else nil.
func (c *cluster) young() *view {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil && c.now().Sub(c.last.at) < viewAge {
		return c.last
	}
	return nil
}

// look asks for everything that the cluster tells from memory: two calls,
// whatever its size.
func (c *cluster) look(ctx context.Context) (*view, error) {
	v := &view{at: c.now()}
	var status []clusterRow
	var asking sync.WaitGroup
	asking.Go(func() { v.statusErr = c.client.Get(ctx, "cluster/status", nil, &status) })
	err := c.client.Get(ctx, "cluster/resources", nil, &v.rows)
	asking.Wait()
	if err != nil {
		return nil, err
	}
	v.rows = v.rows[:min(len(v.rows), maxRows)]
	v.members(status)
	c.learn(ctx, v)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = v
	return v, nil
}

// members takes the nodes from /cluster/status, or from the rows of an account
// that may not read it.
func (v *view) members(status []clusterRow) {
	v.quorate = true
	for _, r := range status {
		switch {
		case r.Type == "cluster":
			v.name, v.quorate = string(r.Name), bool(r.Quorate)
		case r.Type == typeNode && r.Name != "":
			v.nodes = append(v.nodes, member{name: string(r.Name), ip: string(r.IP), online: bool(r.Online), local: bool(r.Local)})
		}
	}
	if len(v.nodes) == 0 {
		for i := range v.rows {
			if r := &v.rows[i]; r.Type == typeNode && r.Node != "" {
				v.nodes = append(v.nodes, member{name: string(r.Node), online: r.Status == "online"})
			}
		}
	}
	slices.SortFunc(v.nodes, func(a, b member) int { return strings.Compare(a.name, b.name) })
}

// learn asks for the members' certificates and the definitions of storages
// now and then, and when the members or the endpoint have changed.
func (c *cluster) learn(ctx context.Context, v *view) {
	state := c.client.Endpoint()
	for _, n := range v.nodes {
		state += " " + n.name + "=" + n.ip
	}
	c.mu.Lock()
	due := state != c.learnt || v.at.Sub(c.learntAt) >= learnAge
	c.learnt, c.learntAt = state, v.at
	c.mu.Unlock()
	if !due {
		return
	}
	c.learnStorages(ctx)
	var rows []nodeRow
	if err := c.client.GetWithin(ctx, learnLimit, "nodes", nil, &rows); err != nil {
		c.log.Debug("members are not learnt", "error", err)
		c.mu.Lock()
		c.learntAt = v.at.Add(learnAgain - learnAge)
		c.mu.Unlock()
		return
	}
	c.client.Learn(v.endpoints(rows))
}

// endpoints returns what the client may go on with.
func (v *view) endpoints(rows []nodeRow) []proxmoxapi.Member {
	sums := map[string]string{}
	for _, r := range rows {
		sums[string(r.Node)] = string(r.Fingerprint)
	}
	var members []proxmoxapi.Member
	for _, n := range v.nodes {
		if n.online && n.ip != "" {
			members = append(members, proxmoxapi.Member{Host: n.ip, Fingerprint: sums[n.name], Local: n.local})
		}
	}
	return members
}

func (c *cluster) learnStorages(ctx context.Context) {
	var rows []storageConfig
	if err := c.client.GetWithin(ctx, learnLimit, "storage", nil, &rows); err != nil {
		c.log.Debug("definitions of storages are not learnt", "error", err)
		return
	}
	storages := map[string]storageConfig{}
	for _, r := range rows {
		storages[string(r.Storage)] = r
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.storages = storages
}

// storage returns the definition of a storage and whether it is known.
func (c *cluster) storage(name string) (storageConfig, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	config, ok := c.storages[name]
	return config, ok
}
