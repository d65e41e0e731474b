package proxmox

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// putNodes adds the nodes of a view.
func (s *source) putNodes(v *view, failed map[string]error, out *sdk.Snapshot) {
	rows := map[string]*resourceRow{}
	for i := range v.rows {
		if r := &v.rows[i]; r.Type == typeNode {
			rows[string(r.Node)] = r
		}
	}
	for _, n := range v.nodes {
		row := rows[n.name]
		if row == nil {
			row = &resourceRow{} // an account without Sys.Audit does not see it
		}
		out.Put(s.node(v, n, row, failed[n.name]))
	}
}

// node makes a resource of what the cluster says of a node and what the node
// says of itself, now or a short while ago.
func (s *source) node(v *view, n member, row *resourceRow, failed error) resource.Resource {
	known := s.facts.node(n.name)
	status := &known.status
	if s.now().Sub(known.statusAt) > detailsAge {
		status = &nodeStatus{}
	}
	r := resource.Resource{
		ID: nodeID(n.name), Kind: resource.KindNode, Name: n.name, Status: resource.StatusRunning,
		Detail: s.nodeDetail(v, n, status, known.upkeep.updates),
	}
	if !n.online {
		r.Status, r.StatusReason = resource.StatusOffline, "the cluster has no connection to it"
		r.Detail.(*resource.Node).Connection = "error"
		return r
	}
	r.Uptime = row.Uptime.Seconds()
	r.Usage = resource.Usage{
		CPU: ratio(row.CPU), Memory: memoryOf(row, status), Swap: status.Swap.capacity(), Disk: rootOf(row, status),
	}
	s.addMetrics(&r, known, failed == nil)
	if reason := s.nodeTrouble(v, n, known, failed); reason != "" {
		r.Status, r.StatusReason = resource.StatusDegraded, reason
	}
	if failed != nil {
		r.Detail.(*resource.Node).Connection = "degraded"
	}
	return r
}

func (s *source) nodeDetail(v *view, n member, status *nodeStatus, updates int) *resource.Node {
	d := &resource.Node{
		Host: s.address(v, n), Version: release(string(status.PVEVersion)), Kernel: kernelOf(status),
		CPUModel: string(status.CPUInfo.Model), CPUs: status.CPUInfo.CPUs.Int(), Sockets: status.CPUInfo.Sockets.Int(),
		Cores:       status.CPUInfo.Cores.Int(),
		ClusterName: v.name, Connection: "healthy", PendingUpdates: updates, GuestURL: s.config.GuestURL,
	}
	if mhz, err := strconv.ParseFloat(string(status.CPUInfo.MHz), 64); err == nil && mhz > 0 && mhz < 1e6 {
		d.CPUMHz = mhz
	}
	for _, load := range status.LoadAvg {
		d.LoadAverage = append(d.LoadAverage, load.Float())
	}
	return d
}

// address returns the URL of a node's own API: the configured one for the only
// node and where the cluster tells no address.
func (s *source) address(v *view, n member) string {
	configured, err := url.Parse(s.config.URL)
	if err != nil || v.name == "" || n.ip == "" {
		return strings.TrimSuffix(s.config.URL, "/")
	}
	port := configured.Port()
	if port == "" {
		port = "8006"
	}
	host := n.ip
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return "https://" + host + ":" + port
}

// addMetrics adds what is measured beyond the usual.
func (s *source) addMetrics(r *resource.Resource, known nodeFacts, fresh bool) {
	if wait := known.status.Wait; fresh && wait.Known() {
		r.Metrics = append(r.Metrics, resource.Metric{Name: "io_delay", Value: bounded(wait.Float()), Unit: resource.UnitRatio})
	}
	if !known.checked {
		return
	}
	if known.upkeep.updatesKnown {
		r.Metrics = append(r.Metrics, resource.Metric{Name: "pending_updates", Value: float64(known.upkeep.updates)})
	}
	if expires := known.upkeep.expires; !expires.IsZero() {
		left := expires.Sub(s.now()).Seconds()
		r.Metrics = append(r.Metrics, resource.Metric{Name: "certificate_time_left", Value: left, Unit: resource.UnitSeconds})
	}
	r.Labels = map[string]string{}
	if expires := known.upkeep.expires; !expires.IsZero() {
		r.Labels["certificate_expires"] = expires.UTC().Format(time.DateOnly)
	}
	if known.upkeep.subscription != "" {
		r.Labels["subscription"] = known.upkeep.subscription
	}
	if known.upkeep.updatesForbidden {
		r.Labels["updates"] = "not permitted"
	}
}

