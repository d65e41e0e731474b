// Package health answers, over HTTP, whether the agent lives, whether it is ready, and how it does.
//
// The listener serves /healthz (200 "ok"), /readyz (200 "ok" or 503 "not ready") and /metrics in the Prometheus text
// format. It is an extra: when it cannot listen the agent goes on without it.
package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"
)

// shutdownTimeout is how long requests in flight may take when the agent ends.
const shutdownTimeout = 2 * time.Second

// Options configures a [Server].
type Options struct {
	// Addr is where to listen, as host:port or :port.
	Addr string
	// Info is what does not change while the agent runs.
	Info Info
	// Snapshot returns the agent's present state. It is called once for each request, from any goroutine. Required.
	Snapshot func() Snapshot
	// Logger is required.
	Logger hclog.Logger
}

// Info is the constant part of the metrics.
type Info struct {
	// Version is the version of the agent.
	Version string
	// Host, Docker and Kubernetes say which modules run.
	Host, Docker, Kubernetes bool
	// Started is when the agent started.
	Started time.Time
}

// Snapshot is how the agent does at one moment.
type Snapshot struct {
	// Ready says that the first collection of each module is done.
	Ready bool
	// Collectors tells how the last run of each collector went.
	Collectors []Collector
	// Sent, Failed and Dropped count reports since the start: accepted by the hub, attempts without success, given up.
	Sent, Failed, Dropped uint64
	// Queued is the number of reports that wait for a hub.
	Queued int
	// SpoolBytes is the size of the spool, in bytes; SpoolDropped counts reports it gave up.
	SpoolBytes   int64
	SpoolDropped uint64
}

// Collector is how the last run of one collector went.
type Collector struct {
	// Module is whose collector it is, such as "host".
	Module   string
	Name     string
	Duration time.Duration
	OK       bool
}

// Server is the health listener.
type Server struct{ options Options }

// New returns a server that does not listen yet.
func New(options Options) *Server { return &Server{options: options} }

// Handler returns what the listener serves.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(writer http.ResponseWriter, _ *http.Request) {
		writeText(writer, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(writer http.ResponseWriter, _ *http.Request) {
		if !s.options.Snapshot().Ready {
			writeText(writer, http.StatusServiceUnavailable, "not ready")
			return
		}
		writeText(writer, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /metrics", func(writer http.ResponseWriter, _ *http.Request) {
		writer.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		// A client that hangs up misses the rest, which concerns nobody else.
		_, _ = writer.Write(encode(s.options.Info, s.options.Snapshot(), readRuntime()))
	})
	return mux
}

func writeText(writer http.ResponseWriter, status int, text string) {
	writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	writer.WriteHeader(status)
	_, _ = io.WriteString(writer, text) // see /metrics
}

// Run serves until the context ends and returns nil then. When the address cannot be listened on it warns and returns
// nil at once.
func (s *Server) Run(ctx context.Context) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.options.Addr)
	if err != nil {
		s.options.Logger.Warn("health listener is off", "addr", s.options.Addr, "error", err)
		return nil
	}
	s.options.Logger.Info("health listener is on", "addr", listener.Addr().String())
	return s.serve(ctx, listener)
}

func (s *Server) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          s.options.Logger.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve health: %w", err)
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(limited); err != nil {
		_ = server.Close() // requests that did not end in time are cut off
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve health: %w", err)
	}
	return nil
}
