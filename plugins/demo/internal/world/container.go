package world

import (
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
)

// container is a container of an engine.
type container struct {
	seed    signal.Seed
	engine  *engine
	number  int
	id      string // 12 hexadecimal digits
	name    string
	spec    app
	limit   uint64 // bytes of memory
	cpu     signal.Wave
	mem     signal.Wave
	traffic traffic
	created signal.Cycle // when it was made from its image
	starts  signal.Cycle // when it was started

	state    string
	health   string
	exitCode int
	update   string // "", "available" or why looking for one failed
	slot     *swarmSlot
}

// app is an application that runs in containers.
type app struct {
	name, image, project string
	port, public         uint16
	memory               int // MiB
	busy                 float64
	volume               string
}

func apps() []app {
	return []app{
		{"proxy", "docker.io/library/traefik:v3.5", "edge", 443, 443, 256, 0.15, "certificates"},
		{"photos", "ghcr.io/immich-app/immich-server:v2.1.0", "photos", 2283, 2283, 2048, 0.4, "uploads"},
		{"photos-db", "docker.io/library/postgres:16.10", "photos", 5432, 0, 1024, 0.25, "photos-db"},
		{"queue", "docker.io/library/rabbitmq:4.1", "orders", 5672, 0, 512, 0.1, "queue"},
		{"importer", "registry.example.net/orders/importer:3.4.1", "orders", 8080, 0, 384, 0.5, ""},
		{"cache", "docker.io/valkey/valkey:8.1", "orders", 6379, 0, 256, 0.1, ""},
		{"feeds", "docker.io/freshrss/freshrss:1.27.1", "office", 80, 8081, 256, 0.05, "feeds"},
		{"documents", "ghcr.io/paperless-ngx/paperless-ngx:2.18", "office", 8000, 8010, 1024, 0.2, "documents"},
		{"dashboard", "docker.io/grafana/grafana:12.2.0", "monitoring", 3000, 3000, 512, 0.1, "dashboards"},
		{"series", "docker.io/prom/prometheus:v3.6.0", "monitoring", 9090, 0, 2048, 0.2, "series"},
		{"broker", "docker.io/library/eclipse-mosquitto:2.0", "building", 1883, 1883, 128, 0.05, "broker"},
		{"bridge", "ghcr.io/koenkk/zigbee2mqtt:2.6", "building", 8080, 8082, 256, 0.05, "bridge"},
		{"status", "docker.io/louislam/uptime-kuma:2.0", "office", 3001, 3001, 256, 0.08, "status"},
		{"recipes", "ghcr.io/mealie-recipes/mealie:v3.3", "office", 9000, 9925, 512, 0.05, "recipes"},
	}
}

func newContainer(e *engine, number int) *container {
	list := apps()
	spec := list[number%len(list)]
	c := &container{engine: e, number: number, spec: spec, name: spec.name, state: "running"}
	if number >= len(list) {
		c.name = nth(spec.name, number/len(list))
	}
	c.seed = e.seed.Child("container-" + strconv.Itoa(number))
	c.id = c.seed.Hex("id", 12)
	c.limit = uint64(spec.memory) * mib
	b := spec.busy
	c.cpu = signal.NewWave(c.seed.Child("cpu"), signal.Shape{Base: b * 0.1, Daily: b * 0.4, Noise: b * 0.3, Burst: b * 3})
	c.mem = signal.NewWave(c.seed.Child("mem"), signal.Shape{Base: 0.25 + b*0.3, Daily: 0.1, Noise: 0.05, Burst: 0.08})
	c.traffic = newTraffic(c.seed.Child("traffic"), b*8e5)
	c.created = rarely(c.seed.Child("created"), 15*day, 60*day)
	c.starts = rarely(c.seed.Child("starts"), 6*day, 14*day)
	if c.seed.Chance("checked", 0.7) {
		c.health = "healthy"
	}
	return c
}

// containerParts returns the parts that containers of an engine play, by number.
func containerParts(e *engine) map[int]func(*container) {
	outdated := func(c *container) { c.update = updateAvailable }
	unchecked := func(c *container) { c.update = "registry answered 429 Too Many Requests" }
	restarting := func(c *container) { c.starts = signal.Cycle{Every: 4 * time.Hour, Offset: 25 * time.Minute} }
	switch {
	case e.degraded:
		return map[int]func(*container){
			0: outdated,
			1: func(c *container) { c.health = "unhealthy" },
			2: func(c *container) { c.state, c.exitCode, c.health = "exited", 137, "" },
			3: func(c *container) {
				c.state, c.exitCode, c.health, c.starts = "restarting", 1, "", signal.Cycle{Every: 70 * time.Second}
			},
			4: func(c *container) { c.state = "paused" },
			5: func(c *container) { c.state, c.health = "created", "" },
			6: func(c *container) { c.state, c.exitCode, c.health = "dead", 255, "" },
		}
	case e.podman:
		return map[int]func(*container){1: outdated, 2: unchecked, 4: func(c *container) { c.health = "none" }}
	}
	return map[int]func(*container){1: outdated, 3: restarting, 4: outdated, 5: unchecked, 6: func(c *container) {
		c.health, c.starts = "starting", signal.Cycle{Every: 50 * time.Minute}
	}}
}

// join makes the container the one of a task of a swarm.
func (c *container) join(s *swarmSlot) {
	c.slot, c.name = s, s.service.name+"."+strconv.Itoa(s.slot)+"."+s.taskID()
	c.spec.image, c.spec.project, c.spec.port, c.spec.public, c.spec.volume = s.service.image, "", s.service.target, 0, ""
	s.container = c
	if s.done {
		c.state, c.health = "exited", ""
	}
}

// running says that the container uses processors and memory.
func (c *container) running() bool { return c.state == "running" || c.state == "paused" }

// createdAt returns when the container was made; never after its last start.
func (c *container) createdAt(at time.Time) time.Time {
	made, started := c.created.Last(at), c.startedAt(at)
	if made.After(started) {
		return started
	}
	return made
}

func (c *container) startedAt(at time.Time) time.Time { return c.starts.Last(at) }

// restarts counts the starts since the container was made.
func (c *container) restarts(at time.Time) int {
	return c.starts.Index(at) - c.starts.Index(c.created.Last(at))
}

// stoppedAt returns when a container that is down ended.
func (c *container) stoppedAt(at time.Time) time.Time {
	if c.state == "restarting" {
		return c.startedAt(at).Add(4 * time.Second)
	}
	started := c.startedAt(at)
	return started.Add(at.Sub(started) / 3).Truncate(time.Hour).Add(time.Minute)
}
