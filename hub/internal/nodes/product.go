package nodes

import "strings"

// product is what nodes of one type have in common.
type product struct {
	typ, title        string
	plugin, component string
	port              string // where the server listens by itself
	realm             string // of users who are named without one
}

// products are all of them, in the order of the list of nodes.
func products() []product {
	return []product{
		{"pve", "Proxmox VE", "pulse.proxmox", "source/pve", "8006", "pam"},
		{"pbs", "Proxmox Backup Server", "pulse.pbs", "source/pbs", "8007", "pbs"},
		{"pmg", "Proxmox Mail Gateway", "pulse.pmg", "source/pmg", "8006", "pmg"},
	}
}

func productOf(typ string) (product, error) {
	for _, p := range products() {
		if p.typ == typ {
			return p, nil
		}
	}
	return product{}, ErrType
}

// account adds the realm to a user without one.
func (p product) account(user string) string {
	if user == "" || strings.Contains(user, "@") {
		return user
	}
	return user + "@" + p.realm
}
