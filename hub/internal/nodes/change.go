package nodes

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
)

// Add makes a node. It is nil if it is a node of its own. The error is one of
// those of drafts, ErrExists, ErrMock, or one of package setup.
func (d *Directory) Add(ctx context.Context, n *Draft, actor string) (*Merged, error) {
	if d.Mock {
		return nil, ErrMock
	}
	p, err := n.check()
	if err != nil {
		return nil, err
	}
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	defer d.end()
	all, err := d.entries(ctx)
	if err != nil {
		return nil, err
	}
	return d.add(ctx, p, addition{draft: n, others: all, actor: actor})
}

// addition is a node that is to be made.
type addition struct {
	draft  *Draft
	others []entry
	actor  string
	source string // who registers it; empty: a person
}

func (d *Directory) add(ctx context.Context, p product, a addition) (*Merged, error) {
	kept := record{Monitors: a.draft.defaults(p.typ), Source: a.source}
	filled, err := d.fill(ctx, p, instance.Instance{}, a.draft, &kept)
	if err != nil {
		return nil, err
	}
	if at := withAddress(p, a.others, filled.text(fieldURL)); at >= 0 {
		return nil, ErrExists
	}
	filled.monitors(kept.Monitors)
	if p.typ == "pve" {
		if kept.Cluster, err = d.clusterAt(ctx, filled); err != nil {
			return nil, err
		}
		at := d.inCluster(a.others, kept.Cluster)
		if at >= 0 && (a.source == "" || d.accepts(ctx, &a.others[at], filled, kept.Cluster)) {
			return d.merge(ctx, &a.others[at], filled, a.actor)
		}
	}
	name := distinct(p, a.others, a.draft.Name, filled.text(fieldURL))
	draft, err := filled.draft(name, true)
	if err != nil {
		return nil, err
	}
	made, err := d.Office.Create(ctx, draft, a.actor)
	if err != nil {
		return nil, err
	}
	err = d.records.change(ctx, made.ID, func(r *record) { *r = kept })
	if err != nil { // half a node would not be what was asked for
		return nil, errors.Join(err, d.Office.Delete(ctx, made.ID, a.actor))
	}
	return nil, nil
}

// fill writes a draft over what an instance is configured with.
func (d *Directory) fill(ctx context.Context, p product, before instance.Instance, n *Draft, kept *record) (*form, error) {
	component, err := d.Components.Component(ctx, p.plugin, p.component)
	if err != nil {
		return nil, err
	}
	filled, err := newForm(p, component.Config, before)
	if err != nil {
		return nil, err
	}
	if before.ID == "" {
		filled.set(fieldVerify, false) // what a new node does unless told otherwise
	}
	if n.Host != "" {
		address, err := p.normalize(n.Host)
		if err != nil {
			return nil, err
		}
		filled.set(fieldURL, address)
	}
	filled.trust(n)
	filled.links(n.GuestURL, kept)
	return filled, filled.login(n, kept)
}

// withAddress returns which node of the product has the address, -1 if none has.
func withAddress(p product, all []entry, address string) int {
	return slices.IndexFunc(all, func(e entry) bool {
		if e.product.typ != p.typ {
			return false
		}
		known, err := p.normalize(e.host())
		return err == nil && known == address
	})
}

// distinct returns the name, with the host if another node of the product has it already.
func distinct(p product, others []entry, name, address string) string {
	name = strings.TrimSpace(name)
	taken := slices.ContainsFunc(others, func(e entry) bool {
		return e.product.typ == p.typ && e.instance.Name == name && hostOf(e.host()) != hostOf(address)
	})
	if !taken {
		return name
	}
	return name + " (" + hostOf(address) + ")"
}

// Change changes a node to what the draft says; what it does not say stays,
// but for the fingerprint and the address for people. The error is one of
// those of drafts and ids, ErrExists, ErrMock, or one of package setup.
func (d *Directory) Change(ctx context.Context, id string, n *Draft, actor string) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	one, all, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	if n.Host == "" && one.product.typ == "pbs" {
		return ErrNoHost
	}
	if n.Host != "" {
		if _, err := parseAddress(n.Host, one.product.typ); err != nil {
			return err
		}
	}
	if one.product.typ == "pbs" && n.MonitorBackups == nil {
		n.MonitorBackups = new(true)
	}
	return d.change(ctx, &one, n, change{others: without(all, id), actor: actor})
}

// change is the circumstances under which a node is changed.
type change struct {
	others []entry
	actor  string
	source string // who changes it; empty: a person
}

func (d *Directory) change(ctx context.Context, one *entry, n *Draft, c change) error {
	kept := one.record
	kept.Monitors = kept.Monitors.with(n.Monitors)
	kept.Source = orElse(c.source, kept.Source)
	filled, err := d.fill(ctx, one.product, one.instance, n, &kept)
	if err != nil {
		return err
	}
	filled.monitors(n.Monitors)
	if at := withAddress(one.product, c.others, filled.text(fieldURL)); at >= 0 {
		return ErrExists
	}
	name := one.instance.Name
	if n.Name != "" && n.Name != name {
		name = distinct(one.product, c.others, n.Name, filled.text(fieldURL))
	}
	draft, err := filled.draft(name, one.instance.Enabled)
	if err != nil {
		return err
	}
	if _, err := d.Office.Update(ctx, one.instance.ID, draft, c.actor); err != nil {
		return err
	}
	return d.records.change(ctx, one.instance.ID, func(r *record) { *r = kept })
}

func without(all []entry, id string) []entry {
	return slices.DeleteFunc(slices.Clone(all), func(e entry) bool { return e.id == id })
}

// Remove deletes a node with its secrets. The error is ErrID, ErrUnknown,
// ErrMock, or one of package setup.
func (d *Directory) Remove(ctx context.Context, id, actor string) error {
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.end()
	one, all, err := d.find(ctx, id)
	if err != nil {
		return err
	}
	if err := d.Office.Delete(ctx, one.instance.ID, actor); err != nil && !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	var left []string
	for _, other := range without(all, id) {
		left = append(left, other.instance.ID)
	}
	return d.records.keep(ctx, left)
}
