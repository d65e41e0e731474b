// Package launch starts plugin processes and connects to them: it joins the
// runner with go-plugin, and says in plain words why a start came to nothing.
package launch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	pluginrunner "github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/pulse-hub/pulse/hub/internal/plugin/journal"
	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	"github.com/pulse-hub/pulse/hub/internal/plugin/socketdir"
	"github.com/pulse-hub/pulse/hub/internal/plugin/usage"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// Errors of a start. The text that wraps them says more.
var (
	// ErrHandshake says that the first line the process printed is not a handshake.
	ErrHandshake = errors.New("the plugin printed something else before its handshake")
	// ErrEnded says that the process ended before its handshake.
	ErrEnded = errors.New("the plugin ended before its handshake")
	// ErrSilent says that no handshake came in time.
	ErrSilent = errors.New("the plugin gave no handshake in time")
	// ErrUnkillable says that the system has not ended a process that was killed.
	ErrUnkillable = errors.New("the process does not end although it was killed")
)

const (
	// killLimit is how long a killed process may take to be gone.
	killLimit = 2 * time.Second
	// maxQuote is how much of a plugin's first line an error repeats, in bytes.
	maxQuote = 200
)

// Options are what a Launcher needs.
type Options struct {
	// SocketBase is the folder below which sockets are made; empty means socketdir.DefaultBase().
	SocketBase string
	// OtherUsers says that plugins may have users of their own: they are let
	// through to their socket folders, which stay closed to each other.
	OtherUsers bool
	Logger     hclog.Logger
}

// Launcher starts processes for as long as Run runs. It is safe for concurrent use.
type Launcher struct {
	options Options
	starter *runner.Starter
	ready   chan struct{} // closed when sockets and failed are final
	sockets *socketdir.Dir
	failed  error
}

// New returns a launcher that waits for its Run.
func New(options Options) *Launcher {
	return &Launcher{options: options, starter: runner.NewStarter(), ready: make(chan struct{})}
}

// Run makes the folder for sockets and starts processes until the context is
// done, which must not be before the last of them has been stopped. If there
// can be no folder it says so, and every Launch does too.
func (l *Launcher) Run(ctx context.Context) error {
	base := l.options.SocketBase
	if base == "" {
		base = socketdir.DefaultBase()
	}
	l.sockets, l.failed = l.openSockets(base)
	close(l.ready)
	if l.failed != nil {
		return l.failed
	}
	err := l.starter.Run(ctx)
	return errors.Join(err, l.sockets.Close())
}

// openSockets makes the folder for sockets.
func (l *Launcher) openSockets(base string) (*socketdir.Dir, error) {
	dir, err := socketdir.Open(base)
	if err != nil || !l.options.OtherUsers {
		return dir, err
	}
	ours := []string{base, dir.Path()}
	if base == socketdir.DefaultBase() {
		ours = append(ours, filepath.Dir(base)) // made with it, unless it is the system's, which is open
	}
	for _, path := range ours {
		if err := letThrough(path); err != nil {
			return nil, errors.Join(fmt.Errorf("let plugins through to their sockets: %w", err), dir.Close())
		}
	}
	return dir, nil
}

// letThrough allows everybody to go through a folder, but not to look around.
func letThrough(folder string) error {
	const search = 0o011
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm()&search == search {
		return err
	}
	return os.Chmod(folder, info.Mode().Perm()|search)
}

// Command is what Launch needs to know of a plugin.
type Command struct {
	// Command is the process to start. go-plugin's variables are added to its
	// environment, and the folder of its sockets to what its confinement lets it write.
	runner.Command
	// WithoutMTLS says that the plugin cannot do mutual TLS with the hub.
	WithoutMTLS bool
	// Group is the number of the plugin's own group, which may use its sockets;
	// empty if it has the hub's.
	Group string
	// Calls counts and times the calls to it; nil if nobody wants to know.
	Calls *usage.Calls
	// Host is served to it until its process is stopped; nil for none.
	Host pluginv1.HostServiceServer
}

// Launch starts a process and connects to it. The context limits the start
// and not the process. What the process prints goes to the journal.
func (l *Launcher) Launch(ctx context.Context, command Command, log *journal.Journal) (*Process, error) {
	select {
	case <-l.ready:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if l.failed != nil {
		return nil, l.failed
	}
	before := time.Now()
	command, security, err := command.secured()
	if err != nil {
		return nil, err
	}
	p := &Process{}
	config := l.clientConfig(ctx, p, command, log)
	config.TLSConfig = security
	p.client = plugin.NewClient(config)
	// go-plugin has a timeout and no context; ending the process ends its start.
	release := context.AfterFunc(ctx, func() { p.kill() })
	err = p.connect(command.Host)
	if !release() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		cause := p.explain(ctx, err, lastWords(log, before))
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 0)
		defer cancel()
		return nil, errors.Join(cause, p.Stop(limited))
	}
	return p, nil
}

