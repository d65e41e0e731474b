package saml

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	saml2 "github.com/crewjam/saml"
	"github.com/crewjam/saml/samlsp"

	"github.com/pulse-hub/pulse/hub/internal/auth/sso"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// recordKey is where the settings are in the bucket store.SignIn.
	recordKey = "saml/default"
	// maxMetadata bounds the description of a provider, maxText other texts, in bytes.
	maxMetadata = 512 << 10
	maxText     = 2000
)

// Settings are how people sign in at a SAML provider. The JSON form is that of
// the store. Slices are shared and must not be changed.
type Settings struct {
	Enabled bool   `json:"enabled"`
	Label   string `json:"label,omitempty"`
	// Metadata is the provider's description of itself, in XML.
	Metadata string `json:"idpMetadata"`
	// EntityID is how the hub calls itself; empty: the address of its own metadata.
	EntityID string `json:"entityId"`
	// The names of attributes, or their friendly names. Where UsernameAttribute
	// is empty, the subject is the name.
	UsernameAttribute string `json:"usernameAttribute"`
	EmailAttribute    string `json:"emailAttribute"`
	GroupsAttribute   string `json:"groupsAttribute"`
	sso.Restrictions
	sso.RoleMapping
}

func (s *Settings) normalize() {
	for _, text := range []*string{
		&s.Label, &s.Metadata, &s.EntityID, &s.UsernameAttribute, &s.EmailAttribute, &s.GroupsAttribute,
	} {
		*text = strings.TrimSpace(*text)
	}
	if s.EmailAttribute == "" {
		s.EmailAttribute = "email"
	}
	s.Restrictions, s.RoleMapping = s.Restrictions.Normalized(), s.RoleMapping.Normalized()
}

// check returns what is wrong with normalized settings, as a *sso.SettingsError.
func (s *Settings) check(roleExists func(string) bool) error {
	for _, text := range []string{s.Label, s.EntityID, s.UsernameAttribute, s.EmailAttribute, s.GroupsAttribute} {
		if len(text) > maxText {
			return &sso.SettingsError{Text: "a value is too long"}
		}
	}
	if err := s.Restrictions.Check(); err != nil {
		return err
	}
	if err := s.RoleMapping.Check(roleExists); err != nil {
		return err
	}
	if s.Metadata == "" && !s.Enabled {
		return nil
	}
	if _, err := s.provider(); err != nil {
		return &sso.SettingsError{Text: "saml metadata of the identity provider: " + err.Error()}
	}
	return nil
}

// provider reads the provider's description of itself.
func (s *Settings) provider() (*saml2.EntityDescriptor, error) {
	if s.Metadata == "" {
		return nil, errors.New("is required when SAML is enabled")
	}
	if len(s.Metadata) > maxMetadata {
		return nil, errors.New("is too long")
	}
	described, err := samlsp.ParseMetadata([]byte(s.Metadata))
	if err != nil {
		return nil, errors.New("is not the XML it should be")
	}
	if described.EntityID == "" || len(described.IDPSSODescriptors) == 0 {
		return nil, errors.New("describes no identity provider")
	}
	sp := saml2.ServiceProvider{IDPMetadata: described}
	login, err := url.Parse(sp.GetSSOBindingLocation(saml2.HTTPRedirectBinding))
	if err != nil || login.Host == "" || login.Scheme != "https" && login.Scheme != "http" {
		return nil, errors.New("names no address to sign in by redirect")
	}
	if !signs(described) {
		return nil, errors.New("holds no certificate for signatures")
	}
	return described, nil
}

// signs reports whether the provider names a certificate that it signs with.
func signs(described *saml2.EntityDescriptor) bool {
	for _, descriptor := range described.IDPSSODescriptors {
		for _, key := range descriptor.KeyDescriptors {
			if (key.Use == "" || key.Use == "signing") && len(key.KeyInfo.X509Data.X509Certificates) > 0 {
				return true
			}
		}
	}
	return false
}

// Settings returns the settings in force.
func (d *Desk) Settings() Settings { return d.current.Load().settings }

// Load reads the recorded settings, again when it is called again. On an error
// what was known stays.
func (d *Desk) Load(ctx context.Context) error {
	return d.options.Records.View(ctx, func(r store.Reader) error {
		recorded, err := store.GetJSON[Settings](ctx, r, store.SignIn, recordKey)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return fmt.Errorf("read saml settings: %w", err)
		}
		d.publish(recorded)
		return nil
	})
}

// Set changes the settings and returns them as they are then. The error is a
// *sso.SettingsError, or one of the store.
func (d *Desk) Set(ctx context.Context, wanted Settings) (Settings, error) {
	wanted.normalize()
	if err := wanted.check(d.options.RoleExists); err != nil {
		return Settings{}, err
	}
	encoded, err := json.Marshal(wanted)
	if err != nil {
		return Settings{}, fmt.Errorf("encode saml settings: %w", err)
	}
	err = d.options.Records.Update(ctx, func(tx store.Tx) error {
		return tx.Put(ctx, store.SignIn, recordKey, encoded)
	})
	if err != nil {
		return Settings{}, fmt.Errorf("write saml settings: %w", err)
	}
	return wanted, d.Load(ctx)
}
