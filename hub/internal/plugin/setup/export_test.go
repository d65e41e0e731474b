package setup

import (
	"encoding/json"

	"github.com/pulse-hub/pulse/hub/internal/plugin/instance"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
)

// Prepare is what prepare does with a configuration.
func Prepare(component *manifest.Component, raw json.RawMessage, old map[string]string) (instance.Instance, error) {
	form, err := schema.Parse(component.Config)
	if err != nil {
		return instance.Instance{}, err
	}
	config, secrets, problems := split(form, raw, old)
	if len(problems) > 0 {
		return instance.Instance{}, &InvalidError{Fields: problems}
	}
	text, err := json.Marshal(config)
	return instance.Instance{Config: text, Secrets: secrets}, err
}