func (l *Launcher) clientConfig(ctx context.Context, p *Process, command Command, log *journal.Journal) *plugin.ClientConfig {
	late := log.Output() // what the plugin prints through go-plugin's own stream
	return &plugin.ClientConfig{
		HandshakeConfig:  transport.Handshake(),
		VersionedPlugins: transport.ClientPlugins(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     startTimeout(ctx),
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: l.sockets.Path(), Group: command.Group},
		GRPCDialOptions:  dialOptions(command.Calls),
		SyncStdout:       &journal.Writer{Emit: late.Stdout},
		SyncStderr:       &journal.Writer{Emit: late.Stderr},
		Logger:           hclog.NewNullLogger(), // whatever goes wrong comes back as an error or in the journal
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, folder string) (pluginrunner.Runner, error) {
			p.folder.Store(&folder)
			process := runner.New(l.starter, command.at(folder, cmd.Env), log.Output())
			p.run.Store(process)
			return process, nil
		},
	}
}

// secured returns the command with the hub's certificate for this start in the
// process's environment, and the configuration that goes with it: what
// go-plugin's AutoMTLS does, but with keys that are cheaper to have, see
// transport.Identity. Without mutual TLS there is no configuration.
func (c Command) secured() (Command, *tls.Config, error) {
	if c.WithoutMTLS {
		return c, nil, nil
	}
	identity, err := transport.NewIdentity()
	if err != nil {
		return c, nil, fmt.Errorf("make identity: %w", err)
	}
	c.Env = append(slices.Clip(c.Env), transport.HubCertificateKey+"="+identity.PEM())
	return c, identity.HubConfig(), nil
}

// at returns the process to start when its folder of sockets and go-plugin's
// variables are known. What the caller handed over stays as it is.
func (c Command) at(sockets string, env []string) runner.Command {
	run := c.Command
	run.Env = slices.Concat(run.Env, env)
	if run.Confinement == nil || run.Confinement.Spec.Access == nil {
		return run
	}
	confinement, access := *run.Confinement, *run.Confinement.Spec.Access
	access.Write = append(slices.Clip(access.Write), sockets)
	confinement.Spec.Access = &access
	run.Confinement = &confinement
	return run
}

func dialOptions(calls *usage.Calls) []grpc.DialOption {
	options := []grpc.DialOption{
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(transport.MaxMessageBytes), grpc.MaxCallSendMsgSize(transport.MaxMessageBytes)),
	}
	if calls != nil {
		options = append(options,
			grpc.WithChainUnaryInterceptor(calls.Unary()), grpc.WithChainStreamInterceptor(calls.Stream()))
	}
	return options
}

// startTimeout leaves the decision to the context, whose end kills the process.
func startTimeout(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Minute
	}
	return max(time.Until(deadline), 0) + time.Second
}

// explain turns go-plugin's error into ours, by what is known of the process.
func (p *Process) explain(ctx context.Context, err error, said string) error {
	run := p.run.Load()
	if run == nil || run.Pid() == 0 {
		return err // it was not even started, and the error says why
	}
	if line := run.FirstLine(); line != "" && !isHandshake(line) {
		return fmt.Errorf("%w: %q", ErrHandshake, line[:min(len(line), maxQuote)])
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrSilent, context.Cause(ctx))
	}
	if exit := run.Exit(); run.FirstLine() == "" && !exit.At.IsZero() {
		return fmt.Errorf("%w: %s%s", ErrEnded, exit, said)
	}
	return fmt.Errorf("connect to plugin: %w", err)
}

// lastWords returns the end of what a process has printed since its start,
// with secrets masked, the way it is added to a sentence; empty if it was silent.
func lastWords(log *journal.Journal, since time.Time) string {
	const lines = 3
	var said []string
	for _, line := range log.Tail(lines) {
		if !line.At.Before(since) {
			said = append(said, line.Text[:min(len(line.Text), maxQuote)])
		}
	}
	if len(said) == 0 {
		return ""
	}
	return "; it said: " + strings.ToValidUTF8(strings.Join(said, " | "), "")
}

// isHandshake reports whether the line has the form of go-plugin's handshake:
// https://github.com/hashicorp/go-plugin/blob/v1.8.0/docs/guide-plugin-write-non-go.md
func isHandshake(line string) bool {
	parts := strings.Split(strings.TrimSpace(line), "|")
	if len(parts) < 4 {
		return false
	}
	_, err := strconv.Atoi(parts[0])
	return err == nil
}
