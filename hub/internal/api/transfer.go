package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert/policy"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	plugins "github.com/pulse-hub/pulse/hub/internal/plugin/setup"
	"github.com/pulse-hub/pulse/hub/internal/transfer"
	"github.com/pulse-hub/pulse/hub/internal/transfer/bundle"
	"github.com/pulse-hub/pulse/hub/internal/transfer/v5"
)

// TransferDesk takes the configuration out and in, as transfer.Desk does.
type TransferDesk interface {
	Export(ctx context.Context, wanted transfer.Export) (string, error)
	Import(ctx context.Context, wanted transfer.Import) (*transfer.Outcome, error)
	Preview(ctx context.Context, wanted transfer.Import) (*transfer.Outcome, error)
}

// ExportRequest is what is to be exported.
type ExportRequest struct {
	Passphrase   string `json:"passphrase" required:"true" description:"At least 12 characters. With it and the bundle, everything can be read."`
	IncludeUsers bool   `json:"includeUsers,omitempty" description:"Also people who sign in with a password, with its hash and their second factors."`
}

// Exported is a configuration as a bundle.
type Exported struct {
	Status string `json:"status" enum:"success"`
	Data   string `json:"data" description:"The bundle in base64."`
}

// ImportRequest is a bundle to import.
type ImportRequest struct {
	Data       string `json:"data" required:"true" description:"A bundle of this hub, or of one of version 5."`
	Passphrase string `json:"passphrase" required:"true"`
	DryRun     bool   `json:"dryRun,omitempty" description:"Say what would change, and change nothing."`
}

// Imported says that a configuration was imported.
type Imported struct {
	Message string `json:"message"`
	Status  string `json:"status" enum:"success"`
}

// ImportPreview says what an import would change.
type ImportPreview struct {
	Status string `json:"status" enum:"success"`
	DryRun bool   `json:"dryRun"`
	*transfer.Outcome
}

const (
	// maxExportBody bounds the request for an export, maxImportBody that of an import with a bundle in it, in bytes.
	maxExportBody = 8 << 10
	maxImportBody = transfer.MaxData + 64<<10
	// transferTimeout bounds an export or import. One that was begun to be written is finished.
	transferTimeout = 3 * time.Minute
)

// errTransferTimeout is the cause when an export or import is not done in time.
var errTransferTimeout = errors.New("the configuration was not exported or imported in time")

// TransferRoutes returns the routes that take the configuration out and in.
func TransferRoutes(desk TransferDesk) []route.Route {
	t := transferCounter{desk}
	return []route.Route{
		{
			Methods: []string{http.MethodPost}, Path: "/api/config/export", Access: route.Admin(auth.ScopeSettingsWrite),
			Resource: auth.ResourceSettings, Limit: transfers(), MaxBody: maxExportBody,
			Summary: "Export the configuration", Body: ExportRequest{}, Answer: Exported{}, Handle: t.export,
			Description: "The bundle holds every secret of the hub, encrypted with the passphrase. " +
				"Only administrators and tokens that allow everything may export.",
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/config/import", Access: route.Admin(auth.ScopeSettingsWrite),
			Resource: auth.ResourceSettings, Limit: transfers(), MaxBody: maxImportBody,
			Summary: "Import a configuration", Body: ImportRequest{}, Answer: ImportPreview{}, Handle: t.bring,
			Description: "Replaces what is configured by what is in the bundle, all or nothing, and answers with status and message as text. " +
				"A dry run answers with what would change. Only administrators and tokens that allow everything may import.",
		},
	}
}

// transfers is the limit of exporting and importing.
func transfers() route.Limit {
	return route.Limit{Name: "export and import", Requests: 5, Window: 5 * time.Minute}
}

// transferCounter answers the routes of exporting and importing.
type transferCounter struct{ desk TransferDesk }

// mayTransfer turns away callers who could get, or give themselves, more by it than they have.
func mayTransfer(c *route.Call) error {
	if !c.Principal.Has(auth.ScopeAll) {
		return &route.Error{Status: http.StatusForbidden, Message: "missing_scope", RequiredScope: auth.ScopeAll}
	}
	if !c.Principal.IsAdmin() {
		return &route.Error{Status: http.StatusForbidden, Message: "Admin privileges required"}
	}
	return nil
}

