// Package inbox watches the folder that people put plugins into, and says what
// lies there. It reads and hashes; nothing from this folder is ever run.
package inbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
)

// Errors of the inbox.
var (
	// ErrUnknown says that there is nothing of that name.
	ErrUnknown = errors.New("no such package in the inbox")
	// ErrSignature says that a package has a signature that is not good.
	ErrSignature = errors.New("the signature is bad")
)

// State is what is known of a candidate.
type State string

// The states of a candidate.
const (
	Settling State = "settling" // still being copied, or not looked at yet
	Ready    State = "ready"    // read and checked
	Invalid  State = "invalid"  // refused
)

// Candidate is one thing in the inbox. It is not changed any more.
type Candidate struct {
	// Name is that of the file or folder.
	Name  string
	State State
	// Reason says why it is Invalid.
	Reason error
	// Content and Verdict are what it holds and whose it is; only if Ready.
	Content *archive.Content
	Verdict trust.Verdict
	// Since is when it was found to be in its state.
	Since time.Time
}

// Judge says whose signature it is. A missing one is nil.
type Judge interface {
	Judge(ctx context.Context, message, signature []byte) (trust.Verdict, error)
}

// Options say how to watch. Folder and Judge are required.
type Options struct {
	// Folder is the inbox. It is made if there is none.
	Folder string
	Judge  Judge
	// Interval is the time between two scans; 0 means 5 s.
	Interval time.Duration
	// MaxCandidates bounds what is looked at, in the order of names; 0 means 50.
	// What is beyond is counted by Overflow.
	MaxCandidates int
	// Limits are those of packages; the zero value means the default.
	Limits archive.Limits
	// Changed is called from Run, with what is there now, when that is not what
	// was there before. It may be nil. The slice is the callee's.
	Changed func(ctx context.Context, candidates []Candidate)
	// Logger may be nil.
	Logger hclog.Logger
}

const (
	defaultInterval      = 5 * time.Second
	defaultMaxCandidates = 50
	// maxNames bounds how many names of the folder are read at all.
	maxNames = 1000
)

// Inbox is a watched folder. Its methods may be called by several goroutines.
type Inbox struct {
	options Options
	log     hclog.Logger

	mu         sync.Mutex
	candidates []Candidate
	overflow   int
}

// New returns the inbox of a folder. Nothing is watched before Run.
func New(options Options) *Inbox {
	if options.Interval <= 0 {
		options.Interval = defaultInterval
	}
	if options.MaxCandidates <= 0 {
		options.MaxCandidates = defaultMaxCandidates
	}
	if options.Limits == (archive.Limits{}) {
		options.Limits = archive.DefaultLimits()
	}
	log := options.Logger
	if log == nil {
		log = hclog.NewNullLogger()
	}
	return &Inbox{options: options, log: log}
}

// Candidates returns what is in the inbox, ordered by name. The slice is the caller's.
func (i *Inbox) Candidates() []Candidate {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.candidates)
}

// Overflow returns how many things are not looked at because there are too many.
func (i *Inbox) Overflow() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.overflow
}

// Open opens what has that name in the inbox now, which need not be what was
// there at the last scan. The caller closes it. It fails with ErrUnknown or
// like archive.Open.
func (i *Inbox) Open(name string) (*archive.Source, error) {
	if name == "" || name != path.Base(name) || skipped(name) {
		return nil, fmt.Errorf("%w: %.100q", ErrUnknown, name)
	}
	root, err := os.OpenRoot(i.options.Folder)
	if err != nil {
		return nil, fmt.Errorf("open inbox: %w", err)
	}
	defer root.Close()
	source, err := archive.Open(root, name, i.options.Limits)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	return source, err
}

// skipped tells whether a name is none of the inbox's business: hidden things
// are uploads that are not complete, and the leavings of desktops.
func skipped(name string) bool { return strings.HasPrefix(name, ".") }
