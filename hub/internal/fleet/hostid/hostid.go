// Package hostid remembers under which id the reports of each machine are kept.
package hostid

import (
	"context"
	"crypto/sha1" //nolint:gosec // G505: makes ids, and hides nothing
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pulse-hub/pulse/hub/internal/store"
)

// ErrFull says that there are too many machines for one more.
var ErrFull = errors.New("too many hosts are known")

const (
	// maxID is the most characters an id has.
	maxID = 48
	// maxIdentities bounds how many machines are remembered; a stranger beyond it
	// is refused, for each costs memory and a record for ever.
	maxIdentities = 100_000
	// recordPrefix is what keys of records begin with: they are source ids.
	recordPrefix = "host:"
)

// Identity is the id that the reports of one machine are kept under. It is
// told by the token a report came with and the hostname in it.
type Identity struct {
	HostID   string `json:"hostId"`
	TokenID  string `json:"tokenId"`
	Hostname string `json:"hostname"`
}

// Records is what is needed of the store.
type Records interface {
	View(ctx context.Context, fn func(store.Reader) error) error
	Update(ctx context.Context, fn func(store.Tx) error) error
}

// Registry knows which machine has which id. Create it with New and call Load
// before anything else; it is safe for concurrent use.
type Registry struct {
	records Records

	mu      sync.Mutex
	ids     map[sender]string
	holders map[string]sender
}

type sender struct{ token, hostname string }

// New returns a registry that knows nobody.
func New(records Records) *Registry {
	return &Registry{records: records, ids: map[sender]string{}, holders: map[string]sender{}}
}

// Load reads who was known before.
func (r *Registry) Load(ctx context.Context) error {
	var known map[string]Identity
	err := r.records.View(ctx, func(reader store.Reader) (err error) {
		known, err = store.ListJSON[Identity](ctx, reader, store.Sources, recordPrefix)
		return err
	})
	if err != nil {
		return fmt.Errorf("load host identities: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range known {
		from := sender{one.TokenID, one.Hostname}
		r.ids[from], r.holders[one.HostID] = one.HostID, from
	}
	return nil
}

// ID returns the id of the machine with the hostname that reports with the
// token: the one it had before, else the suggested one, made different when
// another machine has that already. A new id is durable when ID returns. The
// error is ErrFull or one of the store.
func (r *Registry) ID(ctx context.Context, tokenID, hostname, suggested string) (string, error) {
	from := sender{tokenID, strings.ToLower(hostname)}
	id, isNew, err := r.claim(from, suggested)
	if err != nil || !isNew {
		return id, err
	}
	err = r.records.Update(ctx, func(tx store.Tx) error {
		return store.PutJSON(ctx, tx, store.Sources, recordPrefix+id, Identity{HostID: id, TokenID: from.token, Hostname: from.hostname})
	})
	if err != nil {
		r.drop(from, id)
		return "", fmt.Errorf("save host identity: %w", err)
	}
	return id, nil
}

func (r *Registry) claim(from sender, suggested string) (id string, isNew bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id, ok := r.ids[from]; ok {
		return id, false, nil
	}
	if len(r.ids) >= maxIdentities {
		return "", false, ErrFull
	}
	id = suggested
	if _, taken := r.holders[id]; taken {
		id = fmt.Sprintf("%s-%s", cut(id, 40), digest(from.token+"\x00"+from.hostname, 8))
	}
	r.ids[from], r.holders[id] = id, from
	return id, true, nil
}

func (r *Registry) drop(from sender, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ids, from)
	delete(r.holders, id)
}

// Token returns the id of the token that the machine with the id reports with.
func (r *Registry) Token(id string) (token string, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, known := r.holders[id]
	return from.token, known
}

// Users returns how many machines report with a token.
func (r *Registry) Users(tokenID string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	count := 0
	for from := range r.ids {
		if from.token == tokenID {
			count++
		}
	}
	return count
}

// Release forgets a machine, so that its id is free for another one, or for
// the same with another token. An unknown id is no error.
func (r *Registry) Release(ctx context.Context, id string) error {
	r.mu.Lock()
	from, known := r.holders[id]
	r.mu.Unlock()
	if !known {
		return nil
	}
	err := r.records.Update(ctx, func(tx store.Tx) error { return tx.Delete(ctx, store.Sources, recordPrefix+id) })
	if err != nil {
		return fmt.Errorf("delete host identity: %w", err)
	}
	r.drop(from, id)
	return nil
}

// Suggest returns the id a machine would have if it were the only one: the
// first candidate that has a letter or digit, in the form of ids. Without one
// it is made of the last candidate.
func Suggest(candidates ...string) string {
	last := ""
	for _, last = range candidates {
		if id := sanitise(last); id != "" {
			return id
		}
	}
	return "host-" + digest(last, 12)
}

// sanitise keeps lower-case letters and digits and writes "-" for every run of others.
func sanitise(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte('-')
		}
		gap = false
		b.WriteRune(c)
	}
	return strings.TrimRight(cut(b.String(), maxID), "-")
}

func cut(s string, length int) string { return s[:min(len(s), length)] }

// digest returns the first digits of the SHA-1 of s. It tells ids apart and protects nothing.
func digest(s string, digits int) string {
	sum := sha1.Sum([]byte(s)) //nolint:gosec // G401: makes an id, and hides nothing
	return hex.EncodeToString(sum[:])[:digits]
}
