package pbs

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The bounds of what is listed. What is beyond them is left out, the oldest
// first, and told as a problem.
const (
	maxNamespaces = 1000   // of one datastore
	maxGroups     = 20_000 // of one namespace
	maxBackups    = 50_000 // of one server
)

// wholeAge is how long after a namespace was listed as a whole it is again. In
// between the groups that have changed are listed, and the whole after a
// verification.
const wholeAge = 6 * time.Hour

// fewGroups is how many groups of a namespace are listed one by one rather
// than the namespace as a whole.
const fewGroups = 8

// listTimeout bounds the listing of a namespace: megabytes in a large one.
const listTimeout = 45 * time.Second

// sparedTime is what is kept of the time of a collect for telling what was seen.
const sparedTime = 3 * time.Second

// early returns a context that ends a little before ctx does.
func early(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(sparedTime, time.Until(deadline)/4)))
}

// storeListing is what one look at a datastore found.
type storeListing struct {
	held  *storeHoldings   // with what is known from before for parts that failed
	fresh []*groupHoldings // what was found to be true now
	left  []string         // what was left out because there is too much of it
	err   error
}

// collectBackups lists the backups of all datastores: groups always, the
// backups of a group when it has changed.
func (s *source) collectBackups(ctx context.Context, out *sdk.Snapshot) error {
	stores, err := s.listStores(ctx)
	if err != nil {
		return err
	}
	before, listings := s.backups.Load(), make([]storeListing, len(stores))
	within, cancel := early(ctx)
	defer cancel()
	var wait sync.WaitGroup
	for i, store := range stores {
		wait.Go(func() { listings[i] = s.listStore(within, store, before.store(store.Store)) })
	}
	wait.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	after := &holdings{stores: map[string]*storeHoldings{}}
	var fresh []*groupHoldings
	for i, listing := range listings {
		after.stores[stores[i].Store] = listing.held
		fresh = append(fresh, listing.fresh...)
		if listing.err != nil {
			out.Failed(storeID(stores[i].Store), listing.err)
		}
		for _, text := range listing.left {
			out.Problem(tooMany(stores[i].Store, text))
		}
	}
	s.backups.Store(after)
	tell(out, fresh)
	return nil
}

// tell puts the backups into the answer, only the newest if there are too many.
func tell(out *sdk.Snapshot, groups []*groupHoldings) {
	total := 0
	for _, group := range groups {
		total += len(group.backups)
	}
	var oldest time.Time
	if total > maxBackups {
		oldest = oldestShown(groups, total)
		out.Problem(tooMany("backups", fmt.Sprintf("only the newest %d of %d backups are shown", maxBackups, total)))
	}
	for _, group := range groups {
		for i := range group.backups {
			if !madeAt(&group.backups[i]).Before(oldest) {
				out.Put(group.backups[i])
			}
		}
	}
}

