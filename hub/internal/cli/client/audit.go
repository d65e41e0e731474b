package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/pulse-hub/pulse/hub/internal/audit"
)

// AuditPage is a page of the audit log.
type AuditPage struct {
	// Events are the newest first.
	Events []audit.Event `json:"events"`
	// Next is the number that the next page is below; 0: there is none.
	Next uint64 `json:"next"`
}

// Audit returns a page of the audit log. The query has the parameters of GET /api/audit.
func (c *Client) Audit(ctx context.Context, query url.Values) (AuditPage, error) {
	var page AuditPage
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/audit", query: query}, &page)
	return page, err
}

// VerifyAudit has the hub check its audit log.
func (c *Client) VerifyAudit(ctx context.Context) (audit.Report, error) {
	var report audit.Report
	err := c.do(ctx, call{method: http.MethodGet, path: "/api/audit/verify", limit: workLimit}, &report)
	return report, err
}

// ExportAudit writes the audit log to a writer until it ends or the context does. The query has the parameters of
// GET /api/audit/export.
func (c *Client) ExportAudit(ctx context.Context, query url.Values, to io.Writer) error {
	response, err := c.send(ctx, call{method: http.MethodGet, path: "/api/audit/export", query: query})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(to, response.Body); err != nil {
		return fmt.Errorf("read export: %w", because(ctx, err))
	}
	return nil
}
