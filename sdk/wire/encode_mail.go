package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/resource"
)

func encodeMailGateway(v *resource.MailGateway) *pluginv1.MailGateway {
	if v == nil {
		return nil
	}
	return &pluginv1.MailGateway{
		Host:       v.Host,
		GuestUrl:   v.GuestURL,
		Version:    v.Version,
		Connection: v.Connection,
		Nodes:      encodeAll(v.Nodes, encodeMailNode),
		Stats:      encodeMailStats(v.Stats),
		Counts:     encodeAll(v.Counts, encodeMailCount),
		SpamScores: encodeAll(v.SpamScores, encodeSpamBucket),
		Quarantine: encodeQuarantine(v.Quarantine),
		UpdatedAt:  EncodeTime(v.UpdatedAt),
	}
}

func encodeMailNode(v *resource.MailNode) *pluginv1.MailNode {
	return &pluginv1.MailNode{
		Name:        v.Name,
		Status:      v.Status,
		Role:        v.Role,
		LoadAverage: v.LoadAverage,
		Uptime:      EncodeDuration(v.Uptime),
		Queue:       encodeMailQueue(v.Queue),
	}
}

func encodeMailQueue(v *resource.MailQueue) *pluginv1.MailQueue {
	if v == nil {
		return nil
	}
	return &pluginv1.MailQueue{
		Active:    int64(v.Active),
		Deferred:  int64(v.Deferred),
		Hold:      int64(v.Hold),
		Incoming:  int64(v.Incoming),
		OldestAge: EncodeDuration(v.OldestAge),
		UpdatedAt: EncodeTime(v.UpdatedAt),
	}
}

func encodeMailStats(v *resource.MailStats) *pluginv1.MailStats {
	if v == nil {
		return nil
	}
	return &pluginv1.MailStats{
		Timeframe:          v.Timeframe,
		Total:              v.Total,
		In:                 v.In,
		Out:                v.Out,
		SpamIn:             v.SpamIn,
		SpamOut:            v.SpamOut,
		VirusIn:            v.VirusIn,
		VirusOut:           v.VirusOut,
		BouncesIn:          v.BouncesIn,
		BouncesOut:         v.BouncesOut,
		BytesIn:            v.BytesIn,
		BytesOut:           v.BytesOut,
		Greylisted:         v.Greylisted,
		JunkIn:             v.JunkIn,
		RblRejects:         v.RBLRejects,
		PregreetRejects:    v.PregreetRejects,
		AverageProcessTime: EncodeDuration(v.AverageProcessTime),
		UpdatedAt:          EncodeTime(v.UpdatedAt),
	}
}

func encodeMailCount(v *resource.MailCount) *pluginv1.MailCount {
	return &pluginv1.MailCount{
		At:          EncodeTime(v.At),
		Count:       v.Count,
		In:          v.In,
		Out:         v.Out,
		SpamIn:      v.SpamIn,
		SpamOut:     v.SpamOut,
		VirusIn:     v.VirusIn,
		VirusOut:    v.VirusOut,
		RblRejects:  v.RBLRejects,
		Pregreet:    v.Pregreet,
		BouncesIn:   v.BouncesIn,
		BouncesOut:  v.BouncesOut,
		Greylisted:  v.Greylisted,
		Index:       int64(v.Index),
		Timeframe:   v.Timeframe,
		WindowStart: EncodeTime(v.WindowStart),
		WindowEnd:   EncodeTime(v.WindowEnd),
	}
}

func encodeSpamBucket(v *resource.SpamBucket) *pluginv1.SpamBucket {
	return &pluginv1.SpamBucket{
		Score: v.Score,
		Count: v.Count,
	}
}

func encodeQuarantine(v *resource.Quarantine) *pluginv1.Quarantine {
	if v == nil {
		return nil
	}
	return &pluginv1.Quarantine{
		Spam:        int64(v.Spam),
		Virus:       int64(v.Virus),
		Attachment:  int64(v.Attachment),
		Blocklisted: int64(v.Blocklisted),
	}
}
