package pmg

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/pulse-hub/pulse/plugins/internal/proxmoxapi"
	"github.com/pulse-hub/pulse/sdk/fault"
	"github.com/pulse-hub/pulse/sdk/resource"
)

// hours is how many full hours are counted one by one.
const hours = 24

// today names the present day of the gateway. Without it the gateway answers yesterday's.
func today(now time.Time) url.Values {
	return url.Values{
		"year": {strconv.Itoa(now.Year())}, "month": {strconv.Itoa(int(now.Month()))}, "day": {strconv.Itoa(now.Day())},
	}
}

// askStats reads the counters of the present day. When that fails the last
// ones are returned besides the error.
func (s *source) askStats(ctx context.Context, now time.Time) (*resource.MailStats, error) {
	return s.stats.Get(s.now(), 0, func() (*resource.MailStats, error) {
		var m mailStats
		if err := s.client.Get(ctx, "statistics/mail", today(now), &m); err != nil {
			return nil, err
		}
		return m.stats(s.now()), nil
	})
}

func (m *mailStats) stats(at time.Time) *resource.MailStats {
	return &resource.MailStats{
		Timeframe: "day", Total: m.Count.Float(), In: m.In.Float(), Out: m.Out.Float(),
		SpamIn: m.SpamIn.Float(), SpamOut: m.SpamOut.Float(), VirusIn: m.VirusIn.Float(), VirusOut: m.VirusOut.Float(),
		BouncesIn: m.BouncesIn.Float(), BouncesOut: m.BouncesOut.Float(), BytesIn: m.BytesIn.Float(), BytesOut: m.BytesOut.Float(),
		Greylisted: m.Greylisted.Float(), JunkIn: m.JunkIn.Float(),
		RBLRejects: m.RBL.Float(), PregreetRejects: m.Pregreet.Float(),
		AverageProcessTime: m.ProcessTime.Seconds(), UpdatedAt: at,
	}
}

// statsMetrics returns the counters of the day, which start again at midnight.
func statsMetrics(m *resource.MailStats) []resource.Metric {
	if m == nil {
		return nil
	}
	var list []resource.Metric
	for _, c := range []struct {
		name    string
		in, out float64
		unit    resource.Unit
	}{
		{"mails", m.In, m.Out, resource.UnitNone}, {"mail_traffic", m.BytesIn, m.BytesOut, resource.UnitBytes},
		{"spam_mails", m.SpamIn, m.SpamOut, resource.UnitNone}, {"virus_mails", m.VirusIn, m.VirusOut, resource.UnitNone},
		{"bounced_mails", m.BouncesIn, m.BouncesOut, resource.UnitNone},
	} {
		list = append(list,
			resource.Metric{Name: c.name, Value: c.in, Unit: c.unit, Counter: true, Labels: map[string]string{"direction": "in"}},
			resource.Metric{Name: c.name, Value: c.out, Unit: c.unit, Counter: true, Labels: map[string]string{"direction": "out"}},
		)
	}
	return list
}

// askCounts reads the counters of each of the last full hours, the oldest first.
func (s *source) askCounts(ctx context.Context, now time.Time) ([]resource.MailCount, error) {
	return s.counts.Get(s.now(), countsAge, func() ([]resource.MailCount, error) {
		end := now.Truncate(time.Hour)
		query := url.Values{
			"timespan": {"3600"}, "endtime": {strconv.FormatInt(end.Unix(), 10)},
			"starttime": {strconv.FormatInt(end.Add(-hours*time.Hour).Unix(), 10)},
		}
		var rows []mailCount
		if err := s.client.Get(ctx, "statistics/mailcount", query, &rows); err != nil {
			return nil, err
		}
		return countsUntil(rows, end), nil
	})
}

// countsUntil returns the newest intervals that have ended, numbered from 0.
func countsUntil(rows []mailCount, end time.Time) []resource.MailCount {
	list := make([]resource.MailCount, 0, hours)
	for i := range rows {
		if c := rows[i].count(); !c.At.IsZero() && !c.WindowEnd.After(end) {
			list = append(list, c)
		}
	}
	list = list[max(len(list)-hours, 0):]
	for i := range list {
		list[i].Index = i
	}
	return list
}

