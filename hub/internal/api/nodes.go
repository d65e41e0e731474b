package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/nodes"
)

// Nodes is the list of Proxmox servers, as package nodes keeps it.
type Nodes interface {
	List(ctx context.Context) ([]nodes.Node, error)
	Add(ctx context.Context, draft *nodes.Draft, actor string) (*nodes.Merged, error)
	Change(ctx context.Context, id string, draft *nodes.Draft, actor string) error
	Remove(ctx context.Context, id, actor string) error
	Try(ctx context.Context, id string) (nodes.Trial, error)
	TryDraft(ctx context.Context, draft *nodes.Draft) (nodes.Trial, error)
	Refresh(ctx context.Context, id string) (nodes.Refreshed, error)
	Register(ctx context.Context, r *nodes.Registration, actor string) (string, error)
}

// Success says that something was done.
type Success struct {
	Status string `json:"status" description:"\"success\""`
}

// MergedNode says that a node became another way to a cluster that is watched already.
type MergedNode struct {
	Success        bool   `json:"success"`
	Merged         bool   `json:"merged"`
	Cluster        string `json:"cluster"`
	ExistingNode   string `json:"existingNode"`
	Message        string `json:"message"`
	TotalEndpoints int    `json:"totalEndpoints"`
}

// NodeTest is what testing a node brought. Which members there are depends on its type.
type NodeTest struct {
	Status  string `json:"status" enum:"success,error"`
	Message string `json:"message"`
	Latency *int64 `json:"latency,omitempty" description:"Milliseconds."`
	Version string `json:"version,omitempty"`
	Release string `json:"release,omitempty"`

	IsCluster        *bool `json:"isCluster,omitempty"`
	NodeCount        *int  `json:"nodeCount,omitempty"`
	ClusterNodeCount *int  `json:"clusterNodeCount,omitempty"`
	DatastoreCount   *int  `json:"datastoreCount,omitempty"`

	Warnings []string     `json:"warnings,omitempty"`
	Detail   string       `json:"detail,omitempty" description:"What exactly was found, or went wrong."`
	Errors   []TrialError `json:"errors,omitempty" description:"Fields that are to blame."`
}

// maxNodeBody bounds the bodies of nodes, in bytes.
const maxNodeBody = 32 << 10

// configWrites is the limit of changing the configuration.
func configWrites() route.Limit {
	return route.Limit{Name: "config writes", Requests: 30, Window: time.Minute}
}

func (a *API) nodeRoutes() []route.Route {
	const one = "/api/config/nodes/{id}"
	change := func(method, path string) route.Route {
		return route.Route{
			Methods: []string{method}, Path: path, Access: route.Admin(auth.ScopeSettingsWrite), Limit: configWrites(), MaxBody: maxNodeBody,
		}
	}
	list := route.Route{
		Path: "/api/config/nodes", Access: route.Admin(auth.ScopeSettingsRead), Limit: route.ConfigReads(),
		Summary: "Proxmox servers that are watched", Answer: []nodes.Node{}, Handle: a.nodes,
	}
	add := change(http.MethodPost, "/api/config/nodes")
	add.Summary, add.Body, add.Answer, add.Handle = "Watch a Proxmox server", nodes.Draft{}, MergedNode{}, a.addNode
	add.Description = "Answers 201, or 200 if the server is of a cluster that is watched already."
	update := change(http.MethodPut, one)
	update.Summary, update.Body, update.Answer, update.Handle = "Change a node", nodes.Draft{}, Success{}, a.changeNode
	remove := change(http.MethodDelete, one)
	remove.Summary, remove.Answer, remove.Handle = "Stop watching a node", Success{}, a.removeNode
	test := change(http.MethodPost, one+"/test")
	test.Unaudited = "trials change nothing"
	test.Summary, test.Answer, test.Handle = "Whether a node can be used", NodeTest{}, a.testNode
	config := change(http.MethodPost, "/api/config/nodes/test-config")
	config.Unaudited = "trials change nothing"
	config.Summary, config.Body, config.Answer, config.Handle = "Whether a node could be used", nodes.Draft{}, NodeTest{}, a.testNodeConfig
	connection := change(http.MethodPost, "/api/config/nodes/test-connection")
	connection.Unaudited = "trials change nothing"
	connection.Summary, connection.Body, connection.Answer = "What there is at a server", nodes.Draft{}, NodeTest{}
	connection.Handle = a.testNodeConnection
	refresh := change(http.MethodPost, one+"/refresh-cluster")
	refresh.Summary, refresh.Answer, refresh.Handle = "Look for members of a cluster again", nodes.Refreshed{}, a.refreshCluster
	return []route.Route{list, add, update, remove, test, config, connection, refresh}
}

