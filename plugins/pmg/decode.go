package pmg

import (
	"strings"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// The types of this file are answers of the API of Proxmox Mail Gateway 7 to
// 9, as https://pmg.proxmox.com/pmg-docs/api-viewer/ describes them. Times are
// seconds since the Unix epoch; sizes are bytes. Sums come as numbers or strings.

// version is the answer of /version.
type version struct {
	Version string `json:"version"`
}

// member is a row of /config/cluster/status; without a cluster there is none.
type member struct {
	Name        string          `json:"name"`
	Type        string          `json:"type"` // master, node
	IP          string          `json:"ip"`
	Fingerprint string          `json:"fingerprint"`
	ConnError   proxmoxapi.Text `json:"conn_error"` // why the node that was asked does not reach it
	InSync      proxmoxapi.Flag `json:"insync"`
}

// nodeName is a row of /nodes.
type nodeName struct {
	Node string `json:"node"`
}

// nodeStatus is the answer of /nodes/{node}/status.
type nodeStatus struct {
	CPU         proxmoxapi.Number `json:"cpu"`  // 0 to 1
	Wait        proxmoxapi.Number `json:"wait"` // 0 to 1
	LoadAverage []proxmoxapi.Text `json:"loadavg"`
	Memory      space             `json:"memory"`
	Swap        space             `json:"swap"`
	Root        space             `json:"rootfs"`
	Uptime      proxmoxapi.Number `json:"uptime"` // seconds
	InSync      *proxmoxapi.Flag  `json:"insync"`
}

// load returns the load averages as the product prints them: "0.10 0.22 0.20".
func (n *nodeStatus) load() string {
	parts := make([]string, len(n.LoadAverage))
	for i, part := range n.LoadAverage {
		parts[i] = string(part)
	}
	return strings.Join(parts, " ")
}

// space is how much there is of something, in bytes.
type space struct {
	Total proxmoxapi.Number `json:"total"`
	Used  proxmoxapi.Number `json:"used"`
	Free  proxmoxapi.Number `json:"free"`
	Avail proxmoxapi.Number `json:"avail"` // file systems: what can be filled
}

func (s space) capacity() resource.Capacity {
	free := s.Free
	if s.Avail.Known() {
		free = s.Avail
	}
	return resource.Capacity{Total: s.Total.Bytes(), Used: s.Used.Bytes(), Free: free.Bytes()}
}

// nodeTime is the answer of /nodes/{node}/time. LocalTime is Time in the
// node's time zone, as if that were UTC.
type nodeTime struct {
	Time      proxmoxapi.Number `json:"time"`
	LocalTime proxmoxapi.Number `json:"localtime"`
}

// maxOffset is further than any time zone is from UTC.
const maxOffset = 15 * time.Hour

// zone returns the node's time zone, or the other one if it is not told.
func (t *nodeTime) zone(otherwise *time.Location) *time.Location {
	offset := time.Duration(t.LocalTime.Float()-t.Time.Float()) * time.Second
	if !t.Time.Known() || !t.LocalTime.Known() || offset.Abs() > maxOffset {
		return otherwise
	}
	return time.FixedZone("", int(offset.Seconds()))
}

// service is a row of /nodes/{node}/services.
type service struct {
	Name        string `json:"name"`
	State       string `json:"state"`        // running, dead, …
	ActiveState string `json:"active-state"` // since 7.1: active, inactive, failed
	UnitState   string `json:"unit-state"`   // since 7.1: enabled, disabled, static, masked, not-found
}

// down says whether a service should run and does not.
func (s *service) down() bool {
	return s.UnitState == "enabled" && s.ActiveState != "" && s.ActiveState != "active" && s.State != "running"
}

// shape is a row of /nodes/{node}/postfix/qshape: how many mails to a domain
// are how old. The row "TOTAL" is of all domains.
type shape struct {
	Domain string            `json:"domain"`
	Total  proxmoxapi.Number `json:"total"`
	Min5   proxmoxapi.Number `json:"5m"`
	Min10  proxmoxapi.Number `json:"10m"`
	Min20  proxmoxapi.Number `json:"20m"`
	Min40  proxmoxapi.Number `json:"40m"`
	Min80  proxmoxapi.Number `json:"80m"`
	Min160 proxmoxapi.Number `json:"160m"`
	Min320 proxmoxapi.Number `json:"320m"`
	Min640 proxmoxapi.Number `json:"640m"`
	Day    proxmoxapi.Number `json:"1280m"`
	Older  proxmoxapi.Number `json:"1280m+"`
}

// oldest returns the age that the oldest mail has at least: the lower end of
// its bracket.
func (s *shape) oldest() time.Duration {
	for _, bracket := range []struct {
		mails   proxmoxapi.Number
		atLeast time.Duration
	}{
		{s.Older, 1280 * time.Minute}, {s.Day, 640 * time.Minute}, {s.Min640, 320 * time.Minute},
		{s.Min320, 160 * time.Minute}, {s.Min160, 80 * time.Minute}, {s.Min80, 40 * time.Minute},
		{s.Min40, 20 * time.Minute}, {s.Min20, 10 * time.Minute}, {s.Min10, 5 * time.Minute},
	} {
		if bracket.mails.Float() > 0 {
			return bracket.atLeast
		}
	}
	return 0
}

// total returns the row of all domains; without one the queue is empty.
func total(rows []shape) shape {
	for _, row := range rows {
		if row.Domain == "TOTAL" {
			return row
		}
	}
	return shape{}
}

// mailStats is the answer of /statistics/mail, the counters of a day.
type mailStats struct {
	Count       proxmoxapi.Number `json:"count"`
	In          proxmoxapi.Number `json:"count_in"`
	Out         proxmoxapi.Number `json:"count_out"`
	SpamIn      proxmoxapi.Number `json:"spamcount_in"`
	SpamOut     proxmoxapi.Number `json:"spamcount_out"`
	VirusIn     proxmoxapi.Number `json:"viruscount_in"`
	VirusOut    proxmoxapi.Number `json:"viruscount_out"`
	BouncesIn   proxmoxapi.Number `json:"bounces_in"`
	BouncesOut  proxmoxapi.Number `json:"bounces_out"`
	BytesIn     proxmoxapi.Number `json:"bytes_in"`
	BytesOut    proxmoxapi.Number `json:"bytes_out"`
	Greylisted  proxmoxapi.Number `json:"glcount"`
	JunkIn      proxmoxapi.Number `json:"junk_in"`
	RBL         proxmoxapi.Number `json:"rbl_rejects"`
	Pregreet    proxmoxapi.Number `json:"pregreet_rejects"`
	ProcessTime proxmoxapi.Number `json:"avptime"` // seconds, on average
}

// mailCount is a row of /statistics/mailcount.
type mailCount struct {
	Time       proxmoxapi.Number `json:"time"` // where the interval begins
	Count      proxmoxapi.Number `json:"count"`
	In         proxmoxapi.Number `json:"count_in"`
	Out        proxmoxapi.Number `json:"count_out"`
	SpamIn     proxmoxapi.Number `json:"spamcount_in"`
	SpamOut    proxmoxapi.Number `json:"spamcount_out"`
	VirusIn    proxmoxapi.Number `json:"viruscount_in"`
	VirusOut   proxmoxapi.Number `json:"viruscount_out"`
	BouncesIn  proxmoxapi.Number `json:"bounces_in"`
	BouncesOut proxmoxapi.Number `json:"bounces_out"`
	Greylisted proxmoxapi.Number `json:"glcount"`
	RBL        proxmoxapi.Number `json:"rbl_rejects"`
	Pregreet   proxmoxapi.Number `json:"pregreet_rejects"`
}

// spamScore is a row of /statistics/spamscores.
type spamScore struct {
	Level proxmoxapi.Text   `json:"level"` // 0 to 10
	Count proxmoxapi.Number `json:"count"`
}

// quarantineStatus is the answer of /quarantine/spamstatus and /quarantine/virusstatus.
type quarantineStatus struct {
	Count     proxmoxapi.Number `json:"count"`
	Megabytes proxmoxapi.Number `json:"mbytes"`
}

// backup is a row of /nodes/{node}/backup.
type backup struct {
	Filename string            `json:"filename"`
	Size     proxmoxapi.Number `json:"size"`
	Time     proxmoxapi.Number `json:"timestamp"`
}
