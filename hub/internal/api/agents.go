package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	wire "github.com/pulse-hub/pulse/agent/report"
	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
	"github.com/pulse-hub/pulse/hub/internal/report"
)

// Reports takes the reports of agents in, as report.Ingest does. The error is
// report.ErrBusy when the hub is behind.
type Reports interface {
	Host(ctx context.Context, by report.Delivery, r *wire.Host) (report.Receipt, error)
	Docker(ctx context.Context, by report.Delivery, r *wire.Docker) (report.Receipt, error)
	Kubernetes(ctx context.Context, by report.Delivery, r *wire.Kubernetes) (report.Receipt, error)
}

// HostTokens says which token a host reports with, as hostid.Registry does.
type HostTokens interface {
	Token(hostID string) (tokenID string, known bool)
}

func (a *API) agentRoutes() []route.Route {
	routes := []route.Route{
		reportRoute(wire.HostPath, auth.ScopeHostReport, wire.MaxHostBytes, "host agent"),
		reportRoute(wire.UnifiedHostPath, auth.ScopeHostReport, wire.MaxHostBytes, "host agent, under the name newer agents use"),
		reportRoute(wire.DockerPath, auth.ScopeDockerReport, wire.MaxDockerBytes, "Docker or Podman agent"),
		reportRoute(wire.KubernetesPath, auth.ScopeKubernetesReport, wire.MaxKubernetesBytes, "Kubernetes agent"),
	}
	for i, handle := range []route.Handler{a.hostReport, a.hostReport, a.dockerReport, a.kubernetesReport} {
		routes[i].Handle = handle
	}
	routes[0].Body, routes[0].Answer = wire.Host{}, wire.HostAnswer{}
	routes[1].Body, routes[1].Answer = wire.Host{}, wire.HostAnswer{}
	routes[2].Body, routes[2].Answer = wire.Docker{}, wire.DockerAnswer{}
	routes[3].Body, routes[3].Answer = wire.Kubernetes{}, wire.KubernetesAnswer{}
	return append(routes, a.hostRoutes()...)
}

func reportRoute(path string, scope auth.Scope, maxBody int64, who string) route.Route {
	return route.Route{
		Methods: []string{http.MethodPost}, Path: path,
		// Many machines may share a token and report every few seconds: the
		// inventory's own bound holds them back, not a count of requests.
		Access: route.Scoped(scope), Limit: route.Unlimited(), MaxBody: maxBody, Unaudited: "reports change nothing that people have set",
		Header:  map[string]string{wire.FeaturesHeader: wire.AllFeatures().String()},
		Summary: "Take in the report of a " + who,
		Description: "Reports may come late and out of order. 503 with Retry-After means that nothing was taken " +
			"and the report should be sent again. Bodies may be compressed (Content-Encoding: gzip); a number in " +
			"\"sequence\" that was there before is not taken again; the header Pulse-Sent-At (RFC 3339, the agent's " +
			"clock) makes the age of a report known whatever that clock says.",
	}
}

// badSentAt is the answer to a moment of sending that is none.
func badSentAt() error {
	return &route.Error{
		Status: http.StatusBadRequest, Code: "invalid_header", Message: wire.SentAtHeader + " is not a time of RFC 3339",
		Fields: []route.Field{{Field: wire.SentAtHeader, Message: "is not a time of RFC 3339"}},
	}
}

// delivery says how a report came.
func delivery(c *route.Call) (report.Delivery, error) {
	by := report.Delivery{Token: c.Principal.Token}
	text := c.Request.Header.Get(wire.SentAtHeader)
	if text == "" {
		return by, nil
	}
	sent, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return by, badSentAt()
	}
	by.SentAt = sent
	return by, nil
}

func bodyOf(c *route.Call, limit int64) report.Body {
	return report.Body{Reader: c.Request.Body, Encoding: c.Request.Header.Get("Content-Encoding"), Limit: limit}
}