// nodeTrouble says what is wrong with a node that is online; nothing if it is well.
func (s *source) nodeTrouble(v *view, n member, known nodeFacts, failed error) string {
	var reasons []string
	if !v.quorate {
		reasons = append(reasons, "the cluster has no quorum")
	}
	if failed != nil {
		reasons = append(reasons, silence(failed)+failed.Error())
	}
	if lrm := s.facts.highAvailability().lost[n.name]; lrm != "" {
		reasons = append(reasons, "high availability: "+lrm)
	}
	reasons = append(reasons, known.pools...)
	if expires := known.upkeep.expires; !expires.IsZero() && expires.Before(s.now()) {
		reasons = append(reasons, "its certificate has expired on "+expires.Format(time.DateOnly))
	}
	return strings.Join(reasons, ", ")
}

// silence introduces the reason for which a node's own figures are missing.
func silence(failed error) string {
	if isForbidden(failed) {
		return "" // it has answered
	}
	return "its API does not answer: "
}

// memoryOf prefers the node's own figures. What the kernel could give back at
// once counts as free where the node tells it (since 9); before that the part
// that is used has the caches taken off already.
func memoryOf(row *resourceRow, status *nodeStatus) resource.Capacity {
	m := status.Memory
	if !m.Total.Known() {
		return capacity(row.Memory, row.MaxMemory)
	}
	if m.Available.Known() {
		free := min(m.Available.Bytes(), m.Total.Bytes())
		return resource.Capacity{Total: m.Total.Bytes(), Used: m.Total.Bytes() - free, Free: free}
	}
	return capacity(m.Used, m.Total)
}

// rootOf prefers the node's own figures: only they know what is reserved.
func rootOf(row *resourceRow, status *nodeStatus) resource.Capacity {
	root := status.RootFS.capacity()
	if root.Total == 0 {
		return capacity(row.Disk, row.MaxDisk)
	}
	return root
}

// capacity returns what is used and free; free is what can still be taken.
func (s space) capacity() resource.Capacity {
	c := capacity(s.Used, s.Total)
	switch {
	case s.Avail.Known():
		c.Free = min(s.Avail.Bytes(), c.Total)
	case s.Free.Known():
		c.Free = min(s.Free.Bytes(), c.Total)
	}
	return c
}

// capacity returns a size and what is taken of it; the zero value if the size is not known.
func capacity(used, total number) resource.Capacity {
	if total.Bytes() == 0 {
		return resource.Capacity{}
	}
	taken := min(used.Bytes(), total.Bytes())
	return resource.Capacity{Total: total.Bytes(), Used: taken, Free: total.Bytes() - taken}
}

// ratio returns a ratio from 0 to 1, nil if it is not known.
func ratio(n number) *float64 {
	if !n.Known() {
		return nil
	}
	return new(bounded(n.Float()))
}

func bounded(value float64) float64 { return min(max(value, 0), 1) }

// release returns the version in "pve-manager/8.4.1/b755f6c6e9fef5f6".
func release(version string) string {
	parts := strings.Split(version, "/")
	if len(parts) < 2 {
		return version
	}
	return parts[1]
}

// kernelOf returns the release of the running kernel: "6.8.12-10-pve".
func kernelOf(status *nodeStatus) string {
	if status.CurrentKernel.Release != "" {
		return string(status.CurrentKernel.Release)
	}
	fields := strings.Fields(string(status.KernelVersion))
	if len(fields) > 1 && fields[0] == "Linux" {
		return fields[1]
	}
	return string(status.KernelVersion)
}
