package sdk

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// Server is a plugin ready to be served. It is made for harnesses; Main and
// Serve make their own.
type Server struct {
	config    *plugin.ServeConfig
	instances *instances
}

// NewServer returns a server for the plugin that logs to log. The error says
// what the author has to mend.
func NewServer(p *Plugin, log hclog.Logger) (*Server, error) {
	m, err := p.Manifest()
	if err != nil {
		return nil, err
	}
	instances := newInstances()
	pluginServer := &pluginServer{plugin: p, manifest: m, log: log, instances: instances}
	guard := &panicGuard{log: log}
	return &Server{
		instances: instances,
		config: &plugin.ServeConfig{
			HandshakeConfig: transport.Handshake(),
			VersionedPlugins: transport.ServerPlugins(transport.Services{
				Plugin:   pluginServer,
				Source:   &sourceServer{instances: instances},
				Notifier: &notifierServer{instances: instances},
				AI:       &aiServer{instances: instances},
				Broker:   pluginServer.setBroker,
			}),
			GRPCServer: guard.newServer,
			Logger:     log,
		},
	}, nil
}

// Serve serves until the hub says to stop, or until the test's context ends
// if there is a test configuration. It takes over standard output.
func (s *Server) Serve(test *plugin.ServeTestConfig) {
	config := *s.config
	config.Test = test
	if hub := os.Getenv(transport.HubCertificateKey); hub != "" && test == nil {
		own := &announcer{hub: hub}
		defer own.close()
		config.TLSProvider = own.secure
	}
	plugin.Serve(&config)
}

// Close closes all instances and waits for it. It may be called twice.
func (s *Server) Close() error {
	s.instances.close()
	return nil
}

var _ io.Closer = (*Server)(nil)

// panicGuard keeps a panic in one call from ending the process, which serves other instances, too.
type panicGuard struct {
	log    hclog.Logger
	panics atomic.Uint64
}

func (g *panicGuard) newServer(options []grpc.ServerOption) *grpc.Server {
	options = append(options,
		grpc.MaxRecvMsgSize(transport.MaxMessageBytes),
		grpc.MaxSendMsgSize(transport.MaxMessageBytes),
		grpc.ChainUnaryInterceptor(g.unary),
		grpc.ChainStreamInterceptor(g.stream),
	)
	return grpc.NewServer(options...)
}

func (g *panicGuard) unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
) (response any, err error) {
	defer g.recover(info.FullMethod, &err)
	return handle(ctx, request)
}

func (g *panicGuard) stream(
	server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler,
) (err error) {
	defer g.recover(info.FullMethod, &err)
	return handle(server, stream)
}

// recover turns a panic into an error. The panic's value goes to the log
// only: it may hold anything.
func (g *panicGuard) recover(method string, err *error) {
	value := recover()
	if value == nil {
		return
	}
	count := g.panics.Add(1)
	g.log.Error("call panicked", "method", method, "panic", value, "panics", count, "stack", string(debug.Stack()))
	*err = fault.Newf(fault.OriginPlugin, fault.CodePanic, "the plugin has a bug: panic in %s", method)
}
