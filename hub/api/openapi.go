// Package api holds the description of the hub's public API, as clients and
// generators read it.
package api

import _ "embed"

//go:generate go test ../internal/api/openapi -run TestDescriptionIsCurrent -update

//go:embed openapi.json
var description []byte

// Description returns the OpenAPI 3.1 document. It must not be changed.
func Description() []byte { return description }
