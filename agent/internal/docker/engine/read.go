package engine

import (
	"context"
	"encoding/json"
	"net/url"
	"time"
)

// Info is what an engine says about itself and its machine.
type Info struct {
	ID              string
	Name            string
	ServerVersion   string
	OperatingSystem string
	OSType          string
	Architecture    string
	KernelVersion   string
	NCPU            int
	// MemTotal is in bytes.
	MemTotal int64
	Swarm    Swarm
}

// Swarm is a node's part in a Swarm.
type Swarm struct {
	NodeID           string
	LocalNodeState   string
	ControlAvailable bool
	Error            string
	// Cluster is set on managers.
	Cluster struct {
		ID   string
		Spec struct{ Name string }
	}
}

// Info asks the engine about itself.
func (c *Client) Info(ctx context.Context) (Info, error) {
	var info Info
	err := c.get(ctx, "/info", nil, &info)
	return info, err
}

// Summary is a container in the list.
type Summary struct {
	ID      string `json:"Id"`
	Names   []string
	Image   string
	ImageID string
	// Created is in Unix seconds with Docker.
	Created Moment
	State   string
	Status  string
	Ports   []Port
	Labels  map[string]string
	// HostConfig says how it gets its network, such as "container:<id>".
	HostConfig struct{ NetworkMode string }
}

// Port is one port of a container.
type Port struct {
	IP          string
	PrivatePort int
	PublicPort  int
	Type        string
}

// Containers lists all containers, also those that do not run.
func (c *Client) Containers(ctx context.Context) ([]Summary, error) {
	var list []Summary
	err := c.get(ctx, "/containers/json", url.Values{"all": {"1"}}, &list)
	return list, err
}

// Container is what there is to know about one container.
type Container struct {
	ID           string `json:"Id"`
	Name         string
	Image        string // the id of the image
	Created      time.Time
	RestartCount int
	State        State
	Config       Config
	HostConfig   HostConfig
	Mounts       []Mount
	// NetworkSettings are how it is attached.
	NetworkSettings struct{ Networks map[string]Attachment }
}

// State is how a container stands.
type State struct {
	Status     string
	Running    bool
	Restarting bool
	OOMKilled  bool
	Pid        int
	ExitCode   int
	Error      string
	StartedAt  time.Time
	FinishedAt time.Time
	// Health is nil without a health check.
	Health *Health
}

// Health is what the health check says.
type Health struct {
	// Status is starting, healthy, unhealthy or none.
	Status        string
	FailingStreak int
	Log           []HealthProbe
}

// HealthProbe is one run of a health check.
type HealthProbe struct {
	End      time.Time
	ExitCode int
	Output   string
}

// Config is the part of a container's configuration that is reported.
type Config struct {
	Hostname string
	Image    string
	Env      []string
	Labels   map[string]string
}

// HostConfig is the part of a container's configuration that concerns its machine.
type HostConfig struct {
	NetworkMode string
	AutoRemove  bool
	// Memory is the limit, in bytes; zero for none.
	Memory int64
}

// Mount is one mount inside a container.
type Mount struct {
	Type, Source, Destination, Mode string
	RW                              bool
	Propagation, Name, Driver       string
}

// Attachment is a network a container is attached to.
type Attachment struct {
	IPAddress         string
	GlobalIPv6Address string
}

// Container asks for one container by id or name.
func (c *Client) Container(ctx context.Context, id string) (Container, error) {
	var container Container
	err := c.get(ctx, "/containers/"+url.PathEscape(id)+"/json", nil, &container)
	return container, err
}

// Document asks for one container and returns all the engine says, as the engine wrote it.
func (c *Client) Document(ctx context.Context, id string) (json.RawMessage, error) {
	var document json.RawMessage
	err := c.get(ctx, "/containers/"+url.PathEscape(id)+"/json", nil, &document)
	return document, err
}

// Image is what there is to know about a local image.
type Image struct {
	ID string `json:"Id"`
	// RepoDigests are name@digest of the manifests or indexes the image was pulled as.
	RepoDigests  []string
	Architecture string
	Os           string
	Variant      string
	// Config is the configuration the image gives its containers, as the engine wrote it.
	Config json.RawMessage
}

// Image asks for one local image by id or name.
func (c *Client) Image(ctx context.Context, name string) (Image, error) {
	var image Image
	err := c.get(ctx, "/images/"+url.PathEscape(name)+"/json", nil, &image)
	return image, err
}

// Stats are the resources of one container at one moment.
type Stats struct {
	Read     time.Time `json:"read"`
	CPUStats struct {
		CPUUsage struct {
			// TotalUsage is in nanoseconds, or in 100 ns on Windows.
			TotalUsage uint64 `json:"total_usage"`
		} `json:"cpu_usage"`
	} `json:"cpu_stats"`
	MemoryStats struct {
		Usage uint64 `json:"usage"`
		Limit uint64 `json:"limit"`
		Stats struct {
			InactiveFile      uint64 `json:"inactive_file"`       // cgroup v2
			TotalInactiveFile uint64 `json:"total_inactive_file"` // cgroup v1
		} `json:"stats"`
		PrivateWorkingSet uint64 `json:"privateworkingset"` // Windows
	} `json:"memory_stats"`
	BlkioStats struct {
		Bytes []struct {
			Op    string `json:"op"`
			Value uint64 `json:"value"`
		} `json:"io_service_bytes_recursive"`
	} `json:"blkio_stats"`
	PidsStats struct {
		Current uint64 `json:"current"`
	} `json:"pids_stats"`
	Networks map[string]struct {
		RxBytes uint64 `json:"rx_bytes"`
		TxBytes uint64 `json:"tx_bytes"`
	} `json:"networks"`
}

// Stats measures one container once. Engines before 1.41 take two seconds for it.
func (c *Client) Stats(ctx context.Context, id string) (Stats, error) {
	var stats Stats
	err := c.get(ctx, "/containers/"+url.PathEscape(id)+"/stats", url.Values{"stream": {"false"}, "one-shot": {"true"}}, &stats)
	return stats, err
}

// Moment is a time that some engines write as Unix seconds and some as text.
type Moment struct{ time.Time }

// UnmarshalJSON reads either form; anything else is the zero time.
func (m *Moment) UnmarshalJSON(text []byte) error {
	var seconds int64
	if json.Unmarshal(text, &seconds) == nil {
		m.Time = time.Unix(seconds, 0).UTC()
		return nil
	}
	var written time.Time
	if json.Unmarshal(text, &written) == nil {
		m.Time = written
	}
	return nil
}
