package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// section is records of one kind: those of a bucket whose keys have a prefix.
type section struct {
	name   string
	bucket store.Bucket
	prefix string
	// hidden says that values are not shown, not even in part.
	hidden bool
	// onRequest says that it is exported only if somebody asks for it.
	onRequest bool
	// check says what is wrong with a record that came in a bundle; nil: anything goes that is JSON.
	check func(key string, value json.RawMessage) error
}

// The names of the sections that more than this file knows of.
const (
	sectionNodes    = "nodes"
	sectionChannels = "channels"
	sectionAlerts   = "alerts"
	sectionSystem   = "system"
	sectionMetadata = "metadata"
	sectionTokens   = "tokens"
	sectionSignIn   = "signIn"
)

// The keys of single records, and what others begin with.
const (
	nodePrefix    = "node/"    // as package nodes has it
	channelPrefix = "channel/" // as package notify/setup has it
	routingPrefix = "notification-"
	alertsKey     = "config"
	systemKey     = "system"
	guestPrefix   = "guest/"
	oidcPrefix    = "oidc/" // as package auth/sso has it
	samlPrefix    = "saml/"
)

// sections are all of them, in the order in which changes are shown.
func sections() []section {
	return []section{
		{name: sectionNodes, bucket: store.Settings, prefix: nodePrefix, check: checkNode},
		{name: sectionChannels, bucket: store.Secrets, prefix: channelPrefix, hidden: true, check: checkChannel},
		{name: "routing", bucket: store.Settings, prefix: routingPrefix, check: checkRouting},
		{name: sectionAlerts, bucket: store.AlertRules, prefix: alertsKey, check: checkAlerts},
		{name: "plugins", bucket: store.Settings, prefix: "plugin-policy/", check: checkPolicy},
		{name: sectionSystem, bucket: store.Settings, prefix: systemKey, check: isObject},
		{name: sectionMetadata, bucket: store.Metadata, check: isObject},
		{name: "roles", bucket: store.Roles, check: checkRole},
		{name: sectionTokens, bucket: store.Tokens, check: checkToken},
		{name: sectionSignIn, bucket: store.SignIn, prefix: oidcPrefix, hidden: true, check: isObject},
		{name: "saml", bucket: store.SignIn, prefix: samlPrefix, hidden: true, check: isObject},
		{name: "users", bucket: store.Users, hidden: true, onRequest: true, check: isObject},
	}
}

func sectionNamed(name string) (section, bool) {
	all := sections()
	at := slices.IndexFunc(all, func(s section) bool { return s.name == name })
	if at < 0 {
		return section{}, false
	}
	return all[at], true
}

// read returns everything that a bundle can hold, as it is kept now.
func read(ctx context.Context, r store.Reader) (*document, error) {
	d := &document{Format: documentFormat, Version: documentVersion, Instances: []item{}, Sections: map[string]records{}}
	instances, err := instance.NewRepository(within{reader: r}).List(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range instances {
		d.Instances = append(d.Instances, itemOf(one))
	}
	for _, s := range sections() {
		list, err := r.List(ctx, s.bucket, s.prefix)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", s.name, err)
		}
		kept := records{}
		for _, one := range list {
			if !json.Valid(one.Value) {
				return nil, fmt.Errorf("read %s: record %s is not JSON", s.name, one.Key)
			}
			kept[one.Key] = one.Value
		}
		d.Sections[s.name] = kept
	}
	return d, nil
}

// write makes the records of the store those of the document. Parts that it does not have stay, and so do records that
// are what they shall be. Before is what is in the store.
func write(ctx context.Context, tx store.Tx, before, after *document) error {
	if after.Instances != nil {
		if err := writeInstances(ctx, tx, before, after); err != nil {
			return err
		}
	}
	for _, s := range sections() {
		wanted := after.Sections[s.name]
		if wanted == nil {
			continue
		}
		if err := writeRecords(ctx, tx, s, before.Sections[s.name], wanted); err != nil {
			return fmt.Errorf("write %s: %w", s.name, err)
		}
	}
	return nil
}

func writeRecords(ctx context.Context, tx store.Tx, s section, kept, wanted records) error {
	for key := range kept {
		if _, stays := wanted[key]; stays {
			continue
		}
		if err := tx.Delete(ctx, s.bucket, key); err != nil {
			return err
		}
	}
	for key, value := range wanted {
		if old, known := kept[key]; known && sameJSON(old, value) {
			continue
		}
		if err := tx.Put(ctx, s.bucket, key, value); err != nil {
			return err
		}
	}
	return nil
}

// writeInstances writes instances with the revisions that they have in the document, which other records refer to.
func writeInstances(ctx context.Context, tx store.Tx, before, after *document) error {
	kept := instance.NewRepository(within{reader: tx, tx: tx})
	for i := range before.Instances {
		if id := before.Instances[i].ID; after.find(id) == nil {
			if err := kept.Delete(ctx, id); err != nil {
				return err
			}
		}
	}
	for i := range after.Instances {
		one := &after.Instances[i]
		if old := before.find(one.ID); old != nil && old.same(one) && old.Revision == one.Revision {
			continue
		}
		if _, err := kept.Put(ctx, one.instance()); err != nil {
			return err
		}
		if err := store.PutJSON(ctx, tx, store.Instances, one.ID, one.instance()); err != nil {
			return fmt.Errorf("write instance: %w", err)
		}
	}
	return nil
}

// within lets a repository take part in a transaction that has begun.
type within struct {
	reader store.Reader
	tx     store.Tx
}

// View is part of instance.Records.
func (w within) View(_ context.Context, fn func(store.Reader) error) error { return fn(w.reader) }

// Update is part of instance.Records.
func (w within) Update(_ context.Context, fn func(store.Tx) error) error { return fn(w.tx) }

// belongs says whether a key is one of the section's.
func (s *section) belongs(key string) bool {
	return key != "" && len(key) <= store.MaxKeyBytes && strings.HasPrefix(key, s.prefix)
}
