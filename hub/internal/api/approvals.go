package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/approve"
	"github.com/pulse-hub/pulse/hub/internal/audit"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet/remote"
)

const (
	// maxCommandBody bounds a request for a command: JSON may write a byte of one with six.
	maxCommandBody = 6*(approve.MaxText+approve.MaxReason) + 4<<10
	// maxCommandSeconds is how long a command may run at most.
	maxCommandSeconds = 3600
)

// Approvals keeps commands that wait for somebody to agree to them, as approve.Desk
// does. It is one interface because it is one area of the API.
type Approvals interface {
	List() []approve.Approval
	Get(id string) (approve.Approval, bool)
	Request(ctx context.Context, draft approve.Draft) (approve.Approval, error)
	Decide(ctx context.Context, id string, by *auth.Principal, allow bool) (approve.Approval, error)
	Redeem(ctx context.Context, id string, command approve.Command, by *auth.Principal) (approve.Grant, error)
}

// Commands runs on machines what was agreed to, as remote.Hub does.
type Commands interface {
	Execute(ctx context.Context, grant approve.Grant) (remote.Result, error)
}

// CommandApprovals answers the routes of commands that need an approval. All parts are needed.
type CommandApprovals struct {
	Approvals Approvals
	Commands  Commands
	// Audit is told what became of a command that has run; Approvals tells of all before.
	Audit  approve.Audit
	Logger hclog.Logger
}

// CommandDraft is a command that somebody wants to run.
type CommandDraft struct {
	Agent          string         `json:"agent" required:"true" description:"The id of the agent of the machine."`
	Command        string         `json:"command" required:"true" description:"For the shell; may have several lines."`
	Target         approve.Target `json:"target,omitempty" enum:"host,container,vm" description:"Where on the machine it runs; empty: host."`
	TargetID       string         `json:"targetId,omitempty" description:"The number of the container or virtual machine."`
	TimeoutSeconds int            `json:"timeoutSeconds,omitempty" description:"How long it may run, 1 to 3600; empty: 60."`
	Reason         string         `json:"reason,omitempty" description:"For whoever decides."`
}

// Approval is a command that waits for a decision, or for being run.
type Approval struct {
	ID             string         `json:"id"`
	Digest         string         `json:"digest" description:"SHA-256 of the command and who has asked for it."`
	Agent          string         `json:"agent"`
	Command        string         `json:"command"`
	Target         approve.Target `json:"target" enum:"host,container,vm"`
	TargetID       string         `json:"targetId,omitempty"`
	TimeoutSeconds int            `json:"timeoutSeconds"`
	Reason         string         `json:"reason,omitempty"`
	State          approve.State  `json:"state" enum:"pending,allowed,denied"`
	RequestedBy    string         `json:"requestedBy"`
	RequestedAt    time.Time      `json:"requestedAt"`
	ExpiresAt      time.Time      `json:"expiresAt" description:"When it is void, whatever was decided."`
	DecidedBy      string         `json:"decidedBy,omitempty"`
	DecidedAt      *time.Time     `json:"decidedAt,omitempty"`
}

// ApprovalList are those that are open, the newest first.
type ApprovalList struct {
	Approvals []Approval `json:"approvals"`
}

// CommandOutcome is what became of a command.
type CommandOutcome struct {
	ApprovalID string `json:"approvalId"`
	Success    bool   `json:"success" description:"It ran and ended with exit code 0."`
	Stdout     string `json:"stdout" description:"At most 1 MiB, marked where it was cut."`
	Stderr     string `json:"stderr" description:"At most 1 MiB, marked where it was cut."`
	ExitCode   int    `json:"exitCode" description:"-1: it did not end by itself, or did not run."`
	Error      string `json:"error,omitempty" description:"Why the machine did not run it, or ended it."`
	DurationMs int64  `json:"durationMs"`
}

// Routes returns the routes.
func (a *CommandApprovals) Routes() []route.Route {
	const path, one = "/api/approvals", "/api/approvals/{id}"
	routes := []route.Route{
		{Path: path, Summary: "Commands that wait for an approval, or for being run", Answer: ApprovalList{}, Handle: a.list},
		{
			Methods: []string{http.MethodPost}, Path: path, MaxBody: maxCommandBody, Summary: "Ask for the approval of a command",
			Description: "It is open for a few minutes. Only the caller who asks can run it.",
			Body:        CommandDraft{}, Answer: Approval{}, Handle: a.request,
		},
		{
			Methods: []string{http.MethodPost}, Path: one + "/allow", Summary: "Agree to a command",
			Description: "A program does not agree to what it has asked for itself, or its owner has.", Answer: Approval{}, Handle: a.decide(true),
		},
		{
			Methods: []string{http.MethodPost}, Path: one + "/deny", Summary: "Refuse a command, or withdraw an own one",
			Answer: Approval{}, Handle: a.decide(false),
		},
		{
			Methods: []string{http.MethodPost}, Path: one + "/run", Summary: "Run a command that was agreed to",
			Description: "Once, by whoever has asked for it: the approval is used up whatever comes of it. The answer comes when the command has ended.",
			Answer:      CommandOutcome{}, Handle: a.run,
		},
	}
	for i := range routes {
		routes[i].Access, routes[i].Resource = route.Admin(auth.ScopeCommandsRun), auth.ResourceCommands
	}
	return routes
}

func shownApproval(a approve.Approval) Approval {
	shown := Approval{
		ID: a.ID, Digest: a.Digest, Agent: a.Command.Agent, Command: a.Command.Text, Target: a.Command.Target, TargetID: a.Command.TargetID,
		TimeoutSeconds: int(a.Command.Timeout / time.Second), Reason: a.Reason, State: a.State,
		RequestedBy: a.RequestedBy, RequestedAt: a.Requested.UTC(), ExpiresAt: a.Expires.UTC(), DecidedBy: a.DecidedBy,
	}
	if !a.Decided.IsZero() {
		decided := a.Decided.UTC()
		shown.DecidedAt = &decided
	}
	return shown
}

