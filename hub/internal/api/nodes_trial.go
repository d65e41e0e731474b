package api

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
)

func (a *API) testNode(c *route.Call) (any, error) {
	tried, err := a.Nodes.Try(c.Context(), c.PathValue("id"))
	return nodeTested(c, tried, err)
}

func (a *API) testNodeConfig(c *route.Call) (any, error) {
	draft, err := nodeDraft(c)
	if err != nil {
		return nil, err
	}
	tried, err := a.Nodes.TryDraft(c.Context(), draft)
	if err != nil && !isTrialFailure(err) {
		return nil, nodeFailure(err)
	}
	return nodeTested(c, tried, err)
}

// testNodeConnection differs from the others in what it tells: of a failure
// one sentence as plain text, of a success what is at the server.
func (a *API) testNodeConnection(c *route.Call) (any, error) {
	draft, err := nodeDraft(c)
	if err != nil {
		return nil, err
	}
	tried, err := a.Nodes.TryDraft(c.Context(), draft)
	if isTrialFailure(err) {
		return nil, route.BadRequestText(trialSentence(err))
	}
	if err != nil {
		return nil, nodeFailure(err)
	}
	answer := NodeTest{Status: "success", Message: connectedSentence(&tried), Warnings: tried.Warnings, Detail: tried.Summary}
	switch tried.Type {
	case "pve":
		cluster := tried.Cluster != ""
		answer.IsCluster, answer.NodeCount = &cluster, &tried.Nodes
		if cluster {
			answer.ClusterNodeCount = &tried.Nodes
		}
	case "pbs":
		answer.DatastoreCount = &tried.Datastores
	case "pmg":
		answer.Version, answer.Release = tried.Version, tried.Release
	}
	return answer, nil
}

// nodeTested answers a test with JSON whatever came of it.
func nodeTested(c *route.Call, tried nodes.Trial, err error) (any, error) {
	if err == nil {
		latency := tried.Latency.Milliseconds()
		answer := NodeTest{
			Status: "success", Message: connectedSentence(&tried), Latency: &latency, Warnings: tried.Warnings, Detail: tried.Summary,
		}
		if tried.Type == "pmg" {
			answer.Version, answer.Release = tried.Version, tried.Release
		}
		return answer, nil
	}
	answer := NodeTest{Status: "error", Message: trialSentence(err)}
	var failed *nodes.FailedError
	var known *route.Error
	switch {
	case errors.As(err, &failed):
		answer.Detail = failed.Error()
		for _, field := range failed.Fields {
			answer.Errors = append(answer.Errors, TrialError{Path: field.Path, Message: field.Message})
		}
	case errors.As(nodeFailure(err), &known):
		answer.Message = known.Message
	default:
		return nil, err
	}
	return reply(c, http.StatusBadRequest, "application/json", answer)
}

func isTrialFailure(err error) bool {
	var failed *nodes.FailedError
	return errors.As(err, &failed)
}

func trialSentence(err error) string {
	var failed *nodes.FailedError
	if errors.As(err, &failed) && failed.Initial {
		return notInitialized
	}
	return connectionFailed
}

func connectedSentence(tried *nodes.Trial) string {
	switch tried.Type {
	case "pbs":
		return fmt.Sprintf("Successfully connected, %d datastore(s)", tried.Datastores)
	case "pmg":
		return "Successfully connected to the mail gateway"
	}
	return fmt.Sprintf("Successfully connected to %d node(s)", tried.Nodes)
}
