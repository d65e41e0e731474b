package fleet

import (
	"context"
	"crypto/sha1" //nolint:gosec // G505: makes ids, and hides nothing
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk/resource"
)

// Claim is who a report says it is from.
type Claim struct {
	// AgentID, MachineID and Hostname are as reported; any but one may be empty.
	AgentID, MachineID, Hostname string
	// Name is what the report calls the machine, for people; may be empty.
	Name string
	// Token is what the report came with.
	Token resource.TokenRef
}

// RemovedError says that a member was removed and may not report for a while.
type RemovedError struct {
	Kind Kind
	ID   string
	// At is when it was removed.
	At time.Time
}

// Error says what to do, in the words that agents know.
func (e *RemovedError) Error() string {
	what, list, scope := "docker host", "Docker Hosts", "docker:manage"
	if e.Kind == Kubernetes {
		what, list, scope = "kubernetes cluster", "Kubernetes Clusters", "kubernetes:manage"
	}
	return fmt.Sprintf("%s %q was removed at %s and cannot report again. Use Allow re-enroll in Settings -> Agents -> "+
		"Removed %s or rerun the installer with a %s token to clear this block", what, e.ID, e.At.UTC().Format(time.RFC3339), list, scope)
}

// ConflictError says that another agent reports with the token.
type ConflictError struct {
	Kind Kind
	// Hint names the token, AgentID and Label the agent that has it.
	Hint, AgentID, Label string
}

// Error says what to do.
func (e *ConflictError) Error() string {
	thing, agent := "host", "Docker"
	if e.Kind == Kubernetes {
		thing, agent = "cluster", "Kubernetes"
	}
	return fmt.Sprintf("API token (%s) is already in use by agent %q (%s: %s). Each %s agent must use a unique API token. "+
		"Generate a new token for this agent", e.Hint, e.AgentID, thing, e.Label, agent)
}

// Admit returns the id of the engine that a Docker report is from. A new one
// is durable when Admit returns. The error is a *RemovedError, a
// *ConflictError, ErrFull, or one of the store.
func (d *Desk) Admit(ctx context.Context, claim Claim) (id string, err error) {
	return d.admit(ctx, Docker, claim, func(m *members) string {
		if known := m.match(Docker, &claim); known != nil {
			return known.ID
		}
		return m.freeID(Docker, &claim)
	})
}

// AdmitCluster does the same for a Kubernetes report. The id of a cluster is
// its own, whoever reports it; Hostname of the claim is the cluster's name.
func (d *Desk) AdmitCluster(ctx context.Context, clusterID string, claim Claim) (id string, err error) {
	return d.admit(ctx, Kubernetes, claim, func(*members) string {
		return firstID(clusterID, claim.AgentID, claim.Hostname)
	})
}

func (d *Desk) admit(ctx context.Context, kind Kind, claim Claim, identify func(*members) string) (string, error) {
	now := d.Now()
	id, member, err := d.members.Load().admit(kind, &claim, identify, now)
	if err != nil || member != nil && member.is(&claim) {
		return id, err
	}
	// Somebody new, or somebody who has changed. Looked at again, for another
	// report may be changing the same.
	err = d.change(ctx, func(tx *draft) error {
		var known *Member
		if id, known, err = tx.base.admit(kind, &claim, identify, now); err != nil {
			return err
		}
		next := &Member{Kind: kind, ID: id}
		if known != nil {
			fresh := *known
			next = &fresh
		} else if len(tx.base.byKey) >= maxMembers {
			return ErrFull
		}
		next.AgentID, next.TokenID, next.MachineID = claim.AgentID, claim.Token.ID, claim.MachineID
		next.Hostname, next.Name = claim.Hostname, claim.Name
		tx.put(next)
		return nil
	})
	return id, err
}

// is says whether the member is known as what the claim says.
func (m *Member) is(claim *Claim) bool {
	return m.AgentID == claim.AgentID && m.TokenID == claim.Token.ID && m.MachineID == claim.MachineID &&
		m.Hostname == claim.Hostname && m.Name == claim.Name
}

