package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/notify/setup"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// vet leaves out of a plan what this hub would refuse, with a warning. What is there under the same key stays then.
func (d *Desk) vet(ctx context.Context, p *plan) error {
	if p.after.Instances != nil {
		if err := d.vetInstances(ctx, p); err != nil {
			return err
		}
	}
	for _, s := range sections() {
		if p.after.Sections[s.name] != nil {
			p.vetSection(&s)
		}
	}
	return d.vetTokens(ctx, p)
}

func (p *plan) warn(format string, args ...any) {
	p.warnings = append(p.warnings, fmt.Sprintf(format, args...))
}

// vetSection looks at records that are not there already.
func (p *plan) vetSection(s *section) {
	wanted, kept := p.after.Sections[s.name], p.before.Sections[s.name]
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		old, known := kept[key]
		if known && sameJSON(old, wanted[key]) {
			continue
		}
		problem := s.problem(key, wanted[key])
		if problem == nil {
			continue
		}
		p.warn("%s: %.80q is left out: %v", s.name, key, problem)
		delete(wanted, key)
		if known {
			wanted[key] = old
		}
	}
}

func (s *section) problem(key string, value []byte) error {
	switch {
	case !s.belongs(key):
		return fmt.Errorf("its key is not one of the section")
	case len(value) > store.MaxValueBytes:
		return store.ErrTooLarge
	case s.check == nil:
		return nil
	}
	return s.check(key, value)
}

// vetInstances looks at instances that are not there already.
func (d *Desk) vetInstances(ctx context.Context, p *plan) error {
	seen, silent := map[string]bool{}, map[string]bool{}
	fit := []item{}
	for i := range p.after.Instances {
		one := &p.after.Instances[i]
		if seen[one.ID] {
			p.warn("instance %.60q is left out: another one has its id", one.Name)
			continue
		}
		seen[one.ID] = true
		old := p.before.find(one.ID)
		if old != nil && old.same(one) {
			fit = append(fit, *one)
			continue
		}
		problem := d.problem(ctx, p, one, silent)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if problem == nil {
			fit = append(fit, *one)
			continue
		}
		p.warn("instance %.60q of %.60s is left out: %v", one.Name, one.Plugin, problem)
		if old != nil {
			fit = append(fit, *old)
		}
	}
	p.after.Instances = fit
	return nil
}

// problem says why an instance cannot be taken. One of a plugin that is not here can: it is used when the plugin is.
// Silent are the plugins that cannot be asked.
func (d *Desk) problem(ctx context.Context, p *plan, one *item, silent map[string]bool) error {
	kind, typ, _ := strings.Cut(one.Component, "/")
	switch {
	case one.ID == "" || len(one.ID) > maxID || strings.ContainsAny(one.ID, "/\x00"):
		return fmt.Errorf("its id is not valid")
	case one.Plugin == "" || kind == "" || typ == "":
		return fmt.Errorf("it names no component of a plugin")
	case strings.TrimSpace(one.Name) == "" || len(one.Name) > maxID:
		return fmt.Errorf("its name has not 1 to %d bytes", maxID)
	}
	config, err := schema.DecodeObject(one.Config)
	if err != nil {
		return errShape
	}
	component, err := d.Plugins.Component(ctx, one.Plugin, one.Component)
	if err != nil {
		p.warn("instance %.60q waits for the plugin %.60s, which does not run here", one.Name, one.Plugin)
		return nil
	}
	form, err := schema.Parse(component.Config)
	if err != nil {
		return fmt.Errorf("read schema of %s: %w", one.Component, err)
	}
	whole, err := form.WithSecrets(config, one.Secrets)
	if err != nil {
		return err
	}
	if problems := form.Validate(whole); len(problems) > 0 {
		return problems[0]
	}
	return d.refusal(ctx, one.instance(), silent)
}

// refusal is what the plugin itself has against an instance. A plugin that cannot be asked now is told when it can be, and
// not asked about its other instances: each time could take long.
func (d *Desk) refusal(ctx context.Context, one instance.Instance, silent map[string]bool) error {
	if !one.Enabled || silent[one.Plugin] {
		return nil
	}
	err := d.Checker.Check(ctx, one)
	refused := setup.Refusal(err)
	silent[one.Plugin] = err != nil && refused == nil
	return refused
}

// vetTokens leaves out tokens that were revoked here. When a token was last used is what this hub knows of it.
func (d *Desk) vetTokens(ctx context.Context, p *plan) error {
	wanted := p.after.Sections[sectionTokens]
	if len(wanted) == 0 {
		return nil
	}
	revoked := map[string]bool{}
	err := d.Records.View(ctx, func(r store.Reader) error {
		list, err := r.List(ctx, store.RevokedTokens, "")
		for _, one := range list {
			revoked[one.Key] = true
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read revoked tokens: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		token, ok := tokenOf(wanted[id])
		if ok && revoked[token.Hash] {
			p.warn("token %.60q is left out: it was revoked on this hub", token.Name)
			delete(wanted, id)
			continue
		}
		known, here := tokenOf(p.before.Sections[sectionTokens][id])
		if ok && here && known.Hash == token.Hash && !known.LastUsed.Equal(token.LastUsed) {
			token.LastUsed = known.LastUsed
			text, err := json.Marshal(token)
			if err != nil {
				return fmt.Errorf("encode token: %w", err)
			}
			wanted[id] = text
		}
	}
	return nil
}
