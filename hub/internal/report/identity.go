package report

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	wire "github.com/pulse-hub/pulse/agent/report"
)

const (
	// maxID is the most characters an id has.
	maxID = 48
	// maxIdentities bounds how many hosts are remembered; a stranger beyond it
	// is refused, for each costs memory and a record for ever.
	maxIdentities = 100_000
)

// Identity is the id that the reports of one machine are kept under. It is
// told by the token a report came with and the hostname in it.
type Identity struct {
	HostID   string `json:"hostId"`
	TokenID  string `json:"tokenId"`
	Hostname string `json:"hostname"`
}

// Identities is where identities survive a restart.
type Identities interface {
	// Load returns all that were saved.
	Load(context.Context) ([]Identity, error)
	// Save keeps one; the same HostID replaces what was saved before.
	Save(context.Context, Identity) error
}

// registry knows which machine has which id.
type registry struct {
	saved Identities

	mu      sync.Mutex
	ids     map[sender]string
	holders map[string]sender
}

type sender struct{ token, hostname string }

func newRegistry(saved Identities) *registry {
	return &registry{saved: saved, ids: map[sender]string{}, holders: map[string]sender{}}
}

func (r *registry) load(ctx context.Context) error {
	identities, err := r.saved.Load(ctx)
	if err != nil {
		return fmt.Errorf("load host identities: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, identity := range identities {
		from := sender{identity.TokenID, identity.Hostname}
		r.ids[from], r.holders[identity.HostID] = identity.HostID, from
	}
	return nil
}

// hostID returns the id of the machine the report is from: the one it had
// before, else what the report suggests, made different when another machine
// has that already.
func (r *registry) hostID(ctx context.Context, tokenID string, report *wire.Host) (string, error) {
	from := sender{tokenID, strings.ToLower(report.Host.Hostname)}
	id, isNew, err := r.claim(from, suggestedID(report))
	if err != nil || !isNew {
		return id, err
	}
	if err := r.saved.Save(ctx, Identity{HostID: id, TokenID: from.token, Hostname: from.hostname}); err != nil {
		r.release(from, id)
		return "", fmt.Errorf("save host identity: %w", err)
	}
	return id, nil
}

func (r *registry) claim(from sender, suggested string) (id string, isNew bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if id, ok := r.ids[from]; ok {
		return id, false, nil
	}
	if len(r.ids) >= maxIdentities {
		return "", false, errFull
	}
	id = suggested
	if _, taken := r.holders[id]; taken {
		id = fmt.Sprintf("%s-%s", cut(id, 40), digest(from.token+"\x00"+from.hostname, 8))
	}
	r.ids[from], r.holders[id] = id, from
	return id, true, nil
}

func (r *registry) release(from sender, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.ids, from)
	delete(r.holders, id)
}

// holder returns the token that the host with the id reports with.
func (r *registry) holder(id string) (token string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, ok := r.holders[id]
	return from.token, ok
}

// suggestedID is the id a report would have if it were the only one.
func suggestedID(r *wire.Host) string {
	for _, candidate := range []string{r.Host.ID, r.Host.MachineID, r.Agent.ID, r.Host.Hostname} {
		if id := sanitise(candidate); id != "" {
			return id
		}
	}
	return "host-" + digest(r.Host.Hostname, 12)
}

// sanitise keeps lower-case letters and digits and writes "-" for every run of others.
func sanitise(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(s) {
		if c < 'a' || c > 'z' {
			if c < '0' || c > '9' {
				gap = true
				continue
			}
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
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:])[:digits]
}
