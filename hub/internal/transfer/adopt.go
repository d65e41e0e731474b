package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/registry"
	"github.com/pulse-hub/pulse/hub/internal/transfer/members"
	"github.com/pulse-hub/pulse/hub/internal/transfer/v5"
)

// adoption turns a configuration of version 5 into what this hub shall be.
type adoption struct {
	desk   *Desk
	before *document
	// after begins as what is there; parts that the configuration has replace those of their kind.
	after   *document
	scratch *scratch
	// replaced are the kinds of instances that the configuration has said everything about.
	replaced map[string]bool
	warnings []string
	// missing says that something could not be looked at because its plugin does not run; nil: nothing was.
	missing error
}

func (d *Desk) adopt(ctx context.Context, before *document, c *v5.Configuration) (*document, []string, error) {
	a := &adoption{desk: d, before: before, after: before.clone(), scratch: newScratch(d.Plugins, d.Checker), replaced: map[string]bool{}}
	if !c.ReplacesTokens() {
		delete(a.after.Sections, sectionTokens)
	}
	a.addNodes(ctx, c.Nodes)
	a.addChannels(ctx, c)
	if a.missing != nil { // to go on would remove what is there and put nothing in its place
		return nil, nil, fmt.Errorf("%w: %w", ErrPlugin, a.missing)
	}
	if err := a.take(ctx); err != nil {
		return nil, nil, err
	}
	steps := []func(*v5.Configuration) error{a.alerts, a.system, a.metadata, a.tokens, a.oidc}
	for _, step := range steps {
		if err := step(c); err != nil {
			return nil, nil, err
		}
	}
	return a.after, a.warnings, ctx.Err()
}

func (a *adoption) warn(format string, args ...any) {
	a.warnings = append(a.warnings, fmt.Sprintf(format, args...))
}

// refused notes that the hub would not take something.
func (a *adoption) refused(what string, err error) {
	if errors.Is(err, registry.ErrNoComponent) {
		a.missing = err
		return
	}
	a.warn("%s is left out: %v", what, err)
}

// warnMembers names members of a part that T has no field for.
func warnMembers[T any](a *adoption, part string, text json.RawMessage) {
	for _, path := range members.Unknown[T](text) {
		a.warn("%s.%s is not known and not taken over", part, path)
	}
}

// take puts what was added to the scratch hub in the place of what is there of the same kinds.
func (a *adoption) take(ctx context.Context) error {
	made, err := a.scratch.read(ctx)
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(a.before.Instances), func(one item) bool { return a.replaced[one.Component] })
	ids := sameAddress(a.before, made)
	nodeRecords := records{}
	for _, one := range kept {
		if record, known := a.before.Sections[sectionNodes][nodePrefix+one.ID]; known {
			nodeRecords[nodePrefix+one.ID] = record
		}
	}
	for _, one := range made.Instances {
		record, isNode := made.Sections[sectionNodes][nodePrefix+one.ID]
		if known, ok := ids[one.ID]; ok {
			one.ID = known
		}
		if slices.ContainsFunc(kept, func(other item) bool { return other.ID == one.ID }) {
			a.warn("%s %.60q is left out: something else has its id", one.Component, one.Name)
			continue
		}
		if isNode {
			nodeRecords[nodePrefix+one.ID] = record
		}
		kept = append(kept, one)
	}
	a.after.Instances, a.after.Sections[sectionNodes] = kept, nodeRecords
	maps.Copy(a.after.Sections[sectionChannels], made.Sections[sectionChannels])
	return nil
}

// sameAddress returns the ids under which servers of a document are in another one: with the id stays what the hub
// remembers of them.
func sameAddress(known, made *document) map[string]string {
	byAddress := map[string]string{}
	for i := range known.Instances {
		if address := addressOf(&known.Instances[i]); address != "" {
			byAddress[address] = known.Instances[i].ID
		}
	}
	ids := map[string]string{}
	for i := range made.Instances {
		if id, ok := byAddress[addressOf(&made.Instances[i])]; ok {
			ids[made.Instances[i].ID] = id
		}
	}
	return ids
}