func (a *API) hostReport(c *route.Call) (any, error) {
	r, err := report.DecodeHost(bodyOf(c, wire.MaxHostBytes))
	if err != nil {
		return nil, reportFailure(err)
	}
	by, err := delivery(c)
	if err != nil {
		return nil, err
	}
	receipt, err := a.Reports.Host(c.Context(), by, r)
	if err != nil {
		return nil, reportFailure(err)
	}
	answer := wire.HostAnswer{
		Success: true, HostID: receipt.ID, LastSeen: receipt.SeenAt.UTC(),
		Platform: report.Platform(r), OSName: r.Host.OSName, OSVersion: r.Host.OSVersion,
	}
	if override := a.Fleet.CommandsOverride(receipt.ID); override != nil {
		answer.Config = &wire.HostConfig{CommandsEnabled: override}
	}
	return answer, nil
}

func (a *API) dockerReport(c *route.Call) (any, error) {
	r, err := report.DecodeDocker(bodyOf(c, wire.MaxDockerBytes))
	if err != nil {
		return nil, reportFailure(err)
	}
	by, err := delivery(c)
	if err != nil {
		return nil, err
	}
	receipt, err := a.Reports.Docker(c.Context(), by, r)
	if err != nil {
		return nil, reportFailure(err)
	}
	answer := wire.DockerAnswer{Success: true, HostID: receipt.ID, Containers: len(r.Containers), LastSeen: receipt.SeenAt.UTC()}
	command, err := a.Fleet.Next(c.Context(), receipt.ID)
	if err != nil {
		return nil, reportFailure(err)
	}
	if command != nil {
		answer.Commands = []wire.DockerCommand{{ID: command.ID, Type: command.Type, Payload: command.Payload}}
	}
	return answer, nil
}

func (a *API) kubernetesReport(c *route.Call) (any, error) {
	r, err := report.DecodeKubernetes(bodyOf(c, wire.MaxKubernetesBytes))
	if err != nil {
		return nil, reportFailure(err)
	}
	by, err := delivery(c)
	if err != nil {
		return nil, err
	}
	receipt, err := a.Reports.Kubernetes(c.Context(), by, r)
	if err != nil {
		return nil, reportFailure(err)
	}
	return wire.KubernetesAnswer{
		Success: true, ClusterID: receipt.ID, Nodes: len(r.Nodes), Pods: len(r.Pods), Deployments: len(r.Deployments),
		LastSeen: receipt.SeenAt.UTC(),
	}, nil
}

// reportFailure tells the agent what is wrong with what it sent, or that it has to wait.
func reportFailure(err error) error {
	var (
		invalid   *report.InvalidError
		malformed *report.DecodeError
		removed   *fleet.RemovedError
		conflict  *fleet.ConflictError
	)
	switch {
	case errors.Is(err, report.ErrBusy):
		return &route.Error{
			Status: http.StatusServiceUnavailable, Code: "busy", Message: "The hub is busy, send the report again",
			RetryAfter: 5 * time.Second,
		}
	case errors.Is(err, report.ErrTooLarge):
		return &route.Error{Status: http.StatusRequestEntityTooLarge, Code: "report_too_large", Message: "The report is too large"}
	case errors.Is(err, report.ErrEncoding):
		return &route.Error{
			Status: http.StatusUnsupportedMediaType, Code: "unsupported_encoding",
			Message: "The content encoding is not supported: use gzip or none",
		}
	case errors.As(err, &invalid):
		return &route.Error{
			Status: http.StatusBadRequest, Code: "invalid_report", Message: invalid.Message,
			Fields: []route.Field{{Field: invalid.Field, Message: invalid.Message}},
		}
	case errors.As(err, &malformed):
		return &route.Error{
			Status: http.StatusBadRequest, Code: "invalid_json", Message: "Failed to decode request body",
			Details: map[string]string{"error": malformed.Error()},
		}
	case errors.As(err, &removed), errors.As(err, &conflict):
		return &route.Error{Status: http.StatusBadRequest, Code: "invalid_report", Message: err.Error()}
	}
	return err
}
