package proxmox

import (
	"context"
	"strconv"
	"strings"

	"github.com/pulse-hub/pulse/sdk"
)

// haRow is a row of /cluster/ha/status/current.
type haRow struct {
	ID     text `json:"id"`
	Type   text `json:"type"` // quorum, master, lrm, service, fencing
	Node   text `json:"node"`
	SID    text `json:"sid"` // "vm:100", "ct:104"
	State  text `json:"state"`
	Status text `json:"status"`
}

// haFacts are what high availability says. They are not changed once built.
type haFacts struct {
	lost     map[string]string // by node: what its local manager says, if it is not well
	services map[string]string // by id of the guest: what is wrong with it
}

// collectHA asks what high availability says of nodes and guests, which the
// dataset status shows; it holds nothing of its own.
func (s *source) collectHA(ctx context.Context, _ *sdk.Snapshot) error {
	var rows []haRow
	if err := s.client.Get(ctx, "cluster/ha/status/current", nil, &rows); err != nil {
		if isAbsent(err) {
			return nil
		}
		return err
	}
	s.facts.setHA(readHA(rows))
	return nil
}

func readHA(rows []haRow) haFacts {
	ha := haFacts{lost: map[string]string{}, services: map[string]string{}}
	for _, r := range rows {
		switch r.Type {
		case "lrm":
			if strings.Contains(string(r.Status), "dead?") {
				ha.lost[string(r.Node)] = "no sign of life from its local resource manager"
			}
		case "service":
			if trouble(string(r.State)) {
				ha.services[serviceGuest(string(r.SID))] = string(r.Status)
			}
		}
	}
	return ha
}

// trouble says whether a service needs somebody.
func trouble(state string) bool { return state == "error" || state == "fence" || state == "recovery" }

// serviceGuest returns the id of the guest of a service.
func serviceGuest(sid string) string {
	kind, vmid, _ := strings.Cut(sid, ":")
	if kind == "vm" {
		return typeQEMU + "/" + vmid
	}
	return typeLXC + "/" + vmid
}

// plural writes a count with the name of what is counted.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
