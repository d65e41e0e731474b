package route

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
)

// Audit writes down what was changed, as audit.Log does.
type Audit interface {
	Add(ctx context.Context, event audit.Event) error
	// AddRepeated counts events of one key that come in floods.
	AddRepeated(ctx context.Context, key string, event audit.Event) error
}

// Change is what a handler says of what it has changed.
type Change struct {
	// Subject is the id or name of the thing; empty: what the path says.
	Subject string
	// What is a word or two, in the past tense: "created". Empty: by the method.
	What string
	// Detail is for people; may be empty. No secret is in it.
	Detail string
	// Before and After are the thing without its secrets; nil: unknown or not there.
	Before, After any
	// Actor is who has done it, where the call itself does not say.
	Actor string
}

// Changed says what the call has changed, for the audit log. The last one counts.
func (c *Call) Changed(change Change) { c.change = change }

// audits reports whether calls of the route are written down.
func (r *Route) audits(method string) bool {
	return r.Unaudited == "" && method != http.MethodGet && method != http.MethodHead
}

// callerOf describes who calls, for the audit log.
func callerOf(c *gin.Context, principal *auth.Principal, from auth.Origin) audit.Caller {
	caller := audit.Caller{Request: c.Writer.Header().Get("X-Request-ID"), Actor: "stranger", Via: "none"}
	if from.Client.IsValid() { // over the socket for administrators there is none
		caller.From = from.Client.String()
	}
	if principal != nil {
		caller.Actor, caller.Via, caller.Credential = principal.Name(), string(principal.Method), principal.Credential()
	}
	return caller
}

// openRecord has what is written down during the call say who called.
func (s *server) openRecord(c *gin.Context, call *Call, r *Route) {
	if s.Audit == nil || !r.audits(c.Request.Method) {
		return
	}
	call.Request = call.Request.WithContext(audit.With(call.Request.Context(), callerOf(c, call.Principal, call.From)))
}

// closeRecord writes down what the call has changed. What was done is done,
// whether or not that works.
func (s *server) closeRecord(call *Call, r *Route, failure error) {
	if s.Audit == nil || failure != nil || !r.audits(call.Request.Method) || audit.Noted(call.Context()) {
		return
	}
	change := call.change
	event := audit.Event{
		Kind: r.kind(), Subject: change.Subject, What: change.What, Detail: change.Detail, Actor: change.Actor, Outcome: audit.Success,
	}
	event.Before, event.After = audit.Difference(change.Before, change.After)
	if event.Subject == "" {
		event.Subject = call.Request.URL.Path
	}
	if event.What == "" {
		event.What = strings.ToLower(call.Request.Method) + " " + r.Path
	}
	// The caller may be gone, and what they have changed is still to be written down.
	if err := s.Audit.Add(context.WithoutCancel(call.Context()), event); err != nil {
		s.Logger.Error("change not written down", "route", r.Path, "error", err)
	}
}

// noteRefusal writes down that somebody may not do what they tried. Of many tries there is one event.
func (s *server) noteRefusal(c *gin.Context, r *Route, principal *auth.Principal, from auth.Origin, failure *Error) {
	if s.Audit == nil || principal == nil || failure.Status != http.StatusForbidden {
		return
	}
	event := audit.Event{
		Kind: r.kind(), Subject: r.Path, What: "refused", Detail: c.Request.Method + ": " + failure.Message, Outcome: audit.Failure,
	}
	ctx := audit.With(c.Request.Context(), callerOf(c, principal, from))
	if err := s.Audit.AddRepeated(ctx, principal.Credential()+" "+c.Request.Method+" "+r.Path, event); err != nil {
		s.Logger.Error("refusal not written down", "route", r.Path, "error", err)
	}
}

// kind is the kind of thing a route is about.
func (r *Route) kind() string {
	if permission, ok := r.Permission(); ok {
		return string(permission.Resource)
	}
	if r.Resource != "" {
		return string(r.Resource)
	}
	return strings.ToLower(r.Area)
}
