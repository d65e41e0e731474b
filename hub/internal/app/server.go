package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/api"
	"github.com/pulse-hub/pulse/hub/internal/config"
)

// Timeouts of connections. There is none for writing: websockets and large
// answers to slow readers may take as long as they need.
const (
	readHeaderTimeout = 15 * time.Second
	readTimeout       = 60 * time.Second
	idleTimeout       = 120 * time.Second
	// drainTimeout is how long requests under way may take when the hub ends.
	drainTimeout = 10 * time.Second
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

// listen opens the port of the API and the page.
func listen(ctx context.Context, c *config.Config) (net.Listener, error) {
	address := net.JoinHostPort(c.BindAddress, strconv.Itoa(c.Port))
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return listener, nil
}

// serve serves a handler until ctx ends, and lets requests under way finish.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, c *config.Config, logger hclog.Logger) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: 64 << 10,
		ErrorLog:       logger.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	ended := make(chan error, 1)
	go func() {
		if c.HTTPS {
			ended <- server.ServeTLS(listener, c.TLSCert, c.TLSKey)
			return
		}
		ended <- server.Serve(listener)
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
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
