package api

import (
	"errors"
	"net/http"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/fleet"
)

// ClusterChanged says what was done to a Kubernetes cluster.
type ClusterChanged struct {
	Success   bool   `json:"success"`
	ClusterID string `json:"clusterId"`
	Message   string `json:"message,omitempty"`
}

func (a *API) clusterRoutes() []route.Route {
	manage := route.Admin(auth.ScopeKubernetesManage)
	const one = "/api/agents/kubernetes/clusters/{id}"
	return []route.Route{
		{
			Methods: []string{http.MethodDelete}, Path: one, Access: manage,
			Summary:     "Remove a Kubernetes cluster",
			Description: "Revokes its token and refuses its reports for a day; one that never reported is refused, too.",
			Answer:      ClusterChanged{}, Handle: a.removeCluster,
		},
		{
			Methods: []string{http.MethodPut}, Path: one + "/unhide", Access: manage, Summary: "Show a hidden cluster again",
			Answer: ClusterChanged{}, Handle: a.editCluster(fleet.SetHidden(false), "Kubernetes cluster unhidden"),
		},
		{
			Methods: []string{http.MethodPut}, Path: one + "/pending-uninstall", Access: manage,
			Summary: "Say that the agent of a cluster is being removed",
			Answer:  ClusterChanged{}, Handle: a.editCluster(fleet.SetPendingUninstall(), "Kubernetes cluster marked as pending uninstall"),
		},
		{
			Methods: []string{http.MethodPut}, Path: one + "/display-name", Access: manage, MaxBody: maxRequestBody,
			Summary: "Name a cluster", Body: DisplayName{}, Answer: ClusterChanged{}, Handle: a.nameCluster,
		},
		{
			Methods: []string{http.MethodPost}, Path: one + "/allow-reenroll", Access: manage,
			Summary: "Let a removed cluster report again", Answer: ClusterChanged{}, Handle: a.reenrollCluster,
		},
	}
}

func (a *API) removeCluster(c *route.Call) (any, error) {
	id, err := memberID(c)
	if err != nil {
		return nil, err
	}
	if _, err := a.Fleet.Remove(c.Context(), fleet.Kubernetes, id); err != nil {
		return nil, err
	}
	c.Changed(route.Change{Subject: id, What: "removed"})
	return ClusterChanged{Success: true, ClusterID: id, Message: "Kubernetes cluster removed"}, nil
}

func (a *API) editCluster(edit func(*fleet.Member), message string) route.Handler {
	return func(c *route.Call) (any, error) {
		id := c.PathValue("id")
		err := a.Fleet.Edit(c.Context(), fleet.Kubernetes, id, edit)
		if errors.Is(err, fleet.ErrUnknown) {
			return nil, route.NotFound("kubernetes_cluster_not_found", "Kubernetes cluster not found")
		}
		if err != nil {
			return nil, err
		}
		c.Changed(route.Change{Subject: id, What: "changed", Detail: message})
		return ClusterChanged{Success: true, ClusterID: id, Message: message}, nil
	}
}

func (a *API) nameCluster(c *route.Call) (any, error) {
	var body DisplayName
	if err := readJSON(c, &body); err != nil {
		return nil, err
	}
	return a.editCluster(fleet.SetDisplayName(body.DisplayName), "Kubernetes cluster custom display name updated")(c)
}

func (a *API) reenrollCluster(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if err := a.Fleet.AllowReenroll(c.Context(), fleet.Kubernetes, id); err != nil {
		return nil, err
	}
	return ClusterChanged{Success: true, ClusterID: id}, nil
}
