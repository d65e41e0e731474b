package pbs

import (
	"context"
	"net/url"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// collectStatus looks at the server itself. Without the privilege to see its
// load the server is shown with what is known.
func (s *source) collectStatus(ctx context.Context, out *sdk.Snapshot) error {
	var status nodeStatus
	err := s.client.Get(ctx, "nodes/localhost/status", nil, &status)
	forbidden := err != nil && fault.Of(err).Code == proxmoxapi.CodeForbidden
	if err != nil && !forbidden {
		return err
	}
	within, cancel := early(ctx)
	defer cancel()
	v, versionErr := s.askVersion(within)
	if forbidden && versionErr != nil {
		return versionErr
	}
	r := s.server(v)
	if forbidden {
		r.Status, r.StatusReason = resource.StatusDegraded, "its load may not be read: "+err.Error()
		r.Detail.(*resource.BackupServer).Connection = "unhealthy"
		out.Failed(serverID, err)
		out.Put(r)
		return nil
	}
	status.describe(&r)
	rates, ratesErr := s.askRates(within)
	r.Usage.Rates = rates
	for _, err := range []error{versionErr, ratesErr} {
		if err != nil {
			out.Failed(serverID, err)
		}
	}
	out.Put(r)
	if problem, wrong := s.client.ClockProblem(); wrong {
		out.Problem(problem)
	}
	return nil
}

// server returns the resource of the server without its load.
func (s *source) server(v version) resource.Resource {
	return resource.Resource{
		ID: serverID, Kind: resource.KindBackupServer, Name: s.config.name(), Status: resource.StatusRunning,
		Detail: &resource.BackupServer{
			Host: s.client.Endpoint(), GuestURL: s.config.GuestURL, Version: v.String(), Connection: "healthy",
		},
	}
}

// describe adds the load to the resource of the server.
func (n *nodeStatus) describe(r *resource.Resource) {
	r.Uptime = n.Uptime.Seconds()
	r.Usage = resource.Usage{
		CPU: n.CPU.Pointer(), Memory: n.Memory.capacity(), Swap: n.Swap.capacity(), Disk: n.Root.capacity(),
	}
	if n.Wait.Known() {
		r.Metrics = append(r.Metrics, resource.Metric{Name: "io_delay", Value: n.Wait.Float(), Unit: resource.UnitRatio})
	}
	for i, window := range []string{"1m", "5m", "15m"} {
		if i < len(n.LoadAverage) && n.LoadAverage[i].Known() {
			r.Metrics = append(r.Metrics, resource.Metric{
				Name: "load_average", Value: n.LoadAverage[i].Float(), Labels: map[string]string{"window": window},
			})
		}
	}
}

// askRates returns what goes through the server's network and disks, which it
// measures once a minute; nil if it does not tell.
func (s *source) askRates(ctx context.Context) (*resource.Rates, error) {
	return s.rates.Get(s.now(), ratesAge, func() (*resource.Rates, error) {
		var rows []rrdRow
		query := url.Values{"timeframe": {"hour"}, "cf": {"AVERAGE"}}
		err := s.client.Get(ctx, "nodes/localhost/rrd", query, &rows)
		return newestRates(rows), err
	})
}

// newestRates returns the rates of the newest row that has some.
func newestRates(rows []rrdRow) *resource.Rates {
	var newest *rrdRow
	for i := range rows {
		row := &rows[i]
		if row.NetIn.Known() && (newest == nil || row.Time.Float() > newest.Time.Float()) {
			newest = row
		}
	}
	if newest == nil {
		return nil
	}
	return &resource.Rates{
		NetIn: positive(newest.NetIn), NetOut: positive(newest.NetOut),
		DiskRead: positive(newest.ReadBytes), DiskWrite: positive(newest.WriteBytes),
	}
}

func positive(n proxmoxapi.Number) float64 { return max(n.Float(), 0) }
