package app

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/condition"
)

// conditionInterval is how often the hub looks at itself.
const conditionInterval = time.Second

// Texts of conditions.
const (
	metricsBlocked  = "History cannot be written, most likely because the disk is full. Agents keep their reports until it can."
	settingsBlocked = "Settings cannot be saved, most likely because the disk is full."
)

// watchConditions looks at the hub itself and keeps the board up to date until ctx ends.
func watchConditions(ctx context.Context, board *condition.Board, opened stores) error {
	tick := time.NewTicker(conditionInterval)
	defer tick.Stop()
	for {
		set(board, condition.MetricsBlocked, opened.metrics.Blocked() != nil, metricsBlocked)
		set(board, condition.SettingsBlocked, opened.settings.Full(), settingsBlocked)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func set(board *condition.Board, code condition.Code, holds bool, message string) {
	if holds {
		board.Set(code, condition.Critical, message)
		return
	}
	board.Clear(code)
}
