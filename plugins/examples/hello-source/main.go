// Command hello-source is a plugin that watches whether a TCP port answers.
package main

import (
	"context"
	"net"
	"time"

	"github.com/pulse-hub/pulse/sdk"
	"github.com/pulse-hub/pulse/sdk/manifest"
)

type config struct {
	Address string `json:"address" title:"Host and port" format:"host-port" examples:"10.0.0.1:443" required:"true"`
}

type probe struct{ config }

func (p probe) Collect(ctx context.Context, out *sdk.Snapshot) error {
	start := time.Now()
	conn, err := (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, "tcp", p.Address)
	if err != nil {
		out.Add("service", p.Address, p.Address, sdk.Offline).Reason("does not answer")
		return nil
	}
	out.Add("service", p.Address, p.Address, sdk.Running).Metric("connect_time", time.Since(start).Seconds(), sdk.Seconds)
	return conn.Close()
}

func main() {
	plugin := sdk.New("acme.tcp", "0.1.0", sdk.Needs(manifest.Needs{Network: []string{"instance:address"}}))
	sdk.Main(sdk.Source(plugin, "tcp", "TCP probe",
		func(c config) (probe, error) { return probe{c}, nil }))
}
