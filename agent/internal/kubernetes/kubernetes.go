// Package kubernetes is the agent's module for a Kubernetes cluster: it speaks plain HTTP to the API server, lists what a
// report is made of and watches it in between.
//
// What is in a report was listed or watched at the time of the report. A part that does not answer keeps what it said for
// a few minutes; a part that is forbidden, or not there, is left out; neither touches the others. Memory is bounded by the
// number of objects (a dozen bytes each) and by what fits into a report.
package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/inventory"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

const (
	// collectTimeout bounds one collection.
	collectTimeout = 20 * time.Second
	// probeTimeout bounds the question whether the API server is there.
	probeTimeout = 10 * time.Second
	// patience is how often in a row the API server may not answer before the kubeconfig is read again.
	patience = 2
)

// errNoAnswer is the cause of the end of a collection that takes too long.
var errNoAnswer = errors.New("no answer in time")

// Options configures a [Module].
type Options struct {
	// Kubeconfig and Context choose the cluster; empty means the pod's service account, then the default kubeconfig.
	Kubeconfig, Context string
	// IncludeNamespaces and ExcludeNamespaces may hold * wildcards; exclude wins, an empty include means all.
	IncludeNamespaces, ExcludeNamespaces []string
	// IncludeAllPods and IncludeAllDeployments also report what has no problem.
	IncludeAllPods, IncludeAllDeployments bool
	// MaxPods is the greatest number of pods in a report, at least 1.
	MaxPods int
	// AgentID replaces the cluster's id as the id of the agent.
	AgentID string
	// Version is that of the agent, and Interval the time between reports.
	Version  string
	Interval time.Duration
	// LookupEnv finds environment variables; nil means os.LookupEnv.
	LookupEnv func(name string) (string, bool)
	// Logger is required.
	Logger hclog.Logger
}

// Module reports one cluster. It implements [module.Module] and [module.Background]; without Run it works too, by listing
// everything for each report.
type Module struct {
	options  Options
	filter   inventory.Filter
	sessions chan *session // a new one, for Run; has room for one

	// Of the goroutine that collects.
	session  *session
	failures int // in a row

	mu     sync.Mutex
	checks []module.Check
}

// New returns a module. It touches neither files nor the network.
func New(options Options) *Module {
	if options.LookupEnv == nil {
		options.LookupEnv = os.LookupEnv
	}
	return &Module{
		options: options, sessions: make(chan *session, 1),
		filter: inventory.Filter{Include: options.IncludeNamespaces, Exclude: options.ExcludeNamespaces},
	}
}

// Info implements [module.Module].
func (m *Module) Info() module.Info {
	return module.Info{
		Name: "kubernetes", Path: report.KubernetesPath, MaxBytes: report.MaxKubernetesBytes, UserAgent: m.userAgent(),
	}
}

func (m *Module) userAgent() string { return "pulse-kubernetes-agent/" + m.options.Version }

// Collect implements [module.Module]. Errors wrap [module.ErrUnavailable] when the cluster cannot be reached.
func (m *Module) Collect(ctx context.Context) (report.Report, error) {
	limited, cancel := context.WithTimeoutCause(ctx, collectTimeout, errNoAnswer)
	defer cancel()
	server, err := m.connect(limited)
	if err == nil {
		server.refresh(limited)
		err = server.failure()
	}
	m.note(server, err)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		m.fail()
		return nil, fmt.Errorf("%w: %w", module.ErrUnavailable, err)
	}
	m.failures = 0
	return server.report(m.options, time.Now())
}

// connect returns a session whose API server answers. The session is nil when there is none yet.
func (m *Module) connect(ctx context.Context) (*session, error) {
	fresh := m.session == nil
	if fresh {
		opened, err := m.open()
		if err != nil {
			return nil, err
		}
		m.session = opened
	}
	if err := m.session.probe(ctx); err != nil {
		if fresh {
			m.drop()
			return nil, err
		}
		return m.session, err
	}
	if fresh {
		m.options.Logger.Info("cluster found", "context", m.session.cluster.Context, "version", m.session.cluster.Version)
		select {
		case <-m.sessions: // one that nobody took
		default:
		}
		m.sessions <- m.session // has room: only this goroutine sends
	}
	return m.session, nil
}

// fail counts a failure; after some, everything starts over with what the kubeconfig says then.
func (m *Module) fail() {
	if m.failures++; m.failures >= patience && m.session != nil {
		m.failures = 0
		m.drop()
	}
}

func (m *Module) drop() {
	close(m.session.dropped)
	m.session.client.Close()
	m.session = nil
}

// Run implements [module.Background]: it watches what the newest session has listed.
func (m *Module) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case current := <-m.sessions:
			current.run(ctx)
		}
	}
}

// Hear implements [module.Module]. A cluster that was removed is not reported to that hub again.
func (m *Module) Hear(answer module.Answer) error {
	if answer.Status != http.StatusBadRequest {
		return nil
	}
	var refusal report.ErrorAnswer
	if err := json.Unmarshal(answer.Body, &refusal); err != nil {
		return fmt.Errorf("read refusal: %w", err)
	}
	if refusal.Code == "invalid_report" && strings.Contains(refusal.Error, "was removed") {
		return fmt.Errorf("the cluster was removed from the hub: %w", module.ErrEnded)
	}
	return nil
}

// Checks implements [module.Module].
func (m *Module) Checks() []module.Check {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.checks
}

// note keeps how the parts went.
func (m *Module) note(server *session, err error) {
	var checks []module.Check
	if server != nil {
		checks = server.checks(m.options.Logger)
	}
	if err != nil && len(checks) == 0 {
		checks = []module.Check{{Name: "api server", State: module.Failed, Reason: err.Error(), Remedy: remedy(err)}}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.checks = checks
}

// remedy says what can be done about an API server that does not let the agent in.
func remedy(err error) string {
	switch {
	case errors.Is(err, apiclient.ErrUnauthorized):
		return "check the credentials of the kubeconfig or service account"
	case errors.Is(err, apiclient.ErrForbidden):
		return "bind the agent's user to a role that may list and watch"
	}
	return "check --kubeconfig and --kube-context, and that the API server can be reached"
}
