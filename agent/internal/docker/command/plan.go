package command

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// errIncomplete means that the engine does not say how a container was made.
var errIncomplete = errors.New("configuration of the container is incomplete")

// object is a JSON object of which only some members are understood; the rest is carried over as it is.
type object map[string]json.RawMessage

// plan is how to make a container again.
type plan struct {
	// body is what the engine is told to create.
	body object
	// later are the networks to connect it to before it starts.
	later []network
}

// network is a network and how the container is attached to it.
type network struct {
	name     string
	settings object
}

// document is what the engine says about a container, as far as it says how it was made.
type document struct {
	ID              string `json:"Id"`
	Config          object
	HostConfig      object
	Mounts          []mount
	NetworkSettings struct{ Networks map[string]object }
}

type mount struct {
	Type, Name, Destination string
	RW                      bool
}

// newPlan plans a container like the one in the document, of which the image gave it what is in defaults; a new image
// gives its own. With many, the engine takes several networks at creation.
func newPlan(text, defaults json.RawMessage, many bool) (plan, error) {
	var old document
	if err := json.Unmarshal(text, &old); err != nil {
		return plan{}, fmt.Errorf("read configuration: %w", err)
	}
	if old.Config == nil || old.HostConfig == nil || len(old.ID) < 12 {
		return plan{}, errIncomplete
	}
	image := object{}
	if len(defaults) > 0 {
		if err := json.Unmarshal(defaults, &image); err != nil {
			return plan{}, fmt.Errorf("read configuration of image: %w", err)
		}
	}
	var mode string
	read(old.HostConfig["NetworkMode"], &mode)
	withoutDefaults(old.Config, image)
	withoutOwn(old.Config, old.ID[:12], mode)
	keepVolumes(old.HostConfig, old.Mounts)
	linkAgain(old.HostConfig)
	result := plan{body: old.Config}
	result.body["HostConfig"] = write(old.HostConfig)
	result.connect(networks(old), mode, many)
	return result, nil
}

// withoutDefaults takes out of a configuration what came from the image.
func withoutDefaults(config, image object) {
	if same(config["Entrypoint"], image["Entrypoint"]) && same(config["Cmd"], image["Cmd"]) {
		delete(config, "Cmd")
	}
	for _, member := range []string{"Entrypoint", "WorkingDir", "User", "Healthcheck", "StopSignal", "Shell", "OnBuild"} {
		if same(config[member], image[member]) {
			delete(config, member)
		}
	}
	var have, given []string
	read(config["Env"], &have)
	read(image["Env"], &given)
	config["Env"] = write(slices.DeleteFunc(have, func(each string) bool { return slices.Contains(given, each) }))
	for _, member := range []string{"Labels", "Volumes", "ExposedPorts"} {
		var have, given object
		read(config[member], &have)
		read(image[member], &given)
		maps.DeleteFunc(have, func(name string, value json.RawMessage) bool { return given[name] != nil && same(value, given[name]) })
		config[member] = write(have)
	}
}

// withoutOwn takes out what the engine made up for this one container, and what it does not take back from a container
// that uses the network of something else.
func withoutOwn(config object, short, mode string) {
	var hostname string
	read(config["Hostname"], &hostname)
	shared := strings.HasPrefix(mode, "container:")
	if hostname == short || shared || mode == "host" {
		delete(config, "Hostname")
	}
	if shared || mode == "host" {
		delete(config, "Domainname")
	}
	if shared {
		delete(config, "ExposedPorts")
	}
}

// keepVolumes names the volumes the container has without a name of the user's: a new container would get empty ones.
func keepVolumes(host object, mounts []mount) {
	var binds []string
	read(host["Binds"], &binds)
	var named []struct{ Target string }
	read(host["Mounts"], &named)
	taken := func(destination string) bool {
		for _, bind := range binds {
			if parts := strings.Split(bind, ":"); len(parts) > 1 && parts[1] == destination {
				return true
			}
		}
		return slices.ContainsFunc(named, func(each struct{ Target string }) bool { return each.Target == destination })
	}
	for _, mount := range mounts {
		if mount.Type != "volume" || mount.Name == "" || taken(mount.Destination) {
			continue
		}
		bind := mount.Name + ":" + mount.Destination
		if !mount.RW {
			bind += ":ro"
		}
		binds = append(binds, bind)
	}
	if len(binds) > 0 {
		host["Binds"] = write(binds)
	}
}

// linkAgain writes links as the engine wants them: it says /other:/name/alias for other:alias.
func linkAgain(host object) {
	var links []string
	if read(host["Links"], &links); len(links) == 0 {
		return
	}
	for i, link := range links {
		other, path, found := strings.Cut(link, ":")
		if found {
			links[i] = strings.TrimPrefix(other, "/") + ":" + path[strings.LastIndexByte(path, '/')+1:]
		}
	}
	host["Links"] = write(links)
}

// networks returns how the container is attached, without what the engine found out by itself.
func networks(old document) []network {
	var found []network
	for _, name := range slices.Sorted(maps.Keys(old.NetworkSettings.Networks)) {
		settings := object{}
		for _, member := range []string{"IPAMConfig", "Links", "Aliases", "DriverOpts", "GwPriority"} {
			if value := old.NetworkSettings.Networks[name][member]; value != nil && string(value) != "null" {
				settings[member] = value
			}
		}
		var aliases []string
		if read(settings["Aliases"], &aliases); len(aliases) > 0 {
			settings["Aliases"] = write(slices.DeleteFunc(aliases, func(alias string) bool { return alias == old.ID[:12] }))
		}
		found = append(found, network{name: name, settings: settings})
	}
	return found
}

// connect puts the networks into the plan: those the engine takes at once into the body, the others after it.
func (p *plan) connect(all []network, mode string, many bool) {
	switch {
	case mode == "host", mode == "none", strings.HasPrefix(mode, "container:"):
		return
	case mode == "", mode == "default":
		mode = "bridge"
	}
	now := map[string]object{}
	for _, each := range all {
		if many || each.name == mode {
			now[each.name] = each.settings
		} else {
			p.later = append(p.later, each)
		}
	}
	p.body["NetworkingConfig"] = write(map[string]any{"EndpointsConfig": now})
}

// same reports whether two pieces of JSON mean the same; nothing, null and what is empty do.
func same(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var one, other any
	read(a, &one)
	read(b, &other)
	return reflect.DeepEqual(one, other) || empty(one) && empty(other)
}

func empty(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return value == ""
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

// read decodes a member. One of another shape than expected is as one that is not there.
func read(text json.RawMessage, into any) {
	if len(text) > 0 {
		_ = json.Unmarshal(text, into)
	}
}

// write encodes what is made of strings and JSON, which cannot fail.
func write(value any) json.RawMessage {
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return text
}