// addressOf names the server that an instance looks at; empty: it looks at none.
func addressOf(one *item) string {
	var config struct {
		URL string `json:"url"`
	}
	source := instance.Instance{Component: one.Component}.Kind() == "source"
	if !source || json.Unmarshal(one.Config, &config) != nil || config.URL == "" {
		return ""
	}
	return one.Plugin + " " + one.Component + " " + config.URL
}

// alerts replaces the configuration of alerts; what version 5 does not have stays.
func (a *adoption) alerts(c *v5.Configuration) error {
	if !v5.Present(c.Alerts) {
		return nil
	}
	warnMembers[policy.Config](a, sectionAlerts, c.Alerts)
	config, err := policy.Merge(policy.Default(), c.Alerts)
	if err != nil {
		a.warn("the configuration of alerts is left out: %v", err)
		return nil
	}
	if kept, known := a.before.Sections[sectionAlerts][alertsKey]; known {
		own, err := alertConfig(kept)
		if err != nil {
			return fmt.Errorf("read alert configuration: %w", err)
		}
		config.CriticalMargin, config.CertificateDays, config.DisabledTypes = own.CriticalMargin, own.CertificateDays, own.DisabledTypes
		config.Maintenance, config.QueryRules = own.Maintenance, own.QueryRules
	}
	return a.put(sectionAlerts, alertsKey, config)
}

func (a *adoption) put(section, key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", section, err)
	}
	if a.after.Sections[section] == nil {
		a.after.Sections[section] = records{}
	}
	a.after.Sections[section][key] = text
	return nil
}

func (a *adoption) system(c *v5.Configuration) error {
	if !v5.Present(c.System) {
		return nil
	}
	return a.put(sectionSystem, systemKey, c.System)
}

// metadata replaces what people wrote about guests, also by nothing.
func (a *adoption) metadata(c *v5.Configuration) error {
	kept := a.after.Sections[sectionMetadata]
	maps.DeleteFunc(kept, func(key string, _ json.RawMessage) bool { return strings.HasPrefix(key, guestPrefix) })
	for id, value := range c.GuestMetadata {
		if err := a.put(sectionMetadata, guestPrefix+id, value); err != nil {
			return err
		}
	}
	return nil
}

// tokens replaces the API tokens, where the version of the configuration says so.
func (a *adoption) tokens(c *v5.Configuration) error {
	if !c.ReplacesTokens() {
		return nil
	}
	a.after.Sections[sectionTokens] = records{}
	for i := range c.APITokens {
		one := &c.APITokens[i]
		token := auth.Token{
			ID: one.ID, Name: one.Name, Hash: strings.ToLower(one.Hash), Prefix: one.Prefix, Suffix: one.Suffix,
			Created: one.CreatedAt.UTC(), LastUsed: one.LastUsedAt.UTC(),
		}
		for _, scope := range one.Scopes {
			token.Scopes = append(token.Scopes, auth.Scope(scope))
		}
		if len(token.Scopes) == 0 {
			token.Scopes = []auth.Scope{auth.ScopeAll} // as version 5 means it
		}
		if err := a.put(sectionTokens, token.ID, token); err != nil {
			return err
		}
	}
	return nil
}

// oidc replaces how people sign in at the one identity provider of version 5, also by nothing.
func (a *adoption) oidc(c *v5.Configuration) error {
	const key = oidcPrefix + "default"
	delete(a.after.Sections[sectionSignIn], key)
	if !v5.Present(c.OIDC) {
		return nil
	}
	warnMembers[v5.OIDC](a, "oidc", c.OIDC)
	var settings v5.OIDC
	if json.Unmarshal(c.OIDC, &settings) != nil {
		a.warn("oidc is left out: %v", errShape)
		return nil
	}
	return a.put(sectionSignIn, key, signInSettings{ID: "default", OIDC: settings})
}

// signInSettings are the settings of an identity provider, as package auth/sso keeps them.
type signInSettings struct {
	ID string `json:"id"`
	v5.OIDC
}
