package proxmoxtest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Size is that of a made-up cluster of Proxmox VE.
type Size struct {
	Nodes    int
	Guests   int // two of three are machines with an agent, the others containers
	Storages int // rows, spread over the nodes
}

// cluster is a made-up cluster: every node is well and every guest runs.
type cluster struct {
	size  Size
	fixed map[string][]byte // bodies by path

	mu    sync.Mutex
	round int    // which the rows are of
	rows  []byte // of all guests, nodes and storages
}

// NewCluster returns the answers of a made-up cluster of Proxmox VE 8.
func NewCluster(size Size) Answers {
	c := &cluster{size: size, fixed: map[string][]byte{}}
	var status, nodes, definitions []object
	status = append(status, object{"type": "cluster", "id": "cluster", "name": "big", "nodes": size.Nodes, "quorate": 1, "version": 3})
	for i := range size.Nodes {
		name := nodeName(i)
		status = append(status, object{
			"type": "node", "id": "node/" + name, "name": name, "nodeid": i + 1, "online": 1, "local": flagOf(i == 0),
			"ip": fmt.Sprintf("10.77.0.%d", i+1),
		})
		nodes = append(nodes, object{"type": "node", "node": name, "status": "online", "ssl_fingerprint": fmt.Sprintf("%064x", i+1)})
	}
	for i := range max(size.Storages/max(size.Nodes, 1), 1) {
		definitions = append(definitions, object{"storage": storageName(i), "type": "dir", "content": "images,rootdir,backup"})
	}
	c.fix("/version", object{"version": "8.4.1", "release": "8.4"})
	c.fix("/cluster/status", status)
	c.fix("/nodes", nodes)
	c.fix("/storage", definitions)
	for _, path := range []string{"/cluster/backup", "/cluster/backup-info/not-backed-up", "/cluster/replication", "/cluster/ha/status/current"} {
		c.fix(path, []object{})
	}
	return c
}

type object map[string]any

func nodeName(i int) string { return fmt.Sprintf("node%02d", i+1) }

func storageName(i int) string { return fmt.Sprintf("store%02d", i+1) }

func flagOf(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *cluster) fix(path string, data any) { c.fixed[path] = body(data) }

// body marshals what is made of maps, slices, texts and numbers only.
func body(data any) []byte {
	text, err := json.Marshal(object{"data": data})
	if err != nil {
		panic(err) // a mistake in this package
	}
	return text
}

// resources returns the answer to /cluster/resources, which real clusters
// renew every ten seconds.
func (c *cluster) resources() []byte {
	round := int(time.Now().Unix() / 10)
	c.mu.Lock()
	defer c.mu.Unlock()
	if round != c.round {
		c.round, c.rows = round, body(c.resourcesAt(round))
	}
	return c.rows
}

func (c *cluster) resourcesAt(round int) []object {
	var rows []object
	for i := range c.size.Nodes {
		rows = append(rows, object{
			"type": "node", "id": "node/" + nodeName(i), "node": nodeName(i), "status": "online", "cpu": 0.25, "maxcpu": 64,
			"mem": 200 << 30, "maxmem": 512 << 30, "disk": 20 << 30, "maxdisk": 100 << 30, "uptime": 1234567, "level": "c", "cgroup-mode": 2,
		})
	}
	for i := range c.size.Guests {
		rows = append(rows, c.guest(i, round))
	}
	for i := range c.size.Storages {
		name, node := storageName(i/max(c.size.Nodes, 1)), nodeName(i%max(c.size.Nodes, 1))
		rows = append(rows, object{
			"type": "storage", "id": "storage/" + node + "/" + name, "node": node, "storage": name, "status": "available",
			"plugintype": "dir", "content": "images,rootdir,backup", "shared": 0, "disk": 300 << 30, "maxdisk": 1 << 40,
		})
	}
	return rows
}

func isMachine(guest int) bool { return guest%3 != 2 }

// guest is a guest whose load changes with each round.
func (c *cluster) guest(i, round int) object {
	kind, vmid, node := "qemu", 100+i, nodeName(i%max(c.size.Nodes, 1))
	if !isMachine(i) {
		kind = "lxc"
	}
	return object{
		"type": kind, "id": kind + "/" + strconv.Itoa(vmid), "vmid": vmid, "name": fmt.Sprintf("guest-%04d", i), "node": node,
		"status": "running", "template": 0, "cpu": 0.05 + float64((i*7+round*13)%100)/200, "maxcpu": 4,
		"mem": 3<<30 + (i*31+round*17)%64<<23, "maxmem": 8 << 30, "disk": 5 << 30,
		"maxdisk": 32 << 30, "uptime": round*10 - 1_700_000_000 + i,
		"netin": round * (1000 + i) * 100, "netout": round * (500 + i) * 100, "diskread": round * 4096 * (i % 9), "diskwrite": round * 4096 * (i % 31),
		"tags": "prod;web", "pool": "big",
	}
}

