package nodes

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// The fields that the configurations of the three plugins share.
const (
	fieldURL         = "url"
	fieldEndpoints   = "endpoints"
	fieldGuestURL    = "guest_url"
	fieldTokenID     = "token_id"
	fieldTokenSecret = "token_secret"
	fieldUser        = "user"
	fieldPassword    = "password"
	fieldVerify      = "verify"
	fieldFingerprint = "fingerprint"
)

// monitorFields are the fields that stand for a switch, where a component has them.
func monitorFields(m *Monitors) map[string]**bool {
	return map[string]**bool{
		"backups": &m.MonitorBackups,
		"storage": &m.MonitorPhysicalDisks, // of a node: disks, and the pools on them
	}
}

// form is a configuration being written: only fields of the schema are.
type form struct {
	product product
	schema  *schema.Schema
	config  map[string]any
	secrets map[string]string // those that are kept already
}

// newForm returns a form that holds what an instance is configured with; its
// secrets stay what they are.
func newForm(p product, component json.RawMessage, before instance.Instance) (*form, error) {
	parsed, err := schema.Parse(component)
	if err != nil {
		return nil, fmt.Errorf("read schema of %s: %w", p.component, err)
	}
	f := &form{product: p, schema: parsed, config: map[string]any{}, secrets: before.Secrets}
	if len(before.Config) > 0 {
		if f.config, err = schema.DecodeObject(before.Config); err != nil {
			return nil, fmt.Errorf("read configuration: %w", err)
		}
	}
	for path := range before.Secrets {
		f.set(strings.TrimPrefix(path, "/"), map[string]any{"set": true})
	}
	return f, nil
}

func (f *form) has(field string) bool { return f.schema.Properties[field] != nil }

// set writes a field, if there is one.
func (f *form) set(field string, value any) {
	if f.has(field) {
		f.config[field] = value
	}
}

// hasRoom says whether a list may have more than so many items.
func (f *form) hasRoom(field string, items int) bool {
	list := f.schema.Properties[field]
	return list != nil && (list.MaxItems == nil || items < *list.MaxItems)
}

func (f *form) text(field string) string {
	text, _ := f.config[field].(string)
	return text
}

// trust writes how the server proves who it is.
func (f *form) trust(n *Draft) {
	f.set(fieldFingerprint, n.Fingerprint)
	if n.VerifySSL != nil {
		f.set(fieldVerify, *n.VerifySSL)
	}
}

// monitors writes the switches that there are fields for. What nobody has
// decided is left to the component.
func (f *form) monitors(m Monitors) {
	for field, place := range monitorFields(&m) {
		if *place != nil {
			f.set(field, **place)
		}
	}
}

// login writes how to sign in, and into kept who owns the token if that was
// said apart. A token and a password exclude each other: the new one stays.
func (f *form) login(n *Draft, kept *record) error {
	switch {
	case n.TokenValue != "" && (f.has(fieldTokenID) || n.Password == ""):
		return f.token(n, kept)
	case n.Password != "":
		f.clear(fieldTokenID, fieldTokenSecret)
		kept.TokenUser = ""
		f.set(fieldUser, f.product.account(orElse(n.User, f.text(fieldUser))))
		f.set(fieldPassword, n.Password)
	case n.TokenName != "":
		return f.token(n, kept)
	case n.User != "" && f.text(fieldTokenID) == "":
		f.set(fieldUser, f.product.account(n.User))
	case n.User != "" && kept.TokenUser != "":
		_, name, _ := strings.Cut(f.text(fieldTokenID), "!")
		kept.TokenUser = f.product.account(n.User)
		f.set(fieldTokenID, kept.TokenUser+"!"+name)
	}
	return nil
}

func (f *form) token(n *Draft, kept *record) error {
	if !f.has(fieldTokenID) {
		return &setup.InvalidError{Fields: []schema.FieldError{{
			Message: f.product.title + " has no API tokens: a user and a password are needed",
		}}}
	}
	id, owner := n.TokenName, ""
	if id == "" {
		id = f.text(fieldTokenID)
	}
	if !strings.Contains(id, "!") {
		owner = f.product.account(orElse(n.User, kept.TokenUser, f.text(fieldUser)))
		id = owner + "!" + id
	}
	_, known := f.secrets["/"+fieldTokenSecret]
	if n.TokenValue == "" && !known {
		return ErrCredentials
	}
	f.clear(fieldUser, fieldPassword)
	f.set(fieldTokenID, id)
	if n.TokenValue != "" {
		f.set(fieldTokenSecret, n.TokenValue)
	}
	kept.TokenUser = owner
	return nil
}

func (f *form) clear(fields ...string) {
	for _, field := range fields {
		delete(f.config, field)
	}
}

// links writes where links lead to, into kept if there is no field for it.
func (f *form) links(guestURL string, kept *record) {
	kept.GuestURL = ""
	if !f.has(fieldGuestURL) {
		kept.GuestURL = guestURL
		return
	}
	f.set(fieldGuestURL, guestURL)
}

// draft is the form as package setup takes it.
func (f *form) draft(name string, enabled bool) (setup.Draft, error) {
	config, err := json.Marshal(f.config)
	if err != nil {
		return setup.Draft{}, fmt.Errorf("encode configuration: %w", err)
	}
	return setup.Draft{
		Plugin: f.product.plugin, Component: f.product.component, Name: name, Config: config, Enabled: enabled,
	}, nil
}

func orElse(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
