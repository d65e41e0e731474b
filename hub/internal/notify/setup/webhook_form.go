package setup

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/view/notifications"
)

// The fields of the webhook plugin.
const (
	fieldURL      = "url"
	fieldMethod   = "method"
	fieldService  = "service"
	fieldTemplate = "template"
	fieldAllowed  = "allowedPrivateNetworks"
	// The values of both are secrets, so each is one JSON object as text.
	fieldHeaders      = "headers"
	fieldCustomFields = "customFields"
)

// serviceGeneric is what a webhook without a known service is.
const serviceGeneric = "generic"

func webhookOf(one instance.Instance) (notifications.Webhook, error) {
	set, err := fieldsOf(one)
	if err != nil {
		return notifications.Webhook{}, err
	}
	out := notifications.Webhook{
		ID: one.ID, Name: one.Name, URL: set.text(fieldURL), Method: cmp.Or(set.text(fieldMethod), "POST"), Enabled: one.Enabled,
		Service: cmp.Or(set.text(fieldService), serviceGeneric), Template: set.text(fieldTemplate),
		Headers: set.texts(fieldHeaders), CustomFields: set.texts(fieldCustomFields),
	}
	if allowed := set.text(fieldAllowed); allowed != "" {
		out.AllowedPrivateNetworks = &allowed
	}
	return out, nil
}

// texts reads a field that is a JSON object of texts as text. What is not one counts as nothing.
func (f fields) texts(field string) map[string]string {
	var texts map[string]string
	if json.Unmarshal([]byte(f.text(field)), &texts) != nil {
		return nil
	}
	return texts
}

// nameOf returns what a webhook is called; it may have been given no name.
func nameOf(said notifications.Webhook) string {
	return cmp.Or(strings.TrimSpace(said.Name), webhook().name)
}

func (d *Directory) webhookForm(ctx context.Context, said notifications.Webhook, before instance.Instance) (*form, error) {
	f, err := d.newForm(ctx, webhook(), before)
	if err != nil {
		return nil, err
	}
	f.set(fieldURL, strings.TrimSpace(said.URL))
	f.set(fieldMethod, cmp.Or(strings.ToUpper(said.Method), "POST"))
	f.set(fieldService, f.service(said.Service))
	f.set(fieldTemplate, said.Template)
	if said.AllowedPrivateNetworks != nil {
		f.set(fieldAllowed, *said.AllowedPrivateNetworks)
	}
	for field, texts := range map[string]map[string]string{fieldHeaders: said.Headers, fieldCustomFields: said.CustomFields} {
		if len(texts) == 0 {
			delete(f.config, field)
			continue
		}
		text, err := json.Marshal(texts)
		if err != nil {
			return nil, fmt.Errorf("encode %s: %w", field, err)
		}
		f.set(field, string(text))
	}
	return f, nil
}

// service returns a service that the plugin knows.
func (f *form) service(said string) string {
	property := f.schema.Properties[fieldService]
	if said == "" || property != nil && len(property.Enum) > 0 && !slices.Contains(property.Enum, any(said)) {
		return serviceGeneric
	}
	return said
}
