package live

import (
	"encoding/json"
	"time"

	"github.com/pulse-hub/pulse/hub/internal/inventory"
	"github.com/pulse-hub/pulse/hub/internal/view/unit"
)

// Source is a source as the feed shows it. LastSeen is Unix ms.
type Source struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Health   string `json:"health"`
	Message  string `json:"message,omitempty"`
	LastSeen int64  `json:"lastSeen"`
	Plugin   string `json:"plugin,omitempty"`
}

// sourceRefresh is how old the told lastSeen of a source may become before it
// is told again for that alone: the resources have a lastSeen of their own.
const sourceRefresh = 30 * time.Second

func sourceOf(s *inventory.Source) Source {
	return Source{
		ID: s.ID, Name: s.Name, Type: s.Type, Health: s.Health.String(), Message: s.Message,
		LastSeen: unit.ExactMillis(s.LastSeen), Plugin: s.Plugin,
	}
}

// news says whether a source needs telling to somebody who was told before.
func (s Source) news(before Source) bool {
	if s.LastSeen-before.LastSeen >= sourceRefresh.Milliseconds() {
		return true
	}
	before.LastSeen = s.LastSeen
	return s != before
}

func encodeSource(s Source) []byte {
	encoded, err := json.Marshal(s)
	if err != nil {
		return nil // strings and a number always encode
	}
	return encoded
}
