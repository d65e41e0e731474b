package wire

import (
	pluginv1 "github.com/pulse-hub/pulse/proto/gen/pulse/plugin/v1"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// EncodeNotification returns the message for a notification to one instance.
func EncodeNotification(instanceID string, v *notification.Message) *pluginv1.SendRequest {
	return &pluginv1.SendRequest{
		InstanceId: instanceID,
		DeliveryId: v.DeliveryID,
		Title:      v.Title,
		Text:       v.Text,
		Markdown:   v.Markdown,
		Severity:   v.Severity,
		Phase:      v.Phase,
		Alerts:     encodeAll(v.Alerts, encodeAlert),
		Link:       v.Link,
		Escalation: uint32(v.Escalation),
		HubUrl:     v.HubURL,
	}
}

func encodeAlert(v *notification.Alert) *pluginv1.Alert {
	return &pluginv1.Alert{
		Id:           v.ID,
		Rule:         v.Rule,
		ResourceId:   v.ResourceID,
		ResourceName: v.ResourceName,
		ResourceKind: v.ResourceKind,
		Node:         v.Node,
		Instance:     v.Instance,
		Severity:     v.Severity,
		Message:      v.Message,
		Value:        v.Value,
		Threshold:    v.Threshold,
		Started:      EncodeTime(v.Started),
		Ended:        EncodeTime(v.Ended),
		Labels:       v.Labels,

		Acknowledged:   EncodeTime(v.Acknowledged),
		AcknowledgedBy: v.AcknowledgedBy,
		LastSeen:       EncodeTime(v.LastSeen),
		MetadataJson:   v.Metadata,
		ValueText:      v.ValueText,
		ThresholdText:  v.ThresholdText,
	}
}

// EncodeSendResult returns the message for what became of a notification.
func EncodeSendResult(v *notification.Result) *pluginv1.SendResponse {
	response := &pluginv1.SendResponse{
		ProviderId: v.ProviderID,
		Error:      v.Error,
		RetryAfter: EncodeDuration(v.RetryAfter),

		Status:       uint32(max(v.Status, 0)),
		Answer:       v.Answer,
		PayloadBytes: uint64(max(v.PayloadBytes, 0)),
	}
	switch v.Outcome {
	case notification.OutcomeDelivered:
		response.Outcome = pluginv1.Outcome_OUTCOME_DELIVERED
	case notification.OutcomeRetry:
		response.Outcome = pluginv1.Outcome_OUTCOME_RETRY
	case notification.OutcomeRejected:
		response.Outcome = pluginv1.Outcome_OUTCOME_REJECTED
	}
	return response
}
