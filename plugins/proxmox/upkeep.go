package proxmox

import (
	"context"
	"time"

	"github.com/pulse-hub/pulse/sdk"
)

// certificateRow is a row of /nodes/{node}/certificates/info.
type certificateRow struct {
	Filename text   `json:"filename"`
	NotAfter number `json:"notafter"`
}

// subscriptionAnswer is /nodes/{node}/subscription.
type subscriptionAnswer struct {
	Status text `json:"status"` // new, notfound, active, invalid, expired, suspended
}

// packageRow is a row of /nodes/{node}/apt/update.
type packageRow struct {
	Package text `json:"Package"`
}

// collectUpkeep asks the nodes for what an administrator has to see to, which
// the dataset status shows; it holds nothing of its own.
func (s *source) collectUpkeep(ctx context.Context, out *sdk.Snapshot) error {
	view, err := s.cluster.recent(ctx)
	if err != nil {
		return err
	}
	failed := s.eachNode(ctx, datasetUpkeep, view.online(), func(node string) error {
		upkeep, err := s.readUpkeep(ctx, node)
		if err != nil && isSilence(err) {
			return err // what was known stays
		}
		s.facts.updateNode(node, func(f *nodeFacts) { f.upkeep, f.checked = upkeep, true })
		return err
	})
	tellFailures(out, failed)
	return nil
}

// readUpkeep asks one node. What the account may not see, and what the node
// does not have, stays unknown.
func (s *source) readUpkeep(ctx context.Context, node string) (upkeepFacts, error) {
	var upkeep upkeepFacts
	err := eachStep(
		func() error {
			var packages []packageRow
			err := s.get(ctx, s.limits.slow, &packages, "nodes", node, "apt", "update")
			upkeep.updates, upkeep.updatesKnown, upkeep.updatesForbidden = len(packages), err == nil, isForbidden(err)
			return unlessWithheld(err)
		},
		func() error {
			var certificates []certificateRow
			err := s.get(ctx, s.limits.node, &certificates, "nodes", node, "certificates", "info")
			upkeep.expires = servedUntil(certificates)
			return unlessWithheld(err)
		},
		func() error {
			var subscription subscriptionAnswer
			err := s.get(ctx, s.limits.node, &subscription, "nodes", node, "subscription")
			upkeep.subscription = string(subscription.Status)
			return unlessWithheld(err)
		},
	)
	return upkeep, err
}

// unlessWithheld leaves out the errors that nobody has to do anything about.
func unlessWithheld(err error) error {
	if isForbidden(err) || isAbsent(err) {
		return nil
	}
	return err
}

// The files of certificates. A node serves the one of its administrator, if
// there is one, else that of the cluster.
const (
	ownCertificate     = "pveproxy-ssl.pem"
	clusterCertificate = "pve-ssl.pem"
)

// servedUntil returns when the certificate expires that the node serves, zero if that is not known.
func servedUntil(rows []certificateRow) time.Time {
	var until time.Time
	for _, r := range rows {
		if r.Filename == ownCertificate {
			return r.NotAfter.Time()
		}
		if r.Filename == clusterCertificate {
			until = r.NotAfter.Time()
		}
	}
	return until
}
