package proxmox

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// agentInterface is a row of agent/network-get-interfaces.
type agentInterface struct {
	Name       text `json:"name"`
	HWAddr     text `json:"hardware-address"`
	IPs        []ip `json:"ip-addresses"`
	Statistics struct {
		RxBytes number `json:"rx-bytes"`
		TxBytes number `json:"tx-bytes"`
	} `json:"statistics"`
}

// ip is an address with the length of its prefix.
type ip struct {
	Address text   `json:"ip-address"`
	Prefix  number `json:"prefix"`
}

// containerInterface is a row of /nodes/{node}/lxc/{vmid}/interfaces.
type containerInterface struct {
	Name   text `json:"name"`
	HWAddr text `json:"hwaddr"`
	Inet   text `json:"inet"`
	Inet6  text `json:"inet6"`
	IPs    []ip `json:"ip-addresses"` // since 9, all of them
}

// maxInterfaces bounds the interfaces of a guest, maxAddresses the addresses of one of these.
const (
	maxInterfaces = 128
	maxAddresses  = 64
)

func (s *source) readContainerAddresses(ctx context.Context, row *resourceRow, known *guestFacts) {
	var rows []containerInterface
	known.addressesAt, known.filesystemsAt = s.now(), s.now()
	if err := s.getGuest(ctx, row, &rows, "interfaces"); err != nil {
		s.log.Debug("addresses of a container are not read", "guest_id", row.guestID(), "error", err)
		return
	}
	known.interfaces = containerInterfaces(rows)
}

func containerInterfaces(rows []containerInterface) []resource.Interface {
	var list []resource.Interface
	for _, r := range rows[:min(len(rows), maxInterfaces)] {
		if r.Name == "lo" || r.Name == "" {
			continue
		}
		ips := r.IPs
		if len(ips) == 0 {
			ips = []ip{cidr(r.Inet), cidr(r.Inet6)}
		}
		list = append(list, resource.Interface{Name: string(r.Name), MAC: string(r.HWAddr), Addresses: cidrs(ips)})
	}
	return list
}

func agentInterfaces(rows []agentInterface) []resource.Interface {
	var list []resource.Interface
	for _, r := range rows[:min(len(rows), maxInterfaces)] {
		name := string(r.Name)
		if name == "lo" || name == "" || strings.HasPrefix(name, "Loopback Pseudo") {
			continue
		}
		list = append(list, resource.Interface{
			Name: name, MAC: string(r.HWAddr), Addresses: cidrs(r.IPs),
			RxBytes: r.Statistics.RxBytes.Bytes(), TxBytes: r.Statistics.TxBytes.Bytes(),
		})
	}
	return list
}

// cidr splits "10.0.0.1/24".
func cidr(address text) ip {
	prefix, err := netip.ParsePrefix(string(address))
	if err != nil {
		return ip{Address: address}
	}
	return ip{Address: text(prefix.Addr().String()), Prefix: proxmoxapi.NumberOf(float64(prefix.Bits()))}
}

// cidrs writes addresses with their prefixes. What is no address is left out.
func cidrs(ips []ip) []string {
	var list []string
	for _, one := range ips[:min(len(ips), maxAddresses)] {
		address, err := netip.ParseAddr(string(one.Address))
		switch {
		case err != nil || address.IsLoopback():
		case one.Prefix.Known() && one.Prefix.Int() >= 0 && one.Prefix.Int() <= address.BitLen():
			list = append(list, netip.PrefixFrom(address.WithZone(""), one.Prefix.Int()).String())
		default:
			list = append(list, address.String())
		}
	}
	return list
}

// addressesOf returns the addresses at which a guest can be reached: no
// prefixes, nothing that is good on one link only.
func addressesOf(interfaces []resource.Interface) []string {
	var list []string
	for _, i := range interfaces {
		for _, a := range i.Addresses {
			bare, _, _ := strings.Cut(a, "/")
			address, err := netip.ParseAddr(bare)
			if err == nil && !address.IsLinkLocalUnicast() && !slices.Contains(list, bare) {
				list = append(list, bare)
			}
		}
	}
	return list
}
