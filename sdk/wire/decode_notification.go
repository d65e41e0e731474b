package wire

import (
	"math"

	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// DecodeNotification returns the notification of a message, without the instance it is for.
func DecodeNotification(p *pluginv1.SendRequest) *notification.Message {
	return &notification.Message{
		DeliveryID: p.GetDeliveryId(),
		Title:      p.GetTitle(),
		Text:       p.GetText(),
		Markdown:   p.GetMarkdown(),
		Severity:   p.GetSeverity(),
		Phase:      p.GetPhase(),
		Alerts:     decodeAll(p.GetAlerts(), decodeAlert),
		Link:       p.GetLink(),
		Escalation: int(p.GetEscalation()),
		HubURL:     p.GetHubUrl(),
	}
}

func decodeAlert(p *pluginv1.Alert) notification.Alert {
	return notification.Alert{
		ID:           p.GetId(),
		Rule:         p.GetRule(),
		ResourceID:   p.GetResourceId(),
		ResourceName: p.GetResourceName(),
		ResourceKind: p.GetResourceKind(),
		Node:         p.GetNode(),
		Instance:     p.GetInstance(),
		Severity:     p.GetSeverity(),
		Message:      p.GetMessage(),
		Value:        decodeFloat(p.GetValue()),
		Threshold:    decodeFloat(p.GetThreshold()),
		Started:      DecodeTime(p.GetStarted()),
		Ended:        DecodeTime(p.GetEnded()),
		Labels:       p.GetLabels(),

		Acknowledged:   DecodeTime(p.GetAcknowledged()),
		AcknowledgedBy: p.GetAcknowledgedBy(),
		LastSeen:       DecodeTime(p.GetLastSeen()),
		Metadata:       p.GetMetadataJson(),
		ValueText:      p.GetValueText(),
		ThresholdText:  p.GetThresholdText(),
	}
}

// DecodeSendResult returns what became of a notification.
func DecodeSendResult(p *pluginv1.SendResponse) notification.Result {
	result := notification.Result{
		ProviderID: p.GetProviderId(),
		Error:      p.GetError(),
		RetryAfter: max(DecodeDuration(p.GetRetryAfter()), 0),

		Status:       int(p.GetStatus()),
		Answer:       p.GetAnswer(),
		PayloadBytes: int(min(p.GetPayloadBytes(), math.MaxInt32)),
	}
	switch p.GetOutcome() {
	case pluginv1.Outcome_OUTCOME_DELIVERED:
		result.Outcome = notification.OutcomeDelivered
	case pluginv1.Outcome_OUTCOME_RETRY:
		result.Outcome = notification.OutcomeRetry
	case pluginv1.Outcome_OUTCOME_REJECTED:
		result.Outcome = notification.OutcomeRejected
	}
	return result
}
