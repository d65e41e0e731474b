package recording

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	// headerTimeout is how long a plugin may take to send the header of a request.
	headerTimeout = 10 * time.Second
	// shutdownTimeout is how long requests may take to end when the server does.
	shutdownTimeout = 5 * time.Second
	maxHeaderBytes  = 1 << 20
)

// loopback is an HTTP server that only this machine reaches.
type loopback struct {
	listener net.Listener
	server   http.Server
}

// listen takes a free port of the loopback interface.
func listen(ctx context.Context, handler http.Handler) (*loopback, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return &loopback{listener: listener, server: http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: hclog.NewNullLogger().StandardLogger(nil), // what matters is recorded
	}}, nil
}

func (l *loopback) address() string { return l.listener.Addr().String() }

// run serves until the context is done and then lets requests end.
func (l *loopback) run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- l.server.Serve(l.listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := l.server.Shutdown(limited)
	if errors.Is(err, context.DeadlineExceeded) {
		err = l.server.Close()
	}
	if stopped := <-served; err == nil && !errors.Is(stopped, http.ErrServerClosed) {
		err = stopped
	}
	if err != nil {
		return fmt.Errorf("stop server: %w", err)
	}
	return nil
}
