package client

import (
	"context"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/transfer"
)

// ExportConfiguration returns the configuration of the hub as the text of a bundle, with those who may sign in if wanted.
func (c *Client) ExportConfiguration(ctx context.Context, passphrase string, users bool) (string, error) {
	one, err := call{method: http.MethodPost, path: "/api/config/export", limit: workLimit}.
		withJSON(map[string]any{"passphrase": passphrase, "includeUsers": users})
	if err != nil {
		return "", err
	}
	var answer struct {
		Data string `json:"data"`
	}
	err = c.do(ctx, one, &answer)
	return answer.Data, err
}

// PreviewImport returns what importing a bundle would change.
func (c *Client) PreviewImport(ctx context.Context, data, passphrase string) (*transfer.Outcome, error) {
	var outcome transfer.Outcome
	if err := c.bring(ctx, data, passphrase, true, &outcome); err != nil {
		return nil, err
	}
	return &outcome, nil
}

// ImportConfiguration replaces the configuration of the hub by that of a bundle.
func (c *Client) ImportConfiguration(ctx context.Context, data, passphrase string) error {
	return c.bring(ctx, data, passphrase, false, nil)
}

func (c *Client) bring(ctx context.Context, data, passphrase string, dryRun bool, into any) error {
	one, err := call{method: http.MethodPost, path: "/api/config/import", limit: uploadLimit}.
		withJSON(map[string]any{"data": data, "passphrase": passphrase, "dryRun": dryRun})
	if err != nil {
		return err
	}
	return c.do(ctx, one, into)
}
