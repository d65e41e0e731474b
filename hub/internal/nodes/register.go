package nodes

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
)

// ErrIncomplete says that a registration lacks a field.
var ErrIncomplete = errors.New("registration is not complete")

// Registration is a server that makes itself known, with a token for the hub.
type Registration struct {
	Type       string // "pve" or "pbs"
	Host       string
	TokenID    string // user@realm!name
	TokenValue string
	Name       string // empty: the host's
	// Source is "agent" or "script".
	Source string
}

// Check returns the address of the server as a URL, or what is wrong with the registration.
func (r *Registration) Check() (string, error) {
	if r.Type == "" || r.Host == "" || r.TokenID == "" || r.TokenValue == "" {
		return "", ErrIncomplete
	}
	p, err := productOf(r.Type)
	if err != nil || r.Type == "pmg" {
		return "", ErrType
	}
	return p.normalize(r.Host)
}

// Register makes a node of a server, or gives the node that it is already the
// new token. It returns the address that the node has in the end. The errors
// are those of Check and Add.
func (d *Directory) Register(ctx context.Context, r *Registration, actor string) (string, error) {
	address, err := r.Check()
	if err != nil {
		return "", err
	}
	p, err := productOf(r.Type)
	if err != nil {
		return "", err
	}
	if err := d.begin(ctx); err != nil {
		return "", err
	}
	defer d.end()
	all, err := d.entries(ctx)
	if err != nil {
		return "", err
	}
	draft := &Draft{
		Type: r.Type, Name: orElse(r.Name, hostOf(address)), Host: address, TokenName: r.TokenID, TokenValue: r.TokenValue,
	}
	at, elsewhere := d.registered(ctx, p, all, r, address)
	if at < 0 {
		_, err := d.add(ctx, p, addition{draft: draft, others: all, actor: actor, source: r.Source})
		return address, err
	}
	return d.reregister(ctx, &all[at], draft, reregistration{
		change: change{others: without(all, all[at].id), actor: actor, source: r.Source}, keepHost: elsewhere,
	})
}

type reregistration struct {
	change
	keepHost bool
}

// reregister gives a node a new token. What its owner has decided stays.
func (d *Directory) reregister(ctx context.Context, one *entry, draft *Draft, r reregistration) (string, error) {
	shown := one.node()
	draft.Name, draft.GuestURL, draft.Fingerprint = "", shown.GuestURL, shown.Fingerprint
	if r.keepHost {
		draft.Host = ""
	}
	return orElse(draft.Host, shown.Host), d.change(ctx, one, draft, r.change)
}

// registered returns which node the server is already, -1 if none: that with
// its address, that with its name and token, or, when an agent on the server
// says so, one whose name leads to the same machine. The last is known under
// an address that somebody chose, which elsewhere says.
func (d *Directory) registered(ctx context.Context, p product, all []entry, r *Registration, address string) (at int, elsewhere bool) {
	if at = withAddress(p, all, address); at >= 0 {
		return at, false
	}
	at = slices.IndexFunc(all, func(e entry) bool {
		return e.product.typ == p.typ && r.Name != "" && e.instance.Name == r.Name && e.text(fieldTokenID) == r.TokenID
	})
	if at >= 0 || r.Source != "agent" {
		return at, false
	}
	return d.sameMachine(ctx, p, all, address), true
}

// sameMachine returns which node has a name with an IP address of the server, -1 if none has.
func (d *Directory) sameMachine(ctx context.Context, p product, all []entry, address string) int {
	ctx, cancel := context.WithTimeoutCause(ctx, lookupTimeout, errors.New("name service did not answer in time"))
	defer cancel()
	mine := d.addresses(ctx, address)
	return slices.IndexFunc(all, func(e entry) bool {
		if e.product.typ != p.typ || len(mine) == 0 || portOf(e.host()) != portOf(address) {
			return false
		}
		return slices.ContainsFunc(d.addresses(ctx, e.host()), func(ip string) bool { return slices.Contains(mine, ip) })
	})
}

// addresses returns the IP addresses of a URL's host; none if that is not known.
func (d *Directory) addresses(ctx context.Context, address string) []string {
	found, err := d.Lookup(ctx, hostOf(address))
	if err != nil {
		return nil
	}
	return found
}

func portOf(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }

func lookupHost(ctx context.Context, host string) ([]string, error) {
	return net.DefaultResolver.LookupHost(ctx, host)
}
