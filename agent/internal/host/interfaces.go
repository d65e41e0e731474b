package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	gopsnet "github.com/shirou/gopsutil/v4/net"

	"github.com/pulse-hub/pulse/agent/report"
)

// guestInterfaces are beginnings of names of the host's ends of container and VM connections. A busy host has hundreds;
// their traffic is that of the guest and shows on the bridge as well.
var guestInterfaces = []string{"veth", "tap", "vnet", "fwbr", "fwln", "fwpr", "cali", "lxc", "lxd", "nodelocaldns", "kube-ipvs"}

// interfaces reads addresses and counters of the network interfaces.
type interfaces struct {
	list     func() ([]nic, error)
	counters func(ctx context.Context) ([]gopsnet.IOCountersStat, error)
}

// nic is one network interface; addresses reads its addresses when asked, as that is the costly part.
type nic struct {
	name      string
	mac       net.HardwareAddr
	flags     net.Flags
	addresses func() ([]net.Addr, error)
}

func newInterfaces() *interfaces {
	return &interfaces{
		list: listInterfaces,
		counters: func(ctx context.Context) ([]gopsnet.IOCountersStat, error) {
			return gopsnet.IOCountersWithContext(ctx, true)
		},
	}
}

func listInterfaces() ([]nic, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	list := make([]nic, 0, len(all))
	for _, each := range all {
		list = append(list, nic{name: each.Name, mac: each.HardwareAddr, flags: each.Flags, addresses: each.Addrs})
	}
	return list, nil
}

func (i *interfaces) collect(ctx context.Context, into *report.Host) error {
	all, err := i.list()
	if err != nil {
		return err
	}
	var failed []error
	counters, err := i.counters(ctx)
	if err != nil && !isNotImplemented(err) {
		failed = append(failed, fmt.Errorf("read network counters: %w", err))
	}
	for _, each := range all {
		if skipInterface(each) || len(into.Network) == maxListed {
			continue
		}
		entry := report.NIC{Name: each.name, MAC: each.mac.String()}
		if entry.Addresses, err = cidrs(each); err != nil {
			failed = append(failed, fmt.Errorf("read addresses of %s: %w", each.name, err))
		}
		at := slices.IndexFunc(counters, func(c gopsnet.IOCountersStat) bool { return c.Name == each.name })
		if at >= 0 {
			entry.RxBytes, entry.TxBytes = counters[at].BytesRecv, counters[at].BytesSent
		}
		// An interface without address and traffic is a socket nobody uses or a kernel module's default device.
		if len(entry.Addresses) > 0 || entry.RxBytes > 0 || entry.TxBytes > 0 {
			into.Network = append(into.Network, entry)
		}
	}
	return errors.Join(failed...)
}

func skipInterface(candidate nic) bool {
	return candidate.flags&net.FlagLoopback != 0 || hasAnyPrefix(candidate.name, guestInterfaces)
}

// hasAnyPrefix reports whether the name begins with one of the prefixes.
func hasAnyPrefix(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// cidrs returns the addresses of an interface as address/prefix.
func cidrs(of nic) ([]string, error) {
	addresses, err := of.addresses()
	if err != nil || len(addresses) == 0 {
		return nil, err
	}
	list := make([]string, 0, len(addresses))
	for _, address := range addresses {
		list = append(list, address.String())
	}
	return capped(list), nil
}