// oldestShown returns when the oldest backup was made that is not beyond maxBackups.
func oldestShown(groups []*groupHoldings, total int) time.Time {
	times := make([]time.Time, 0, total)
	for _, group := range groups {
		for i := range group.backups {
			times = append(times, madeAt(&group.backups[i]))
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[total-maxBackups]
}

// tooMany tells that something was left out. It belongs to no resource: what
// is left out is meant to go.
func tooMany(of, text string) sdk.Problem {
	return sdk.Problem{ResourceID: "limit/" + of, Code: "too-many", Message: text}
}

func madeAt(r *resource.Resource) time.Time { return r.Detail.(*resource.Backup).At }

// listStore lists a datastore. One that is closed keeps what is known of it.
func (s *source) listStore(ctx context.Context, store storeInfo, before *storeHoldings) storeListing {
	if closed := store.closed(); closed != "" {
		return storeListing{held: before, err: fault.Newf(fault.OriginRemote, "closed", "%s", closed)}
	}
	paths, err := s.listNamespaces(ctx, store.Store)
	if paths == nil {
		return storeListing{held: before, err: err}
	}
	listing := storeListing{held: &storeHoldings{namespaces: map[string]*namespaceHoldings{}}, err: err}
	if len(paths) > maxNamespaces {
		listing.left = append(listing.left, fmt.Sprintf("only the first %d of %d namespaces are listed", maxNamespaces, len(paths)))
		paths = paths[:maxNamespaces]
	}
	for _, path := range paths {
		look := namespaceLook{source: s, place: place{store.Store, path}, before: before.namespace(path)}
		held, fresh, err := look.list(ctx)
		if held != nil {
			listing.held.namespaces[path] = held
		}
		if look.total > maxGroups {
			listing.left = append(listing.left, fmt.Sprintf("only the newest %d of %d groups of %q are listed", maxGroups, look.total, path))
		}
		listing.fresh = append(listing.fresh, fresh...)
		listing.err = errors.Join(listing.err, err)
		if ctx.Err() != nil {
			return listing.keep(before, paths)
		}
	}
	return listing
}

// keep takes over what is known of the namespaces that were not reached.
func (l storeListing) keep(before *storeHoldings, paths []string) storeListing {
	for _, path := range paths {
		if known := before.namespace(path); known != nil && l.held.namespaces[path] == nil {
			l.held.namespaces[path] = known
		}
	}
	return l
}

// namespaceLook is one look at a namespace.
type namespaceLook struct {
	*source
	place
	before *namespaceHoldings
	total  int // how many groups there are
}

// list lists the groups, and the backups of those that have changed. What
// failed is held as it was and not among the fresh ones.
func (l *namespaceLook) list(ctx context.Context) (held *namespaceHoldings, fresh []*groupHoldings, err error) {
	groups, err := l.groups(ctx)
	if err != nil {
		return l.before, nil, err
	}
	changed := l.changed(groups)
	held = &namespaceHoldings{listed: l.serverNow(), groups: map[groupName]*groupHoldings{}}
	switch {
	case !l.due(len(changed)):
		held.listed, held.large = l.before.listed, l.before.large
		return l.byGroup(ctx, held, groups, changed)
	case l.before != nil && l.before.large:
		held.large = true
		return l.byGroup(ctx, held, groups, groups)
	}
	rows, err := l.snapshots(ctx, groupName{})
	switch {
	case err == nil:
		l.hold(held, groups, rows)
		return held, all(held), nil
	case fault.Of(err).Code == proxmoxapi.CodeTooLarge:
		held.large = true
		return l.byGroup(ctx, held, groups, groups)
	}
	return l.before, nil, err
}

// groups lists the groups, the newest first if there are too many.
func (l *namespaceLook) groups(ctx context.Context) ([]group, error) {
	var groups []group
	err := l.client.GetWithin(ctx, listTimeout, storePath(l.store, "groups"), namespaceQuery(l.namespace), &groups)
	if l.total = len(groups); l.total > maxGroups {
		slices.SortFunc(groups, func(a, b group) int { return b.Last.Int() - a.Last.Int() })
		groups = groups[:maxGroups]
	}
	return groups, err
}

func all(held *namespaceHoldings) []*groupHoldings {
	list := make([]*groupHoldings, 0, len(held.groups))
	for _, group := range held.groups {
		list = append(list, group)
	}
	return list
}

// changed returns the groups that are not what they were.
func (l *namespaceLook) changed(groups []group) []group {
	var changed []group
	for i := range groups {
		if !l.before.group(groups[i].name()).same(&groups[i]) {
			changed = append(changed, groups[i])
		}
	}
	return changed
}

// due says whether the namespace is to be listed as a whole. One that is too
// large for that is only when everything may have changed.
func (l *namespaceLook) due(changed int) bool {
	return l.before == nil || changed > fewGroups && !l.before.large || l.serverNow().Sub(l.before.listed) >= wholeAge ||
		l.tasks.verifiedAt(l.store).After(l.before.listed)
}

// snapshots lists the backups of a group, or of the namespace if the group has no name.
func (l *namespaceLook) snapshots(ctx context.Context, name groupName) ([]snapshot, error) {
	query := url.Values{}
	if l.namespace != "" {
		query.Set("ns", l.namespace)
	}
	if name != (groupName{}) {
		query.Set("backup-type", name.kind)
		query.Set("backup-id", name.id)
	}
	var rows []snapshot
	err := l.client.GetWithin(ctx, listTimeout, storePath(l.store, "snapshots"), query, &rows)
	return rows, err
}

// hold makes the holdings of a list of all backups. Groups that have come or
// gone between the two lists are as the list of the backups says.
func (l *namespaceLook) hold(held *namespaceHoldings, groups []group, rows []snapshot) {
	byName := map[groupName][]snapshot{}
	for i := range rows {
		name := rows[i].group()
		byName[name] = append(byName[name], rows[i])
	}
	for name, rows := range byName {
		held.groups[name] = l.place.hold(rows)
	}
	for i := range groups {
		if group := held.groups[groups[i].name()]; group != nil {
			group.last, group.count = groups[i].Last.Int(), groups[i].Count.Int()
		}
	}
}

// byGroup lists the groups that have changed one by one. After one that fails
// the server is left alone until the next time.
func (l *namespaceLook) byGroup(
	ctx context.Context, held *namespaceHoldings, groups, changed []group,
) (*namespaceHoldings, []*groupHoldings, error) {
	var fault error
	failed := map[groupName]bool{}
	for i := range changed {
		name := changed[i].name()
		if fault == nil {
			rows, err := l.snapshots(ctx, name)
			if err == nil {
				held.groups[name] = l.holdGroup(&changed[i], rows)
				continue
			}
			fault = err
		}
		failed[name] = true
	}
	var fresh []*groupHoldings
	for i := range groups {
		name := groups[i].name()
		if known := l.before.group(name); held.groups[name] == nil && known != nil {
			held.groups[name] = known
		}
		if group := held.groups[name]; group != nil && !failed[name] {
			fresh = append(fresh, group)
		}
	}
	return held, fresh, fault
}

// holdGroup makes the holdings of one group.
func (l *namespaceLook) holdGroup(g *group, rows []snapshot) *groupHoldings {
	rows = slices.DeleteFunc(rows, func(row snapshot) bool { return row.group() != g.name() })
	held := l.place.hold(rows)
	held.last, held.count = g.Last.Int(), g.Count.Int()
	return held
}

func (g *group) name() groupName     { return groupName{g.Type, g.ID} }
func (s *snapshot) group() groupName { return groupName{s.Type, s.ID} }