func (a *API) nodes(c *route.Call) (any, error) { return a.Nodes.List(c.Context()) }

func (a *API) addNode(c *route.Call) (any, error) {
	draft, err := nodeDraft(c)
	if err != nil {
		return nil, err
	}
	merged, err := a.Nodes.Add(c.Context(), draft, actor(c))
	if err != nil {
		return nil, nodeFailure(err)
	}
	if merged != nil {
		return MergedNode{
			Success: true, Merged: true, Cluster: merged.Cluster, ExistingNode: merged.ExistingNode, TotalEndpoints: merged.TotalEndpoints,
			Message: fmt.Sprintf("Cluster %s is watched already: the node was added to %s", merged.Cluster, merged.ExistingNode),
		}, nil
	}
	return done(c, http.StatusCreated)
}

func (a *API) changeNode(c *route.Call) (any, error) {
	draft, err := nodeDraft(c)
	if err != nil {
		return nil, err
	}
	if err := a.Nodes.Change(c.Context(), c.PathValue("id"), draft, actor(c)); err != nil {
		return nil, nodeFailure(err)
	}
	return done(c, http.StatusOK)
}

func (a *API) removeNode(c *route.Call) (any, error) {
	id := c.PathValue("id")
	if err := a.Nodes.Remove(c.Context(), id, actor(c)); err != nil {
		return nil, nodeFailure(err)
	}
	typ, _, _ := strings.Cut(id, "-")
	a.nodesChanged("node_deleted", changedNode{NodeType: typ})
	return done(c, http.StatusOK)
}

func (a *API) refreshCluster(c *route.Call) (any, error) {
	refreshed, err := a.Nodes.Refresh(c.Context(), c.PathValue("id"))
	var failed *nodes.FailedError
	if errors.As(err, &failed) {
		return nil, &route.Error{Status: http.StatusBadGateway, Message: "Failed to refresh cluster: " + failed.Error(), Text: true}
	}
	if err != nil {
		return nil, nodeFailure(err)
	}
	a.nodesChanged("nodes_updated", changedNode{NodeType: "pve", Action: "cluster_refresh"})
	return refreshed, nil
}

// nodeDraft reads a node leniently: clients send more than is known here.
func nodeDraft(c *route.Call) (*nodes.Draft, error) {
	draft := &nodes.Draft{}
	if err := json.NewDecoder(c.Request.Body).Decode(draft); err != nil {
		return nil, route.BadRequestText("Invalid request body")
	}
	return draft, nil
}

// done answers that something was done. Clients have always got that JSON as
// plain text.
func done(c *route.Call, status int) (any, error) {
	return reply(c, status, "text/plain; charset=utf-8", Success{Status: "success"})
}

// reply writes an answer that has another status or type than others.
func reply(c *route.Call, status int, contentType string, body any) (any, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	c.Writer.Header().Set("Content-Type", contentType)
	c.Writer.WriteHeader(status)
	_, _ = c.Writer.Write(append(text, '\n')) // the caller has gone: nobody is left to tell
	return route.Taken{}, nil
}
