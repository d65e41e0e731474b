package recovery

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
)

// Reasons why a bootstrap token is refused.
var (
	// ErrNotPending: no bootstrap token is expected; the first run is over.
	ErrNotPending = errors.New("no bootstrap token is pending")
	// ErrWrongToken: it is not the token.
	ErrWrongToken = errors.New("bootstrap token is wrong")
)

const (
	bootstrapName  = ".bootstrap_token"
	bootstrapBytes = 24 // of randomness; the token has twice as many digits
	// othersWrite are the permissions by which others could have written a token.
	othersWrite = 0o022
)

// bootstrapToken is what a token looks like.
var bootstrapToken = regexp.MustCompile(`^[0-9a-f]{48}$`)

// Bootstrap keeps the token by which whoever sets up a new hub shows that they
// can read its data folder. It is safe for concurrent use but for Prepare,
// which is called first.
type Bootstrap struct {
	path string
	hash atomic.Pointer[[sha256.Size]byte] // of the pending token
}

// NewBootstrap returns the bootstrap token of a data folder. None is pending
// until Prepare.
func NewBootstrap(dir string) *Bootstrap {
	return &Bootstrap{path: filepath.Join(dir, bootstrapName)}
}

// Path returns where the token is kept.
func (b *Bootstrap) Path() string { return b.path }

// Prepare makes a token, or takes the one that an earlier start has made, and
// returns it as it is told to the person at the machine; created says that it
// is new. It is 48 hexadecimal digits, and pending from here on. A file that is
// empty, holds anything else, or could be written by others is replaced. The
// error is ErrUnsafe or one of the disk.
func (b *Bootstrap) Prepare() (token string, created bool, err error) {
	token, err = b.kept()
	if err != nil {
		return "", false, fmt.Errorf("read bootstrap token: %w", err)
	}
	if token == "" {
		var random [bootstrapBytes]byte
		_, _ = rand.Read(random[:]) // never fails, says crypto/rand
		token, created = hex.EncodeToString(random[:]), true
		if err := write(b.path, []byte(token+"\n")); err != nil {
			return "", false, fmt.Errorf("keep bootstrap token: %w", err)
		}
	}
	hash := sha256.Sum256([]byte(token))
	b.hash.Store(&hash)
	return token, created, nil
}

// kept returns the token of the file, closed to others; empty: it holds none.
func (b *Bootstrap) kept() (string, error) {
	data, info, err := read(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(data))
	if len(data) == maxFile || !bootstrapToken.MatchString(token) || !private(info) {
		return "", nil
	}
	if err := os.Chmod(b.path, 0o600); err != nil {
		return "", fmt.Errorf("close file to others: %w", err)
	}
	return token, nil
}

// Pending reports whether a token is expected.
func (b *Bootstrap) Pending() bool { return b.hash.Load() != nil }

// Check returns nil when the candidate is the pending token, ErrNotPending when
// none is, and else ErrWrongToken.
func (b *Bootstrap) Check(candidate string) error {
	want := b.hash.Load()
	if want == nil {
		return ErrNotPending
	}
	// Hashes have one length, and say nothing about how much of a guess is right.
	got := sha256.Sum256([]byte(strings.TrimSpace(candidate)))
	if subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return ErrWrongToken
	}
	return nil
}

// Finish ends the first run: no token is pending from here on, and the file is
// removed, also a stale one of an earlier start. It may be called twice.
func (b *Bootstrap) Finish() error {
	b.hash.Store(nil)
	if err := remove(b.path); err != nil {
		return fmt.Errorf("remove bootstrap token: %w", err)
	}
	return nil
}
