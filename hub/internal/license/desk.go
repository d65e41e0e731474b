// Package license keeps the hub's license and says which features it pays for.
package license

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

const (
	// Grace is how long features stay after a license has expired.
	Grace = 7 * 24 * time.Hour
	// DefaultUpgradeURL is where licenses are sold.
	DefaultUpgradeURL = "https://pulserelay.pro"
	// record is the key of the bucket.
	record = "key"
)

// ErrNoKey is returned by Activate for an empty key.
var ErrNoKey = errors.New("license key is missing")

// Records keeps the license key. Its bucket is sealed.
type Records interface {
	Get(ctx context.Context, b store.Bucket, key string) ([]byte, error)
	Put(ctx context.Context, b store.Bucket, key string, value []byte) error
	Delete(ctx context.Context, b store.Bucket, key string) error
}

// Options are what a Desk is built from. Records is needed.
type Options struct {
	Records Records
	// PublicKey is what keys are checked with; nil: no key can be activated.
	PublicKey ed25519.PublicKey
	// Development takes keys unverified when there is no public key. It must never be set in a released build.
	Development bool
	// Mock lets every feature pass, for hubs that show made-up data.
	Mock bool
	// UpgradeURL is told to those who lack a license; empty means DefaultUpgradeURL.
	UpgradeURL string
	// Logger may be nil.
	Logger hclog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Desk keeps the one license of a hub. It is safe for concurrent use.
type Desk struct {
	options Options
	// busy holds a token while the stored key is being changed, so that waiting for it can end with the context.
	busy chan struct{}
	// current is nil without a license.
	current atomic.Pointer[Claims]
}

// New returns a desk without a license. [Desk.Load] gives it the stored one.
func New(options Options) *Desk {
	if options.UpgradeURL == "" {
		options.UpgradeURL = DefaultUpgradeURL
	}
	if options.Logger == nil {
		options.Logger = hclog.NewNullLogger()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Desk{options: options, busy: make(chan struct{}, 1)}
}

// Load takes up the stored license, also one that has expired. One that cannot be read or is not valid any more
// stays where it is, and the hub goes on without: the log says so. The error is one of the store.
func (d *Desk) Load(ctx context.Context) error {
	key, err := d.options.Records.Get(ctx, store.Licence, record)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if errors.Is(err, store.ErrSealed) {
		d.options.Logger.Error("stored license cannot be read", "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read license: %w", err)
	}
	claims, err := d.parse(string(key))
	if err != nil {
		d.options.Logger.Error("stored license is not valid", "error", err)
		return nil
	}
	d.current.Store(&claims)
	return nil
}

func (d *Desk) parse(key string) (Claims, error) {
	return parse(key, d.options.PublicKey, d.options.Development)
}

// Activate checks a key, stores it and puts it in force. The error is ErrNoKey, ErrMalformed, ErrSignature,
// ErrNoPublicKey, ErrExpired or one of the store; then the license is the one before.
func (d *Desk) Activate(ctx context.Context, key string) (Status, error) {
	key = strings.TrimSpace(key)
	if key == "" {
		return Status{}, ErrNoKey
	}
	claims, err := d.parse(key)
	if err != nil {
		return Status{}, err
	}
	if expires := claims.expires(); d.standing(&claims) == expired {
		return Status{}, fmt.Errorf("%w: expired on %s (grace period ended %s)",
			ErrExpired, expires.Format(time.DateOnly), expires.Add(Grace).Format(time.DateOnly))
	}
	err = d.change(ctx, func() error {
		if err := d.options.Records.Put(ctx, store.Licence, record, []byte(key)); err != nil {
			return fmt.Errorf("store license: %w", err)
		}
		d.current.Store(&claims)
		return nil
	})
	if err != nil {
		return Status{}, err
	}
	return d.statusOf(&claims), nil
}

// Clear removes the license; that there is none is no error.
func (d *Desk) Clear(ctx context.Context) error {
	return d.change(ctx, func() error {
		if err := d.options.Records.Delete(ctx, store.Licence, record); err != nil {
			return fmt.Errorf("remove license: %w", err)
		}
		d.current.Store(nil)
		return nil
	})
}

// change runs one change at a time, so that the store and the memory tell the same.
func (d *Desk) change(ctx context.Context, fn func() error) error {
	select {
	case d.busy <- struct{}{}:
		defer func() { <-d.busy }()
		return fn()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
