package devhub

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/sample"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

const (
	// hubLimit is how long the hub may take to answer and to know the plugin.
	hubLimit = 30 * time.Second
	hubPoll  = 200 * time.Millisecond
)

var errHubTimeout = errors.New("the hub does not know the plugin in time")

// awaitPlugin waits until the hub answers and knows the plugin.
func (s *session) awaitPlugin(ctx context.Context, api *client.Client) error {
	ctx, cancel := context.WithTimeoutCause(ctx, hubLimit, errHubTimeout)
	defer cancel()
	again := time.NewTicker(hubPoll)
	defer again.Stop()
	for {
		_, err := api.Plugin(ctx, s.id)
		if err == nil {
			return nil
		}
		if !errors.Is(err, client.ErrNoHub) && !client.IsNotFound(err) {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// addInstances adds an instance of each sample whose component has none yet.
func (s *session) addInstances(
	ctx context.Context, api *client.Client, m *manifest.Manifest, samples map[string]conformance.Sample,
) error {
	existing, err := api.Instances(ctx, "", s.id)
	if err != nil {
		return err
	}
	for _, one := range existing {
		delete(samples, one.Component)
	}
	var failed error
	for key, with := range samples {
		component, _ := m.Component(key) // Load has looked
		config, err := sample.Whole(with, component)
		if err == nil {
			_, err = api.AddInstance(ctx, client.Instance{Plugin: s.id, Component: key, Name: component.Name, Enabled: true, Config: config})
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", key, err))
		}
	}
	return failed
}
