package archive

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/sdk/manifest"
)

// Sink takes the files of a package while it is read. The package may still
// turn out to be one to refuse. Names have been checked: they are relative,
// stay within, and come once.
type Sink interface {
	Create(name string) (io.WriteCloser, error)
}

// Discard is the Sink that keeps nothing.
type Discard struct{}

// Create is part of Sink.
func (Discard) Create(string) (io.WriteCloser, error) { return discarded{io.Discard}, nil }

type discarded struct{ io.Writer }

func (discarded) Close() error { return nil }

// collector checks and hashes files one after the other, wherever they come from.
type collector struct {
	limits  Limits
	sink    Sink
	buffer  []byte
	seen    map[string]seenName // by lower-case name
	entries int
	bytes   int64
	files   []File
	kept    map[string][]byte
}

type seenName struct {
	exact  string
	folder bool
}

func newCollector(limits Limits, sink Sink) *collector {
	return &collector{
		limits: limits, sink: sink, buffer: make([]byte, 64<<10),
		seen: map[string]seenName{}, kept: map[string][]byte{},
	}
}

// keptFiles are the files whose content is needed, with the size they may have.
func keptFiles(name string) (limit int64, kept bool) {
	switch name {
	case manifest.FileName:
		return manifest.MaxBytes, true
	case ChecksumsName:
		return maxChecksumsBytes, true
	case SignatureName:
		return maxSignatureBytes, true
	}
	return 0, false
}

// enter notes a file or folder and the folders it is in.
func (c *collector) enter(name string, folder bool) error {
	if c.entries++; c.entries > c.limits.Entries {
		return fmt.Errorf("%w: more than %d", ErrTooMany, c.limits.Entries)
	}
	if err := checkName(name); err != nil {
		return err
	}
	for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
		if err := c.note(parent, true); err != nil {
			return err
		}
	}
	return c.note(name, folder)
}

func (c *collector) note(name string, folder bool) error {
	folded := strings.ToLower(name)
	before, known := c.seen[folded]
	if known && (!folder || !before.folder || before.exact != name) {
		return fmt.Errorf("%w: %s", ErrDuplicate, name)
	}
	c.seen[folded] = seenName{exact: name, folder: folder}
	return nil
}

// file reads one file to its end.
func (c *collector) file(name string, content io.Reader) error {
	if err := c.enter(name, false); err != nil {
		return err
	}
	out, err := c.sink.Create(name)
	if err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	read, err := c.copy(out, name, content)
	if closeErr := out.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("write %s: %w", name, closeErr)
	}
	if err != nil {
		return err
	}
	c.files = append(c.files, read)
	return nil
}

func (c *collector) copy(out io.Writer, name string, content io.Reader) (File, error) {
	left := c.limits.Bytes - c.bytes
	limit, keep := keptFiles(name)
	if keep {
		left = min(left, limit)
	}
	hash := sha256.New()
	var kept bytes.Buffer
	writers := []io.Writer{hash, out}
	if keep {
		writers = append(writers, &kept)
	}
	n, err := io.CopyBuffer(io.MultiWriter(writers...), io.LimitReader(content, left+1), c.buffer)
	switch {
	case err != nil:
		return File{}, fmt.Errorf("read %s: %w", name, err)
	case n > left:
		return File{}, fmt.Errorf("%w: %s goes beyond its limit", ErrTooLarge, name)
	}
	c.bytes += n
	if keep {
		c.kept[name] = kept.Bytes()
	}
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(hash.Sum(nil))}, nil
}

// content checks that the files are a package.
func (c *collector) content() (*Content, error) {
	if _, ok := c.kept[manifest.FileName]; !ok {
		return nil, ErrNoManifest
	}
	checksums, ok := c.kept[ChecksumsName]
	if !ok {
		return nil, ErrNoChecksums
	}
	listed, err := ParseChecksums(checksums)
	if err != nil {
		return nil, err
	}
	content, err := c.described()
	if err != nil {
		return nil, err
	}
	if err := compare(content.Files, listed); err != nil {
		return nil, err
	}
	content.Checksums, content.Signature = checksums, c.kept[SignatureName]
	return content, nil
}

// plain tells whether nothing is there that vouches for the files. Their
// digest names them all the same.
func (c *collector) plain() bool {
	_, listed := c.kept[ChecksumsName]
	_, signed := c.kept[SignatureName]
	return !listed && !signed
}

// described returns what the files are by their manifest, without regard to checksums.txt.
func (c *collector) described() (*Content, error) {
	text, ok := c.kept[manifest.FileName]
	if !ok {
		return nil, ErrNoManifest
	}
	decoded, err := manifest.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	slices.SortFunc(c.files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	content := &Content{Manifest: decoded, Files: c.files, Digest: digestOf(c.files), Bytes: c.bytes}
	return content, content.checkExecutables()
}

// checkExecutables: what the manifest says of the executables must be true of those that are there.
func (c *Content) checkExecutables() error {
	found := false
	for _, described := range c.Manifest.Exec {
		file, ok := c.File(path.Clean(described.Path))
		if !ok {
			continue
		}
		found = true
		if described.SHA256 != "" && !strings.EqualFold(described.SHA256, file.SHA256) {
			return fmt.Errorf("%w: %s, in %s", ErrMismatch, file.Name, manifest.FileName)
		}
	}
	if !found {
		return ErrNoExecutable
	}
	return nil
}

// compare finds the first difference between the files and the list.
func compare(files, listed []File) error {
	sums := make(map[string]string, len(listed))
	for _, file := range listed {
		sums[file.Name] = file.SHA256
	}
	for _, file := range files {
		if file.Name == ChecksumsName || file.Name == SignatureName {
			continue
		}
		sum, ok := sums[file.Name]
		if !ok {
			return fmt.Errorf("%w: %s", ErrUnlisted, file.Name)
		}
		if sum != file.SHA256 {
			return fmt.Errorf("%w: %s", ErrMismatch, file.Name)
		}
		delete(sums, file.Name)
	}
	for _, file := range listed {
		if _, left := sums[file.Name]; left {
			return fmt.Errorf("%w: %s", ErrMissing, file.Name)
		}
	}
	return nil
}

// endable ends reading with the context.
type endable struct {
	ctx  context.Context
	from io.Reader
}

func (e endable) Read(p []byte) (int, error) {
	if err := context.Cause(e.ctx); err != nil {
		return 0, err
	}
	return e.from.Read(p)
}

// bounded fails with ErrTooLarge where io.LimitedReader would pretend an end.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLarge
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// isOurs tells whether an error already says what is wrong, or is not about the bytes at all.
func isOurs(err error) bool {
	for _, known := range []error{ErrTooLarge, ErrTooMany, ErrName, ErrKind, ErrDuplicate, ErrTrailing} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
