package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// ErrNoAddress says that a configuration has no URL that a proxy could stand in for.
var ErrNoAddress = errors.New("no setting is the URL of the other side")

// AddressSetting returns the name of the setting that is the URL of the other
// side: the one that the plugin needs the network for, else the only setting
// of the format uri. Settings within objects are not looked at.
func AddressSetting(m *manifest.Manifest, component string) (string, error) {
	c, ok := m.Component(component)
	if !ok {
		return "", fmt.Errorf("%w: there is no component %q", ErrNoAddress, component)
	}
	s, err := schema.Parse(c.Config)
	if err != nil {
		return "", err
	}
	var urls []string
	for name, property := range s.Properties {
		if property.Format == schema.FormatURI {
			urls = append(urls, name)
		}
	}
	for _, need := range m.Needs.Network {
		if name, ok := strings.CutPrefix(need, "instance:"); ok && slices.Contains(urls, name) {
			return name, nil
		}
	}
	if len(urls) != 1 {
		return "", ErrNoAddress
	}
	return urls[0], nil
}

// Address returns the URL in a setting of a configuration.
func Address(config json.RawMessage, setting string) (string, error) {
	object, err := schema.DecodeObject(config)
	if err != nil {
		return "", fmt.Errorf("read configuration: %w", err)
	}
	address, ok := object[setting].(string)
	if !ok || address == "" {
		return "", ErrNoAddress
	}
	return address, nil
}

// Aim returns the configuration with the URL in a setting leading to a proxy,
// "http://127.0.0.1:8080". Path and query stay; user and password in the URL
// do as well, and become known to the recorder.
func (r *Recorder) Aim(config json.RawMessage, setting, proxy string) (json.RawMessage, error) {
	address, err := Address(config, setting)
	if err != nil {
		return nil, err
	}
	own, err := url.Parse(address)
	if err != nil {
		return nil, ErrTarget
	}
	other, err := url.Parse(proxy)
	if err != nil {
		return nil, ErrTarget
	}
	if password, ok := own.User.Password(); ok {
		r.learnSecret(setting, password)
	}
	own.Scheme, own.Host = other.Scheme, other.Host
	object, err := schema.DecodeObject(config)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	object[setting] = own.String()
	aimed, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	return aimed, nil
}
