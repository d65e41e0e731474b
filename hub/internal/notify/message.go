package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/alert"
	"github.com/pulse-hub/pulse/sdk/notification"
)

// A message is one message for one channel, on its way. Only the goroutine that runs the pipeline changes it.
type message struct {
	// ID sorts by the order in which messages were made. DeliveryID says what is told to whom: made again of the same
	// events for the same channel, it is the same.
	ID         string `json:"id"`
	DeliveryID string `json:"deliveryId"`
	Channel    string `json:"channel"`
	Phase      string `json:"phase"`
	Severity   string `json:"severity,omitempty"`
	Escalation int    `json:"escalation,omitempty"`
	// Numbers are those of the alerts it tells of, AlertIDs the ids of the first of them.
	Numbers  []uint64 `json:"numbers,omitempty"`
	AlertIDs []string `json:"alertIds,omitempty"`

	Created time.Time `json:"created"`
	// Sending is set while it is being sent: found at a start, it may have been delivered.
	Sending bool      `json:"sending,omitempty"`
	Tries   int       `json:"tries,omitempty"`
	LastTry time.Time `json:"lastTry,omitzero"`
	// Next is the earliest time of the next try.
	Next      time.Time `json:"next,omitzero"`
	LastError string    `json:"lastError,omitempty"`
	Status    int       `json:"status,omitempty"`
	Payload   int       `json:"payload,omitempty"`

	// body is set as long as the store does not have the message.
	body *notification.Message
	// doom is why it is given up, when that could not be written down yet.
	doom string
}

// maxAlertIDs bounds the ids of alerts that records name.
const maxAlertIDs = 20

func messageKey(id string) string { return messagePrefix + id }
func bodyKey(id string) string    { return bodyPrefix + id }

func decodeMessage(value []byte) (*message, error) {
	var m message
	if err := json.Unmarshal(value, &m); err != nil {
		return nil, fmt.Errorf("%w: read message: %w", ErrRecord, err)
	}
	if m.ID == "" || m.Channel == "" || m.DeliveryID == "" || m.Tries < 0 {
		return nil, fmt.Errorf("%w: message lacks something", ErrRecord)
	}
	return &m, nil
}

func decodeBody(value []byte) (*notification.Message, error) {
	var body notification.Message
	if err := json.Unmarshal(value, &body); err != nil {
		return nil, fmt.Errorf("%w: read content of message: %w", ErrRecord, err)
	}
	if body.DeliveryID == "" || body.Title == "" || body.Phase == "" {
		return nil, fmt.Errorf("%w: content of message lacks something", ErrRecord)
	}
	return &body, nil
}

// deliveryID returns what tells a message from all others. Events are known by number and time: numbers can be given
// again after a crash on a full disk.
func deliveryID(channel string, events []*alert.Event) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q", channel)
	for _, e := range events {
		fmt.Fprintf(sum, " %d@%d", e.Number, e.At.UnixNano())
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}
