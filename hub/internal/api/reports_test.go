package api_test

import (
	"context"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/report"
)

// forgetful keeps no identities: a test has no restart.
type forgetful struct{}

func (forgetful) Load(context.Context) ([]report.Identity, error) { return nil, nil }
func (forgetful) Save(context.Context, report.Identity) error     { return nil }

func newReports(inv *inventory.Inventory) *report.Ingest { return report.New(inv, forgetful{}) }
