package mqtt

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulse-hub/pulse/sdk"
)

const (
	// lastingKey is the key in the hub's store under which the alerts that last are kept.
	lastingKey = "lasting"
	// maxLasting bounds the resources that are remembered. Sensors of others
	// are removed with the first of their alerts that ends.
	maxLasting = 5000
	// maxPerResource bounds the alerts of each.
	maxPerResource = 50
)

// lasting are the alerts that last, by resource id. It is not safe for concurrent use.
type lasting map[string][]string

// after returns the alerts that last after a message. It changes nothing.
func (l lasting) after(m *sdk.Notification) lasting {
	next := maps.Clone(l)
	if next == nil {
		next = lasting{}
	}
	for i := range m.Alerts {
		a := &m.Alerts[i]
		ids := next[a.ResourceID]
		switch {
		case isOver(m):
			ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == a.ID })
		case !slices.Contains(ids, a.ID) && len(ids) < maxPerResource:
			ids = append(slices.Clone(ids), a.ID)
		}
		if len(ids) == 0 {
			delete(next, a.ResourceID)
		} else if next[a.ResourceID] != nil || len(next) < maxLasting {
			next[a.ResourceID] = ids
		}
	}
	return next
}

// remembered returns the alerts that last as the hub keeps them.
func remembered(ctx context.Context, host sdk.Host) (lasting, error) {
	data, ok, err := host.Get(ctx, lastingKey)
	if err != nil || !ok {
		return lasting{}, err
	}
	return decodeLasting(data)
}

// decodeLasting reads what remember has written.
func decodeLasting(data []byte) (lasting, error) {
	var l lasting
	if err := json.Unmarshal(data, &l); err != nil {
		return lasting{}, fmt.Errorf("decode lasting alerts: %w", err)
	}
	if l == nil || len(l) > maxLasting {
		return lasting{}, nil
	}
	return l, nil
}

// remember has the hub keep the alerts that last.
func (l lasting) remember(ctx context.Context, host sdk.Host) error {
	data, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode lasting alerts: %w", err)
	}
	return host.Put(ctx, lastingKey, data, 0)
}
