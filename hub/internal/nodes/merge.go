package nodes

import (
	"context"
	"slices"
)

// Merged says that a new node was found to be a member of a cluster that is
// watched already, and became another way to that.
type Merged struct {
	Cluster        string
	ExistingNode   string // its name
	TotalEndpoints int
}

// clusterAt asks a server for the name of its cluster. One that does not
// answer now may have one all the same; polling it will tell.
func (d *Directory) clusterAt(ctx context.Context, f *form) (string, error) {
	tried, err := d.try(ctx, f, "")
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		d.Logger.Debug("cluster of a new node is not known yet", "error", err)
		return "", nil
	}
	return tried.Cluster, nil
}

// inCluster returns which node is a way to the cluster, -1 if none is.
func (d *Directory) inCluster(all []entry, name string) int {
	if name == "" {
		return -1
	}
	snapshot := d.Inventory.Snapshot()
	return slices.IndexFunc(all, func(e entry) bool {
		return e.product.typ == "pve" && clusterOf(snapshot, &e).Name == name
	})
}

// accepts says whether a cluster takes the token of a server that calls itself
// a member. Whoever may only register could otherwise have the hub show its
// token for the cluster to a machine of theirs.
func (d *Directory) accepts(ctx context.Context, one *entry, member *form, name string) bool {
	component, err := d.Components.Component(ctx, one.product.plugin, one.product.component)
	if err != nil {
		return false
	}
	filled, err := newForm(one.product, component.Config, one.instance)
	if err != nil {
		return false
	}
	filled.clear(fieldUser, fieldPassword)
	filled.set(fieldTokenID, member.text(fieldTokenID))
	filled.set(fieldTokenSecret, member.text(fieldTokenSecret))
	tried, err := d.try(ctx, filled, one.instance.ID)
	return err == nil && tried.Cluster == name
}

// merge adds an address to a node. A cluster has its accounts in common: if the
// token is the same one, what was tried just now is its newest value.
func (d *Directory) merge(ctx context.Context, one *entry, member *form, actor string) (*Merged, error) {
	component, err := d.Components.Component(ctx, one.product.plugin, one.product.component)
	if err != nil {
		return nil, err
	}
	filled, err := newForm(one.product, component.Config, one.instance)
	if err != nil {
		return nil, err
	}
	if id := filled.text(fieldTokenID); id != "" && id == member.text(fieldTokenID) {
		filled.set(fieldTokenSecret, member.text(fieldTokenSecret))
	}
	known, _ := filled.config[fieldEndpoints].([]any)
	address := member.text(fieldURL)
	isNew := address != filled.text(fieldURL) && !slices.Contains(known, any(address))
	if isNew && filled.hasRoom(fieldEndpoints, len(known)) {
		known = append(known, address)
	}
	filled.set(fieldEndpoints, known)
	draft, err := filled.draft(one.instance.Name, one.instance.Enabled)
	if err != nil {
		return nil, err
	}
	if _, err := d.Office.Update(ctx, one.instance.ID, draft, actor); err != nil {
		return nil, err
	}
	return &Merged{
		Cluster: clusterOf(d.Inventory.Snapshot(), one).Name, ExistingNode: one.instance.Name, TotalEndpoints: len(known) + 1,
	}, nil
}
