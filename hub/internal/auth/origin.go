package auth

import "net/netip"

// Origin is where a request comes from, as far as that can be trusted.
type Origin struct {
	// Client is the address of the caller: that of the connection, or the one
	// that trusted proxies say.
	Client netip.Addr
	// Peer is the other end of the connection.
	Peer netip.Addr
	// Direct says that the request has no forwarding header.
	Direct bool
	// Trusted says that the peer is a trusted proxy.
	Trusted bool
	// Secure says that the caller's side of the connection is HTTPS.
	Secure bool
}

// OnThisMachine reports whether the caller sits on the machine the hub runs on
// and is no proxy for others.
func (o Origin) OnThisMachine() bool { return o.Direct && o.Client.IsLoopback() }
