package sender

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pulse-hub/pulse/agent/report"
)

// pace is the least time between two reports to one hub, whichever the module: 20 a second. It matters after an outage,
// when many agents come back with a backlog at once.
const pace = 50 * time.Millisecond

// TargetOptions configures a [Target].
type TargetOptions struct {
	// Place is the hub's place in the configuration; the first, 0, may give commands.
	Place int
	// URL is the hub's base URL without a trailing slash, and Token the API token.
	URL, Token string
	// Client sends the requests; see [NewClient].
	Client *http.Client
	// StateDir is where the features the hub has named are kept, so that they are known after a restart; empty keeps
	// them in memory. A directory that cannot be used only costs that knowledge.
	StateDir string
}

// Target is one hub. All modules share it, with what is known about the hub. It is safe for use by several goroutines.
type Target struct {
	options TargetOptions

	mu       sync.Mutex
	features report.Features
	known    bool // the hub has answered once
	loaded   bool
	next     time.Time // when the next report may be sent
}

// NewTarget returns a hub nothing is known about. It touches neither disk nor network.
func NewTarget(options TargetOptions) *Target { return &Target{options: options} }

// Name returns the host and port of the hub, for the log.
func (t *Target) Name() string {
	parsed, err := url.Parse(t.options.URL)
	if err != nil {
		return "hub"
	}
	return parsed.Host
}

// Key identifies the hub in files. It holds no secret.
func (t *Target) Key() string {
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, t.options.URL) // a hash takes everything
	return fmt.Sprintf("%016x", hash.Sum64())
}

// Features returns what the hub is known to understand, and false when it has not said so yet.
func (t *Target) Features() (report.Features, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.loaded {
		t.loaded = true
		if t.options.StateDir != "" {
			text, err := os.ReadFile(t.file())
			t.features, t.known = report.ParseFeatures(string(text)), err == nil
		}
	}
	return t.features, t.known
}

// learn notes what the hub understands.
func (t *Target) learn(features report.Features) {
	before, known := t.Features()
	if known && before == features {
		return
	}
	t.mu.Lock()
	t.features, t.known = features, true
	t.mu.Unlock()
	if t.options.StateDir != "" {
		// Best effort: after a restart the hub is asked anew. The directory is private as the spool's.
		_ = os.MkdirAll(t.options.StateDir, 0o700)
		_ = os.WriteFile(t.file(), []byte(features.String()), 0o600)
	}
}

func (t *Target) file() string { return filepath.Join(t.options.StateDir, "features-"+t.Key()) }

// pace waits until the next report may be sent.
func (t *Target) pace(ctx context.Context) error {
	t.mu.Lock()
	now := time.Now()
	wait := t.next.Sub(now)
	t.next = now.Add(max(wait, 0) + pace)
	t.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
