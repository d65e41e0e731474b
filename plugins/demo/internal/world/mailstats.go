package world

import (
	"math"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/demo/internal/signal"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// Which part of all mail is of each kind.
const (
	shareIn        = 0.72
	shareSpamIn    = 0.14
	shareSpamOut   = 0.002
	shareVirusIn   = 0.006
	shareVirusOut  = 0.003
	shareBounceIn  = 0.011
	shareBounceOut = 0.019
	shareGrey      = 0.09
	shareJunk      = 0.05
	shareRBL       = 0.16
	sharePregreet  = 0.03
)

// stats counts the mail of the last 24 hours.
func (g *MailGateway) stats(at time.Time) *resource.MailStats {
	n := g.between(at.Add(-day), at)
	in := math.Round(n * shareIn)
	return &resource.MailStats{
		Timeframe: "day", Total: math.Round(n), In: in, Out: math.Round(n) - in,
		SpamIn: math.Round(n * shareSpamIn), SpamOut: math.Round(n * shareSpamOut),
		VirusIn: math.Round(n * shareVirusIn), VirusOut: math.Round(n * shareVirusOut),
		BouncesIn: math.Round(n * shareBounceIn), BouncesOut: math.Round(n * shareBounceOut),
		BytesIn: in * 148e3, BytesOut: (math.Round(n) - in) * 310e3,
		Greylisted: math.Round(n * shareGrey), JunkIn: math.Round(n * shareJunk),
		RBLRejects: math.Round(n * shareRBL), PregreetRejects: math.Round(n * sharePregreet),
		AverageProcessTime: time.Duration(900+g.machine.load(at)*2400) * time.Millisecond, UpdatedAt: at,
	}
}

// counts splits the last 24 full hours into one entry each, the oldest first.
func (g *MailGateway) counts(at time.Time) []resource.MailCount {
	hours := signal.Cycle{Every: time.Hour}
	last := hours.Index(at)
	out := make([]resource.MailCount, 0, 24)
	for i := range 24 {
		start := hours.Run(last - 24 + i)
		n := g.between(start, start.Add(time.Hour))
		in := math.Round(n * shareIn)
		out = append(out, resource.MailCount{
			At: start, WindowStart: start, WindowEnd: start.Add(time.Hour), Index: i, Timeframe: "hour",
			Count: math.Round(n), In: in, Out: math.Round(n) - in,
			SpamIn: math.Round(n * shareSpamIn), SpamOut: math.Round(n * shareSpamOut),
			VirusIn: math.Round(n * shareVirusIn), VirusOut: math.Round(n * shareVirusOut),
			RBLRejects: math.Round(n * shareRBL), Pregreet: math.Round(n * sharePregreet),
			BouncesIn: math.Round(n * shareBounceIn), BouncesOut: math.Round(n * shareBounceOut),
			Greylisted: math.Round(n * shareGrey),
		})
	}
	return out
}

func (g *MailGateway) between(from, to time.Time) float64 { return g.mail.Total(from, to) }

// spamScores counts the mail of the day by score: most has none, and what is
// spam mostly has a lot.
func (g *MailGateway) spamScores(at time.Time) []resource.SpamBucket {
	total := g.stats(at).In
	parts := []float64{0.52, 0.09, 0.06, 0.05, 0.04, 0.03, 0.03, 0.03, 0.03, 0.03, 0.09}
	buckets := make([]resource.SpamBucket, len(parts))
	for score, part := range parts {
		buckets[score] = resource.SpamBucket{Score: strconv.Itoa(score), Count: math.Round(part * total)}
	}
	return buckets
}

// quarantine counts what has been held back in the last week.
func (g *MailGateway) quarantine(at time.Time) *resource.Quarantine {
	week := g.between(at.Add(-7*day), at)
	return &resource.Quarantine{
		Spam: int(week * shareSpamIn * 0.4), Virus: int(week * shareVirusIn),
		Attachment: int(week * 0.002), Blocklisted: int(week * 0.001),
	}
}
