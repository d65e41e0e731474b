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
		if err != nil {
			return err
		}
		s.facts.updateNode(node, func(f *nodeFacts) { f.upkeep, f.checked = upkeep, true })
		return nil
	})
	tellFailures(out, failed)
	return nil
}

// readUpkeep asks one node. What the account may not see stays unknown.
func (s *source) readUpkeep(ctx context.Context, node string) (upkeepFacts, error) {
	var upkeep upkeepFacts
	var packages []packageRow
	switch err := s.get(ctx, s.limits.slow, &packages, "nodes", node, "apt", "update"); {
	case err == nil:
		upkeep.updates, upkeep.updatesKnown = len(packages), true
	case !isForbidden(err) && !isAbsent(err):
		return upkeep, err
	}
	var certificates []certificateRow
	if err := s.get(ctx, s.limits.node, &certificates, "nodes", node, "certificates", "info"); err == nil {
		upkeep.expires = servedUntil(certificates)
	} else if !isForbidden(err) && !isAbsent(err) {
		return upkeep, err
	}
	var subscription subscriptionAnswer
	if err := s.get(ctx, s.limits.node, &subscription, "nodes", node, "subscription"); err == nil {
		upkeep.subscription = string(subscription.Status)
	} else if !isForbidden(err) && !isAbsent(err) {
		return upkeep, err
	}
	return upkeep, nil
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
