package transfer

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/go-hclog"
)

// DecodeDocument is for fuzzing.
func DecodeDocument(plain []byte) ([]string, error) {
	_, warnings, err := decodeDocument(plain)
	return warnings, err
}

// ReadInitial reads an initial bundle and logs why it cannot be read.
func ReadInitial(ctx context.Context, initial Initial, logger hclog.Logger) {
	if _, err := initial.read(ctx); err != nil {
		logger.Error("not read", "error", err)
	}
}

// Replacing returns an update that makes one configuration of alerts the other one.
func Replacing(is, shall json.RawMessage) (json.RawMessage, error) { return replacing(is, shall) }
