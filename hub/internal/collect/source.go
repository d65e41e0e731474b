package collect

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"

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
		}
		if i == 0 && interval > 0 {
			dataset.Interval = max(interval, time.Duration(described.MinInterval))
		}
		source.Datasets = append(source.Datasets, dataset)
	}
	return source
}

// address returns the base URL in a configuration's field "url" or "host"
// without credentials, path and query; empty if there is none.
func address(config json.RawMessage) string {
	var fields struct {
		URL  any `json:"url"`
		Host any `json:"host"`
	}
	if json.Unmarshal(config, &fields) != nil {
		return "" // no object: the plugin will say so
	}
	text, _ := fields.URL.(string)
	if text == "" {
		text, _ = fields.Host.(string)
	}
	if !strings.Contains(text, "://") {
		return ""
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Host == "" {
		return ""
	}
	return (&url.URL{Scheme: parsed.Scheme, Host: parsed.Host}).String()
}
