package proxmoxapi

// Product is one of the three products. The zero value is none of them.
type Product uint8

// The products.
const (
	PVE Product = iota + 1 // Proxmox VE
	PBS                    // Proxmox Backup Server
	PMG                    // Proxmox Mail Gateway
)

// String returns the product's name.
func (p Product) String() string {
	switch p {
	case PVE:
		return "Proxmox VE"
	case PBS:
		return "Proxmox Backup Server"
	case PMG:
		return "Proxmox Mail Gateway"
	}
	return "unknown product"
}

// Port returns the TCP port that the product listens on.
func (p Product) Port() string {
	if p == PBS {
		return "8007"
	}
	return "8006"
}

// cookie returns the name of the cookie that carries a ticket.
func (p Product) cookie() string {
	switch p {
	case PBS:
		return "PBSAuthCookie"
	case PMG:
		return "PMGAuthCookie"
	}
	return "PVEAuthCookie"
}

// tokens says whether the product knows API tokens.
func (p Product) tokens() bool { return p != PMG }

// token returns the value of the header Authorization.
func (p Product) token(id, secret string) string {
	if p == PBS {
		return "PBSAPIToken=" + id + ":" + secret
	}
	return "PVEAPIToken=" + id + "=" + secret
}
