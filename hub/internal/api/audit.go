package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// AuditLog is where it is looked up who changed what, as audit.Log does.
type AuditLog interface {
	Query(ctx context.Context, filter audit.Filter) ([]audit.Event, error)
	Export(ctx context.Context, to io.Writer, filter audit.Filter, format string) error
	Verify(ctx context.Context) (audit.Report, error)
}

// AuditList is one page of the audit log.
type AuditList struct {
	Events []audit.Event `json:"events" description:"The newest first."`
	Next   uint64        `json:"next,omitempty" description:"The parameter before of the next page; missing on the last one."`
}

// AuditRoutes returns the routes of an audit log.
func AuditRoutes(log AuditLog) []route.Route {
	a := auditDesk{log}
	filters := []route.Param{
		{Name: "since", Description: "RFC 3339; what happened then or later."},
		{Name: "until", Description: "RFC 3339; what happened before."},
		{Name: "actor", Description: "Who did it: the name of a person or token, or hub."},
		{Name: "kind", Description: "What kind of thing it was done to."},
		{Name: "subject", Description: "Which thing it was done to."},
		{Name: "what", Description: "What was done."},
		{Name: "outcome", Description: "What came of it.", Enum: []string{audit.Success, audit.Failure}},
		{Name: "text", Description: "What occurs in the event, in any case."},
	}
	page := []route.Param{
		{Name: "before", Description: "Events with a lower number: next of the page before."},
		{Name: "limit", Description: "How many at most; 100 without it, never more than 1000."},
	}
	format := route.Param{Name: "format", Description: "NDJSON, which can be verified, or a table.", Enum: []string{audit.NDJSON, audit.CSV}}
	access := route.Admin(auth.ScopeSettingsRead)
	return []route.Route{
		{
			Path: "/api/audit", Access: access, Resource: auth.ResourceAudit, Summary: "Who changed what",
			Query: slices.Concat(filters, page), Answer: AuditList{}, Handle: a.list,
		},
		{
			Path: "/api/audit/export", Access: access, Resource: auth.ResourceAudit,
			Summary: "The audit log as a file, the oldest event first", Description: "The format is described in docs/format/audit.md.",
			Query: append(filters[:len(filters):len(filters)], format), Media: "application/x-ndjson", Handle: a.export,
		},
		{
			Path: "/api/audit/verify", Access: access, Resource: auth.ResourceAudit,
			Summary: "Whether the audit log is as it was written", Answer: audit.Report{}, Handle: a.verify,
		},
	}
}

// auditDesk answers the routes of an audit log.
type auditDesk struct{ log AuditLog }

func (a auditDesk) list(c *route.Call) (any, error) {
	filter, err := auditFilter(c)
	if err != nil {
		return nil, err
	}
	if filter.Limit, err = auditLimit(c.Query("limit")); err != nil {
		return nil, err
	}
	if text := c.Query("before"); text != "" {
		if filter.Before, err = strconv.ParseUint(text, 10, 64); err != nil || filter.Before == 0 {
			return nil, invalidField("before", "must be a number from 1 on")
		}
	}
	events, err := a.log.Query(c.Context(), filter)
	if err != nil {
		return nil, err
	}
	list := AuditList{Events: events}
	if len(events) == filter.Limit && events[len(events)-1].Seq > 1 {
		list.Next = events[len(events)-1].Seq
	}
	return list, nil
}

func auditLimit(text string) (int, error) {
	if text == "" {
		return audit.DefaultLimit, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil || limit < 1 {
		return 0, invalidField("limit", "must be a number from 1 on")
	}
	return min(limit, audit.MaxLimit), nil
}

func auditFilter(c *route.Call) (audit.Filter, error) {
	filter := audit.Filter{
		Actor: c.Query("actor"), Kind: c.Query("kind"), Subject: c.Query("subject"), What: c.Query("what"), Text: c.Query("text"),
	}
	switch filter.Outcome = c.Query("outcome"); filter.Outcome {
	case "", audit.Success, audit.Failure:
	default:
		return audit.Filter{}, invalidField("outcome", "must be success or failure")
	}
	for name, to := range map[string]*time.Time{"since": &filter.Since, "until": &filter.Until} {
		text := c.Query(name)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return audit.Filter{}, invalidField(name, "must be a time as in RFC 3339")
		}
		*to = at
	}
	return filter, nil
}

func (a auditDesk) export(c *route.Call) (any, error) {
	filter, err := auditFilter(c)
	if err != nil {
		return nil, err
	}
	format, media := c.Query("format"), "application/x-ndjson"
	switch format {
	case "":
		format = audit.NDJSON
	case audit.NDJSON:
	case audit.CSV:
		media = "text/csv; charset=utf-8"
	default:
		return nil, invalidField("format", "must be ndjson or csv")
	}
	file := &auditFile{to: c.Writer, media: media, name: "pulse-audit." + format}
	err = a.log.Export(c.Context(), file, filter, format)
	if err != nil && file.begun {
		// The status is sent: only a connection that breaks off tells the caller that the file is not whole.
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		return nil, exportFailure(err)
	}
	return route.Taken{}, nil
}

func exportFailure(err error) error {
	if errors.Is(err, audit.ErrTrimmed) {
		return &route.Error{Status: http.StatusConflict, Code: "trimmed", Message: "old events were removed meanwhile; try again"}
	}
	return err
}

func (a auditDesk) verify(c *route.Call) (any, error) { return a.log.Verify(c.Context()) }

// auditFile sends the headers of a file with its first bytes, so that what goes wrong before can still be answered.
type auditFile struct {
	to          http.ResponseWriter
	media, name string
	begun       bool
}

// Write is part of io.Writer.
func (f *auditFile) Write(p []byte) (int, error) {
	if !f.begun {
		f.begun = true
		header := f.to.Header()
		header.Set("Content-Type", f.media)
		header.Set("Content-Disposition", `attachment; filename="`+f.name+`"`)
		header.Set("Cache-Control", "no-store")
	}
	return f.to.Write(p)
}
