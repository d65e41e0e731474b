// Package account keeps the people who may sign in to the hub: their passwords, their second factors, and what each
// of them may do.
package account

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/pulse-hub/pulse/hub/internal/auth/account/password"
	"github.com/pulse-hub/pulse/hub/internal/store"
)

// Records is what is needed of the store. Users are kept in its bucket Users, roles in Roles.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Hasher makes and checks hashes of passwords, as password.Hasher does.
type Hasher interface {
	Hash(ctx context.Context, password string) (string, error)
	Verify(ctx context.Context, password, hash string) (password.Match, error)
}

// Options are what a Desk is built from. Records is needed.
type Options struct {
	Records Records
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Logger may be nil.
	Logger hclog.Logger
	// Slots is how many passwords are hashed at a time besides one that is
	// kept for preferred calls; 0 is one less than there are processors.
	Slots int
	// Hasher is for tests; nil is Argon2id with the bound of Slots.
	Hasher Hasher
	// Ceremonies are those of passkeys; nil: there are none.
	Ceremonies Ceremonies
}

// Desk looks after users and roles. All of them are kept in memory, so that
// reading never waits. Every change is one transaction, and counts from the
// moment its method returns. A Desk is safe for concurrent use.
type Desk struct {
	records    Records
	now        func() time.Time
	logger     hclog.Logger
	hasher     Hasher
	decoy      string
	enrols     enrolments
	ceremonies Ceremonies
	writer     chan struct{} // holds one token while somebody changes something
	broken     int           // records that could not be read; belongs to who has the writer's token
	current    atomic.Pointer[table]
}

// New returns a Desk without users; Load reads them.
func New(options Options) *Desk {
	d := &Desk{
		records: options.Records, now: options.Now, logger: options.Logger, hasher: options.Hasher,
		ceremonies: options.Ceremonies, decoy: password.Decoy(), writer: make(chan struct{}, 1),
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.logger == nil {
		d.logger = hclog.NewNullLogger()
	}
	if d.hasher == nil {
		d.hasher = password.NewHasher(options.Slots)
	}
	if d.ceremonies == nil {
		d.ceremonies = noCeremonies{}
	}
	d.current.Store(newTable())
	return d
}

// Load reads all users and roles again. Records that cannot be opened are
// logged and left out; on any other error what was known stays.
func (d *Desk) Load(ctx context.Context) error {
	if err := d.lock(ctx); err != nil {
		return err
	}
	defer d.unlock()
	var next *table
	err := d.records.View(ctx, func(r store.Reader) (err error) {
		next, err = readTable(ctx, r)
		return err
	})
	if err != nil {
		return fmt.Errorf("read accounts: %w", err)
	}
	d.publish(next)
	return nil
}

// List returns all users by name. The slice is the caller's.
func (d *Desk) List() []User {
	users := make([]User, 0, len(d.current.Load().users))
	for _, one := range d.current.Load().users {
		users = append(users, one.user())
	}
	slices.SortFunc(users, func(a, b User) int { return strings.Compare(key(a.Name), key(b.Name)) })
	return users
}

// Get returns the user with the name in any case.
func (d *Desk) Get(name string) (User, bool) {
	one, ok := d.current.Load().users[key(name)]
	if !ok {
		return User{}, false
	}
	return one.user(), true
}

// Count returns how many users there are.
func (d *Desk) Count() int { return len(d.current.Load().users) }

// Prefer marks a context: whoever calls comes from an address that is known
// for the user they name. Verify keeps a slot for such calls, so that a flood
// of strangers does not keep them out.
func Prefer(ctx context.Context) context.Context { return password.Prefer(ctx) }