// admit returns the id a claim has and the member that has it already, if one does.
func (m *members) admit(kind Kind, claim *Claim, identify func(*members) string, now time.Time) (string, *Member, error) {
	if other := m.holder(kind, claim); other != nil {
		return "", nil, &ConflictError{Kind: kind, Hint: claim.Token.Hint, AgentID: other.AgentID, Label: other.Label()}
	}
	id := identify(m)
	member := m.byKey[key{kind, id}]
	switch {
	case member == nil || member.forgotten(now):
		return id, nil, nil
	case member.blocked(now):
		return "", nil, &RemovedError{Kind: kind, ID: id, At: member.Removed}
	}
	return id, member, nil
}

// holder returns another agent's member that reports with the claim's token.
func (m *members) holder(kind Kind, claim *Claim) *Member {
	if claim.Token.ID == "" {
		return nil
	}
	for _, member := range m.byToken[key{kind, claim.Token.ID}] {
		if member.AgentID != claim.AgentID {
			return member
		}
	}
	return nil
}

// match finds the engine that a report is from: by what says most, first. Only
// engines that report with the same token are looked at.
func (m *members) match(kind Kind, claim *Claim) *Member {
	rules := []func(*Member) bool{
		func(o *Member) bool { return o.AgentID == claim.AgentID },
		func(o *Member) bool {
			return o.MachineID != "" && o.MachineID == claim.MachineID && o.Hostname == claim.Hostname
		},
		func(o *Member) bool { return o.Hostname == claim.Hostname },
	}
	if claim.Token.ID == "" {
		rules[2] = func(o *Member) bool { return o.MachineID != "" && o.MachineID == claim.MachineID }
		rules = append(rules, func(o *Member) bool { return o.Hostname == claim.Hostname })
	}
	same := m.byToken[key{kind, claim.Token.ID}]
	for _, rule := range rules {
		if i := slices.IndexFunc(same, rule); i >= 0 {
			return same[i]
		}
	}
	return nil
}

// freeID returns the id of an engine that is new: its own, or one that says
// which token it has when another engine has that already.
func (m *members) freeID(kind Kind, claim *Claim) string {
	own := firstID(claim.AgentID, claim.MachineID, claim.Hostname)
	candidates := []string{own}
	if claim.Token.ID != "" {
		candidates = append(candidates, own+"::token-"+cleanID(claim.Token.ID))
	}
	for _, part := range []struct{ prefix, id string }{
		{"agent-", claim.AgentID}, {"machine-", claim.MachineID}, {"host-", claim.Hostname}, {"name-", claim.Name},
	} {
		if id := cleanID(part.id); id != "" {
			candidates = append(candidates, part.prefix+id)
		}
	}
	for _, id := range candidates {
		if other := m.byKey[key{kind, id}]; other == nil || !other.Removed.IsZero() {
			return id
		}
	}
	sum := sha1.Sum([]byte(claim.AgentID + "\x00" + claim.MachineID + "\x00" + claim.Hostname + "\x00" + claim.Token.ID)) //nolint:gosec // G401: makes an id, and hides nothing
	return own + "-" + hex.EncodeToString(sum[:6])
}

// maxID bounds an id, in bytes. The resources of a member have longer ones.
const maxID = 160

// firstID returns the first candidate that can be an id, or "unnamed".
func firstID(candidates ...string) string {
	for _, candidate := range candidates {
		if id := cleanID(candidate); id != "" {
			return id
		}
	}
	return "unnamed"
}

// cleanID makes an id out of what an agent says: a slash would end it in URLs and in keys.
func cleanID(text string) string {
	id := strings.Map(func(r rune) rune {
		if r < ' ' || r == '/' || r == '\\' || r == 0x7f {
			return '-'
		}
		return r
	}, strings.TrimSpace(strings.ToValidUTF8(text, "-")))
	if len(id) > maxID {
		id = strings.ToValidUTF8(id[:maxID], "")
	}
	return strings.ReplaceAll(id, "..", "--")
}
