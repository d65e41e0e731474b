package email

import (
	"net/mail"
	"slices"
	"sync"
)

// maxTold bounds the deliveries that are remembered; the oldest is forgotten.
const maxTold = 256

// told remembers which recipients have a message already that others could
// not be given yet, so that the next try does not tell them twice. The zero
// value remembers nothing. It is safe for concurrent use.
type told struct {
	mu    sync.Mutex
	order []string            // delivery ids, oldest first
	by    map[string][]string // addresses by delivery id
}

// without returns the addresses that do not have the message yet.
func (t *told) without(deliveryID string, all []*mail.Address) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var left []string
	for _, address := range all {
		if !slices.Contains(t.by[deliveryID], address.Address) {
			left = append(left, address.Address)
		}
	}
	return left
}

// add remembers that the addresses have the message. Without an id there is
// no telling one message from another, and nothing is remembered.
func (t *told) add(deliveryID string, addresses []string) {
	if deliveryID == "" || len(addresses) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil {
		t.by = map[string][]string{}
	}
	if t.by[deliveryID] == nil {
		t.order = append(t.order, deliveryID)
	}
	t.by[deliveryID] = append(t.by[deliveryID], addresses...)
	for len(t.order) > maxTold {
		delete(t.by, t.order[0])
		t.order = t.order[1:]
	}
}

// forget drops a delivery that is over.
func (t *told) forget(deliveryID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.by, deliveryID)
	t.order = slices.DeleteFunc(t.order, func(id string) bool { return id == deliveryID })
}
