package setup

import (
	"context"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// The fields of the Apprise plugin.
const (
	fieldMode = "mode"
	// Targets have secrets in them: they are one text, a line each.
	fieldTargets      = "targets"
	fieldCLIPath      = "cliPath"
	fieldTimeout      = "timeoutSeconds"
	fieldServerURL    = "serverUrl"
	fieldConfigKey    = "configKey"
	fieldAPIKey       = "apiKey"
	fieldAPIKeyHeader = "apiKeyHeader"
	fieldSkipVerify   = "skipTlsVerify"
)

// Apprise returns how messages are passed on to Apprise.
func (d *Directory) Apprise(ctx context.Context) (notifications.Apprise, error) {
	stored, _, err := d.storedApprise(ctx)
	return stored, err
}

func (d *Directory) storedApprise(ctx context.Context) (notifications.Apprise, instance.Instance, error) {
	kept, _, err := load[notifications.Apprise](ctx, d, AppriseID)
	if err != nil {
		return notifications.Apprise{}, instance.Instance{}, err
	}
	one, err := d.find(ctx, apprise(), AppriseID)
	if err != nil || one.ID == "" {
		return kept.Said.Normal(), one, err
	}
	set, err := fieldsOf(one)
	if err != nil {
		return notifications.Apprise{}, one, err
	}
	kept.Said.Targets, kept.Said.APIKey = strings.Split(set.text(fieldTargets), "\n"), set.text(fieldAPIKey)
	if one.Revision != kept.Revision {
		kept.Said = appriseOf(one, set)
	}
	return kept.Said.Normal(), one, nil
}

func appriseOf(one instance.Instance, set fields) notifications.Apprise {
	return notifications.Apprise{
		Enabled: one.Enabled, Mode: set.text(fieldMode), Targets: strings.Split(set.text(fieldTargets), "\n"),
		CLIPath: set.text(fieldCLIPath), TimeoutSeconds: set.number(fieldTimeout), ServerURL: set.text(fieldServerURL),
		ConfigKey: set.text(fieldConfigKey), APIKey: set.text(fieldAPIKey), APIKeyHeader: set.text(fieldAPIKeyHeader),
		SkipTLSVerify: set.flag(fieldSkipVerify),
	}
}

// SetApprise changes how messages are passed on to Apprise, and returns it as it is used then. What is masked keeps what
// is stored. The error may be notifications.ErrMasked, or one of the office's, such as *InvalidError.
func (d *Directory) SetApprise(ctx context.Context, said notifications.Apprise, actor string) (notifications.Apprise, error) {
	if err := d.begin(ctx); err != nil {
		return notifications.Apprise{}, err
	}
	defer d.end()
	before, one, err := d.storedApprise(ctx)
	if err != nil {
		return notifications.Apprise{}, err
	}
	if said, err = said.Restore(before); err != nil {
		return notifications.Apprise{}, err
	}
	said = said.Normal()
	o := order{
		id: AppriseID, before: one, name: apprise().name, enabled: said.Enabled, complete: said.Missing() == "", actor: actor,
	}
	if o.complete {
		if o.form, err = d.appriseForm(ctx, said, one); err != nil {
			return notifications.Apprise{}, err
		}
	}
	if one, err = d.carryOut(ctx, o); err != nil {
		return notifications.Apprise{}, err
	}
	kept := record[notifications.Apprise]{Said: said, Revision: one.Revision}
	if one.ID != "" { // the instance has the secrets
		kept.Said.Targets, kept.Said.APIKey = nil, ""
	}
	return said, save(ctx, d, AppriseID, kept)
}

func (d *Directory) appriseForm(ctx context.Context, said notifications.Apprise, before instance.Instance) (*form, error) {
	f, err := d.newForm(ctx, apprise(), before)
	if err != nil {
		return nil, err
	}
	f.set(fieldMode, said.Mode)
	f.set(fieldTargets, strings.Join(said.Targets, "\n"))
	f.set(fieldCLIPath, said.CLIPath)
	f.set(fieldTimeout, said.TimeoutSeconds)
	f.set(fieldServerURL, said.ServerURL)
	f.set(fieldConfigKey, said.ConfigKey)
	f.set(fieldAPIKey, said.APIKey)
	f.set(fieldAPIKeyHeader, said.APIKeyHeader)
	f.set(fieldSkipVerify, said.SkipTLSVerify)
	return f, nil
}

// TryApprise returns an instance that passes messages on as it is said, for trying; it is not kept. What is masked keeps
// what is stored.
func (d *Directory) TryApprise(ctx context.Context, said notifications.Apprise) (instance.Instance, error) {
	before, one, err := d.storedApprise(ctx)
	if err != nil {
		return instance.Instance{}, err
	}
	if said, err = said.Restore(before); err != nil {
		return instance.Instance{}, err
	}
	f, err := d.appriseForm(ctx, said.Normal(), one)
	if err != nil {
		return instance.Instance{}, err
	}
	return f.trial(AppriseID, apprise().name)
}
