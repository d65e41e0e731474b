package api

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/api/route"
	"github.com/pulse-hub/pulse/hub/internal/download"
	"github.com/pulse-hub/pulse/hub/internal/download/installer"
)

// Programs finds programs that machines download, as download.Library does.
type Programs interface {
	// Open returns the first program of one of the names, or download.ErrNotFound.
	Open(names ...string) (*download.Program, error)
}

// downloads is the limit of programs and installers.
func downloads() route.Limit {
	return route.Limit{Name: "downloads", Requests: 60, Window: time.Minute}
}

// fresh are the headers of what must be the newest every time.
func fresh() map[string]string {
	return map[string]string{
		"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache", "Expires": "0",
	}
}

func (a *API) downloadRoutes() []route.Route {
	const octets = "application/octet-stream"
	arch := route.Param{Name: "arch", Description: "Such as linux-amd64 or aarch64; absent: the program for the hub's own system."}
	legacy := []route.Param{{Name: "platform", Description: "Such as linux."}, {Name: "arch", Description: "Such as amd64."}}
	routes := []route.Route{
		{Path: "/download/pulse-agent", Media: octets, Query: []route.Param{arch}, Summary: "The agent's program", Handle: a.agentProgram},
		{Path: "/download/pulse-docker-agent", Media: octets, Query: []route.Param{arch}, Summary: "The program of the Docker agent of earlier versions", Handle: a.dockerAgentProgram},
		{Path: "/download/pulse-host-agent", Media: octets, Query: legacy, Summary: "The program of the host agent of earlier versions", Handle: a.hostAgentProgram},
		{Path: "/download/pulse-host-agent.sha256", Media: "text/plain; charset=utf-8", Query: legacy, Summary: "Its checksum", Handle: a.hostAgentChecksum},
	}
	for _, path := range []string{"/install.sh", "/install-host-agent.sh", "/install-docker-agent.sh", "/install-container-agent.sh", "/uninstall-host-agent.sh", "/api/install/install.sh"} {
		routes = append(routes, route.Route{Path: path, Media: shellScript, Summary: "The agent's installer for Unix-like systems", Handle: unixInstaller(path)})
	}
	for _, path := range []string{"/install.ps1", "/install-host-agent.ps1", "/uninstall-host-agent.ps1", "/api/install/install.ps1"} {
		routes = append(routes, route.Route{Path: path, Media: powerShellScript, Summary: "The agent's installer for Windows", Handle: windowsInstaller(path)})
	}
	for i := range routes {
		r := &routes[i]
		r.Methods, r.Limit, r.Header, r.Access = getHead(), downloads(), fresh(), route.Public()
		if strings.HasPrefix(r.Path, "/api/") || strings.HasSuffix(r.Path, ".sha256") {
			r.Access = route.Authenticated()
		}
	}
	return routes
}

// agentProgram serves the program for a system, and for no or an unknown one that of the hub's own.
func (a *API) agentProgram(c *route.Call) (any, error) {
	target, known := download.ParseTarget(c.Query("arch"))
	if !known {
		return a.program(c, sent{checksum: true, missing: "Agent binary not found. Specify ?arch=linux-amd64 (or your architecture)"}, download.Generic()...)
	}
	answer, err := a.program(c, sent{checksum: true}, download.Names(target)...)
	if !errors.Is(err, download.ErrNotFound) {
		return answer, err
	}
	c.Writer.Header().Set("X-Served-From", "github-redirect")
	http.Redirect(c.Writer, c.Request, download.Releases+download.Asset(target), http.StatusTemporaryRedirect)
	return route.Taken{}, nil
}

func (a *API) dockerAgentProgram(c *route.Call) (any, error) {
	const generic = "pulse-docker-agent"
	names := []string{generic}
	if target, known := download.ParseTarget(c.Query("arch")); known && strings.HasPrefix(string(target), "linux-") {
		names = []string{generic + "-" + string(target), generic}
	}
	return a.program(c, sent{checksum: true, missing: "Agent binary not found"}, names...)
}

func (a *API) hostAgentProgram(c *route.Call) (any, error) {
	names, err := hostAgentNames(c)
	if err != nil {
		return nil, err
	}
	return a.program(c, sent{missing: hostAgentMissing}, names...)
}

func (a *API) hostAgentChecksum(c *route.Call) (any, error) {
	names, err := hostAgentNames(c)
	if err != nil {
		return nil, err
	}
	found, err := a.Programs.Open(names...)
	if errors.Is(err, download.ErrNotFound) {
		return nil, route.NotFoundText(hostAgentMissing)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }() // nothing was written
	return route.Raw{ContentType: "text/plain; charset=utf-8", Body: []byte(found.SHA256 + "\n")}, nil
}

const hostAgentMissing = `Host agent binary not found.
The host agent has become a part of pulse-agent, which reports the same.
Install it with the command that Pulse shows under Settings, Agents, or with /install.sh of this hub.`

// hostAgentNames reads which program is asked for. What callers write becomes part of a file's name.
func hostAgentNames(c *route.Call) ([]string, error) {
	name := "pulse-host-agent"
	for _, parameter := range []string{"platform", "arch"} {
		value := strings.ToLower(c.Query(parameter))
		if strings.Trim(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || len(value) > 32 {
			return nil, route.BadRequestText("Invalid " + parameter + " parameter")
		}
		if value != "" {
			name += "-" + value
		}
	}
	return []string{name, name + ".exe"}, nil
}

// sent says how a program is sent.
type sent struct {
	// checksum adds the header that agents check.
	checksum bool
	// missing is what is answered when there is no such program; empty: download.ErrNotFound is returned.
	missing string
}

// program sends the first of the programs, or the part of it that is asked for.
func (a *API) program(c *route.Call, how sent, names ...string) (any, error) {
	found, err := a.Programs.Open(names...)
	if errors.Is(err, download.ErrNotFound) && how.missing != "" {
		return nil, route.NotFoundText(how.missing)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }() // nothing was written
	header := c.Writer.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("ETag", `"`+found.SHA256+`"`)
	if how.checksum {
		header.Set("X-Checksum-Sha256", found.SHA256)
	}
	http.ServeContent(c.Writer, c.Request, "", found.Changed, found)
	return route.Taken{}, nil
}

// Content types of installers.
const (
	shellScript      = "text/x-shellscript"
	powerShellScript = "text/plain; charset=utf-8"
)

func unixInstaller(path string) route.Handler {
	purpose := installer.Install
	switch path {
	case "/install-docker-agent.sh", "/install-container-agent.sh":
		purpose = installer.InstallForContainers
	case "/uninstall-host-agent.sh":
		purpose = installer.Uninstall
	}
	return script(path, shellScript, installer.Unix(purpose))
}

func windowsInstaller(path string) route.Handler {
	purpose := installer.Install
	if path == "/uninstall-host-agent.ps1" {
		purpose = installer.Uninstall
	}
	return script(path, powerShellScript, installer.Windows(purpose))
}

// script answers with a text that is the same for everybody.
func script(path, contentType string, body []byte) route.Handler {
	name := path[strings.LastIndex(path, "/")+1:]
	header := http.Header{"Content-Disposition": {`inline; filename="` + name + `"`}}
	return func(*route.Call) (any, error) {
		return route.Raw{ContentType: contentType, Body: body, Header: header}, nil
	}
}
