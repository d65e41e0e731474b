package metrics

import (
	"context"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// A slogHandler passes the TSDB's messages, which come through slog, on to hclog. What the TSDB calls information is
// its inner working and goes to debug.
type slogHandler struct {
	log hclog.Logger
}

// Enabled implements slog.Handler.
func (h slogHandler) Enabled(_ context.Context, level slog.Level) bool {
	switch {
	case level >= slog.LevelError:
		return h.log.IsError()
	case level >= slog.LevelWarn:
		return h.log.IsWarn()
	case level >= slog.LevelInfo:
		return h.log.IsDebug()
	}
	return h.log.IsTrace()
}

// Handle implements slog.Handler.
func (h slogHandler) Handle(_ context.Context, r slog.Record) error {
	args := make([]any, 0, 2*r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		args = append(args, a.Key, a.Value.Any())
		return true
	})
	h.log.Log(levelOf(r.Level), r.Message, args...)
	return nil
}

// WithAttrs implements slog.Handler.
func (h slogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	args := make([]any, 0, 2*len(attrs))
	for _, a := range attrs {
		args = append(args, a.Key, a.Value.Any())
	}
	return slogHandler{log: h.log.With(args...)}
}

// WithGroup implements slog.Handler.
func (h slogHandler) WithGroup(name string) slog.Handler {
	return slogHandler{log: h.log.Named(name)}
}

func levelOf(level slog.Level) hclog.Level {
	switch {
	case level >= slog.LevelError:
		return hclog.Error
	case level >= slog.LevelWarn:
		return hclog.Warn
	case level >= slog.LevelInfo:
		return hclog.Debug
	}
	return hclog.Trace
}
