package world

import (
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// token is the API token that an agent of the demonstration would report with.
func token(seed signal.Seed, id string, at time.Time) resource.TokenRef {
	hex := seed.Hex("token", 64)
	return resource.TokenRef{ID: seed.UUID("token"), Name: id + " agent", Hint: hex[:6] + "…" + hex[60:], LastUsed: at.Truncate(10 * time.Second)}
}
