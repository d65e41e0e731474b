// Package catalogue lists the services that webhooks can be made for, as a form offers them.
package catalogue

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// Template describes a service and its payload.
type Template struct {
	Service         string            `json:"service"`
	Name            string            `json:"name"`
	URLPattern      string            `json:"urlPattern" description:"What is to be filled in stands in braces."`
	Method          string            `json:"method"`
	Headers         map[string]string `json:"headers"`
	PayloadTemplate string            `json:"payloadTemplate" description:"Go text/template of what the service is sent."`
	Instructions    string            `json:"instructions"`
}

// templates is what the webhook plugin knows. The hub knows no plugin by its
// code, so this is a copy; a test of the plugin writes it and holds it the same.
//
//go:embed templates.json
var templates []byte

// Templates returns the services in the order of the form. They are the
// caller's. The error means that the hub was built wrongly.
func Templates() ([]Template, error) {
	var list []Template
	if err := json.Unmarshal(templates, &list); err != nil {
		return nil, fmt.Errorf("read webhook templates: %w", err)
	}
	return list, nil
}