func (a *CommandApprovals) list(*route.Call) (any, error) {
	list := ApprovalList{Approvals: []Approval{}}
	for _, open := range a.Approvals.List() {
		list.Approvals = append(list.Approvals, shownApproval(open))
	}
	return list, nil
}

func (a *CommandApprovals) request(c *route.Call) (any, error) {
	var draft CommandDraft
	if err := decode(c, &draft); err != nil {
		return nil, err
	}
	if draft.TimeoutSeconds < 0 || draft.TimeoutSeconds > maxCommandSeconds {
		return nil, invalidField("timeoutSeconds", "must be 1 to 3600")
	}
	approval, err := a.Approvals.Request(c.Context(), approve.Draft{
		Command: approve.Command{
			Agent: draft.Agent, Text: draft.Command, Target: draft.Target, TargetID: draft.TargetID,
			Timeout: time.Duration(draft.TimeoutSeconds) * time.Second,
		},
		Reason: draft.Reason, By: c.Principal,
	})
	if err != nil {
		return nil, approvalFailure(err)
	}
	return route.Created{Body: shownApproval(approval)}, nil
}

func (a *CommandApprovals) decide(allow bool) route.Handler {
	return func(c *route.Call) (any, error) {
		decided, err := a.Approvals.Decide(c.Context(), c.PathValue("id"), c.Principal, allow)
		if err != nil {
			return nil, approvalFailure(err)
		}
		return shownApproval(decided), nil
	}
}

func (a *CommandApprovals) run(c *route.Call) (any, error) {
	approval, ok := a.Approvals.Get(c.PathValue("id"))
	if !ok {
		return nil, approvalFailure(approve.ErrUnknown)
	}
	grant, err := a.Approvals.Redeem(c.Context(), approval.ID, approval.Command, c.Principal)
	if err != nil {
		return nil, approvalFailure(err)
	}
	result, err := a.Commands.Execute(c.Context(), grant)
	a.note(c, approval, result, err)
	if err != nil {
		return nil, approvalFailure(err)
	}
	return CommandOutcome{
		ApprovalID: approval.ID, Success: result.Success, Stdout: result.Stdout, Stderr: result.Stderr,
		ExitCode: result.ExitCode, Error: result.Error, DurationMs: result.Duration.Milliseconds(),
	}, nil
}

// note writes down what became of a command. That it was to run is written down already, so it is answered in any case.
func (a *CommandApprovals) note(c *route.Call, approval approve.Approval, result remote.Result, failure error) {
	event := audit.Event{Kind: "command", Subject: approval.Command.Agent, What: "ran", Outcome: audit.Failure}
	const longest = 200 // of the agent's words
	switch {
	case failure != nil:
		event.What, event.Detail = "no result", fmt.Sprintf("approval %s: %v", approval.ID, failure)
	case result.Error != "":
		event.Detail = fmt.Sprintf("approval %s: %.*s", approval.ID, longest, result.Error)
	default:
		event.Detail = fmt.Sprintf("approval %s: exit code %d", approval.ID, result.ExitCode)
	}
	if failure == nil && result.Success {
		event.Outcome = audit.Success
	}
	// The caller may be gone, and what has run is still to be written down.
	if err := a.Audit.Add(context.WithoutCancel(c.Context()), event); err != nil {
		a.Logger.Error("outcome of a command not written down", "approval_id", approval.ID, "error", err)
	}
}

// approvalFailure returns the answer to what went wrong with a command.
func approvalFailure(err error) error {
	for _, known := range []struct {
		err    error
		status int
		code   string
		field  string
	}{
		{err: approve.ErrCommand, status: http.StatusBadRequest, code: "invalid_field", field: "command"},
		{err: approve.ErrTarget, status: http.StatusBadRequest, code: "invalid_field", field: "target"},
		{err: approve.ErrReason, status: http.StatusBadRequest, code: "invalid_field", field: "reason"},
		{err: approve.ErrForbidden, status: http.StatusForbidden, code: "approval_forbidden"},
		{err: approve.ErrOwn, status: http.StatusForbidden, code: "own_request"},
		{err: approve.ErrNotYours, status: http.StatusForbidden, code: "not_your_request"},
		{err: approve.ErrUnknown, status: http.StatusNotFound, code: "approval_not_found"},
		{err: approve.ErrDecided, status: http.StatusConflict, code: "already_decided"},
		{err: approve.ErrNotAllowed, status: http.StatusConflict, code: "not_approved"},
		{err: approve.ErrMismatch, status: http.StatusConflict, code: "command_mismatch"},
		{err: approve.ErrGrant, status: http.StatusConflict, code: "grant_expired"},
		{err: approve.ErrFull, status: http.StatusTooManyRequests, code: "too_many_approvals"},
		{err: remote.ErrNotConnected, status: http.StatusServiceUnavailable, code: "agent_not_connected"},
		{err: remote.ErrBusy, status: http.StatusServiceUnavailable, code: "agent_busy"},
		{err: remote.ErrLost, status: http.StatusBadGateway, code: "agent_lost"},
		{err: remote.ErrTimeout, status: http.StatusGatewayTimeout, code: "agent_timeout"},
	} {
		if !errors.Is(err, known.err) {
			continue
		}
		failure := &route.Error{Status: known.status, Code: known.code, Message: known.err.Error()}
		if known.field != "" {
			failure.Fields = []route.Field{{Field: known.field, Message: known.err.Error()}}
		}
		return failure
	}
	return err
}
