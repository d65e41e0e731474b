package inbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/plugin/archive"
	"github.com/pulse-hub/pulse/hub/internal/plugin/trust"
)

// Run watches until the context is done, and returns nil then.
func (i *Inbox) Run(ctx context.Context) error {
	if err := os.MkdirAll(i.options.Folder, 0o700); err != nil {
		return fmt.Errorf("make inbox: %w", err)
	}
	ticker := time.NewTicker(i.options.Interval)
	defer ticker.Stop()
	scanner := &scanner{inbox: i, entries: map[string]*entry{}}
	for {
		scanner.scan(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// scanner is what Run remembers from scan to scan.
type scanner struct {
	inbox   *Inbox
	entries map[string]*entry
	problem string // of reading the inbox itself, as it was logged last
}

type entry struct {
	fingerprint string
	examined    bool
	content     *archive.Content // nil until it was read and found good
	candidate   Candidate
}

func (s *scanner) scan(ctx context.Context) {
	root, err := os.OpenRoot(s.inbox.options.Folder)
	if err != nil {
		s.report(err)
		return
	}
	defer root.Close()
	names, overflow, err := s.names(root)
	s.report(err)
	if err != nil {
		return
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = s.visit(ctx, root, name)
		if ctx.Err() != nil {
			return
		}
	}
	maps.DeleteFunc(s.entries, func(name string, _ *entry) bool { return !there[name] })
	s.publish(ctx, overflow)
}

// report logs when the inbox becomes unreadable, and when it can be read again.
func (s *scanner) report(err error) {
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	if problem == s.problem {
		return
	}
	s.problem = problem
	if err != nil {
		s.inbox.log.Warn("plugin inbox cannot be read", "error", err)
		return
	}
	s.inbox.log.Info("plugin inbox can be read again")
}

// names returns what to look at, and how many there are beyond the bound.
func (s *scanner) names(root *os.Root) (names []string, overflow int, err error) {
	folder, err := root.Open(".")
	if err != nil {
		return nil, 0, fmt.Errorf("open inbox: %w", err)
	}
	defer folder.Close()
	entries, err := folder.ReadDir(maxNames)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, fmt.Errorf("list inbox: %w", err)
	}
	for _, one := range entries {
		// Links to folders show up too, to be refused with a reason.
		plain := one.Type().IsRegular() && !strings.HasSuffix(one.Name(), archive.Extension)
		if !plain && !skipped(one.Name()) {
			names = append(names, one.Name())
		}
	}
	slices.Sort(names)
	bound := min(len(names), s.inbox.options.MaxCandidates)
	return names[:bound], len(names) - bound, nil
}

// visit looks at one thing and tells whether it is there. It is read only when
// two scans found it the same: it may still be being copied.
func (s *scanner) visit(ctx context.Context, root *os.Root, name string) bool {
	fingerprint, err := archive.Fingerprint(root, name, s.inbox.options.Limits)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil {
		fingerprint = err.Error()
	}
	known := s.entries[name]
	switch {
	case known == nil || known.fingerprint != fingerprint:
		s.entries[name] = &entry{
			fingerprint: fingerprint, candidate: Candidate{Name: name, State: Settling, Since: time.Now()},
		}
	case !known.examined:
		s.examine(ctx, root, known)
	case known.content != nil:
		s.judge(ctx, known)
	}
	return true
}

// examine reads all of a candidate. What only the system kept from being read is tried again.
func (s *scanner) examine(ctx context.Context, root *os.Root, found *entry) {
	content, err := read(ctx, root, found.candidate.Name, s.inbox.options.Limits)
	if ctx.Err() != nil {
		return
	}
	var system *fs.PathError
	found.examined = !errors.As(err, &system)
	if err != nil {
		found.become(Candidate{State: Invalid, Reason: err})
		return
	}
	found.content = content
	s.judge(ctx, found)
}

func read(ctx context.Context, root *os.Root, name string, limits archive.Limits) (*archive.Content, error) {
	source, err := archive.Open(root, name, limits)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	return source.Read(ctx, archive.Discard{})
}

// judge looks at the signature, each time anew: publishers come and go.
func (s *scanner) judge(ctx context.Context, found *entry) {
	verdict, err := s.inbox.options.Judge.Judge(ctx, found.content.Checksums, found.content.Signature)
	switch {
	case err != nil:
		// Whose it is cannot be known now. The one who reads publishers reports why.
		found.become(Candidate{State: Settling})
	case verdict.State == trust.Bad:
		found.become(Candidate{State: Invalid, Reason: fmt.Errorf("%w: %s", ErrSignature, verdict.Reason)})
	default:
		found.become(Candidate{State: Ready, Content: found.content, Verdict: verdict})
	}
}

// become takes over what is known of it now. Its time stays if that is nothing new.
func (e *entry) become(now Candidate) {
	now.Name, now.Since = e.candidate.Name, e.candidate.Since
	if !same(now, e.candidate) {
		now.Since = time.Now()
	}
	e.candidate = now
}

// publish makes the result known if it is another than before.
func (s *scanner) publish(ctx context.Context, overflow int) {
	found := make([]Candidate, 0, len(s.entries))
	for _, name := range slices.Sorted(maps.Keys(s.entries)) {
		found = append(found, s.entries[name].candidate)
	}
	i := s.inbox
	i.mu.Lock()
	before, overflowBefore := i.candidates, i.overflow
	i.candidates, i.overflow = found, overflow
	i.mu.Unlock()

	if overflow != overflowBefore {
		i.log.Warn("plugin inbox holds more than is looked at", "ignored", overflow)
	}
	if slices.EqualFunc(before, found, same) {
		return
	}
	s.log(before, found)
	if i.options.Changed != nil {
		i.options.Changed(ctx, slices.Clone(found))
	}
}

func same(a, b Candidate) bool {
	return a.Name == b.Name && a.State == b.State && a.Since.Equal(b.Since) && a.Content == b.Content &&
		a.Verdict == b.Verdict && fmt.Sprint(a.Reason) == fmt.Sprint(b.Reason)
}

func (s *scanner) log(before, found []Candidate) {
	for _, one := range found {
		if slices.ContainsFunc(before, func(c Candidate) bool { return same(c, one) }) {
			continue
		}
		switch one.State {
		case Ready:
			s.inbox.log.Info("plugin package found", "name", one.Name, "plugin", one.Content.Manifest.ID,
				"version", one.Content.Manifest.Version, "sha256", one.Content.Digest, "signature", one.Verdict.State)
		case Invalid:
			s.inbox.log.Warn("plugin package refused", "name", one.Name, "error", one.Reason)
		case Settling:
			s.inbox.log.Debug("plugin package being copied", "name", one.Name)
		}
	}
}
