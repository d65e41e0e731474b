package discover

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
)

// maxPage bounds what is read of a page, in bytes. The pages of the products
// are a few kilobytes, and all that matters is in their head.
const maxPage = 64 << 10

// errSlow is why a conversation with a server ended.
var errSlow = errors.New("the server did not answer in time")

// knock asks one address on every port.
func (s *Scanner) knock(ctx context.Context, address netip.Addr, settings Settings) []Server {
	var found []Server
	for _, port := range s.Ports {
		if ctx.Err() != nil {
			return found
		}
		server, ok := ask(ctx, netip.AddrPortFrom(address, port), settings)
		if !ok {
			continue
		}
		if server.Hostname == "" && settings.ReverseDNS {
			server.Hostname = s.nameOf(ctx, address, settings)
		}
		found = append(found, server)
	}
	return found
}

// ask reads the page of a server; false if that is none of the products.
func ask(ctx context.Context, at netip.AddrPort, settings Settings) (Server, bool) {
	ctx, cancel := context.WithTimeoutCause(ctx, settings.DialTimeout+settings.HTTPTimeout, errSlow)
	defer cancel()
	dialer := &net.Dialer{Timeout: settings.DialTimeout}
	transport := &http.Transport{
		DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: settings.HTTPTimeout,
		ResponseHeaderTimeout: settings.HTTPTimeout, MaxResponseHeaderBytes: 16 << 10,
		// Nothing is known yet of who that should be, and nothing is told but that somebody knocks.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // G402: nothing is sent to what answers; Proxmox comes with a certificate of its own
	}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+at.String()+"/", nil)
	if err != nil {
		return Server{}, false
	}
	response, err := transport.RoundTrip(request) // and so no redirect is followed
	if err != nil {
		return Server{}, false
	}
	defer response.Body.Close()
	page, err := io.ReadAll(io.LimitReader(response.Body, maxPage))
	if err != nil && len(page) == 0 {
		return Server{}, false
	}
	server := identify(page, organization(response.TLS))
	server.Address, server.Port = at.Addr(), at.Port()
	return server, server.Type != ""
}

// organization returns who the server's certificate says it belongs to.
func organization(state *tls.ConnectionState) string {
	if state == nil || len(state.PeerCertificates) == 0 {
		return ""
	}
	leaf := state.PeerCertificates[0]
	return strings.Join(append(leaf.Subject.Organization, leaf.Issuer.CommonName, leaf.Issuer.String()), " ")
}

// What the start pages of the three products say of themselves to those who
// have not signed in. The name of the cookie tells them apart for certain.
// The end of the title and the names of the scripts are the same since PVE 4,
// PBS 1 and PMG 5.
var (
	titlePattern   = regexp.MustCompile(`(?i)<title>\s*(?:([A-Za-z0-9][A-Za-z0-9.-]{0,62})\s+-\s+)?Proxmox (Virtual Environment|Backup Server|Mail Gateway)`)
	cookiePattern  = regexp.MustCompile(`\b(PVE|PBS|PMG)AuthCookie\b`)
	namePattern    = regexp.MustCompile(`\bNodeName:\s*["']([A-Za-z0-9][A-Za-z0-9.-]{0,62})["']`)
	versionPattern = regexp.MustCompile(`(?:pvemanagerlib|proxmox-backup-gui|pmgmanagerlib)(?:-[a-z]+)?\.js\?ver=([0-9][0-9A-Za-z.~-]{0,30})`)
)

// identify says what the page of a server is of; its type is empty if it is of
// none of the products.
func identify(page []byte, owner string) Server {
	var server Server
	if match := titlePattern.FindSubmatch(page); match != nil {
		server.Hostname, server.Type = string(match[1]), typeOf(string(match[2]))
	}
	if match := cookiePattern.FindSubmatch(page); match != nil {
		server.Type = strings.ToLower(string(match[1]))
	}
	if server.Type == "" {
		server.Type = typeOf(owner)
	}
	if server.Type == "" {
		return Server{}
	}
	if match := namePattern.FindSubmatch(page); match != nil {
		server.Hostname = string(match[1])
	}
	if match := versionPattern.FindSubmatch(page); match != nil {
		server.Version = string(match[1])
		server.Release = releaseOf(server.Version)
	}
	return server
}

// typeOf finds a product by its name.
func typeOf(text string) string {
	text = strings.ToLower(text)
	switch {
	case strings.Contains(text, "virtual environment"), strings.Contains(text, "pve cluster"):
		return "pve"
	case strings.Contains(text, "backup server"):
		return "pbs"
	case strings.Contains(text, "mail gateway"):
		return "pmg"
	}
	return ""
}

// releaseOf returns the first two numbers of a version: "8.2" of "8.2.4".
func releaseOf(version string) string {
	parts := strings.FieldsFunc(version, func(c rune) bool { return c == '.' || c == '-' })
	if len(parts) < 2 {
		return version
	}
	return fmt.Sprintf("%s.%s", parts[0], parts[1])
}

// nameOf asks for the name of an address.
func (s *Scanner) nameOf(ctx context.Context, address netip.Addr, settings Settings) string {
	ctx, cancel := context.WithTimeoutCause(ctx, settings.DialTimeout, errSlow)
	defer cancel()
	names, err := s.LookupAddr(ctx, address.String())
	if err != nil || len(names) == 0 {
		return "" // most addresses at home have none
	}
	return strings.TrimSuffix(names[0], ".")
}
