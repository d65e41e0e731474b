package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/pulse-hub/pulse/hub/internal/plugin/runner"
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/launcher"
	"github.com/pulse-hub/pulse/sdk/transport"
)

// errNotServing is the answer of a plugin that says itself that it is not well.
var errNotServing = errors.New("the plugin says that it does not serve")

// Process is a running plugin and the connection to it. It is safe for concurrent use.
type Process struct {
	client *plugin.Client
	run    atomic.Pointer[runner.Process] // nil until go-plugin has asked for a runner
	folder atomic.Pointer[string]         // of its sockets; nil until then, too
	conn   *transport.Client

	hostID   uint32 // 0 if nothing is served to it
	stopHost func() // nil likewise
}

// connect starts the process, waits for its handshake, connects to it and
// serves the host services to it unless they are nil.
func (p *Process) connect(host pluginv1.HostServiceServer) (err error) {
	defer func() {
		// go-plugin has no place for the certificate of a plugin that was not asked for one.
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%w: %v", ErrHandshake, reason)
		}
	}()
	protocol, err := p.client.Client()
	if err != nil {
		return err
	}
	raw, err := protocol.Dispense(transport.Name)
	if err != nil {
		return err
	}
	conn, ok := raw.(*transport.Client)
	if !ok {
		return fmt.Errorf("unexpected client %T", raw)
	}
	p.conn = conn
	if host == nil {
		return nil
	}
	if p.hostID, p.stopHost, err = conn.ServeHost(host); err != nil {
		return fmt.Errorf("serve host services: %w", err)
	}
	return nil
}

// HostService returns the broker id of the host services, 0 if none are
// served. Who does not dial it within five seconds of the launch finds nobody there.
func (p *Process) HostService() uint32 { return p.hostID }

// Report returns how it is confined in fact, nil if it was not started by the launcher.
func (p *Process) Report() *launcher.Report { return p.run.Load().Report() }

// Clients returns the clients of its services.
func (p *Process) Clients() *transport.Client { return p.conn }

// Pid returns the process number.
func (p *Process) Pid() int { return p.run.Load().Pid() }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.run.Load().Done() }

// Exit returns how the process ended; the zero value until Done is closed.
func (p *Process) Exit() runner.Exit { return p.run.Load().Exit() }

// Ping asks the plugin whether it serves, by grpc.health.v1. The context must have a deadline.
func (p *Process) Ping(ctx context.Context) error {
	request := &grpc_health_v1.HealthCheckRequest{Service: plugin.GRPCServiceName}
	response, err := grpc_health_v1.NewHealthClient(p.conn.Conn).Check(ctx, request)
	if err != nil {
		return err
	}
	if response.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
		return errNotServing
	}
	return nil
}

// Stop asks the plugin to end and kills it with all of its group when the
// context is done. It returns when the process is gone, or with ErrUnkillable.
func (p *Process) Stop(ctx context.Context) error {
	released := make(chan struct{})
	go func() { // outlives Stop only with a process that the system cannot end
		defer close(released)
		p.client.Kill() // its own waits end with the process
		if p.stopHost != nil {
			p.stopHost() // after the broker has closed, or it might wait for a peer that is gone
		}
		p.removeFolder()
	}()
	select {
	case <-released:
		return nil
	case <-ctx.Done():
	}
	p.kill()
	select {
	case <-released:
		return nil
	case <-time.After(killLimit):
		return ErrUnkillable
	}
}

// removeFolder removes the folder of its sockets, which go-plugin leaves behind
// when the process could not be started.
func (p *Process) removeFolder() {
	if folder := p.folder.Load(); folder != nil {
		_ = os.RemoveAll(*folder) // what stays goes with the hub's own folder
	}
}

func (p *Process) kill() {
	if run := p.run.Load(); run != nil {
		_ = run.Kill(context.Background()) // never fails
	}
}