// Answer implements Answers.
func (c *cluster) Answer(path string, _ url.Values) (Answer, bool) {
	if path == "/cluster/resources" {
		return Answer{Body: c.resources()}, true
	}
	if fixed, ok := c.fixed[path]; ok {
		return Answer{Body: fixed}, true
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 3 || parts[0] != "nodes" {
		if path == "/cluster/ceph/status" {
			return Answer{Status: 500, Reason: "binary not installed: /usr/bin/ceph-mon", Body: body(nil)}, true
		}
		return Answer{}, false
	}
	data, ok := about(parts[1], strings.Join(parts[2:], "/"), parts)
	return Answer{Body: body(data)}, ok
}

// about answers for a node.
func about(node, what string, parts []string) (any, bool) {
	switch what {
	case "status":
		return nodeStatus(), true
	case "subscription":
		return object{"status": "active"}, true
	case "lxc", "disks/zfs", "disks/lvmthin", "tasks", "apt/update", "replication":
		return []object{}, true
	case "certificates/info":
		return []object{{"filename": "pve-ssl.pem", "notafter": 1831688000}}, true
	case "storage":
		return []object{{"storage": storageName(0), "active": 1, "enabled": 1, "total": 1 << 40, "used": 300 << 30, "avail": 700 << 30}}, true
	case "disks/list":
		return []object{{"devpath": "/dev/sda", "type": "ssd", "health": "PASSED", "wearout": 90, "size": 1 << 40, "rpm": 0, "serial": node}}, true
	}
	if parts[2] == "storage" {
		return []object{}, true
	}
	return inside(parts)
}

func nodeStatus() object {
	return object{
		"uptime": 1234567, "cpu": 0.25, "wait": 0.01, "loadavg": []string{"4.1", "3.9", "3.5"}, "pveversion": "pve-manager/8.4.1/b755f6c6",
		"kversion": "Linux 6.8.12-10-pve #1 SMP", "cpuinfo": object{"cpus": 64, "cores": 32, "sockets": 2, "model": "AMD EPYC 9354", "mhz": "3250.000"},
		"memory": object{"total": 512 << 30, "used": 200 << 30, "free": 300 << 30}, "swap": object{"total": 8 << 30, "used": 0, "free": 8 << 30},
		"rootfs": object{"total": 100 << 30, "used": 20 << 30, "free": 80 << 30, "avail": 75 << 30},
	}
}

// inside answers for a guest: nodes/{node}/{type}/{vmid}/….
func inside(parts []string) (any, bool) {
	if len(parts) < 5 || (parts[2] != "qemu" && parts[2] != "lxc") {
		return nil, false
	}
	switch what := strings.Join(parts[4:], "/"); what {
	case "config":
		return object{"agent": "1", "ostype": "debian", "rootfs": "store01:vm-disk-0,size=32G"}, true
	case "status/current":
		return object{"agent": 1, "ballooninfo": object{"actual": 8 << 30, "max_mem": 8 << 30, "total_mem": 8 << 30, "free_mem": 5 << 30}}, true
	case "snapshot":
		return []object{{"name": "current", "description": "You are here!"}}, true
	case "interfaces":
		return []object{{"name": "eth0", "hwaddr": "bc:24:11:00:00:01", "inet": "10.0.0.5/24"}}, true
	case "agent/get-fsinfo":
		return object{"result": []object{{"name": "sda1", "mountpoint": "/", "type": "ext4", "total-bytes": 30 << 30, "used-bytes": 12 << 30}}}, true
	case "agent/network-get-interfaces":
		return object{"result": []object{{"name": "eth0", "ip-addresses": []object{{"ip-address": "10.0.0.5", "prefix": 24}}}}}, true
	case "agent/get-osinfo":
		return object{"result": object{"id": "debian", "name": "Debian GNU/Linux", "version": "13 (trixie)"}}, true
	case "agent/info":
		return object{"result": object{"version": "10.0.2"}}, true
	}
	return nil, false
}
