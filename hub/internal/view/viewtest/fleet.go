package viewtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Fleet is a hub with many agents, one source each, for benchmarks.
type Fleet struct {
	Inventory  *inventory.Inventory
	containers int
	reports    int
}

// NewFleet returns a fleet whose machines all have reported once. With
// containers they are container hosts as well as hosts.
func NewFleet(tb testing.TB, hosts, containers int) *Fleet {
	tb.Helper()
	fleet := &Fleet{Inventory: Inventory(), containers: containers}
	for i := range hosts {
		fleet.Report(tb, i)
	}
	return fleet
}

// Report lets one machine report again, with other numbers than before.
func (f *Fleet) Report(tb testing.TB, i int) {
	tb.Helper()
	f.reports++
	name := fmt.Sprintf("machine-%04d", i)
	at := Epoch().Add(time.Duration(f.reports) * time.Millisecond)
	one := host(name, name)
	one.Detail.(*resource.Host).MachineID = digest(name)
	one.Usage.CPU = Ratio(float64(f.reports%100) / 100)
	one.Usage.Memory.Used += uint64(f.reports) * 4096
	ApplyAt(tb, f.Inventory, inventory.SourceRef{ID: "host:" + name, Type: "host", Name: name}, at, one)
	if f.containers > 0 {
		ApplyAt(tb, f.Inventory, inventory.SourceRef{ID: "docker:" + name, Type: "docker", Name: name}, at, f.engine(name)...)
	}
}

func (f *Fleet) engine(name string) []resource.Resource {
	template := engine()
	one, detail := template[0], *template[0].Detail.(*resource.ContainerHost)
	one.ID, one.Name, one.Detail = "engine-"+name, name, &detail
	detail.Hostname, detail.MachineID, detail.Swarm, detail.Tasks = name, digest(name), nil, nil
	one.Usage.CPU = Ratio(float64(f.reports%100) / 100)
	list := []resource.Resource{one}
	for c := range f.containers {
		list = append(list, f.container(one.ID, c))
	}
	return list
}

// container is an ordinary one, about as large as those that the goals were
// measured with: a port, a network, a mount, two labels.
func (f *Fleet) container(host string, c int) resource.Resource {
	id := digest(fmt.Sprint(host, c))
	seed := uint64(id[0])<<16 | uint64(id[1])<<8 | uint64(id[2])
	name := fmt.Sprintf("app-%s-%d", id[:4], c)
	usage := resource.Usage{
		CPU:      Ratio(float64((seed+uint64(f.reports))%9973) / 9973),
		Memory:   resource.Capacity{Total: 512<<20 + seed*4096, Used: 128<<20 + seed*997},
		Counters: &resource.Traffic{NetIn: seed * 31, NetOut: seed * 37, DiskRead: seed * 41, DiskWrite: seed * 43},
		Rates:    &resource.Rates{DiskRead: float64(seed % 10007), DiskWrite: float64(seed % 20011)},
	}
	started := Epoch().Add(-time.Duration(seed) * time.Second)
	return resource.Resource{
		ID: host + "/" + id, Kind: resource.KindAppContainer, Name: name, ParentID: host,
		Status: resource.StatusRunning, Uptime: time.Duration(seed) * time.Second, Usage: usage,
		Labels: map[string]string{
			"com.docker.compose.project": "stack-" + id[4:8], "com.docker.compose.service": name,
		},
		Detail: &resource.AppContainer{
			Image: "registry.example/team/" + name + ":1.2.3", State: "running", StatusText: "Up 3 days (healthy)", Health: "healthy",
			CreatedAt: started, StartedAt: started,
			Ports:    []resource.Port{{Private: 8080, Public: uint16(seed), Protocol: "tcp", IP: "0.0.0.0"}},
			Networks: []resource.ContainerNetwork{{Name: "stack", IPv4: fmt.Sprintf("10.%d.%d.%d", id[3], id[4], c)}},
			Mounts:   []resource.Mount{{Type: "bind", Source: "/srv/" + name, Destination: "/data", Mode: "rw", ReadWrite: true}},
		},
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
