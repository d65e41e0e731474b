package app

import (
	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/config"
)

// Tuning is what a test may change of a hub.
type Tuning = tuning

// NewTuned is New with other numbers and places.
func NewTuned(config *config.Config, build Build, tuned Tuning, logger hclog.Logger) *App {
	a := New(config, build, logger)
	a.tuning = tuned
	return a
}
