package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// Timeouts of connections. There is none for whole requests and answers: how
// long they may take follows from their size, see paced and visit.
const (
	// headerTimeout is for the handshake of TLS, and again for each header.
	headerTimeout = 10 * time.Second
	idleTimeout   = 120 * time.Second
	// drainTimeout is how long requests under way may take when the hub ends.
	drainTimeout = 10 * time.Second
	// maxHeader bounds the header of a request, in bytes.
	maxHeader = 64 << 10
	// maxStreams is how many requests one connection of HTTP/2 may have under way.
	maxStreams = 100
)

// gate answers health checks from the first moment on, and everything else as
// soon as the hub is ready.
type gate struct {
	ready   atomic.Pointer[http.Handler]
	started time.Time
}

func (g *gate) open(handler http.Handler) { g.ready.Store(&handler) }

// ServeHTTP is part of http.Handler.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if handler := g.ready.Load(); handler != nil {
		(*handler).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path != "/api/health" {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	now := time.Now()
	// The caller may have gone; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(api.Health{
		Status: "starting", Timestamp: now.Unix(), Uptime: now.Sub(g.started).Seconds(), ProxyInstallScriptAvailable: true,
	})
}

// serve serves a handler until ctx ends, and lets requests under way finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, c *config.Config, logger hclog.Logger) error {
	server := &http.Server{
		Handler: paced(handler), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams: maxStreams, SendPingTimeout: idleTimeout / 2, PingTimeout: headerTimeout, WriteByteTimeout: writeStall,
		},
		ErrorLog: logger.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	listener = bounded(listener, server, boundsFor(openFiles()), logger)
	certificate, err := newCertificate(c, logger)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	watched, ended := make(chan error, 1), make(chan error, 1)
	go func() { watched <- certificate.watch(ctx) }()
	go func() { ended <- certificate.serve(server, listener) }()
	select {
	case err = <-ended:
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		err = drain(ctx, server, ended)
	}
	cancel()
	return errors.Join(err, <-watched)
}

// drain ends a server when the requests under way are answered, or after drainTimeout.
func drain(ctx context.Context, server *http.Server, ended <-chan error) error {
	draining, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), drainTimeout, errors.New("requests under way took too long"))
	defer cancel()
	err := server.Shutdown(draining)
	if err != nil {
		err = errors.Join(err, server.Close())
	}
	if closed := <-ended; !errors.Is(closed, http.ErrServerClosed) {
		err = errors.Join(err, closed)
	}
	return err
}
