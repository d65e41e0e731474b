package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/sdk/schema"
)

// nowhere is an address on this machine where nobody listens.
const nowhere = "127.0.0.1:9"

// madeUpSecret is a secret of a made-up configuration. No plugin prints it by chance.
const madeUpSecret = "conformance-5f1d9a-secret"

// madeUp returns a configuration with the least that the schema asks for. It
// names no address but nowhere, even where the default is another one.
func madeUp(s *schema.Schema) Sample {
	sample := Sample{Secrets: map[string]string{}}
	config := madeUpObject(s, "", sample.Secrets)
	data, err := json.Marshal(config)
	if err != nil {
		return sample // the sample then fails to fit, which is what the caller is told
	}
	sample.Config = data
	return sample
}

func madeUpObject(s *schema.Schema, path string, secrets map[string]string) map[string]any {
	object := map[string]any{}
	for name, property := range s.Properties {
		at := path + "/" + pointerToken(name)
		required := slices.Contains(s.Required, name)
		switch {
		case property.Type == schema.TypeObject:
			if nested := madeUpObject(property, at, secrets); required || len(nested) > 0 {
				object[name] = nested
			}
		case property.WriteOnly:
			secrets[at] = madeUpSecret
		case isAddress(property):
			object[name] = addressValue(property, plainScheme, nowhere)
		case required && property.Default == nil:
			object[name] = madeUpValue(property)
		}
	}
	return object
}

// pointerToken writes a name as RFC 6901, section 3, has it.
func pointerToken(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func isAddress(property *schema.Schema) bool {
	return property.Enum == nil && property.Const == nil &&
		slices.Contains([]string{schema.FormatURI, schema.FormatHostname, schema.FormatHostPort}, property.Format)
}

// plainScheme is that of addresses where no other is known to be wanted.
const plainScheme = "http"

func addressValue(property *schema.Schema, scheme, address string) string {
	switch property.Format {
	case schema.FormatURI:
		return scheme + "://" + address
	case schema.FormatHostname:
		return strings.Split(address, ":")[0]
	}
	return address
}

func madeUpValue(property *schema.Schema) any {
	switch {
	case property.Const != nil:
		return property.Const
	case len(property.Enum) > 0:
		return property.Enum[0]
	case len(property.Examples) > 0:
		return property.Examples[0]
	}
	switch property.Type {
	case schema.TypeBoolean:
		return false
	case schema.TypeInteger, schema.TypeNumber:
		return madeUpNumber(property)
	case schema.TypeArray:
		list := []any{}
		for property.MinItems != nil && len(list) < *property.MinItems {
			list = append(list, madeUpValue(property.Items))
		}
		return list
	}
	return madeUpText(property)
}

func madeUpNumber(property *schema.Schema) float64 {
	value := 1.0
	if property.Minimum != nil {
		value = max(value, math.Ceil(*property.Minimum))
	}
	if property.Maximum != nil {
		value = min(value, math.Floor(*property.Maximum))
	}
	return value
}

func madeUpText(property *schema.Schema) string {
	switch property.Format {
	case schema.FormatEmail:
		return "nobody@localhost"
	case schema.FormatDuration:
		return "30s"
	case schema.FormatFingerprint:
		return strings.Repeat("0", 64)
	}
	text := "x"
	if property.MinLength != nil {
		text = strings.Repeat("x", max(*property.MinLength, 1))
	}
	return text
}

// aimedAt returns the sample's configuration with all addresses replaced, and
// whether there is one. What listens there speaks plain HTTP if anything.
func (c *component) aimedAt(address string) (json.RawMessage, bool) { return c.aimed(address, false) }

// heldAt is aimedAt for an address that answers nothing: the scheme stays, for
// there are plugins that take no other.
func (c *component) heldAt(address string) (json.RawMessage, bool) { return c.aimed(address, true) }

func (c *component) aimed(address string, keepScheme bool) (json.RawMessage, bool) {
	config, err := schema.DecodeObject(c.sample.Config)
	if err != nil {
		return nil, false
	}
	found := aim(c.schema, config, address, keepScheme)
	data, err := json.Marshal(config)
	return data, found && err == nil
}

func aim(s *schema.Schema, config map[string]any, address string, keepScheme bool) bool {
	found := false
	for name, property := range s.Properties {
		switch nested, isObject := config[name].(map[string]any); {
		case isObject:
			found = aim(property, nested, address, keepScheme) || found
		// A host without its port leads elsewhere, so only whole addresses count.
		case isAddress(property) && property.Format != schema.FormatHostname:
			scheme := plainScheme
			if before, _, ok := strings.Cut(fmt.Sprint(config[name]), "://"); ok && keepScheme {
				scheme = before
			}
			config[name] = addressValue(property, scheme, address)
			found = true
		}
	}
	return found
}
