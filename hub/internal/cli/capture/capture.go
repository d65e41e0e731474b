// Package capture has a plugin do everything once and records it, for the
// package recording to play to another build.
package capture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/pulse-hub/pulse/hub/internal/cli/invoke"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/conformance"
	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/recording"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// callLimit bounds one call.
const callLimit = time.Minute

var errCallTimeout = errors.New("call deadline passed")

// Options say what to record.
type Options struct {
	Manifest *manifest.Manifest
	// Component is the key of the one to set up, Sample its configuration.
	Component string
	Sample    conformance.Sample
	// Rounds is how often everything is collected.
	Rounds int
	// Trust says which certificates are taken from the other side.
	Trust recording.Trust
}

// Record sets the plugin up, has it look at everything, and returns what was
// said. proxied says whether what it said to its other side is in it, which
// takes a setting with a URL.
func Record(ctx context.Context, plugin *transport.Client, options Options) (recorded *recording.Recording, proxied bool, err error) {
	recorder := recording.NewRecorder()
	config, stop, err := aim(ctx, recorder, &options)
	if err != nil {
		return nil, false, err
	}
	proxied = stop != nil
	options.Sample.Config = config
	session := &session{Options: options, plugin: recorder.Clients(plugin)}
	err = session.perform(ctx)
	if stop != nil {
		err = errors.Join(err, stop())
	}
	if err != nil {
		return nil, proxied, err
	}
	return recorder.Recording(), proxied, nil
}

// aim puts a proxy between the plugin and its other side, and returns the
// configuration that leads there. stop ends the proxy; it is nil if there is none.
func aim(ctx context.Context, recorder *recording.Recorder, o *Options) (config json.RawMessage, stop func() error, err error) {
	setting, err := recording.AddressSetting(o.Manifest, o.Component)
	if errors.Is(err, recording.ErrNoAddress) {
		return o.Sample.Config, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	target, err := recording.Address(o.Sample.Config, setting)
	if err != nil {
		return nil, nil, err
	}
	proxy, err := recorder.NewProxy(target, o.Trust)
	if err != nil {
		return nil, nil, err
	}
	address, err := proxy.Listen(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("start proxy: %w", err)
	}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- proxy.Run(running) }()
	stop = func() error {
		cancel()
		return <-ended
	}
	if config, err = recorder.Aim(o.Sample.Config, setting, address); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return config, stop, nil
}

// session is the calls of one recording.
type session struct {
	Options
	plugin *transport.Client
}

func (s *session) perform(ctx context.Context) error {
	if err := s.call(ctx, "describe", func(ctx context.Context) error {
		_, err := s.plugin.Plugin.Describe(ctx, &pluginv1.DescribeRequest{})
		return err
	}); err != nil {
		return err
	}
	if err := invoke.Configure(ctx, s.plugin, s.Component, s.Sample); err != nil {
		return err
	}
	component, _ := s.Manifest.Component(s.Component) // the sample is of one
	if slices.Contains(component.Features, manifest.FeatureTest) {
		if err := s.call(ctx, "test", s.test); err != nil {
			return err
		}
	}
	for range s.Rounds {
		if err := s.work(ctx, component); err != nil {
			return err
		}
	}
	return s.call(ctx, "remove", func(ctx context.Context) error {
		_, err := s.plugin.Plugin.Remove(ctx, &pluginv1.RemoveRequest{InstanceId: invoke.Instance})
		return err
	})
}

// call makes a call within its deadline.
func (s *session) call(ctx context.Context, name string, make func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, callLimit, errCallTimeout)
	defer cancel()
	if err := make(ctx); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (s *session) test(ctx context.Context) error {
	_, err := s.plugin.Plugin.Test(ctx, &pluginv1.ConfigureRequest{
		Component: s.Component, ConfigJson: string(s.Sample.Config), Secrets: s.Sample.Secrets,
	})
	return err
}

// work is what the component is there for. That a source cannot see something
// belongs into the recording and is no error.
func (s *session) work(ctx context.Context, component *manifest.Component) error {
	switch component.Kind {
	case manifest.KindNotifier:
		return s.call(ctx, "send", func(ctx context.Context) error {
			_, err := s.plugin.Notifier.Send(ctx, &pluginv1.SendRequest{
				InstanceId: invoke.Instance, DeliveryId: "recording", Title: "Recording", Severity: "info", Phase: "test",
				Text: "This message was sent to record a plugin.", Markdown: "This message was sent to *record* a plugin.",
			})
			return err
		})
	case manifest.KindAI:
		return s.call(ctx, "models", func(ctx context.Context) error {
			_, err := s.plugin.AI.Models(ctx, &pluginv1.ModelsRequest{InstanceId: invoke.Instance})
			return err
		})
	}
	for _, dataset := range component.Datasets {
		limit := time.Duration(dataset.Timeout)
		if limit <= 0 || limit > callLimit {
			limit = callLimit
		}
		_ = s.call(ctx, "collect", func(ctx context.Context) error { return s.collect(ctx, dataset.Name, limit) }) // it is recorded
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (s *session) collect(ctx context.Context, dataset string, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errCallTimeout)
	defer cancel()
	stream, err := s.plugin.Source.Collect(ctx, &pluginv1.CollectRequest{
		InstanceId: invoke.Instance, Dataset: dataset, Deadline: durationpb.New(limit),
	})
	if err != nil {
		return err
	}
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
