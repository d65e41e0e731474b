package collect

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// SourceOf returns what to collect from an instance of a source component. An
// interval other than 0 replaces that of the component's first dataset, its
// main one, as far as its shortest allowed interval lets it.
func SourceOf(one instance.Instance, component *manifest.Component, interval time.Duration) Source {
	source := Source{Ref: inventory.SourceRef{
		ID: one.ID, Type: one.Type(), Name: one.Name, Plugin: one.Plugin, Address: address(one.Config),
	}}
	for i, described := range component.Datasets {
		dataset := Dataset{
			Name: described.Name, Interval: time.Duration(described.Interval), Timeout: time.Duration(described.Timeout),
			MinInterval: time.Duration(described.MinInterval),
		}
		if i == 0 && interval > 0 {
			dataset.Interval = max(interval, time.Duration(described.MinInterval))
		}
		source.Datasets = append(source.Datasets, dataset)
	}
	return source
}

// address returns what an instance looks at, if its configuration says so in the
// field "url", "host" or "address": a URL without credentials, path and query,
// or a name or address with or without a port; else it is empty.
func address(config json.RawMessage) string {
	var fields struct {
		URL     any `json:"url"`
		Host    any `json:"host"`
		Address any `json:"address"`
	}
	if json.Unmarshal(config, &fields) != nil {
		return "" // no object: the plugin will say so
	}
	for _, field := range []any{fields.URL, fields.Host, fields.Address} {
		text, _ := field.(string)
		if text == "" {
			continue
		}
		if isPlainHost(text) {
			return text
		}
		parsed, err := url.Parse(text)
		if err != nil || parsed.Host == "" {
			return ""
		}
		return (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host}).String()
	}
	return ""
}

// isPlainHost says whether a text is no more than a name or an IP address, with
// or without a port.
func isPlainHost(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_:[]", r)
	})
}
