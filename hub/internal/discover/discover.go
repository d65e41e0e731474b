// Package discover finds Proxmox servers in networks by knocking on the ports
// of their pages and reading what these tell everybody.
package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// ErrNetwork says that what was given is no network.
var ErrNetwork = errors.New("not a network in CIDR form")

// maxNetworks bounds the networks of one scan.
const maxNetworks = 64

// Settings say how a scan goes. Numbers and times that are 0 mean their defaults.
type Settings struct {
	// MaxHosts bounds the addresses of one scan; default 1024.
	MaxHosts int
	// Concurrent bounds the addresses that are knocked on at a time; default 50.
	Concurrent int
	// DialTimeout bounds one connection, default 1 s; HTTPTimeout one answer, default 2 s.
	DialTimeout, HTTPTimeout time.Duration
	// ReverseDNS asks for the names of servers that do not tell theirs.
	ReverseDNS bool
	// Allowed are the networks outside of which nothing is knocked on; empty: no such limit.
	Allowed []netip.Prefix
	// Blocked and BlockedAddresses are never knocked on.
	Blocked          []netip.Prefix
	BlockedAddresses []netip.Addr
}

// Defaults are the settings of a hub that nobody has changed.
func Defaults() Settings {
	return Settings{
		MaxHosts: 1024, Concurrent: 50, DialTimeout: time.Second, HTTPTimeout: 2 * time.Second, ReverseDNS: true,
		Blocked: []netip.Prefix{netip.MustParsePrefix("169.254.0.0/16")}, // link-local: nobody has a server there
	}
}

func (s Settings) withDefaults() Settings {
	usual := Defaults()
	s.MaxHosts, s.Concurrent = cmp.Or(s.MaxHosts, usual.MaxHosts), cmp.Or(s.Concurrent, usual.Concurrent)
	s.DialTimeout, s.HTTPTimeout = cmp.Or(s.DialTimeout, usual.DialTimeout), cmp.Or(s.HTTPTimeout, usual.HTTPTimeout)
	return s
}

// Server is one that was found.
type Server struct {
	Address netip.Addr
	Port    uint16
	Type    string // "pve", "pbs" or "pmg"
	// Version, Hostname and Release are empty where nothing told them.
	Version, Hostname, Release string
}

// Network is one that was looked through.
type Network struct {
	Prefix netip.Prefix
	// Own says that the machine itself is in it, and nobody had to name it.
	Own bool
}

// Result is what a scan brought.
type Result struct {
	Servers   []Server  // ordered by address and port; never nil
	Problems  []string  // what was left out or not understood; never nil
	Networks  []Network // those that were looked through
	Addresses int       // how many addresses that were
	At        time.Time
}

// Request is what is to be looked through.
type Request struct {
	// Networks is a list of networks, separated by commas or spaces; empty or
	// "auto": the private networks that the machine itself is in.
	Networks string
	Settings Settings
}

