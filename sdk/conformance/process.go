package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/transport"
)

const (
	// handshakeLimit is how long a plugin may take to say its handshake.
	handshakeLimit = 5 * time.Second
	// startLimit is how long it is waited for, to tell slow from never.
	startLimit = 10 * time.Second
	// endLimit is how long a process may take to end when told to.
	endLimit = 2 * time.Second
	// killLimit is how long the system may take to end a killed process.
	killLimit = 5 * time.Second
)

// process is a running plugin and the connection to it.
type process struct {
	*transport.Client
	child   *child
	printed *record // what it wrote to its standard output and error through go-plugin
	client  *plugin.Client
	folder  string
	subject *subject
	stopped bool // by us
}

// start starts the plugin and calls Init. The context limits the start and
// not the process, which the caller has to stop.
func (s *subject) start(ctx context.Context) (*process, error) {
	return s.startWith(ctx, func(*process) {})
}

// startWith starts a process that is prepared in another way than usual.
func (s *subject) startWith(ctx context.Context, prepare func(*process)) (*process, error) {
	if s.folder == "" {
		return nil, s.startErr
	}
	command, err := resolve(s.options.Command)
	if err != nil {
		return nil, err
	}
	s.starts++ // a short name: the path of a socket must not be long
	folder := filepath.Join(s.folder, strconv.Itoa(s.starts))
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	p := &process{printed: &record{}, folder: folder, subject: s}
	p.child = newChild(command, s.workFolder(folder))
	prepare(p)
	p.client = plugin.NewClient(p.config())
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	// go-plugin has a timeout and no context; ending the process ends its start.
	release := context.AfterFunc(ctx, func() { _ = p.child.Kill(ctx) })
	err = p.connect()
	if !release() && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		_, err = p.Plugin.Init(ctx, &pluginv1.InitRequest{HubVersion: "1.0.0", DataDir: folder, LogLevel: "debug"})
	}
	if err != nil {
		err = p.whyNotStarted(ctx, err)
		p.stop()
		return nil, err
	}
	return p, nil
}

func (s *subject) workFolder(fresh string) string {
	if s.options.Dir != "" {
		return s.options.Dir
	}
	return fresh
}

func (p *process) config() *plugin.ClientConfig {
	options := p.subject.options
	return &plugin.ClientConfig{
		HandshakeConfig:  transport.Handshake(),
		VersionedPlugins: transport.ClientPlugins(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         !p.subject.withoutMTLS(),
		SkipHostEnv:      true,
		StartTimeout:     startLimit + time.Second,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: p.folder},
		GRPCDialOptions: []grpc.DialOption{
			grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(transport.MaxMessageBytes)),
		},
		SyncStdout: p.printed,
		SyncStderr: p.child.stderr,
		Logger:     hclog.NewNullLogger(), // whatever goes wrong comes back as an error
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
			p.child.cmd.Env = append(environment(p.folder), options.Env...)
			p.child.cmd.Env = append(p.child.cmd.Env, cmd.Env...)
			return p.child, nil
		},
	}
}

func (s *subject) withoutMTLS() bool {
	return s.manifest != nil && s.manifest.Transport.MTLS != nil && !*s.manifest.Transport.MTLS
}

// environment is that which a hub gives: nothing of its own.
func environment(folder string) []string {
	return []string{"PATH=", "HOME=" + folder, "TMPDIR=" + folder, "TZ=UTC", "LANG=C.UTF-8"}
}

// connect starts the process, waits for its handshake and connects to it.
func (p *process) connect() error {
	protocol, err := p.client.Client()
	if err != nil {
		return err
	}
	raw, err := protocol.Dispense(transport.Name)
	if err != nil {
		return err
	}
	client, ok := raw.(*transport.Client)
	if !ok {
		return fmt.Errorf("unexpected client %T", raw)
	}
	p.Client = client
	return nil
}

// whyNotStarted says in plain words why a start came to nothing.
func (p *process) whyNotStarted(ctx context.Context, err error) error {
	line := p.child.stdout.textNow()
	switch {
	case p.child.ID() == "" || errors.Is(err, launcher.ErrRefused) || errors.Is(err, launcher.ErrNoReport):
		return err // it was not even run, and the error says why
	case line != "" && !isHandshake(line):
		return fmt.Errorf("the first line of standard output is not a handshake: %q", shorten(line))
	case ctx.Err() != nil && line == "":
		return fmt.Errorf("there was no handshake within %v", startLimit)
	}
	select {
	case <-p.child.done:
		return fmt.Errorf("the process ended at its start: %s; its last word: %q", p.child.exit(), p.child.stderr.lastWord())
	default:
		return fmt.Errorf("connect to plugin: %w", err)
	}
}

// isHandshake reports whether the line has the form of go-plugin's handshake:
// https://github.com/hashicorp/go-plugin/blob/v1.8.0/docs/guide-plugin-write-non-go.md
func isHandshake(line string) bool {
	parts := strings.Split(line, "|")
	if len(parts) < 4 {
		return false
	}
	_, err := strconv.Atoi(parts[0])
	return err == nil
}

// explain adds to the error of a check how the process ended, if it did.
func (p *process) explain(err error) error {
	if _, ok := errors.AsType[notApplicable](err); ok || err == nil || p.stopped {
		return err
	}
	// A call fails a moment before the end of its process is known.
	timer := time.NewTimer(drainTime)
	defer timer.Stop()
	select {
	case <-p.child.done:
		return fmt.Errorf("%w (the process ended: %s; its last word: %q)", err, p.child.exit(), p.child.stderr.lastWord())
	case <-timer.C:
		return err
	}
}

// ended waits for the process to end by itself.
func (p *process) ended(limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-p.child.done:
		return nil
	case <-timer.C:
		return fmt.Errorf("the process still runs after %v", limit)
	}
}

// stop ends the process, whatever it does, and returns when it is gone.
// It may be called twice.
func (p *process) stop() {
	p.stopped = true
	released := make(chan struct{})
	go func() {
		defer close(released)
		p.client.Kill() // its own waits end with the process
	}()
	select {
	case <-released:
	case <-time.After(endLimit):
		_ = p.child.Kill(context.Background()) // never fails
	}
	select {
	case <-released:
	case <-time.After(killLimit): // only a process that the system cannot end
	}
	_ = os.RemoveAll(p.folder) // the rest goes with the subject's folder
}
