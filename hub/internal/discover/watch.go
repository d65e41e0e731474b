package discover

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

const (
	// scanInterval is the time from one scan in the background to the next one.
	scanInterval = 5 * time.Minute
	// scanTimeout bounds a scan in the background.
	scanTimeout = 4 * time.Minute
)

// errScanTimeout is why a scan in the background ended early.
var errScanTimeout = errors.New("the scan took too long")

// Config says whether and where a hub looks for servers by itself.
type Config struct {
	// Enabled makes it look every five minutes.
	Enabled bool
	// Networks are what it looks through, as in Request.
	Networks string
	// Settings hold for every scan, also for those that somebody asks for.
	Settings
}

// DefaultConfig returns the configuration of a hub that nobody has changed: it looks for nothing.
func DefaultConfig() Config { return Config{Networks: "auto", Settings: Defaults()} }

// Validate returns ErrNetwork if Networks is no list of networks. It asks nobody.
func (c *Config) Validate() error {
	if isAuto(c.Networks) {
		return nil
	}
	_, err := parseNetworks(c.Networks)
	return err
}

// Watch looks for servers again and again, and whenever it is asked to. It is
// safe for concurrent use.
type Watch struct {
	scanner *Scanner
	logger  hclog.Logger
	wake    chan struct{} // holds one note that the configuration has changed

	mu     sync.Mutex
	config Config
}

// NewWatch returns a watch that scans in the background while Run runs.
func NewWatch(scanner *Scanner, config Config, logger hclog.Logger) *Watch {
	return &Watch{scanner: scanner, logger: logger, wake: make(chan struct{}, 1), config: config}
}

// Configure replaces the configuration. If it is enabled, a scan begins at once.
func (w *Watch) Configure(config Config) {
	w.mu.Lock()
	w.config = config
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Config returns the configuration.
func (w *Watch) Config() Config {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.config
}

// Last is that of the scanner.
func (w *Watch) Last() (Result, bool) { return w.scanner.Last() }

// Scan looks through networks, those of the configuration if none are named,
// in the way that the configuration says. The errors are those of the scanner.
func (w *Watch) Scan(ctx context.Context, networks string) (Result, error) {
	config := w.Config()
	if networks == "" {
		networks = config.Networks
	}
	return w.scanner.Scan(ctx, Request{Networks: networks, Settings: config.Settings})
}

// Run scans in the background until the context ends.
func (w *Watch) Run(ctx context.Context) error {
	ticker := time.NewTicker(scanInterval)
	defer ticker.Stop()
	failure := "" // the last one that was logged
	for {
		if w.Config().Enabled {
			failure = w.log(ctx, w.round(ctx), failure)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-w.wake:
			ticker.Reset(scanInterval)
		}
	}
}

func (w *Watch) round(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, scanTimeout, errScanTimeout)
	defer cancel()
	_, err := w.Scan(ctx, "")
	return err
}

// log tells of a failure that is another than the last one, and returns it.
func (w *Watch) log(ctx context.Context, err error, before string) string {
	if err == nil || ctx.Err() != nil {
		return ""
	}
	if text := err.Error(); text != before {
		w.logger.Warn("looking for servers failed", "error", err)
	}
	return err.Error()
}
