package kubernetes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/agent/internal/kubernetes/apiclient"
	"github.com/pulse-hub/pulse/agent/internal/kubernetes/kubeconfig"
	"github.com/pulse-hub/pulse/agent/internal/module"
	"github.com/pulse-hub/pulse/agent/report"
)

const (
	// abreast is how many collections are listed at the same time.
	abreast = 3
	// maxSmall bounds the answers that are not lists, in bytes.
	maxSmall = 1 << 20
)

// session is the time for which the agent speaks to one API server as one user.
type session struct {
	client  *apiclient.Client
	dropped chan struct{} // closed when the session is over
	content content
	probed  time.Duration

	cluster report.Cluster // complete after the first probe; of the goroutine that collects
}

// open begins a session with what the kubeconfig says now.
func (m *Module) open() (*session, error) {
	access, err := kubeconfig.Find(kubeconfig.Source{
		Path: m.options.Kubeconfig, Context: m.options.Context, LookupEnv: m.options.LookupEnv,
	})
	if err != nil {
		return nil, err
	}
	client, err := apiclient.Open(access, m.userAgent())
	if err != nil {
		return nil, err
	}
	opened := &session{
		client: client, dropped: make(chan struct{}),
		cluster: report.Cluster{Name: access.Context, Server: client.Server(), Context: access.Context},
	}
	opened.content = newContent(client, m.filter, m.options)
	return opened, nil
}

// probe asks whether the API server is there, and for what names the cluster.
func (s *session) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errNoAnswer)
	defer cancel()
	began := time.Now()
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	// A user that may not know the version has reached the API server all the same.
	if err := s.get(ctx, "/version", &version); err != nil && !errors.Is(err, apiclient.ErrForbidden) && !errors.Is(err, apiclient.ErrNotFound) {
		return err
	}
	s.probed = time.Since(began)
	if version.GitVersion != "" {
		s.cluster.Version = version.GitVersion
	}
	if s.cluster.ID != "" {
		return nil
	}
	if err := s.distinguish(ctx); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(s.cluster.Server + "|" + s.cluster.Context + "|" + s.cluster.Name))
	s.cluster.ID = hex.EncodeToString(sum[:])
	return nil
}

// distinguish adds to the name of a cluster seen from within what tells it from others: the address of its API server is
// the same in most clusters. Where the agent may not see the id of the namespace kube-system, the name stays.
func (s *session) distinguish(ctx context.Context) error {
	if s.cluster.Context != kubeconfig.InCluster {
		return nil
	}
	var namespace struct {
		Metadata struct {
			UID string `json:"uid"`
		} `json:"metadata"`
	}
	err := s.get(ctx, "/api/v1/namespaces/kube-system", &namespace)
	if err != nil && !errors.Is(err, apiclient.ErrForbidden) && !errors.Is(err, apiclient.ErrNotFound) {
		return err
	}
	if uid := namespace.Metadata.UID; len(uid) >= 8 {
		s.cluster.Name += "-" + uid[:8]
	}
	return nil
}

// get decodes an answer that is not a list.
func (s *session) get(ctx context.Context, path string, value any) error {
	body, err := s.client.Get(ctx, apiclient.Request{Path: path})
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(io.LimitReader(body, maxSmall)).Decode(value); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// refresh brings all parts up to date, some at a time: first what usage figures are chosen by, then those.
func (s *session) refresh(ctx context.Context) {
	for _, parts := range [][]*part{s.content.parts, s.content.usageParts} {
		var wait sync.WaitGroup
		slots := make(chan struct{}, abreast)
		for _, each := range parts {
			slots <- struct{}{}
			wait.Go(func() {
				defer func() { <-slots }()
				each.refresh(ctx)
			})
		}
		wait.Wait()
	}
}

// failure returns why there is nothing to report; nil when one of the main parts has something.
func (s *session) failure() error {
	var failures []error
	for _, each := range s.content.main {
		if each.known() {
			return nil
		}
		failures = append(failures, fmt.Errorf("%s: %w", each.name, each.failure()))
	}
	return errors.Join(failures[:min(len(failures), 1)]...)
}

// run watches until the context ends or the session is over.
func (s *session) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wait sync.WaitGroup
	for _, each := range s.content.parts {
		wait.Go(func() {
			// A follower ends with the context only.
			_ = each.follower.Run(ctx)
		})
	}
	select {
	case <-ctx.Done():
	case <-s.dropped:
		cancel()
	}
	wait.Wait()
}

// checks returns how the parts stand, and logs what has changed.
func (s *session) checks(logger hclog.Logger) []module.Check {
	checks := []module.Check{{Name: "api server", State: module.OK, Duration: s.probed}}
	for _, each := range s.content.all() {
		each.log(logger)
		checks = append(checks, each.check())
	}
	return checks
}
