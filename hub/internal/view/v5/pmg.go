package v5

import (
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// PMG is a Proxmox Mail Gateway.
type PMG struct {
	ID               string          `json:"id"`
	Name             string          `json:"name"`
	Host             string          `json:"host"`
	GuestURL         string          `json:"guestURL,omitempty"`
	Status           string          `json:"status"`
	Version          string          `json:"version"`
	Nodes            []PMGNode       `json:"nodes,omitempty"`
	MailStats        *PMGMailStats   `json:"mailStats,omitempty"`
	MailCount        []PMGMailCount  `json:"mailCount,omitempty"`
	SpamDistribution []PMGSpamBucket `json:"spamDistribution,omitempty"`
	Quarantine       *PMGQuarantine  `json:"quarantine,omitempty"`
	ConnectionHealth string          `json:"connectionHealth"`
	LastSeen         time.Time       `json:"lastSeen"`
	LastUpdated      time.Time       `json:"lastUpdated"`
}

// PMGNode is one node of a mail gateway.
type PMGNode struct {
	Name        string    `json:"name"`
	Status      string    `json:"status"`
	Role        string    `json:"role,omitempty"`
	Uptime      int64     `json:"uptime,omitempty"`
	LoadAvg     string    `json:"loadAvg,omitempty"`
	QueueStatus *PMGQueue `json:"queueStatus,omitempty"`
}

// PMGQueue is the length of a node's mail queues; OldestAge is in seconds.
type PMGQueue struct {
	Active    int       `json:"active"`
	Deferred  int       `json:"deferred"`
	Hold      int       `json:"hold"`
	Incoming  int       `json:"incoming"`
	Total     int       `json:"total"`
	OldestAge int64     `json:"oldestAge"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// PMGMailStats are mail counters over Timeframe.
type PMGMailStats struct {
	Timeframe            string    `json:"timeframe"`
	CountTotal           float64   `json:"countTotal"`
	CountIn              float64   `json:"countIn"`
	CountOut             float64   `json:"countOut"`
	SpamIn               float64   `json:"spamIn"`
	SpamOut              float64   `json:"spamOut"`
	VirusIn              float64   `json:"virusIn"`
	VirusOut             float64   `json:"virusOut"`
	BouncesIn            float64   `json:"bouncesIn"`
	BouncesOut           float64   `json:"bouncesOut"`
	BytesIn              float64   `json:"bytesIn"`
	BytesOut             float64   `json:"bytesOut"`
	GreylistCount        float64   `json:"greylistCount"`
	JunkIn               float64   `json:"junkIn"`
	AverageProcessTimeMs float64   `json:"averageProcessTimeMs"`
	RBLRejects           float64   `json:"rblRejects"`
	PregreetRejects      float64   `json:"pregreetRejects"`
	UpdatedAt            time.Time `json:"updatedAt"`
}

// PMGMailCount is the mail counters of one interval.
type PMGMailCount struct {
	Timestamp   time.Time `json:"timestamp"`
	Count       float64   `json:"count"`
	CountIn     float64   `json:"countIn"`
	CountOut    float64   `json:"countOut"`
	SpamIn      float64   `json:"spamIn"`
	SpamOut     float64   `json:"spamOut"`
	VirusIn     float64   `json:"virusIn"`
	VirusOut    float64   `json:"virusOut"`
	RBLRejects  float64   `json:"rblRejects"`
	Pregreet    float64   `json:"pregreet"`
	BouncesIn   float64   `json:"bouncesIn"`
	BouncesOut  float64   `json:"bouncesOut"`
	Greylist    float64   `json:"greylist"`
	Index       int       `json:"index"`
	Timeframe   string    `json:"timeframe"`
	WindowStart time.Time `json:"windowStart"`
	WindowEnd   time.Time `json:"windowEnd"`
}

// PMGSpamBucket counts mails by spam score.
type PMGSpamBucket struct {
	Score string  `json:"score"`
	Count float64 `json:"count"`
}

// PMGQuarantine counts what is held back.
type PMGQuarantine struct {
	Spam        int `json:"spam"`
	Virus       int `json:"virus"`
	Attachment  int `json:"attachment"`
	Blacklisted int `json:"blacklisted"`
}

func (p *projection) pmg(e *inventory.Entry, x facts) PMG {
	detail, _ := e.Detail.(*resource.MailGateway)
	if detail == nil {
		detail = &resource.MailGateway{}
	}
	gateway := unseenPMG(x.instance, orElse(detail.Host, x.address))
	gateway.GuestURL, gateway.Status = detail.GuestURL, onlineOrOffline(e)
	gateway.Version = orElse(detail.Version, gateway.Version)
	gateway.Nodes, gateway.MailStats = convert(detail.Nodes, pmgNode), pmgStats(detail.Stats)
	gateway.MailCount = convert(detail.Counts, pmgCount)
	gateway.SpamDistribution = convert(detail.SpamScores, func(b *resource.SpamBucket) PMGSpamBucket {
		return PMGSpamBucket{b.Score, unit.Finite(b.Count)}
	})
	if q := detail.Quarantine; q != nil {
		gateway.Quarantine = &PMGQuarantine{q.Spam, q.Virus, q.Attachment, q.Blocklisted}
	}
	gateway.ConnectionHealth = serverConnection(e, detail.Connection)
	gateway.LastSeen, gateway.LastUpdated = unit.Time(e.SeenAt), unit.Time(detail.UpdatedAt)
	if detail.UpdatedAt.IsZero() {
		gateway.LastUpdated = gateway.LastSeen
	}
	return gateway
}

// unseenPMG is a mail gateway of which nothing but its address is known.
func unseenPMG(instance, address string) PMG {
	return PMG{
		ID: pmgID(instance), Name: instance, Host: address,
		Status: "offline", Version: "unknown", ConnectionHealth: "error",
	}
}

func pmgNode(n *resource.MailNode) PMGNode {
	node := PMGNode{
		Name: n.Name, Status: n.Status, Role: n.Role, Uptime: unit.Seconds(n.Uptime), LoadAvg: n.LoadAverage,
	}
	if q := n.Queue; q != nil {
		node.QueueStatus = &PMGQueue{
			Active: q.Active, Deferred: q.Deferred, Hold: q.Hold, Incoming: q.Incoming,
			Total:     q.Active + q.Deferred + q.Hold + q.Incoming,
			OldestAge: unit.Seconds(q.OldestAge), UpdatedAt: unit.Time(q.UpdatedAt),
		}
	}
	return node
}

func pmgStats(s *resource.MailStats) *PMGMailStats {
	if s == nil {
		return nil
	}
	return &PMGMailStats{
		Timeframe: s.Timeframe, CountTotal: unit.Finite(s.Total), CountIn: unit.Finite(s.In), CountOut: unit.Finite(s.Out),
		SpamIn: unit.Finite(s.SpamIn), SpamOut: unit.Finite(s.SpamOut),
		VirusIn: unit.Finite(s.VirusIn), VirusOut: unit.Finite(s.VirusOut),
		BouncesIn: unit.Finite(s.BouncesIn), BouncesOut: unit.Finite(s.BouncesOut),
		BytesIn: unit.Finite(s.BytesIn), BytesOut: unit.Finite(s.BytesOut),
		GreylistCount: unit.Finite(s.Greylisted), JunkIn: unit.Finite(s.JunkIn),
		AverageProcessTimeMs: float64(s.AverageProcessTime) / float64(time.Millisecond),
		RBLRejects:           unit.Finite(s.RBLRejects), PregreetRejects: unit.Finite(s.PregreetRejects),
		UpdatedAt: unit.Time(s.UpdatedAt),
	}
}

func pmgCount(c *resource.MailCount) PMGMailCount {
	return PMGMailCount{
		Timestamp: unit.Time(c.At), Count: unit.Finite(c.Count), CountIn: unit.Finite(c.In), CountOut: unit.Finite(c.Out),
		SpamIn: unit.Finite(c.SpamIn), SpamOut: unit.Finite(c.SpamOut),
		VirusIn: unit.Finite(c.VirusIn), VirusOut: unit.Finite(c.VirusOut),
		RBLRejects: unit.Finite(c.RBLRejects), Pregreet: unit.Finite(c.Pregreet),
		BouncesIn: unit.Finite(c.BouncesIn), BouncesOut: unit.Finite(c.BouncesOut),
		Greylist: unit.Finite(c.Greylisted), Index: c.Index, Timeframe: c.Timeframe,
		WindowStart: unit.Time(c.WindowStart), WindowEnd: unit.Time(c.WindowEnd),
	}
}
