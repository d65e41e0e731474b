package hubcmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pulse-hub/pulse/hub/internal/cli/usage"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

// describeNeeds says in plain words what a plugin wants to be allowed.
func describeNeeds(needs manifest.Needs) []string {
	var list []string
	for _, need := range needs.Network {
		if field, ok := strings.CutPrefix(need, "instance:"); ok {
			list = append(list, fmt.Sprintf("connect to the address in its setting %q", field))
			continue
		}
		list = append(list, "connect to "+need+" on any host")
	}
	services := map[string]string{"kv": "keep data of its own in the hub", "secrets": "renew its own secrets", "report": "report events at any time"}
	for _, need := range needs.Host {
		text, ok := services[need]
		if !ok {
			text = "use the hub's service " + need
		}
		list = append(list, text)
	}
	if needs.Exec {
		list = append(list, "start other programs")
	}
	for _, path := range needs.Read {
		list = append(list, "read "+path)
	}
	return list
}

// grantOf returns the part of what is wanted that the flags name: "all",
// "none", a kind of need, or one need like "network=tcp:443".
func grantOf(wants manifest.Needs, flags []string) (manifest.Needs, error) {
	var granted manifest.Needs
	for _, flag := range flags {
		kind, value, single := strings.Cut(flag, "=")
		switch {
		case flag == "all":
			granted = wants
		case flag == "none":
		case flag == "exec":
			granted.Exec = wants.Exec
		case kind == "network" || kind == "host" || kind == "read":
			from, to := listOf(&wants, kind), listOf(&granted, kind)
			if !single {
				*to = slices.Clone(*from)
			} else if !slices.Contains(*from, value) {
				return manifest.Needs{}, usage.Errorf("--grant %s: the plugin does not want it", flag)
			} else {
				*to = append(slices.Clone(*to), value)
			}
		default:
			return manifest.Needs{}, usage.Errorf("--grant %s: must be all, none, network, host, exec, read, or one need like network=tcp:443", flag)
		}
	}
	return granted, nil
}

func listOf(needs *manifest.Needs, kind string) *[]string {
	switch kind {
	case "network":
		return &needs.Network
	case "host":
		return &needs.Host
	default:
		return &needs.Read
	}
}