func (m *mailCount) count() resource.MailCount {
	start := m.Time.Time()
	return resource.MailCount{
		At: start, WindowStart: start, WindowEnd: start.Add(time.Hour), Timeframe: "hour",
		Count: m.Count.Float(), In: m.In.Float(), Out: m.Out.Float(), SpamIn: m.SpamIn.Float(), SpamOut: m.SpamOut.Float(),
		VirusIn: m.VirusIn.Float(), VirusOut: m.VirusOut.Float(), RBLRejects: m.RBL.Float(), Pregreet: m.Pregreet.Float(),
		BouncesIn: m.BouncesIn.Float(), BouncesOut: m.BouncesOut.Float(), Greylisted: m.Greylisted.Float(),
	}
}

// askScores reads how many mails of the present day have which spam score.
func (s *source) askScores(ctx context.Context, now time.Time) ([]resource.SpamBucket, error) {
	return s.scores.Get(s.now(), countsAge, func() ([]resource.SpamBucket, error) {
		var rows []spamScore
		if err := s.client.Get(ctx, "statistics/spamscores", today(now), &rows); err != nil {
			return nil, err
		}
		buckets := make([]resource.SpamBucket, len(rows))
		for i, row := range rows {
			buckets[i] = resource.SpamBucket{Score: string(row.Level), Count: row.Count.Float()}
		}
		return buckets, nil
	})
}

// held is what the quarantines hold.
type held struct {
	spam, virus quarantineStatus
	attachments int
}

// attachmentAge is how far back mails with quarantined attachments are
// counted: the gateway tells only a list of them, and keeps them for a week unless told otherwise.
const attachmentAge = 7 * 24 * time.Hour

// askQuarantine counts what the quarantines hold.
func (s *source) askQuarantine(ctx context.Context, now time.Time) (*held, error) {
	return s.quarantine.Get(s.now(), quarantineAge, func() (*held, error) {
		h := &held{}
		if err := s.client.Get(ctx, "quarantine/spamstatus", nil, &h.spam); err != nil {
			return nil, err
		}
		if err := s.client.Get(ctx, "quarantine/virusstatus", nil, &h.virus); err != nil {
			return nil, err
		}
		var mails []struct{}
		query := url.Values{
			"starttime": {strconv.FormatInt(now.Add(-attachmentAge).Unix(), 10)}, "endtime": {strconv.FormatInt(now.Unix(), 10)},
		}
		err := s.client.Get(ctx, "quarantine/attachment", query, &mails)
		if err != nil && fault.Of(err).Code != fault.CodeNotFound && fault.Of(err).Code != proxmoxapi.CodeForbidden {
			return nil, err
		}
		h.attachments = len(mails)
		return h, nil
	})
}

// totals returns the counts for people.
func (h *held) totals() *resource.Quarantine {
	if h == nil {
		return nil
	}
	return &resource.Quarantine{Spam: max(h.spam.Count.Int(), 0), Virus: max(h.virus.Count.Int(), 0), Attachment: h.attachments}
}

func (h *held) metrics() []resource.Metric {
	if h == nil {
		return nil
	}
	const megabyte = 1 << 20
	var list []resource.Metric
	for _, q := range []struct {
		kind   string
		status quarantineStatus
	}{{"spam", h.spam}, {"virus", h.virus}} {
		labels := map[string]string{"quarantine": q.kind}
		list = append(list,
			resource.Metric{Name: "quarantined_mails", Value: max(q.status.Count.Float(), 0), Labels: labels},
			resource.Metric{Name: "quarantine", Value: max(q.status.Megabytes.Float(), 0) * megabyte, Unit: resource.UnitBytes, Labels: labels},
		)
	}
	return append(list, resource.Metric{
		Name: "quarantined_mails", Value: float64(h.attachments), Labels: map[string]string{"quarantine": "attachment"},
	})
}
