package enginetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// answerLocked answers what is no stream.
func (f *Fake) answerLocked(writer http.ResponseWriter, request *http.Request, path string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case path == "/info":
		reply(writer, map[string]any{
			"Name": "machine", "ServerVersion": "20.10.24", "OperatingSystem": "Debian GNU/Linux 12 (bookworm)", "NCPU": 2,
			"MemTotal": int64(8 << 30), "KernelVersion": "6.1.0", "Architecture": "x86_64", "Swarm": f.Swarm,
		})
	case path == "/services":
		reply(writer, f.Services)
	case path == "/tasks":
		reply(writer, f.Tasks)
	case path == "/nodes":
		reply(writer, f.Nodes)
	case path == "/containers/json":
		list := []any{}
		for _, each := range f.containers {
			list = append(list, each.summary())
		}
		reply(writer, list)
	case path == "/containers/create":
		f.createLocked(writer, request)
	case parts[0] == "images":
		f.imageLocked(writer, strings.Join(parts[1:len(parts)-1], "/"))
	case parts[0] == "networks":
		f.connectLocked(writer, request, parts[1])
	case parts[0] == "containers" && len(parts) >= 2:
		f.containerLocked(writer, request, parts)
	default:
		refuse(writer, http.StatusNotFound, "page not found")
	}
}

func (c *Container) status() string {
	if !c.Running {
		return fmt.Sprintf("Exited (%d) 2 minutes ago", c.ExitCode)
	}
	if c.Health != "" {
		return "Up 2 minutes (" + c.Health + ")"
	}
	return "Up 2 minutes"
}

func (c *Container) state() string {
	if c.Running {
		return "running"
	}
	return "exited"
}

func (c *Container) summary() map[string]any {
	return map[string]any{
		"Id": c.ID, "Names": []string{"/" + c.Name}, "Image": c.Config["Image"], "ImageID": c.Image, "Created": 1767225600,
		"State": c.state(), "Status": c.status(), "Labels": c.Config["Labels"], "HostConfig": map[string]any{"NetworkMode": c.HostConfig["NetworkMode"]},
		"Ports": []any{map[string]any{"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"}},
	}
}

func (c *Container) document() map[string]any {
	state := map[string]any{
		"Status": c.state(), "Running": c.Running, "ExitCode": c.ExitCode, "Pid": c.Pid,
		"StartedAt": c.Started, "FinishedAt": "2026-01-01T00:00:00Z",
	}
	if c.Health != "" {
		failing := 0
		if c.Health == "unhealthy" {
			failing = 3
		}
		state["Health"] = map[string]any{"Status": c.Health, "FailingStreak": failing}
	}
	return map[string]any{
		"Id": c.ID, "Name": "/" + c.Name, "Image": c.Image, "Created": "2026-01-01T00:00:00Z", "RestartCount": c.RestartCount,
		"State": state, "Config": c.Config, "HostConfig": c.HostConfig, "Mounts": c.Mounts,
		"NetworkSettings": map[string]any{"Networks": c.Networks},
	}
}

func (f *Fake) imageLocked(writer http.ResponseWriter, name string) {
	image, found := f.images[name]
	if !found {
		refuse(writer, http.StatusNotFound, "no such image")
		return
	}
	reply(writer, map[string]any{"Id": image.ID, "RepoDigests": image.RepoDigests, "Os": "linux", "Architecture": "amd64", "Config": image.Config})
}

func (f *Fake) createLocked(writer http.ResponseWriter, request *http.Request) {
	var body map[string]any
	name := request.URL.Query().Get("name")
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
		refuse(writer, http.StatusBadRequest, err.Error())
		return
	}
	if f.findLocked(name) != nil {
		refuse(writer, http.StatusConflict, "name is taken")
		return
	}
	f.made++
	made := &Container{ID: fmt.Sprintf("%064x", f.made), Name: name, Config: body, Networks: map[string]map[string]any{}}
	made.HostConfig, _ = body["HostConfig"].(map[string]any)
	image, _ := body["Image"].(string)
	made.Image = f.images[image].ID
	if networking, ok := body["NetworkingConfig"].(map[string]any); ok {
		for network, settings := range networking["EndpointsConfig"].(map[string]any) {
			made.Networks[network], _ = settings.(map[string]any)
		}
	}
	delete(body, "HostConfig")
	delete(body, "NetworkingConfig")
	f.containers = append(f.containers, made)
	reply(writer, map[string]any{"Id": made.ID})
}

func (f *Fake) connectLocked(writer http.ResponseWriter, request *http.Request, network string) {
	var body struct {
		Container      string
		EndpointConfig map[string]any
	}
	_ = json.NewDecoder(request.Body).Decode(&body)
	found := f.findLocked(body.Container)
	if found == nil {
		refuse(writer, http.StatusNotFound, "no such container")
		return
	}
	found.Networks[network] = body.EndpointConfig
}

// containerLocked answers what is about one container.
func (f *Fake) containerLocked(writer http.ResponseWriter, request *http.Request, parts []string) {
	found := f.findLocked(parts[1])
	if found == nil {
		refuse(writer, http.StatusNotFound, "no such container")
		return
	}
	if request.Method == http.MethodDelete {
		f.containers = slices.DeleteFunc(f.containers, func(each *Container) bool { return each == found })
		return
	}
	switch parts[len(parts)-1] {
	case "json":
		reply(writer, found.document())
	case "stats":
		reply(writer, found.stats())
	case "start":
		found.Running, found.Started = true, time.Now()
		if f.Starting != nil {
			f.Starting(found)
		}
		f.tellLocked(found.ID)
	case "stop":
		found.Running = false
		f.tellLocked(found.ID)
	case "rename":
		found.Name = request.URL.Query().Get("name")
		f.tellLocked(found.ID)
	}
}

// stats says that the container has used a quarter of a core since it started.
func (c *Container) stats() map[string]any {
	now := time.Now()
	return map[string]any{
		"read":         now,
		"cpu_stats":    map[string]any{"cpu_usage": map[string]any{"total_usage": now.Sub(c.Started) / 4}},
		"memory_stats": map[string]any{"usage": 100 << 20, "limit": 1 << 30, "stats": map[string]any{"inactive_file": 30 << 20, "active_file": 1, "anon": 2}},
		"pids_stats":   map[string]any{"current": 7},
		"blkio_stats": map[string]any{"io_service_bytes_recursive": []any{
			map[string]any{"op": "read", "value": 1000}, map[string]any{"op": "write", "value": 2000},
		}},
		"networks": map[string]any{"eth0": map[string]any{"rx_bytes": 5, "tx_bytes": 6}},
	}
}