// Options are the parts of a Scanner. All of them may be left out.
type Options struct {
	// Ports are where servers are looked for; empty: 8006 and 8007.
	Ports []uint16
	// Interfaces returns the machine's own networks; nil: of the system.
	Interfaces func() ([]netip.Prefix, error)
	// LookupAddr returns the names of an address; nil: the system's resolver.
	LookupAddr func(ctx context.Context, address string) ([]string, error)
	// Tell is told how scans go; nil: nobody is. It is called by one goroutine at
	// a time and must return at once.
	Tell func(Event)
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Scanner looks through networks, one scan at a time, and remembers the last
// result. It is safe for concurrent use.
type Scanner struct {
	Options
	busy chan struct{}

	mu   sync.Mutex
	last *Result
}

// New returns a scanner.
func New(options Options) *Scanner {
	if len(options.Ports) == 0 {
		options.Ports = []uint16{8006, 8007}
	}
	if options.Interfaces == nil {
		options.Interfaces = ownNetworks
	}
	if options.LookupAddr == nil {
		options.LookupAddr = lookupAddr
	}
	if options.Tell == nil {
		options.Tell = func(Event) {}
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Scanner{Options: options, busy: make(chan struct{}, 1)}
}

// Last returns the result of the last scan; false if there was none yet. It
// must not be changed.
func (s *Scanner) Last() (Result, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		return Result{}, false
	}
	return *s.last, true
}

// Scan looks through networks. When the context ends early, what was found so
// far is returned with a problem that says so. The error is ErrNetwork, or
// says why the machine's networks are not known, or that another scan took too long.
func (s *Scanner) Scan(ctx context.Context, request Request) (Result, error) {
	networks, err := s.networks(request.Networks)
	if err != nil {
		return Result{}, err
	}
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return Result{}, fmt.Errorf("wait for another scan: %w", context.Cause(ctx))
	}
	s.Tell(Event{Stage: Started, Networks: networks, At: s.Now()})
	result := s.look(ctx, networks, request.Settings.withDefaults())
	s.mu.Lock()
	changed := s.last == nil || !s.last.same(&result)
	s.last = &result
	s.mu.Unlock()
	s.Tell(Event{Stage: Ended, Networks: networks, Result: &result, Changed: changed, At: result.At})
	return result, nil
}

// look knocks on every address of the networks, up to the bound.
func (s *Scanner) look(ctx context.Context, networks []Network, settings Settings) Result {
	addresses, left := addressesOf(networks, &settings)
	result := Result{Servers: []Server{}, Problems: []string{}, Networks: networks, Addresses: len(addresses), At: s.Now()}
	if left {
		result.Problems = append(result.Problems, fmt.Sprintf(
			"only the first %d addresses were looked at: name smaller networks or allow more hosts per scan", len(addresses)))
	}
	told := &progress{tell: s.Tell, now: s.Now, networks: networks, total: len(addresses)}
	var wait sync.WaitGroup
	next := make(chan netip.Addr)
	for range min(settings.Concurrent, len(addresses)) {
		wait.Go(func() {
			for address := range next {
				told.add(s.knock(ctx, address, settings))
			}
		})
	}
	handOut(ctx, addresses, next)
	close(next)
	wait.Wait()
	result.Servers = append(result.Servers, told.found...)
	if told.done < len(addresses) {
		result.Problems = append(result.Problems, fmt.Sprintf("the scan was ended after %d of %d addresses", told.done, len(addresses)))
	}
	slices.SortFunc(result.Servers, func(a, b Server) int {
		return cmp.Or(a.Address.Compare(b.Address), cmp.Compare(a.Port, b.Port))
	})
	return result
}

// handOut gives the addresses away one by one until the context ends.
func handOut(ctx context.Context, addresses []netip.Addr, to chan<- netip.Addr) {
	for _, address := range addresses {
		select {
		case to <- address:
		case <-ctx.Done():
			return
		}
	}
}

// networks reads a list of networks.
func (s *Scanner) networks(list string) ([]Network, error) {
	if isAuto(list) {
		return s.ownPrivate()
	}
	return parseNetworks(list)
}

// isAuto says whether a list leaves the networks to the scanner.
func isAuto(list string) bool {
	named := splitList(list)
	return len(named) == 0 || len(named) == 1 && strings.EqualFold(named[0], "auto")
}

func splitList(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\t' })
}

func parseNetworks(list string) ([]Network, error) {
	named := splitList(list)
	if len(named) > maxNetworks {
		return nil, fmt.Errorf("%w: more than %d networks", ErrNetwork, maxNetworks)
	}
	var networks []Network
	for _, text := range named {
		prefix, err := parseNetwork(text)
		if err != nil {
			return nil, err
		}
		networks = append(networks, Network{Prefix: prefix})
	}
	return networks, nil
}

// parseNetwork reads a network or a single address.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil || prefix.Addr().IsMulticast() || prefix.Addr().IsUnspecified() {
		return netip.Prefix{}, fmt.Errorf("%w: %.60q", ErrNetwork, text)
	}
	return prefix.Masked(), nil
}
