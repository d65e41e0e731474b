package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/auth"
	"github.com/pulse-hub/pulse/hub/internal/discover"
)

// Discovery finds servers in networks, as discover.Watch does.
type Discovery interface {
	Last() (discover.Result, bool)
	// Scan looks through networks in CIDR form, those of the settings if none are named.
	Scan(ctx context.Context, networks string) (discover.Result, error)
}

// Discovered is what was found in networks.
type Discovered struct {
	Servers     []DiscoveredServer    `json:"servers"`
	Errors      []string              `json:"errors"`
	Environment *DiscoveryEnvironment `json:"environment" description:"What was looked through; null before the first scan."`
	Cached      bool                  `json:"cached"`
	Updated     *int64                `json:"updated,omitempty" description:"When, in Unix seconds; 0: never. Only of what was found before."`
	Age         *int64                `json:"age,omitempty" description:"Seconds since then."`
	Scanning    *bool                 `json:"scanning,omitempty" description:"Only of a scan."`
}

// DiscoveredServer is one server that was found.
type DiscoveredServer struct {
	IP       string `json:"ip"`
	Port     uint16 `json:"port"`
	Type     string `json:"type" enum:"pve,pbs,pmg"`
	Version  string `json:"version"`
	Hostname string `json:"hostname,omitempty"`
	Release  string `json:"release,omitempty"`
}

// DiscoveryEnvironment says what was looked through.
type DiscoveryEnvironment struct {
	Type       string            `json:"type" enum:"native,container"`
	Confidence float64           `json:"confidence"`
	Phases     []DiscoveryPhase  `json:"phases"`
	Warnings   []string          `json:"warnings"`
	Metadata   map[string]string `json:"metadata"`
}

// DiscoveryPhase is one group of networks.
type DiscoveryPhase struct {
	Name       string   `json:"name" enum:"local,named"`
	Subnets    []string `json:"subnets"`
	Confidence float64  `json:"confidence"`
}

// DiscoveryRequest is what to look through.
type DiscoveryRequest struct {
	Subnet   string `json:"subnet" description:"Networks in CIDR form with commas between; auto: the private ones that the hub is in; empty: those of the settings."`
	UseCache bool   `json:"use_cache" description:"Answer with what was found before, if anything was looked for."`
}

const (
	// scanTimeout bounds a scan.
	scanTimeout = 30 * time.Second
	// maxRequestBody bounds the bodies of small requests, in bytes.
	maxRequestBody = 8 << 10
)

// errScanTimeout is why a scan ended early.
var errScanTimeout = errors.New("the scan took too long")

func (a *API) discoverRoutes() []route.Route {
	return []route.Route{
		{
			Path: "/api/discover", Access: route.Scoped(auth.ScopeSettingsRead), Limit: route.ConfigReads(),
			Summary: "Proxmox servers found by the last scan", Answer: Discovered{}, Handle: a.discovered,
		},
		{
			Methods: []string{http.MethodPost}, Path: "/api/discover", Access: route.Scoped(auth.ScopeSettingsWrite), MaxBody: maxRequestBody,
			Summary:     "Look for Proxmox servers",
			Description: "Knocks on ports 8006 and 8007 of at most as many addresses as the settings allow, 1024 by default, for at most 30 seconds.",
			Body:        DiscoveryRequest{}, Answer: Discovered{}, Handle: a.discover,
		},
	}
}

func (a *API) discovered(*route.Call) (any, error) {
	last, ok := a.Discovery.Last()
	if !ok {
		return Discovered{Servers: []DiscoveredServer{}, Errors: []string{}, Updated: new(int64), Age: new(int64)}, nil
	}
	updated, age := last.At.Unix(), max(0, int64(a.Now().Sub(last.At)/time.Second))
	shown := a.shownDiscovery(&last)
	shown.Cached, shown.Updated, shown.Age = true, &updated, &age
	return shown, nil
}

func (a *API) discover(c *route.Call) (any, error) {
	var body DiscoveryRequest
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		return nil, route.BadRequestText("Invalid request body")
	}
	if _, known := a.Discovery.Last(); known && body.UseCache {
		return a.discovered(c)
	}
	ctx, cancel := context.WithTimeoutCause(c.Context(), scanTimeout, errScanTimeout)
	defer cancel()
	found, err := a.Discovery.Scan(ctx, body.Subnet)
	if errors.Is(err, discover.ErrNetwork) {
		return nil, route.BadRequestText("Invalid subnet: " + err.Error())
	}
	if err != nil {
		return nil, &route.Error{Status: http.StatusInternalServerError, Message: "Discovery failed: " + err.Error(), Text: true}
	}
	shown := a.shownDiscovery(&found)
	shown.Scanning = new(bool)
	return shown, nil
}

func (a *API) shownDiscovery(found *discover.Result) Discovered {
	shown := Discovered{Servers: shownServers(found.Servers), Errors: found.Problems}
	shown.Environment = &DiscoveryEnvironment{
		Type: "native", Confidence: 1, Phases: []DiscoveryPhase{}, Warnings: []string{}, Metadata: map[string]string{},
	}
	if a.Build.Container {
		shown.Environment.Type, shown.Environment.Confidence = "container", 0.5
		shown.Environment.Warnings = append(shown.Environment.Warnings,
			"The hub runs in a container, whose networks may not be those of the servers: name the networks to look through")
	}
	for i := range found.Networks {
		shown.Environment.include(phaseOf(found.Networks[i:]), found.Networks[i].Prefix.String())
	}
	return shown
}

func shownServers(found []discover.Server) []DiscoveredServer {
	shown := make([]DiscoveredServer, 0, len(found))
	for i := range found {
		shown = append(shown, shownServer(&found[i]))
	}
	return shown
}

func shownServer(one *discover.Server) DiscoveredServer {
	return DiscoveredServer{
		IP: one.Address.String(), Port: one.Port, Type: one.Type, Version: one.Version, Hostname: one.Hostname, Release: one.Release,
	}
}

// phaseOf names how the first of the networks came to be looked through.
func phaseOf(networks []discover.Network) string {
	if len(networks) > 0 && networks[0].Own {
		return "local"
	}
	return "named"
}

// subnets writes networks with commas between.
func subnets(networks []discover.Network) string {
	texts := make([]string, 0, len(networks))
	for _, network := range networks {
		texts = append(texts, network.Prefix.String())
	}
	return strings.Join(texts, ",")
}

// include adds a network to the phase of that name.
func (e *DiscoveryEnvironment) include(phase, network string) {
	for i := range e.Phases {
		if e.Phases[i].Name == phase {
			e.Phases[i].Subnets = append(e.Phases[i].Subnets, network)
			return
		}
	}
	e.Phases = append(e.Phases, DiscoveryPhase{Name: phase, Subnets: []string{network}, Confidence: 1})
}
