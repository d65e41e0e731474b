// Package transport is what the hub and a plugin must agree on before the
// first call: the go-plugin handshake, the protocol version, and which gRPC
// services a plugin process serves.
package transport

import (
	"context"
	"errors"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
)

const (
	// CookieKey is the environment variable by which a plugin knows that a hub started it.
	CookieKey = "PULSE_PLUGIN"
	// CookieValue is what the hub sets it to. It is no secret.
	CookieValue = "7c2f7d0e-6f0a-4b5e-9b55-0c8d4e0f3a71"
	// ProtocolVersion is the version of the protocol in package pluginv1.
	ProtocolVersion = 1
	// Name is what the hub asks go-plugin to dispense.
	Name = "pulse"
	// MaxMessageBytes bounds one message in either direction. Answers come in chunks far below it.
	MaxMessageBytes = 16 << 20
)

// Handshake returns the handshake both sides use.
func Handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion:  ProtocolVersion,
		MagicCookieKey:   CookieKey,
		MagicCookieValue: CookieValue,
	}
}

// Services are the servers of a plugin process. All of them are always
// registered; those of kinds the plugin does not have answer NotFound.
type Services struct {
	Plugin   pluginv1.PluginServer
	Source   pluginv1.SourceServer
	Notifier pluginv1.NotifierServer
	AI       pluginv1.AIServer
	// Broker, if set, is told of go-plugin's broker before the first call.
	Broker func(*plugin.GRPCBroker)
}

// ServerPlugins returns what a plugin process serves, by protocol version.
func ServerPlugins(services Services) map[int]plugin.PluginSet {
	return map[int]plugin.PluginSet{ProtocolVersion: {Name: &glue{services: &services}}}
}

// ClientPlugins returns what the hub can dispense, by protocol version: a *Client under Name.
func ClientPlugins() map[int]plugin.PluginSet {
	return map[int]plugin.PluginSet{ProtocolVersion: {Name: &glue{}}}
}

// Client is the hub's side of one plugin process. It is safe for concurrent use.
type Client struct {
	Plugin   pluginv1.PluginClient
	Source   pluginv1.SourceClient
	Notifier pluginv1.NotifierClient
	AI       pluginv1.AIClient
	// Conn is the connection below the clients. go-plugin closes it.
	Conn *grpc.ClientConn

	broker *plugin.GRPCBroker
}

// ErrNoBroker says that a client was not made by go-plugin and has no way back from the plugin.
var ErrNoBroker = errors.New("connection has no broker")

// ServeHost serves the hub's own service to this plugin process and returns
// the id that InitRequest.host_service_id carries. It ends when stop is
// called or the connection does; stop may be called twice.
func (c *Client) ServeHost(server pluginv1.HostServiceServer) (id uint32, stop func(), err error) {
	if c.broker == nil {
		return 0, nil, ErrNoBroker
	}
	id = c.broker.NextId()
	started := make(chan *grpc.Server, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
			host := grpc.NewServer(options...)
			pluginv1.RegisterHostServiceServer(host, server)
			started <- host
			return host
		})
	}()
	return id, func() { stopHost(started, done) }, nil
}

// NewClient returns the clients for a connection that go-plugin did not make:
// ServeHost does not work on it. Tests use it.
func NewClient(conn *grpc.ClientConn) *Client {
	return &Client{
		Plugin:   pluginv1.NewPluginClient(conn),
		Source:   pluginv1.NewSourceClient(conn),
		Notifier: pluginv1.NewNotifierClient(conn),
		AI:       pluginv1.NewAIClient(conn),
		Conn:     conn,
	}
}

// glue is the go-plugin adapter of both sides; services is nil in the hub.
type glue struct {
	plugin.NetRPCUnsupportedPlugin
	services *Services
}

// GRPCServer registers the plugin's services.
func (g *glue) GRPCServer(broker *plugin.GRPCBroker, server *grpc.Server) error {
	if g.services == nil {
		return errors.New("this side does not serve plugins")
	}
	if g.services.Broker != nil {
		g.services.Broker(broker)
	}
	pluginv1.RegisterPluginServer(server, g.services.Plugin)
	pluginv1.RegisterSourceServer(server, g.services.Source)
	pluginv1.RegisterNotifierServer(server, g.services.Notifier)
	pluginv1.RegisterAIServer(server, g.services.AI)
	return nil
}

// GRPCClient returns a *Client.
func (g *glue) GRPCClient(_ context.Context, broker *plugin.GRPCBroker, conn *grpc.ClientConn) (any, error) {
	client := NewClient(conn)
	client.broker = broker
	return client, nil
}

// stopHost ends the host service, whether it has begun or not, and waits for it.
func stopHost(started chan *grpc.Server, done <-chan struct{}) {
	select {
	case host := <-started:
		started <- host // for a second call
		host.Stop()
	case <-done:
	}
	<-done
}
