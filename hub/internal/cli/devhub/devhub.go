// Package devhub runs a hub of its own for one plugin that is being written,
// and hands it each new build.
package devhub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/cli/client"
	"github.com/pulse-hub/pulse/hub/internal/cli/project"
	"github.com/pulse-hub/pulse/hub/internal/cli/sample"
	"github.com/pulse-hub/pulse/hub/internal/config"
	"github.com/pulse-hub/pulse/sdk/conformance"
)

// Options say what to run.
type Options struct {
	// Program is the hub's.
	Program string
	Project *project.Project
	// DataDir keeps the hub's files; empty: a folder that is removed in the end.
	DataDir string
	// Samples is the file of sample configurations; empty: none.
	Samples string
	// Port is where the page is served; 0: a free one.
	Port int
	// Environ is the environment of the hub, in the form of os.Environ.
	Environ []string
	// Out gets what the hub logs and what becomes of each build.
	Out io.Writer
	// Look is how often the sources are looked at; 0: every second.
	Look time.Duration
}

// errOtherPlugin says that the sources have become those of another plugin.
var errOtherPlugin = errors.New("the id of the plugin has changed; start again for the new one")

// session is one run.
type session struct {
	Options
	id     string
	folder string // that the hub runs the plugin from
	built  bool   // whether the folder is ours to fill
	seen   string // fingerprint of the sources that the last build was made of
}

// Run builds the plugin, runs the hub with it and builds it anew whenever its
// sources change, until the context is done, which is no error, or the hub ends.
func Run(ctx context.Context, options Options) (err error) {
	if options.DataDir == "" {
		temporary, err := os.MkdirTemp("", "pulse-dev-")
		if err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
		defer os.RemoveAll(temporary)
		options.DataDir = temporary
	}
	if options.DataDir, err = filepath.Abs(options.DataDir); err != nil {
		return fmt.Errorf("find data folder: %w", err)
	}
	if options.Look == 0 {
		options.Look = time.Second
	}
	s := &session{Options: options}
	plugin, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	samples, err := sample.Load(options.Samples, plugin.Manifest)
	if err != nil {
		return err
	}
	return s.run(ctx, plugin, samples)
}

// prepare builds the plugin for the first time.
func (s *session) prepare(ctx context.Context) (*project.Runnable, error) {
	s.folder = filepath.Join(s.DataDir, "dev-plugin")
	if err := os.RemoveAll(s.folder); err != nil { // of a run before
		return nil, fmt.Errorf("clear folder of the plugin: %w", err)
	}
	if err := os.MkdirAll(s.folder, 0o755); err != nil {
		return nil, fmt.Errorf("make folder of the plugin: %w", err)
	}
	// Taken before: what changes during the build makes for another one.
	seen, err := fingerprint(s.Project.Source(), s.DataDir)
	if err != nil {
		return nil, err
	}
	plugin, err := s.Project.Prepare(ctx, s.folder)
	if err != nil {
		return nil, err
	}
	s.seen = seen
	s.id, s.built, s.folder = plugin.Manifest.ID, plugin.Folder == s.folder, plugin.Folder
	return plugin, nil
}

// run runs the hub and what goes on beside it; each ends the other.
func (s *session) run(ctx context.Context, plugin *project.Runnable, samples map[string]conformance.Sample) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	hub, err := s.startHub(ctx, plugin)
	if err != nil {
		return err
	}
	beside := make(chan error, 1)
	go func() {
		defer stop()
		beside <- s.attend(ctx, hub, plugin, samples)
	}()
	ended := hub.wait()
	asked := ctx.Err() != nil
	stop()
	err = <-beside
	if !asked && ended != nil {
		err = errors.Join(fmt.Errorf("the hub ended: %w", ended), err)
	}
	return err
}

// attend waits for the hub to answer, sets the plugin up, and then builds what changes.
func (s *session) attend(ctx context.Context, hub *hubProcess, plugin *project.Runnable, samples map[string]conformance.Sample) error {
	api := client.Local(config.AdminSocket(s.DataDir))
	defer api.Close()
	if err := s.awaitPlugin(ctx, api); err != nil {
		return ignoreEnd(ctx, err)
	}
	s.say("Page: %s\nPlugin: %s, from %s; Ctrl-C ends everything.", hub.page, s.id, s.folder)
	if err := s.addInstances(ctx, api, plugin.Manifest, samples); err != nil {
		s.say("The samples are not set up: %v", err) // the author may well be in the middle of changing them
	}
	return ignoreEnd(ctx, s.watch(ctx))
}

// ignoreEnd returns nil for what went wrong because the context has ended.
func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// say tells the author something, set apart from what the hub logs.
func (s *session) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.Out, "\n"+format+"\n\n", args...) // nobody is left to tell
}
