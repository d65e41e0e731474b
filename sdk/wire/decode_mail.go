package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func decodeMailGateway(p *pluginv1.MailGateway) *resource.MailGateway {
	if p == nil {
		return nil
	}
	return &resource.MailGateway{
		Host:       p.GetHost(),
		GuestURL:   p.GetGuestUrl(),
		Version:    p.GetVersion(),
		Connection: p.GetConnection(),
		Nodes:      decodeAll(p.GetNodes(), decodeMailNode),
		Stats:      decodeMailStats(p.GetStats()),
		Counts:     decodeAll(p.GetCounts(), decodeMailCount),
		SpamScores: decodeAll(p.GetSpamScores(), decodeSpamBucket),
		Quarantine: decodeQuarantine(p.GetQuarantine()),
		UpdatedAt:  DecodeTime(p.GetUpdatedAt()),
	}
}

func decodeMailNode(p *pluginv1.MailNode) resource.MailNode {
	return resource.MailNode{
		Name:        p.GetName(),
		Status:      p.GetStatus(),
		Role:        p.GetRole(),
		LoadAverage: p.GetLoadAverage(),
		Uptime:      DecodeDuration(p.GetUptime()),
		Queue:       decodeMailQueue(p.GetQueue()),
	}
}

func decodeMailQueue(p *pluginv1.MailQueue) *resource.MailQueue {
	if p == nil {
		return nil
	}
	return &resource.MailQueue{
		Active:    decodeInt(p.GetActive()),
		Deferred:  decodeInt(p.GetDeferred()),
		Hold:      decodeInt(p.GetHold()),
		Incoming:  decodeInt(p.GetIncoming()),
		OldestAge: DecodeDuration(p.GetOldestAge()),
		UpdatedAt: DecodeTime(p.GetUpdatedAt()),
	}
}

func decodeMailStats(p *pluginv1.MailStats) *resource.MailStats {
	if p == nil {
		return nil
	}
	return &resource.MailStats{
		Timeframe:          p.GetTimeframe(),
		Total:              decodeFloat(p.GetTotal()),
		In:                 decodeFloat(p.GetIn()),
		Out:                decodeFloat(p.GetOut()),
		SpamIn:             decodeFloat(p.GetSpamIn()),
		SpamOut:            decodeFloat(p.GetSpamOut()),
		VirusIn:            decodeFloat(p.GetVirusIn()),
		VirusOut:           decodeFloat(p.GetVirusOut()),
		BouncesIn:          decodeFloat(p.GetBouncesIn()),
		BouncesOut:         decodeFloat(p.GetBouncesOut()),
		BytesIn:            decodeFloat(p.GetBytesIn()),
		BytesOut:           decodeFloat(p.GetBytesOut()),
		Greylisted:         decodeFloat(p.GetGreylisted()),
		JunkIn:             decodeFloat(p.GetJunkIn()),
		RBLRejects:         decodeFloat(p.GetRblRejects()),
		PregreetRejects:    decodeFloat(p.GetPregreetRejects()),
		AverageProcessTime: DecodeDuration(p.GetAverageProcessTime()),
		UpdatedAt:          DecodeTime(p.GetUpdatedAt()),
	}
}

func decodeMailCount(p *pluginv1.MailCount) resource.MailCount {
	return resource.MailCount{
		At:          DecodeTime(p.GetAt()),
		Count:       decodeFloat(p.GetCount()),
		In:          decodeFloat(p.GetIn()),
		Out:         decodeFloat(p.GetOut()),
		SpamIn:      decodeFloat(p.GetSpamIn()),
		SpamOut:     decodeFloat(p.GetSpamOut()),
		VirusIn:     decodeFloat(p.GetVirusIn()),
		VirusOut:    decodeFloat(p.GetVirusOut()),
		RBLRejects:  decodeFloat(p.GetRblRejects()),
		Pregreet:    decodeFloat(p.GetPregreet()),
		BouncesIn:   decodeFloat(p.GetBouncesIn()),
		BouncesOut:  decodeFloat(p.GetBouncesOut()),
		Greylisted:  decodeFloat(p.GetGreylisted()),
		Index:       decodeInt(p.GetIndex()),
		Timeframe:   p.GetTimeframe(),
		WindowStart: DecodeTime(p.GetWindowStart()),
		WindowEnd:   DecodeTime(p.GetWindowEnd()),
	}
}

func decodeSpamBucket(p *pluginv1.SpamBucket) resource.SpamBucket {
	return resource.SpamBucket{
		Score: p.GetScore(),
		Count: decodeFloat(p.GetCount()),
	}
}

func decodeQuarantine(p *pluginv1.Quarantine) *resource.Quarantine {
	if p == nil {
		return nil
	}
	return &resource.Quarantine{
		Spam:        decodeInt(p.GetSpam()),
		Virus:       decodeInt(p.GetVirus()),
		Attachment:  decodeInt(p.GetAttachment()),
		Blocklisted: decodeInt(p.GetBlocklisted()),
	}
}