// transferBody reads a request; what is unknown in it, or comes after it, does not count.
func transferBody(c *route.Call, into any) error {
	if err := json.NewDecoder(c.Request.Body).Decode(into); err != nil {
		return route.BadRequestText("Invalid request body")
	}
	return nil
}

func (t transferCounter) export(c *route.Call) (any, error) {
	if err := mayTransfer(c); err != nil {
		return nil, err
	}
	var body ExportRequest
	if err := transferBody(c, &body); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), transferTimeout, errTransferTimeout)
	defer cancel()
	data, err := t.desk.Export(ctx, transfer.Export{Passphrase: body.Passphrase, Users: body.IncludeUsers})
	switch {
	case errors.Is(err, transfer.ErrNoPassphrase):
		return nil, route.BadRequestText("Passphrase is required")
	case errors.Is(err, transfer.ErrShortPassphrase):
		return nil, route.BadRequestText(fmt.Sprintf("Passphrase must be at least %d characters long", transfer.MinPassphrase))
	case errors.Is(err, transfer.ErrTooLarge):
		return nil, route.BadRequestText("Failed to export configuration: " + err.Error())
	case err != nil:
		return nil, err
	}
	detail := "without users"
	if body.IncludeUsers {
		detail = "with users"
	}
	c.Changed(route.Change{Subject: "configuration", What: "exported", Detail: detail})
	return Exported{Status: "success", Data: data}, nil
}

func (t transferCounter) bring(c *route.Call) (any, error) {
	if err := mayTransfer(c); err != nil {
		return nil, err
	}
	var body ImportRequest
	if err := transferBody(c, &body); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), transferTimeout, errTransferTimeout)
	defer cancel()
	wanted := transfer.Import{Data: body.Data, Passphrase: body.Passphrase, Actor: actor(c)}
	do, what := t.desk.Import, "imported"
	if body.DryRun {
		do, what = t.desk.Preview, "import tried"
	}
	outcome, err := do(ctx, wanted)
	if err != nil {
		return nil, importFailure(err)
	}
	c.Changed(route.Change{Subject: "configuration", What: what, Detail: fmt.Sprintf(
		"format %s: %d added, %d changed, %d removed, %d warnings",
		outcome.Format, len(outcome.Added), len(outcome.Changed), len(outcome.Removed), len(outcome.Warnings),
	)})
	if body.DryRun {
		return ImportPreview{Status: "success", DryRun: true, Outcome: outcome}, nil
	}
	return importedAnswer()
}

// importedAnswer is JSON that says it is text, as clients have always been given it.
func importedAnswer() (any, error) {
	text, err := json.Marshal(Imported{Message: "Configuration imported successfully", Status: "success"})
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return route.Raw{ContentType: "text/plain; charset=utf-8", Body: text}, nil
}

// importFailure tells bundles that cannot be imported from what the caller cannot help, which stays an inner error.
func importFailure(err error) error {
	switch {
	case errors.Is(err, transfer.ErrNoPassphrase):
		return route.BadRequestText("Passphrase is required")
	case errors.Is(err, transfer.ErrNoData):
		return route.BadRequestText("Import data is required")
	case errors.Is(err, transfer.ErrChanged):
		return &route.Error{Status: http.StatusConflict, Message: "Failed to import configuration: " + transfer.ErrChanged.Error(), Text: true}
	}
	for _, known := range []error{
		bundle.ErrNotBase64, bundle.ErrShort, bundle.ErrTooLarge, bundle.ErrDecrypt, bundle.ErrHeader,
		transfer.ErrDocument, transfer.ErrNewer, transfer.ErrPlugin, v5.ErrNotConfiguration, v5.ErrTooMany,
	} {
		if errors.Is(err, known) {
			return route.BadRequestText("Failed to import configuration: " + err.Error())
		}
	}
	var field *policy.FieldError
	var invalid *plugins.InvalidError
	if errors.As(err, &field) || errors.As(err, &invalid) {
		return route.BadRequestText("Failed to import configuration: " + err.Error())
	}
	return err
}
