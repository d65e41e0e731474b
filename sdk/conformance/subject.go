package conformance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/pulse-hub/pulse/sdk/manifest"
	"github.com/pulse-hub/pulse/sdk/schema"
	"github.com/pulse-hub/pulse/sdk/secret"
)

// subject is the plugin that is looked into, as far as is known without running it.
type subject struct {
	options     Options
	manifest    *manifest.Manifest // nil if manifestErr says why
	manifestErr error
	components  []component
	folder      string // where it may write
	starts      int    // how often it was started
	redact      secret.Redactor

	// startErr is why the first start failed; nil until it has.
	startErr error
}

// component is one component and how it is configured for the run.
type component struct {
	key      string
	kind     string
	datasets []string
	features []string
	schema   *schema.Schema
	// given says that the sample is the caller's and not made up.
	given  bool
	sample Sample
	// unsampled says why there is no configuration that works; nil if there is one.
	unsampled error
}

// newSubject reads what there is to read. cleanUp removes what it made.
func newSubject(options Options) (s *subject, cleanUp func()) {
	s = &subject{options: options, redact: redactor(options.Samples)}
	folder, err := os.MkdirTemp("", "p")
	if err != nil {
		s.startErr = fmt.Errorf("make folder: %w", err)
		return s, func() {}
	}
	s.folder = folder
	s.manifest, s.manifestErr = readManifest(options.ManifestPath)
	if s.manifest != nil {
		s.addComponents()
	}
	return s, func() { _ = os.RemoveAll(folder) } // what stays is in the system's folder for temporary files
}

func redactor(samples map[string]Sample) secret.Redactor {
	var secrets []string
	for _, sample := range samples {
		secrets = slices.AppendSeq(secrets, maps.Values(sample.Secrets))
	}
	return secret.NewRedactor(secrets)
}

func readManifest(path string) (*manifest.Manifest, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return manifest.Decode(data)
}

// addComponents adds those of the kinds that are known; others are for newer hubs.
func (s *subject) addComponents() {
	kinds := []string{manifest.KindSource, manifest.KindNotifier, manifest.KindAI}
	for i := range s.manifest.Components {
		described := &s.manifest.Components[i]
		if !slices.Contains(kinds, described.Kind) {
			continue
		}
		c := component{key: described.Key(), kind: described.Kind, features: described.Features}
		for _, d := range described.Datasets {
			c.datasets = append(c.datasets, d.Name)
		}
		c.schema, c.unsampled = schema.Parse(described.Config)
		if c.schema != nil {
			c.choose(s.options.Samples, described.Presets)
		}
		s.components = append(s.components, c)
	}
}

// choose takes the caller's sample, else presets, else makes one up.
func (c *component) choose(samples map[string]Sample, presets []manifest.Preset) {
	c.sample, c.given = samples[c.key]
	if !c.given && len(presets) > 0 {
		c.given = true
		for _, preset := range presets {
			c.sample.Variants = append(c.sample.Variants, preset.Config)
		}
		c.sample.Config, c.sample.Variants = c.sample.Variants[0], c.sample.Variants[1:]
	}
	if !c.given {
		c.sample = madeUp(c.schema)
	}
	c.unsampled = fits(c.schema, c.sample)
}

// fits says why a sample does not fit the schema.
func fits(s *schema.Schema, sample Sample) error {
	config, err := schema.DecodeObject(sample.Config)
	if err != nil {
		return fmt.Errorf("sample configuration: %w", err)
	}
	config, err = s.WithSecrets(config, sample.Secrets)
	if err != nil {
		return fmt.Errorf("sample configuration: %w", err)
	}
	if faults := s.Validate(s.WithDefaults(config)); len(faults) > 0 {
		return fmt.Errorf("sample configuration: %w", faults[0])
	}
	return nil
}

// manifestValid is the check of that name.
func manifestValid(_ context.Context, s *subject) error { return s.manifestErr }

// schemaSubset looks at the schemas by themselves, so that it says the same
// for a manifest that is invalid for another reason.
func schemaSubset(_ context.Context, s *subject) error {
	if errors.Is(s.manifestErr, schema.ErrOutsideSubset) {
		return s.manifestErr
	}
	if s.manifest == nil {
		return notApplicablef("there is no valid manifest")
	}
	if len(s.components) == 0 {
		return notApplicablef("no component is of a kind that is known")
	}
	return nil
}

// handshake is the check of that name. It is the first to start the plugin:
// if it cannot be started, the other checks do not apply.
func handshake(ctx context.Context, s *subject) error {
	p, err := s.start(ctx)
	if err != nil {
		s.startErr = err
		return err
	}
	defer p.stop()
	if took := p.child.handshakeTime(); took > handshakeLimit {
		return fmt.Errorf("the handshake took %.1f s, more than %v", took.Seconds(), handshakeLimit)
	}
	return nil
}

// withProcess makes a check of one that needs a running plugin.
func withProcess(check func(context.Context, *process) error) func(context.Context, *subject) error {
	return func(ctx context.Context, s *subject) error {
		if s.startErr != nil {
			return notApplicablef("the plugin does not start")
		}
		p, err := s.start(ctx)
		if err != nil {
			return err
		}
		defer p.stop()
		return p.explain(check(ctx, p))
	}
}

// componentCheck looks into one component of a running plugin.
type componentCheck func(context.Context, *process, *component) error

// eachComponent makes a check of one that is made for every component. It
// applies if it applies to one of them.
func eachComponent(check componentCheck) func(context.Context, *subject) error {
	return ofKind("", check)
}

func eachSource(check componentCheck) func(context.Context, *subject) error {
	return ofKind(manifest.KindSource, check)
}

func eachNotifier(check componentCheck) func(context.Context, *subject) error {
	return ofKind(manifest.KindNotifier, check)
}

func ofKind(kind string, check componentCheck) func(context.Context, *subject) error {
	return func(ctx context.Context, s *subject) error {
		if s.manifest == nil {
			return notApplicablef("there is no valid manifest")
		}
		reason := notApplicablef("there is no component of the kind %s", kind)
		passed := false
		for i := range s.components {
			c := &s.components[i]
			if kind != "" && c.kind != kind {
				continue
			}
			err := withProcess(func(ctx context.Context, p *process) error { return check(ctx, p, c) })(ctx, s)
			if _, ok := errors.AsType[notApplicable](err); ok {
				reason = notApplicablef("%s: %v", c.key, err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %w", c.key, err)
			}
			passed = true
		}
		if passed {
			return nil
		}
		return reason
	}
}
